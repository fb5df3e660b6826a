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
INSERT INTO "alembic_version" VALUES('0007');
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
INSERT INTO "annotations" VALUES('note_eoglzgsallori3se','acme','mem_clbettrhqg7ta5og','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "api_keys" VALUES('key_4ns2nvjg2kr6j3bo','acme','ci','6psrx13f',X'745CB6B4C5A44283ACCB815F702B6A9EAFDF2812DB85399442ACE5767FFE1763','["read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_clbettrhqg7ta5og',NULL,NULL,NULL);
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
INSERT INTO "audit_entries" VALUES('acme',1,1,'2026-10-15 12:00:00.000000','member','mem_clbettrhqg7ta5og','Ada','192.0.2.7','member.invite','member','mem_clbettrhqg7ta5og','Ada',NULL,'{"role":"lead","teams":["core","growth"]}',X'0000000000000000000000000000000000000000000000000000000000000000',X'6A53003BD90BFF444E88E8FCD0976CE56019D4E66272EE466C5FC92A6379FB19','ada
192.0.2.7
member.invite
mem_clbettrhqg7ta5og
ada
{"role":"lead","teams":["core","growth"]}');
CREATE TABLE audit_heads (
	organisation VARCHAR NOT NULL, 
	number BIGINT NOT NULL, 
	hash BLOB NOT NULL, 
	"key" VARCHAR, 
	mac BLOB, 
	CONSTRAINT pk_audit_heads PRIMARY KEY (organisation)
);
INSERT INTO "audit_heads" VALUES('acme',1,X'6A53003BD90BFF444E88E8FCD0976CE56019D4E66272EE466C5FC92A6379FB19',NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_4ns2nvjg2kr6j3bo','ci',NULL,NULL,0,'key_4ns2nvjg2kr6j3bo
ci','2026-10-15 12:00:00.000000',0);
INSERT INTO "entities" VALUES('acme','user','ada','Ada Lovelace','ada@example.com',NULL,0,'ada
ada lovelace
ada@example.com','2026-10-15 12:00:00.000000',0);
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
INSERT INTO "import_runs" VALUES('import_im6uqlnrpun4ihm3','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
	CONSTRAINT pk_members PRIMARY KEY (id), 
	CONSTRAINT uq_members_organisation_email_key UNIQUE (organisation, email_key), 
	CONSTRAINT uq_members_organisation_id UNIQUE (organisation, id), 
	CONSTRAINT fk_members_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "members" VALUES('mem_clbettrhqg7ta5og','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL);
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
	CONSTRAINT pk_organisations PRIMARY KEY (id)
);
INSERT INTO "organisations" VALUES('acme','Acme','Asia/Kathmandu','2026-10-15 12:00:00.000000');
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
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_clbettrhqg7ta5og',NULL,NULL);
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
	CONSTRAINT pk_repricings PRIMARY KEY (id), 
	CONSTRAINT fk_repricings_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "repricings" VALUES('reprice_yxce3tom5gigtvyw','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "ended_before": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_clbettrhqg7ta5og',NULL,NULL,NULL);
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
INSERT INTO "saved_views" VALUES('view_5xv63ebdssvd4j33','acme','mem_clbettrhqg7ta5og','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sessions" VALUES(X'CF367BEFFC208E8D57035FBD2CE0ADCE5945CBAB2AC96B29F4F7065A869003D1','acme','mem_clbettrhqg7ta5og',X'827EB21801D1D23B0ABD46E0236DAFB29ED12A288AAE7BC1AC5E8AC1E4210B37','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_in_links" VALUES(X'BB079278D051710070D912012ADDFE6BF776936D0651135AFF89835DB94DFEC1','acme','mem_clbettrhqg7ta5og','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL);
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_clbettrhqg7ta5og','view_5xv63ebdssvd4j33');
CREATE TABLE teams_led (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	team VARCHAR NOT NULL, 
	CONSTRAINT pk_teams_led PRIMARY KEY (organisation, member, team), 
	CONSTRAINT fk_teams_led_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_teams_led_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "teams_led" VALUES('acme','mem_clbettrhqg7ta5og','core');
INSERT INTO "teams_led" VALUES('acme','mem_clbettrhqg7ta5og','growth');
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
INSERT INTO "upstreams" VALUES('up_daykywzq6uefygof','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'ECD7CE724F2A0E9240FE8FC6782B8695A8AE6BD24EEE2D67B31B35C4341B598693CD50C3BC5C500EF329D0F840E129','caae7c38ed3f','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_clbettrhqg7ta5og','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_audit_entries_organisation_at ON audit_entries (organisation, at);
CREATE INDEX ix_audit_entries_organisation_action_number ON audit_entries (organisation, action, number);
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
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
CREATE INDEX ix_annotations_organisation_day ON annotations (organisation, day);
COMMIT;
