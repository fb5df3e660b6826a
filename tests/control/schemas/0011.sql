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
INSERT INTO "alembic_version" VALUES('0011');
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
INSERT INTO "annotations" VALUES('note_3pse6suq4lfaxhgm','acme','mem_2owkd6uve53vntwn','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "api_key_secrets" VALUES('x6g4d1u9','acme','key_rzysmyuhmo74cbt4',X'BF60E92BB4168B26F2080DDEAFBB7BA57AA17278D501B6E98C9E8631FD652129','2026-10-15 12:00:00.000000','mem_2owkd6uve53vntwn','2026-10-16 12:00:00.000000',NULL,NULL);
INSERT INTO "api_key_secrets" VALUES('kfao733m','acme','key_rzysmyuhmo74cbt4',X'D434131B90D04FF549F6780BC1E41BD795A1E9AEF52638004864AC13AA107B16','2026-10-15 12:00:00.000000','mem_2owkd6uve53vntwn',NULL,NULL,NULL);
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
INSERT INTO "api_keys" VALUES('key_rzysmyuhmo74cbt4','acme','ci','kfao733m','["gateway", "read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_2owkd6uve53vntwn',NULL,NULL,NULL,'[]','[]',NULL);
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
INSERT INTO "audit_entries" VALUES('acme',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_2owkd6uve53vntwn','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"lead","teams":["growth"],"teams_led":["core","growth"],"user":"ada"}',X'776FA8D60532446B5650FBA8FF286C6150DF00BBBADFF7A336794A00F6B45692',X'DF0F82616A3FB4816E4ABF8C6D0E0B4744D3D499CB3E97CC4FF91F166A4F8B52','outlay
member.add
mem_2owkd6uve53vntwn
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "lead", "teams": ["growth"], "teams_led": ["core", "growth"], "user": "ada"}');
INSERT INTO "audit_entries" VALUES('acme',3,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada','192.0.2.7','key.create','api_key','key_rzysmyuhmo74cbt4','ci',NULL,'{"name":"ci","pod":"billing-bot","scopes":["gateway","read","send"],"secret":"outlay_x6g4d1u9_\u2026","tags":["env:prod"]}',X'DF0F82616A3FB4816E4ABF8C6D0E0B4744D3D499CB3E97CC4FF91F166A4F8B52',X'C13E440FFEA5B5FB58888B504032D8D4362AFF41D7887D60913D6B2610B3B557','ada
192.0.2.7
key.create
key_rzysmyuhmo74cbt4
ci
{"name": "ci", "pod": "billing-bot", "scopes": ["gateway", "read", "send"], "secret": "outlay_x6g4d1u9_…", "tags": ["env:prod"]}');
INSERT INTO "audit_entries" VALUES('acme',4,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada','192.0.2.7','key.rotate','api_key','key_rzysmyuhmo74cbt4','ci','{"secret":"outlay_x6g4d1u9_\u2026"}','{"secret":"outlay_kfao733m_\u2026","the one before counts until":"2026-10-16T12:00:00+00:00"}',X'C13E440FFEA5B5FB58888B504032D8D4362AFF41D7887D60913D6B2610B3B557',X'32756DEDF515D5F0625056BD10FC07589B09AB895D2B50C1909B65ADF6F76379','ada
192.0.2.7
key.rotate
key_rzysmyuhmo74cbt4
ci
{"secret": "outlay_x6g4d1u9_…"}
{"secret": "outlay_kfao733m_…", "the one before counts until": "2026-10-16t12:00:00+00:00"}');
INSERT INTO "audit_entries" VALUES('other',1,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'organisation.create','organisation','other','Other',NULL,'{"name":"Other","zone":"UTC"}',X'0000000000000000000000000000000000000000000000000000000000000000',X'8F42C65B844C0AA97714431FB80DDDFF6100D26F3C0D0372D9227366D8123142','outlay
organisation.create
other
other
{"name": "other", "zone": "utc"}');
INSERT INTO "audit_entries" VALUES('',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'organisation.create','organisation','other','Other',NULL,'{"name":"Other","zone":"UTC"}',X'D49EDE151E22CAF963F91842EEECBF1CD571056478C81ADF5DDE2CF81E6E83FA',X'252B2448EE877C379E66D143EA5CCE78236B46115B1B8C35BCD96065D0F84EEC','outlay
organisation.create
other
other
{"name": "other", "zone": "utc"}');
INSERT INTO "audit_entries" VALUES('other',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_ltacp2oln26tv3on','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"member","teams_led":[],"user":null}',X'8F42C65B844C0AA97714431FB80DDDFF6100D26F3C0D0372D9227366D8123142',X'1B1A70402093AA3CB67B38549925F578D8A487D5D4D0CBA8D36938F4F33B47A3','outlay
member.add
mem_ltacp2oln26tv3on
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "member", "teams_led": [], "user": null}');
INSERT INTO "audit_entries" VALUES('acme',5,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada',NULL,'sign_in.password','session','ses_cwrrsxgrc3cvtbeu','Ada@example.com',NULL,NULL,X'32756DEDF515D5F0625056BD10FC07589B09AB895D2B50C1909B65ADF6F76379',X'7CB25773E0556E92D9C32C94A4DC4613328DB4479853BB3CB7D791658BDB2909','ada
sign_in.password
ses_cwrrsxgrc3cvtbeu
ada@example.com');
INSERT INTO "audit_entries" VALUES('acme',6,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'link.create','member','mem_2owkd6uve53vntwn','Ada@example.com',NULL,'{"lasts":86400.0}',X'7CB25773E0556E92D9C32C94A4DC4613328DB4479853BB3CB7D791658BDB2909',X'1FE3073091D8AA48F5571A3907B37A9A05549DDCC562555A6A67C21417E3A8F8','outlay
link.create
mem_2owkd6uve53vntwn
ada@example.com
{"lasts": 86400.0}');
INSERT INTO "audit_entries" VALUES('acme',7,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'rate.set','rate','EUR of 2026-10-15','EUR of 2026-10-15',NULL,'{"per_usd":"0.9213"}',X'1FE3073091D8AA48F5571A3907B37A9A05549DDCC562555A6A67C21417E3A8F8',X'1BAB37A6FB59A53ADD55EC402E89AACBECC3F52B341A9E290B3B3E2B6B6A5BF5','outlay
rate.set
eur of 2026-10-15
eur of 2026-10-15
{"per_usd": "0.9213"}');
INSERT INTO "audit_entries" VALUES('acme',8,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada','192.0.2.7','import.store','import','import_7v3lh4my7pdjwjbo','import:aider',NULL,'{"first":"2026-10-12T12:00:00Z","last":"2026-10-15T12:00:00Z","stored":12}',X'1BAB37A6FB59A53ADD55EC402E89AACBECC3F52B341A9E290B3B3E2B6B6A5BF5',X'4912A89C604147C2F2BD50800F114EDFF62D01F149288462C53C7156800B3B46','ada
192.0.2.7
import.store
import_7v3lh4my7pdjwjbo
import:aider
{"first": "2026-10-12t12:00:00z", "last": "2026-10-15t12:00:00z", "stored": 12}');
INSERT INTO "audit_entries" VALUES('acme',9,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada','192.0.2.7','price.change','price','price_of_own_7b','acme/own-7b',NULL,'{"price_of_own_7b":{"from":"2026-10-15T12:00:00Z","input":"0.05","kind":"price","model":"own-7b","output":"0.20","provider":"acme","until":null}}',X'4912A89C604147C2F2BD50800F114EDFF62D01F149288462C53C7156800B3B46',X'54AE5CAE2B8C4334C36B1CE72AA9193B76723444E6A2F5CFCC61887AED3C4CCB','ada
192.0.2.7
price.change
price_of_own_7b
acme/own-7b
{"price_of_own_7b": {"from": "2026-10-15t12:00:00z", "input": "0.05", "kind": "price", "model": "own-7b", "output": "0.20", "provider": "acme", "until": null}}');
INSERT INTO "audit_entries" VALUES('acme',10,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada',NULL,'second_factor.add','member','mem_2owkd6uve53vntwn','Ada@example.com',NULL,NULL,X'54AE5CAE2B8C4334C36B1CE72AA9193B76723444E6A2F5CFCC61887AED3C4CCB',X'0CE653B42DA24509A137914E3717EDB1257916CB0B317D435451D0554AAFACB7','ada
second_factor.add
mem_2owkd6uve53vntwn
ada@example.com');
INSERT INTO "audit_entries" VALUES('acme',11,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada','192.0.2.7','upstream.add','upstream','up_6ypun56nhhy2hcop','openai',NULL,'{"allow_pass_through":true,"allow_private":false,"auth":"bearer","base_url":"https://api.openai.com","credential":"\u2022\u2022\u2022\u2022cdef","enabled":true,"headers":[],"provider":"openai","reading":null,"region":null,"timeouts":{"connect_seconds":10.0,"first_byte_seconds":600.0,"idle_seconds":300.0,"total_seconds":null}}',X'0CE653B42DA24509A137914E3717EDB1257916CB0B317D435451D0554AAFACB7',X'F9B40D357E533CC6F1C79D70F39276F3B5FB40172B1B7E2528A8BC5F9DDB79D3','ada
192.0.2.7
upstream.add
up_6ypun56nhhy2hcop
openai
{"allow_pass_through": true, "allow_private": false, "auth": "bearer", "base_url": "https://api.openai.com", "credential": "••••cdef", "enabled": true, "headers": [], "provider": "openai", "reading": null, "region": null, "timeouts": {"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}}');
INSERT INTO "audit_entries" VALUES('acme',12,1,'2026-10-15 12:00:00.000000','member','mem_2owkd6uve53vntwn','Ada','192.0.2.7','member.invite','member','mem_2owkd6uve53vntwn','Ada',NULL,'{"role":"lead","teams":["core","growth"]}',X'F9B40D357E533CC6F1C79D70F39276F3B5FB40172B1B7E2528A8BC5F9DDB79D3',X'02091B313E41478424BBE06653AA030A1D5AFB51D94EBB61A7508A2461D62812','ada
192.0.2.7
member.invite
mem_2owkd6uve53vntwn
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
INSERT INTO "audit_heads" VALUES('acme',12,X'02091B313E41478424BBE06653AA030A1D5AFB51D94EBB61A7508A2461D62812',NULL,NULL);
INSERT INTO "audit_heads" VALUES('',2,X'252B2448EE877C379E66D143EA5CCE78236B46115B1B8C35BCD96065D0F84EEC',NULL,NULL);
INSERT INTO "audit_heads" VALUES('other',2,X'1B1A70402093AA3CB67B38549925F578D8A487D5D4D0CBA8D36938F4F33B47A3',NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_rzysmyuhmo74cbt4','ci',NULL,NULL,0,'key_rzysmyuhmo74cbt4
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
INSERT INTO "import_runs" VALUES('import_7v3lh4my7pdjwjbo','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "members" VALUES('mem_2owkd6uve53vntwn','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL,'ada
ada@example.com
ada','2026-10-15 12:00:00.000000');
INSERT INTO "members" VALUES('mem_ltacp2oln26tv3on','other','Ada@example.com','ada@example.com','Ada','member',NULL,NULL,'2026-10-15 12:00:00.000000',NULL,'ada
ada@example.com',NULL);
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
INSERT INTO "memberships" VALUES('ms_ilr2pubxz7xaaxh2','acme','mem_2owkd6uve53vntwn','growth',1,NULL,NULL);
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
INSERT INTO "organisations" VALUES('other','Other','UTC','2026-10-15 12:00:00.000000',NULL,1,'USD',NULL,NULL,NULL);
CREATE TABLE outgoing_mail (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	letter BLOB, 
	letter_key VARCHAR, 
	attempts INTEGER NOT NULL, 
	due_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	failure VARCHAR, 
	CONSTRAINT pk_outgoing_mail PRIMARY KEY (id), 
	CONSTRAINT fk_outgoing_mail_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "outgoing_mail" VALUES('mail_xetybflpk6m3l4l4','acme','sign_in',X'0A2877F24732DA81B364F5447060F1FE7BA6469DF53D9DF4CD262A499678','19bcf8e385c0',0,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 13:00:00.000000',NULL,NULL);
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
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_2owkd6uve53vntwn',NULL,NULL);
CREATE TABLE recovery_codes (
	code_hash BLOB NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	CONSTRAINT pk_recovery_codes PRIMARY KEY (code_hash), 
	CONSTRAINT fk_recovery_codes_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_recovery_codes_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "recovery_codes" VALUES(X'073E9F2CCB2B856CEF0075558E6A487A9B0E48DD9C464D3C29F6373BE07EA6F8','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'34C62849595A96BEB3598FC3CA39403EB2306DDFD6FDFEE4ABF381411877FF49','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'76BAEF99654D4A07EA9029B4074127098C9A56DE1A578EEE452CCF5E283866B5','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'60FCD80250B0232D4127EB952E4F7AA0ECDD833BE06198A3A1ECEB8A3C1E4F56','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'835BD15C8930E4A894146D36466383D3E746E982C0E843DD0CF4D6F13AD898DC','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'A01DC6D586982725A8076B9D1E807431D04D6ABFFA73592ED96A89BD36F165D5','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'7F3F44A9A45A31B1C85D60DF536977944584703EF5CC843923788B2D180D401E','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'D2AFD7247DAE1AEECF70F925A08EFAA2B390EBEF911A789A3731A70BB6029C09','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'87B67F28F52B1D232641E38D4C59251C8C97DF319696E72E83ED4E0B9C744E61','acme','mem_2owkd6uve53vntwn');
INSERT INTO "recovery_codes" VALUES(X'3AF5C079B2DB43E7E3069626AA4B3B420833B5227B4AEC658EF0F96DCCD3272F','acme','mem_2owkd6uve53vntwn');
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
INSERT INTO "repricings" VALUES('reprice_uj7gsesob5yimgsf','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "ended_before": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_2owkd6uve53vntwn',NULL,NULL,NULL,NULL);
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
INSERT INTO "saved_views" VALUES('view_lwr4yv6nw7euwfe3','acme','mem_2owkd6uve53vntwn','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE second_factors (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	secret BLOB NOT NULL, 
	secret_key VARCHAR NOT NULL, 
	last_step BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	confirmed_at DATETIME, 
	CONSTRAINT pk_second_factors PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_second_factors_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_second_factors_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "second_factors" VALUES('acme','mem_2owkd6uve53vntwn',X'2E1F0693F51E6ED74E6E270B21E44DC11B449BE2EC724EB5BE84437FD08FE2A615A50BDB07A234C6CC427956F6F7195613C7A5FF77AC1036C7B6A2F0','19bcf8e385c0',59735520,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE session_others (
	session VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	CONSTRAINT pk_session_others PRIMARY KEY (session, organisation, member), 
	CONSTRAINT fk_session_others_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_session_others_session FOREIGN KEY(session) REFERENCES sessions (id) ON DELETE CASCADE, 
	CONSTRAINT fk_session_others_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "session_others" VALUES('ses_cwrrsxgrc3cvtbeu','other','mem_ltacp2oln26tv3on');
CREATE TABLE sessions (
	token_hash BLOB NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	csrf_secret BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	id VARCHAR NOT NULL, 
	way VARCHAR NOT NULL, 
	browser VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	proved_at DATETIME NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_sessions_organisation FOREIGN KEY(organisation) REFERENCES organisations (id), 
	CONSTRAINT uq_sessions_id UNIQUE (id)
);
INSERT INTO "sessions" VALUES(X'30599560E894AEC91F369ED9D9EA7477A1E1E06A924E3029AA1FE478A8B0EA12','acme','mem_2owkd6uve53vntwn',X'B1CD342402A59745C22A37E463633008EA6E390F333157AB99567D60C1988C4F','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000','ses_cwrrsxgrc3cvtbeu','password','','','2026-10-15 12:00:00.000000');
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
	purpose VARCHAR NOT NULL, 
	CONSTRAINT pk_sign_in_links PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sign_in_links_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_sign_in_links_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "sign_in_links" VALUES(X'A2887550B912551893C7AEFFDB95236E7ABB97ABD44135F83DB020AD9D34CFC2','acme','mem_2owkd6uve53vntwn','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL,'sign_in');
CREATE TABLE sign_in_steps (
	token_hash BLOB NOT NULL, 
	members JSON NOT NULL, 
	chosen VARCHAR, 
	way VARCHAR NOT NULL, 
	wanted VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_sign_in_steps PRIMARY KEY (token_hash)
);
INSERT INTO "sign_in_steps" VALUES(X'69873B7FA43F115C4661DA4A2CA6FEBB573FBBFD76DCC67C5AA61E957103B90F','[["acme", "mem_2owkd6uve53vntwn"], ["other", "mem_ltacp2oln26tv3on"]]',NULL,'password','/','2026-10-15 12:00:00.000000','2026-10-15 12:10:00.000000');
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_2owkd6uve53vntwn','view_lwr4yv6nw7euwfe3');
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
INSERT INTO "teams_led" VALUES('acme','mem_2owkd6uve53vntwn','core');
INSERT INTO "teams_led" VALUES('acme','mem_2owkd6uve53vntwn','growth');
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
INSERT INTO "upstreams" VALUES('up_6ypun56nhhy2hcop','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'BE89022FB4D813B7B4DA8F9936DF419A68DA713F484775774AE543B22F57C0DAD6E6B057E71302B535F9E27F8F7374','19bcf8e385c0','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_2owkd6uve53vntwn','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_audit_entries_organisation_at ON audit_entries (organisation, at);
CREATE INDEX ix_audit_entries_organisation_actor_number ON audit_entries (organisation, actor, number);
CREATE INDEX ix_audit_entries_organisation_action_number ON audit_entries (organisation, action, number);
CREATE INDEX ix_audit_entries_organisation_subject_number ON audit_entries (organisation, subject, number);
CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_heads WHERE organisation = OLD.organisation)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX ix_sign_in_steps_expires_at ON sign_in_steps (expires_at);
CREATE INDEX ix_members_organisation_user ON members (organisation, user);
CREATE INDEX ix_api_keys_organisation_created_at_id ON api_keys (organisation, created_at, id);
CREATE UNIQUE INDEX uq_api_keys_name_in_force ON api_keys (organisation, name) WHERE revoked_at IS NULL;
CREATE INDEX ix_entities_organisation_kind_number ON entities (organisation, kind, number);
CREATE INDEX ix_import_runs_organisation_ran_at ON import_runs (organisation, ran_at);
CREATE INDEX ix_price_rules_organisation_removed_at ON price_rules (organisation, removed_at);
CREATE INDEX ix_repricings_organisation_created_at ON repricings (organisation, created_at);
CREATE INDEX ix_teams_organisation_parent ON teams (organisation, parent);
CREATE INDEX ix_outgoing_mail_due_at ON outgoing_mail (due_at);
CREATE INDEX ix_api_key_secrets_organisation_key ON api_key_secrets (organisation, "key");
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
CREATE INDEX ix_annotations_organisation_day ON annotations (organisation, day);
CREATE INDEX ix_memberships_organisation_member ON memberships (organisation, member);
CREATE INDEX ix_memberships_organisation_team ON memberships (organisation, team);
CREATE INDEX ix_recovery_codes_organisation_member ON recovery_codes (organisation, member);
COMMIT;
