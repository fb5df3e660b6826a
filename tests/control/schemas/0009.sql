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
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0009');
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
INSERT INTO "annotations" VALUES('note_ko562o7im5u3mrut','acme','mem_ytybv23d35oo2ffq','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE api_keys (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	prefix VARCHAR NOT NULL, 
	secret_hash BLOB NOT NULL, 
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
	CONSTRAINT pk_api_keys PRIMARY KEY (id), 
	CONSTRAINT fk_api_keys_organisation FOREIGN KEY(organisation) REFERENCES organisations (id), 
	CONSTRAINT uq_api_keys_prefix UNIQUE (prefix)
);
INSERT INTO "api_keys" VALUES('key_clfonmp5vhsdfnhi','acme','ci','aenriwmv',X'9F115CDDAA78CB0AB3CDAF881116C41EA4B6E13AC57DB72C422E460B337FEB22','["read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_ytybv23d35oo2ffq',NULL,NULL,NULL);
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
INSERT INTO "audit_entries" VALUES('acme',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_ytybv23d35oo2ffq','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"lead","teams":["growth"],"teams_led":["core","growth"],"user":"ada"}',X'776FA8D60532446B5650FBA8FF286C6150DF00BBBADFF7A336794A00F6B45692',X'2C4085E26429317911CB463EE8927561DE1F8649E54E2887F9FED00AA0062770','outlay
member.add
mem_ytybv23d35oo2ffq
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "lead", "teams": ["growth"], "teams_led": ["core", "growth"], "user": "ada"}');
INSERT INTO "audit_entries" VALUES('acme',3,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'rate.set','rate','EUR of 2026-10-15','EUR of 2026-10-15',NULL,'{"per_usd":"0.9213"}',X'2C4085E26429317911CB463EE8927561DE1F8649E54E2887F9FED00AA0062770',X'E3712E6714FD6ACAB942E8251F45E60CBA018EA60B39AC7D19F7312C749E83D7','outlay
rate.set
eur of 2026-10-15
eur of 2026-10-15
{"per_usd": "0.9213"}');
INSERT INTO "audit_entries" VALUES('acme',4,1,'2026-10-15 12:00:00.000000','member','mem_ytybv23d35oo2ffq','Ada','192.0.2.7','import.store','import','import_xj7gybarjjzpysu4','import:aider',NULL,'{"first":"2026-10-12T12:00:00Z","last":"2026-10-15T12:00:00Z","stored":12}',X'E3712E6714FD6ACAB942E8251F45E60CBA018EA60B39AC7D19F7312C749E83D7',X'3AFD257D049C2AB01E475EFD83F77F4613789D8AD9A795DB3C3C94F4EE3BC435','ada
192.0.2.7
import.store
import_xj7gybarjjzpysu4
import:aider
{"first": "2026-10-12t12:00:00z", "last": "2026-10-15t12:00:00z", "stored": 12}');
INSERT INTO "audit_entries" VALUES('acme',5,1,'2026-10-15 12:00:00.000000','member','mem_ytybv23d35oo2ffq','Ada','192.0.2.7','price.change','price','price_of_own_7b','acme/own-7b',NULL,'{"price_of_own_7b":{"from":"2026-10-15T12:00:00Z","input":"0.05","kind":"price","model":"own-7b","output":"0.20","provider":"acme","until":null}}',X'3AFD257D049C2AB01E475EFD83F77F4613789D8AD9A795DB3C3C94F4EE3BC435',X'E83CB8EA535A9F41FD3117D5FE96A3BDED19A79B68B6DFDEF63068EF96F24556','ada
192.0.2.7
price.change
price_of_own_7b
acme/own-7b
{"price_of_own_7b": {"from": "2026-10-15t12:00:00z", "input": "0.05", "kind": "price", "model": "own-7b", "output": "0.20", "provider": "acme", "until": null}}');
INSERT INTO "audit_entries" VALUES('acme',6,1,'2026-10-15 12:00:00.000000','member','mem_ytybv23d35oo2ffq','Ada','192.0.2.7','upstream.add','upstream','up_6fxp3voqreynfmsw','openai',NULL,'{"allow_pass_through":true,"allow_private":false,"auth":"bearer","base_url":"https://api.openai.com","credential":"\u2022\u2022\u2022\u2022cdef","enabled":true,"headers":[],"provider":"openai","reading":null,"region":null,"timeouts":{"connect_seconds":10.0,"first_byte_seconds":600.0,"idle_seconds":300.0,"total_seconds":null}}',X'E83CB8EA535A9F41FD3117D5FE96A3BDED19A79B68B6DFDEF63068EF96F24556',X'C94DD05CCD32EACD5BDC7E3F0C250EA7CE1E5C6D32DC2BC90F63241BE3403EE4','ada
192.0.2.7
upstream.add
up_6fxp3voqreynfmsw
openai
{"allow_pass_through": true, "allow_private": false, "auth": "bearer", "base_url": "https://api.openai.com", "credential": "••••cdef", "enabled": true, "headers": [], "provider": "openai", "reading": null, "region": null, "timeouts": {"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}}');
INSERT INTO "audit_entries" VALUES('acme',7,1,'2026-10-15 12:00:00.000000','member','mem_ytybv23d35oo2ffq','Ada','192.0.2.7','member.invite','member','mem_ytybv23d35oo2ffq','Ada',NULL,'{"role":"lead","teams":["core","growth"]}',X'C94DD05CCD32EACD5BDC7E3F0C250EA7CE1E5C6D32DC2BC90F63241BE3403EE4',X'7459389A7B4FD2AD05C89D44E9252EBD710E749926AD87E1EE855923C6EFD31E','ada
192.0.2.7
member.invite
mem_ytybv23d35oo2ffq
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
INSERT INTO "audit_heads" VALUES('acme',7,X'7459389A7B4FD2AD05C89D44E9252EBD710E749926AD87E1EE855923C6EFD31E',NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_clfonmp5vhsdfnhi','ci',NULL,NULL,0,'key_clfonmp5vhsdfnhi
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
INSERT INTO "import_runs" VALUES('import_xj7gybarjjzpysu4','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "members" VALUES('mem_ytybv23d35oo2ffq','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL,'ada
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
INSERT INTO "memberships" VALUES('ms_ehk7egplprdqrw5j','acme','mem_ytybv23d35oo2ffq','growth',1,NULL,NULL);
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
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_ytybv23d35oo2ffq',NULL,NULL);
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
INSERT INTO "repricings" VALUES('reprice_jugavtv5kgyw3tjo','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "ended_before": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_ytybv23d35oo2ffq',NULL,NULL,NULL,NULL);
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
INSERT INTO "saved_views" VALUES('view_5zjvy5phebc5m2pe','acme','mem_ytybv23d35oo2ffq','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sessions" VALUES(X'BF72A2B4350D52A2E4E3BA56866BA3E34157B6719419412D5C40D34DE1797EB6','acme','mem_ytybv23d35oo2ffq',X'CE9B95B8FF909F86A4E6FA0018D2773F6B8660103011D09DF524F6413ECF86AD','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_in_links" VALUES(X'FE95CB8C6B1D2B5222C8F3B9B7A563268AFFEF51A97AF665A891ECF3A8DCBE2B','acme','mem_ytybv23d35oo2ffq','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL);
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_ytybv23d35oo2ffq','view_5zjvy5phebc5m2pe');
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
INSERT INTO "teams_led" VALUES('acme','mem_ytybv23d35oo2ffq','core');
INSERT INTO "teams_led" VALUES('acme','mem_ytybv23d35oo2ffq','growth');
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
INSERT INTO "upstreams" VALUES('up_6fxp3voqreynfmsw','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'2C6AAB88DD355DA6BB1270E2292242576AD6D3FD34BE2838D1436C2C878D6DBE138C759E4CDF84AF9BD6721B226F5D','ba27e90ebe8c','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_ytybv23d35oo2ffq','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_audit_entries_organisation_action_number ON audit_entries (organisation, action, number);
CREATE INDEX ix_audit_entries_organisation_at ON audit_entries (organisation, at);
CREATE INDEX ix_audit_entries_organisation_subject_number ON audit_entries (organisation, subject, number);
CREATE INDEX ix_audit_entries_organisation_actor_number ON audit_entries (organisation, actor, number);
CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_heads WHERE organisation = OLD.organisation)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX ix_members_organisation_user ON members (organisation, user);
CREATE UNIQUE INDEX uq_api_keys_name_in_force ON api_keys (organisation, name) WHERE revoked_at IS NULL;
CREATE INDEX ix_entities_organisation_kind_number ON entities (organisation, kind, number);
CREATE INDEX ix_import_runs_organisation_ran_at ON import_runs (organisation, ran_at);
CREATE INDEX ix_price_rules_organisation_removed_at ON price_rules (organisation, removed_at);
CREATE INDEX ix_repricings_organisation_created_at ON repricings (organisation, created_at);
CREATE INDEX ix_teams_organisation_parent ON teams (organisation, parent);
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
CREATE INDEX ix_annotations_organisation_day ON annotations (organisation, day);
CREATE INDEX ix_memberships_organisation_member ON memberships (organisation, member);
CREATE INDEX ix_memberships_organisation_team ON memberships (organisation, team);
COMMIT;
