BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
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
INSERT INTO "api_keys" VALUES('key_6ri0jwrmya93ud1d','acme','ci','ibv784hr',X'916E1CFC55B19A170A10E2CCE0DB726044EC6660E9D88E84DBAB15B1DDAD78AA','["read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_058w8n7l0lggxq6k',NULL,NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_6ri0jwrmya93ud1d','ci',NULL,NULL,0,'key_6ri0jwrmya93ud1d
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
INSERT INTO "members" VALUES('mem_058w8n7l0lggxq6k','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL);
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
INSERT INTO "sessions" VALUES(X'E49093214E0BCA477A75FD2E4805F19E380B34F37050AFD2001809E67400BABC','acme','mem_058w8n7l0lggxq6k',X'C043096FA4CF340ED68673E889D587A68DF928CF7CDFC57B56CD52604B0709A5','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_in_links" VALUES(X'ECA2C19270AB69ADBD86967C3635CFA84128A055AA5834406ED7235C36225A8E','acme','mem_058w8n7l0lggxq6k','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL);
CREATE TABLE teams_led (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	team VARCHAR NOT NULL, 
	CONSTRAINT pk_teams_led PRIMARY KEY (organisation, member, team), 
	CONSTRAINT fk_teams_led_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_teams_led_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "teams_led" VALUES('acme','mem_058w8n7l0lggxq6k','core');
INSERT INTO "teams_led" VALUES('acme','mem_058w8n7l0lggxq6k','growth');
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_members_organisation_user ON members (organisation, user);
CREATE UNIQUE INDEX uq_api_keys_name_in_force ON api_keys (organisation, name) WHERE revoked_at IS NULL;
CREATE INDEX ix_entities_organisation_kind_number ON entities (organisation, kind, number);
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
COMMIT;
