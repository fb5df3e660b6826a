BEGIN TRANSACTION;
CREATE TABLE agent_logs (
	organisation VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	position BIGINT NOT NULL, 
	lines BIGINT NOT NULL, 
	intended BIGINT, 
	size BIGINT NOT NULL, 
	changed_ns BIGINT NOT NULL, 
	anchor BLOB NOT NULL, 
	carry VARCHAR, 
	last_event BLOB, 
	noted_at DATETIME NOT NULL, 
	CONSTRAINT pk_agent_logs PRIMARY KEY (organisation, source, path), 
	CONSTRAINT fk_agent_logs_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "agent_logs" VALUES('acme','import:codex','/home/ada/.codex/log.jsonl',4096,12,NULL,0,0,X'',NULL,NULL,'2026-10-15 12:00:00.000000');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE annotations (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	clock TIME, 
	shared BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_annotations PRIMARY KEY (id), 
	CONSTRAINT fk_annotations_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_annotations_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "annotations" VALUES('note_y2gnohsb35qrccik','acme','mem_xlhvot4xlpnqnqcj','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE api_key_secrets (
	prefix VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	hash BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR, 
	ends_at DATETIME, 
	last_used_at DATETIME, 
	last_used_from VARCHAR, 
	CONSTRAINT pk_api_key_secrets PRIMARY KEY (prefix), 
	CONSTRAINT fk_api_key_secrets_organisation_key FOREIGN KEY(organisation, "key") REFERENCES api_keys (organisation, id), 
	CONSTRAINT fk_api_key_secrets_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "api_key_secrets" VALUES('14r7ijhy','acme','key_fymibjatvd6ymqir',X'1B7EA3134B95CE5A4BC06E4ED957F1A2D0C00F9DC471C43172896B092D2C0BC3','2026-10-15 12:00:00.000000','mem_xlhvot4xlpnqnqcj','2026-10-16 12:00:00.000000',NULL,NULL);
INSERT INTO "api_key_secrets" VALUES('egqjnyhl','acme','key_fymibjatvd6ymqir',X'B7537F964DAB2C1CDF47EEA7B51F478019F011042054DBC947E27F7C86D8B4A5','2026-10-15 12:00:00.000000','mem_xlhvot4xlpnqnqcj',NULL,NULL,NULL);
CREATE TABLE api_keys (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	prefix VARCHAR NOT NULL, 
	scopes JSON NOT NULL, 
	user VARCHAR, 
	team VARCHAR, 
	agent VARCHAR, 
	agent_type VARCHAR, 
	pod VARCHAR, 
	tags JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR, 
	expires_at DATETIME, 
	last_used_at DATETIME, 
	revoked_at DATETIME, 
	models JSON NOT NULL, 
	providers JSON NOT NULL, 
	last_used_from VARCHAR, 
	CONSTRAINT pk_api_keys PRIMARY KEY (id), 
	CONSTRAINT uq_api_keys_organisation_id UNIQUE (organisation, id), 
	CONSTRAINT fk_api_keys_organisation FOREIGN KEY(organisation) REFERENCES organisations (id), 
	CONSTRAINT uq_api_keys_prefix UNIQUE (prefix)
);
INSERT INTO "api_keys" VALUES('key_fymibjatvd6ymqir','acme','ci','egqjnyhl','["gateway", "read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_xlhvot4xlpnqnqcj',NULL,NULL,NULL,'[]','[]',NULL);
CREATE TABLE attribution_marks (
	organisation VARCHAR NOT NULL, 
	number BIGINT NOT NULL, 
	CONSTRAINT pk_attribution_marks PRIMARY KEY (organisation), 
	CONSTRAINT fk_attribution_marks_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "attribution_marks" VALUES('acme',2);
CREATE TABLE audit_entries (
	organisation VARCHAR NOT NULL, 
	number BIGINT NOT NULL, 
	version INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor_kind VARCHAR NOT NULL, 
	actor VARCHAR, 
	actor_name VARCHAR NOT NULL, 
	address VARCHAR, 
	action VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	"before" VARCHAR, 
	"after" VARCHAR, 
	previous BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	search_text VARCHAR NOT NULL, 
	CONSTRAINT pk_audit_entries PRIMARY KEY (organisation, number)
);
INSERT INTO "audit_entries" VALUES('acme',1,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'organisation.create','organisation','acme','Acme',NULL,'{"name":"Acme","zone":"Asia/Kathmandu"}',X'0000000000000000000000000000000000000000000000000000000000000000',X'776FA8D60532446B5650FBA8FF286C6150DF00BBBADFF7A336794A00F6B45692','outlay
organisation.create
acme
acme
{"name": "acme", "zone": "asia/kathmandu"}');
INSERT INTO "audit_entries" VALUES('',1,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'organisation.create','organisation','acme','Acme',NULL,'{"name":"Acme","zone":"Asia/Kathmandu"}',X'0000000000000000000000000000000000000000000000000000000000000000',X'D49EDE151E22CAF963F91842EEECBF1CD571056478C81ADF5DDE2CF81E6E83FA','outlay
organisation.create
acme
acme
{"name": "acme", "zone": "asia/kathmandu"}');
INSERT INTO "audit_entries" VALUES('acme',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_xlhvot4xlpnqnqcj','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"lead","teams":["growth"],"teams_led":["core","growth"],"user":"ada"}',X'776FA8D60532446B5650FBA8FF286C6150DF00BBBADFF7A336794A00F6B45692',X'80F639ACA390C9783998DB76018FDEFEDF820D018A14F35D22D077C970A87798','outlay
member.add
mem_xlhvot4xlpnqnqcj
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "lead", "teams": ["growth"], "teams_led": ["core", "growth"], "user": "ada"}');
INSERT INTO "audit_entries" VALUES('acme',3,1,'2026-10-15 12:00:00.000000','member','mem_xlhvot4xlpnqnqcj','Ada','192.0.2.7','key.create','api_key','key_fymibjatvd6ymqir','ci',NULL,'{"name":"ci","pod":"billing-bot","scopes":["gateway","read","send"],"secret":"outlay_14r7ijhy_\u2026","tags":["env:prod"]}',X'80F639ACA390C9783998DB76018FDEFEDF820D018A14F35D22D077C970A87798',X'4D96ECCFEEF01E3D4365C73133CD227AC082B84A3F832424DBAF9AD2BB3D2353','ada
192.0.2.7
key.create
key_fymibjatvd6ymqir
ci
{"name": "ci", "pod": "billing-bot", "scopes": ["gateway", "read", "send"], "secret": "outlay_14r7ijhy_…", "tags": ["env:prod"]}');
INSERT INTO "audit_entries" VALUES('acme',4,1,'2026-10-15 12:00:00.000000','member','mem_xlhvot4xlpnqnqcj','Ada','192.0.2.7','key.rotate','api_key','key_fymibjatvd6ymqir','ci','{"secret":"outlay_14r7ijhy_\u2026"}','{"secret":"outlay_egqjnyhl_\u2026","the one before counts until":"2026-10-16T12:00:00+00:00"}',X'4D96ECCFEEF01E3D4365C73133CD227AC082B84A3F832424DBAF9AD2BB3D2353',X'F33BF0EF06E682F6139884A14ABF31A057467A9CB57A02F44CFEC46BD4E29141','ada
192.0.2.7
key.rotate
key_fymibjatvd6ymqir
ci
{"secret": "outlay_14r7ijhy_…"}
{"secret": "outlay_egqjnyhl_…", "the one before counts until": "2026-10-16t12:00:00+00:00"}');
INSERT INTO "audit_entries" VALUES('acme',5,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'rate.set','rate','EUR of 2026-10-15','EUR of 2026-10-15',NULL,'{"per_usd":"0.9213"}',X'F33BF0EF06E682F6139884A14ABF31A057467A9CB57A02F44CFEC46BD4E29141',X'F2C80EA2DC9B487307AB920F00F25D9A1BA684431E50D7088CD53EEF6105D840','outlay
rate.set
eur of 2026-10-15
eur of 2026-10-15
{"per_usd": "0.9213"}');
INSERT INTO "audit_entries" VALUES('acme',6,1,'2026-10-15 12:00:00.000000','member','mem_xlhvot4xlpnqnqcj','Ada','192.0.2.7','import.store','import','import_fqvsz7iagf4bwrdo','import:aider',NULL,'{"first":"2026-10-12T12:00:00Z","last":"2026-10-15T12:00:00Z","stored":12}',X'F2C80EA2DC9B487307AB920F00F25D9A1BA684431E50D7088CD53EEF6105D840',X'9972982193E108E30453D8AB4A51A53DFC7D428E1EA557BA1D7DB6D8E69EDA4B','ada
192.0.2.7
import.store
import_fqvsz7iagf4bwrdo
import:aider
{"first": "2026-10-12t12:00:00z", "last": "2026-10-15t12:00:00z", "stored": 12}');
INSERT INTO "audit_entries" VALUES('acme',7,1,'2026-10-15 12:00:00.000000','member','mem_xlhvot4xlpnqnqcj','Ada','192.0.2.7','price.change','price','price_of_own_7b','acme/own-7b',NULL,'{"price_of_own_7b":{"from":"2026-10-15T12:00:00Z","input":"0.05","kind":"price","model":"own-7b","output":"0.20","provider":"acme","until":null}}',X'9972982193E108E30453D8AB4A51A53DFC7D428E1EA557BA1D7DB6D8E69EDA4B',X'F7100EA605402554D2AEA389B818154E4B20361A7341B01D3FA4A032C62C611D','ada
192.0.2.7
price.change
price_of_own_7b
acme/own-7b
{"price_of_own_7b": {"from": "2026-10-15t12:00:00z", "input": "0.05", "kind": "price", "model": "own-7b", "output": "0.20", "provider": "acme", "until": null}}');
INSERT INTO "audit_entries" VALUES('acme',8,1,'2026-10-15 12:00:00.000000','member','mem_xlhvot4xlpnqnqcj','Ada','192.0.2.7','upstream.add','upstream','up_fwffnta3qrvoe2so','openai',NULL,'{"allow_pass_through":true,"allow_private":false,"auth":"bearer","base_url":"https://api.openai.com","credential":"\u2022\u2022\u2022\u2022cdef","enabled":true,"headers":[],"provider":"openai","reading":null,"region":null,"timeouts":{"connect_seconds":10.0,"first_byte_seconds":600.0,"idle_seconds":300.0,"total_seconds":null}}',X'F7100EA605402554D2AEA389B818154E4B20361A7341B01D3FA4A032C62C611D',X'5EB06ECD729B01A28BC86BA74AF5A4A7A1FA0A5DF562C689710BE92CAADF0C59','ada
192.0.2.7
upstream.add
up_fwffnta3qrvoe2so
openai
{"allow_pass_through": true, "allow_private": false, "auth": "bearer", "base_url": "https://api.openai.com", "credential": "••••cdef", "enabled": true, "headers": [], "provider": "openai", "reading": null, "region": null, "timeouts": {"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}}');
INSERT INTO "audit_entries" VALUES('acme',9,1,'2026-10-15 12:00:00.000000','member','mem_xlhvot4xlpnqnqcj','Ada','192.0.2.7','member.invite','member','mem_xlhvot4xlpnqnqcj','Ada',NULL,'{"role":"lead","teams":["core","growth"]}',X'5EB06ECD729B01A28BC86BA74AF5A4A7A1FA0A5DF562C689710BE92CAADF0C59',X'0C1C8D93C36B3D6B9685A1E8C2A6F44BF198BC24F6E5AF2F29228ADEBDAF29D6','ada
192.0.2.7
member.invite
mem_xlhvot4xlpnqnqcj
ada
{"role": "lead", "teams": ["core", "growth"]}');
CREATE TABLE audit_heads (
	organisation VARCHAR NOT NULL, 
	number BIGINT NOT NULL, 
	hash BLOB NOT NULL, 
	"key" VARCHAR, 
	mac BLOB, 
	CONSTRAINT pk_audit_heads PRIMARY KEY (organisation)
);
INSERT INTO "audit_heads" VALUES('acme',9,X'0C1C8D93C36B3D6B9685A1E8C2A6F44BF198BC24F6E5AF2F29228ADEBDAF29D6',NULL,NULL);
INSERT INTO "audit_heads" VALUES('',1,X'D49EDE151E22CAF963F91842EEECBF1CD571056478C81ADF5DDE2CF81E6E83FA',NULL,NULL);
CREATE TABLE currency_rates (
	organisation VARCHAR NOT NULL, 
	currency VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	per_usd VARCHAR NOT NULL, 
	CONSTRAINT pk_currency_rates PRIMARY KEY (organisation, currency, day), 
	CONSTRAINT fk_currency_rates_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "currency_rates" VALUES('acme','EUR','2026-10-15','0.9213');
CREATE TABLE entities (
	organisation VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	name VARCHAR, 
	email VARCHAR, 
	team VARCHAR, 
	colour_slot INTEGER NOT NULL, 
	search_text VARCHAR NOT NULL, 
	first_seen DATETIME NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_entities PRIMARY KEY (organisation, kind, id), 
	CONSTRAINT fk_entities_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "entities" VALUES('acme','team','growth',NULL,NULL,NULL,0,'growth','2026-10-15 12:00:00.000000',0);
INSERT INTO "entities" VALUES('acme','user','ada','Ada Lovelace','ada@example.com',NULL,0,'ada
ada lovelace
ada@example.com','2026-10-15 12:00:00.000000',0);
INSERT INTO "entities" VALUES('acme','api_key','key_fymibjatvd6ymqir','ci',NULL,NULL,0,'key_fymibjatvd6ymqir
ci','2026-10-15 12:00:00.000000',0);
CREATE TABLE import_progress (
	organisation VARCHAR NOT NULL, 
	import_id VARCHAR NOT NULL, 
	position BIGINT NOT NULL, 
	counts JSON NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_import_progress PRIMARY KEY (organisation, import_id), 
	CONSTRAINT fk_import_progress_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "import_progress" VALUES('acme','trace.csv',4096,'{"stored": 12}','2026-10-15 12:00:00.000000');
CREATE TABLE import_runs (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	stored BIGINT NOT NULL, 
	first DATETIME, 
	last DATETIME, 
	ran_at DATETIME NOT NULL, 
	CONSTRAINT pk_import_runs PRIMARY KEY (id), 
	CONSTRAINT fk_import_runs_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "import_runs" VALUES('import_fqvsz7iagf4bwrdo','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE logged_calls (
	call BIGINT NOT NULL, 
	log BIGINT NOT NULL, 
	time BIGINT NOT NULL, 
	request BIGINT, 
	copy BOOLEAN NOT NULL, 
	revision INTEGER NOT NULL, 
	counts BLOB NOT NULL, 
	CONSTRAINT pk_logged_calls PRIMARY KEY (call)
);
INSERT INTO "logged_calls" VALUES(-994731104899285749,3227380085134019600,0,1,0,0,X'');
CREATE TABLE members (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	email VARCHAR NOT NULL, 
	email_key VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	password_hash VARCHAR, 
	user VARCHAR, 
	created_at DATETIME NOT NULL, 
	disabled_at DATETIME, 
	search_text VARCHAR DEFAULT '' NOT NULL, 
	signed_in_at DATETIME, 
	CONSTRAINT pk_members PRIMARY KEY (id), 
	CONSTRAINT uq_members_organisation_email_key UNIQUE (organisation, email_key), 
	CONSTRAINT uq_members_organisation_id UNIQUE (organisation, id), 
	CONSTRAINT fk_members_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "members" VALUES('mem_xlhvot4xlpnqnqcj','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL,'ada
ada@example.com
ada','2026-10-15 12:00:00.000000');
CREATE TABLE memberships (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	team VARCHAR NOT NULL, 
	"primary" BOOLEAN NOT NULL, 
	starts_at DATETIME, 
	ends_at DATETIME, 
	CONSTRAINT pk_memberships PRIMARY KEY (id), 
	CONSTRAINT fk_memberships_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_memberships_organisation_team FOREIGN KEY(organisation, team) REFERENCES teams (organisation, id), 
	CONSTRAINT fk_memberships_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "memberships" VALUES('ms_xqknzdzlmfbc7luu','acme','mem_xlhvot4xlpnqnqcj','growth',1,NULL,NULL);
CREATE TABLE organisation_settings (
	organisation VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	value JSON NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_organisation_settings PRIMARY KEY (organisation, name), 
	CONSTRAINT fk_organisation_settings_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "organisation_settings" VALUES('acme','greeting','{"text": "hello"}','2026-10-15 12:00:00.000000');
CREATE TABLE organisations (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	zone VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_zone VARCHAR, 
	fiscal_month INTEGER DEFAULT '1' NOT NULL, 
	currency VARCHAR DEFAULT 'USD' NOT NULL, 
	retention_days INTEGER, 
	suspended_at DATETIME, 
	deleted_at DATETIME, 
	CONSTRAINT pk_organisations PRIMARY KEY (id)
);
INSERT INTO "organisations" VALUES('acme','Acme','Asia/Kathmandu','2026-10-15 12:00:00.000000',NULL,1,'USD',NULL,NULL,NULL);
CREATE TABLE price_rules (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	body JSON NOT NULL, 
	starts_at DATETIME, 
	ends_at DATETIME, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR, 
	removed_at DATETIME, 
	removed_by VARCHAR, 
	CONSTRAINT pk_price_rules PRIMARY KEY (id), 
	CONSTRAINT fk_price_rules_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_xlhvot4xlpnqnqcj',NULL,NULL);
CREATE TABLE repricings (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	change JSON, 
	scope JSON NOT NULL, 
	undoes VARCHAR, 
	prices VARCHAR NOT NULL, 
	preview JSON, 
	written JSON, 
	error VARCHAR, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR, 
	decided_at DATETIME, 
	decided_by VARCHAR, 
	done_at DATETIME, 
	move JSON, 
	CONSTRAINT pk_repricings PRIMARY KEY (id), 
	CONSTRAINT fk_repricings_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "repricings" VALUES('reprice_sobduzihtnmryyoe','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "ended_before": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_xlhvot4xlpnqnqcj',NULL,NULL,NULL,NULL);
CREATE TABLE saved_views (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	name_key VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	"query" VARCHAR NOT NULL, 
	shared BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_saved_views PRIMARY KEY (id), 
	CONSTRAINT fk_saved_views_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT uq_saved_views_organisation_member_name_key UNIQUE (organisation, member, name_key), 
	CONSTRAINT uq_saved_views_organisation_id UNIQUE (organisation, id), 
	CONSTRAINT fk_saved_views_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "saved_views" VALUES('view_v4oy5gi76l325nkd','acme','mem_xlhvot4xlpnqnqcj','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE sessions (
	token_hash BLOB NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	csrf_secret BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_sessions_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "sessions" VALUES(X'D25B7430D4D39DB92DC73F2D36A7358188667FDDA249F7A35607A4E8181CD2C2','acme','mem_xlhvot4xlpnqnqcj',X'837FACFAA921DF1B921C9E7F1FF4A4F925A8085CD9573D88D44248A7DCD1AA10','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE sign_in_failures (
	id VARCHAR NOT NULL, 
	account BLOB NOT NULL, 
	address VARCHAR NOT NULL, 
	failed_at DATETIME NOT NULL, 
	CONSTRAINT pk_sign_in_failures PRIMARY KEY (id)
);
INSERT INTO "sign_in_failures" VALUES('try_1',X'00FF','192.0.2.7','2026-10-15 12:00:00.000000');
CREATE TABLE sign_in_links (
	token_hash BLOB NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_sign_in_links PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sign_in_links_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_sign_in_links_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "sign_in_links" VALUES(X'59E01BABB9F81E73D77FF351D993CA50BF1615BFDA3F57DABB1E22B8F68A7BE7','acme','mem_xlhvot4xlpnqnqcj','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL);
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_xlhvot4xlpnqnqcj','view_v4oy5gi76l325nkd');
CREATE TABLE teams (
	organisation VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	parent VARCHAR, 
	cost_centre VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	archived_at DATETIME, 
	CONSTRAINT pk_teams PRIMARY KEY (organisation, id), 
	CONSTRAINT fk_teams_organisation_parent FOREIGN KEY(organisation, parent) REFERENCES teams (organisation, id), 
	CONSTRAINT fk_teams_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "teams" VALUES('acme','growth',NULL,'','2026-10-15 12:00:00.000000',NULL);
CREATE TABLE teams_led (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	team VARCHAR NOT NULL, 
	CONSTRAINT pk_teams_led PRIMARY KEY (organisation, member, team), 
	CONSTRAINT fk_teams_led_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_teams_led_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "teams_led" VALUES('acme','mem_xlhvot4xlpnqnqcj','core');
INSERT INTO "teams_led" VALUES('acme','mem_xlhvot4xlpnqnqcj','growth');
CREATE TABLE upstreams (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	provider VARCHAR NOT NULL, 
	base_url VARCHAR NOT NULL, 
	auth VARCHAR NOT NULL, 
	reading VARCHAR, 
	region VARCHAR, 
	headers JSON NOT NULL, 
	timeouts JSON NOT NULL, 
	credential BLOB, 
	credential_key VARCHAR, 
	credential_hint VARCHAR NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	allow_pass_through BOOLEAN NOT NULL, 
	allow_private BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_upstreams PRIMARY KEY (id), 
	CONSTRAINT uq_upstreams_organisation_name UNIQUE (organisation, name), 
	CONSTRAINT fk_upstreams_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "upstreams" VALUES('up_fwffnta3qrvoe2so','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'DDCD82FE5EEA071AFD24D51C26374594D6B04D48DCBEB2DF3576665134E9573CC90004BB551DDD890939B0C694B4A4','7bd33f8c2e39','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_xlhvot4xlpnqnqcj','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_audit_entries_organisation_action_number ON audit_entries (organisation, action, number);
CREATE INDEX ix_audit_entries_organisation_actor_number ON audit_entries (organisation, actor, number);
CREATE INDEX ix_audit_entries_organisation_subject_number ON audit_entries (organisation, subject, number);
CREATE INDEX ix_audit_entries_organisation_at ON audit_entries (organisation, at);
CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_heads WHERE organisation = OLD.organisation)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX ix_members_organisation_user ON members (organisation, user);
CREATE INDEX ix_api_keys_organisation_created_at_id ON api_keys (organisation, created_at, id);
CREATE UNIQUE INDEX uq_api_keys_name_in_force ON api_keys (organisation, name) WHERE revoked_at IS NULL;
CREATE INDEX ix_entities_organisation_kind_number ON entities (organisation, kind, number);
CREATE INDEX ix_import_runs_organisation_ran_at ON import_runs (organisation, ran_at);
CREATE INDEX ix_price_rules_organisation_removed_at ON price_rules (organisation, removed_at);
CREATE INDEX ix_repricings_organisation_created_at ON repricings (organisation, created_at);
CREATE INDEX ix_teams_organisation_parent ON teams (organisation, parent);
CREATE INDEX ix_api_key_secrets_organisation_key ON api_key_secrets (organisation, "key");
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
CREATE INDEX ix_annotations_organisation_day ON annotations (organisation, day);
CREATE INDEX ix_memberships_organisation_member ON memberships (organisation, member);
CREATE INDEX ix_memberships_organisation_team ON memberships (organisation, team);
COMMIT;
