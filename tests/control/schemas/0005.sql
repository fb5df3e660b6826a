BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
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
INSERT INTO "annotations" VALUES('note_c0p35kf1p1us9aao','acme','mem_lbc7glfij9lv2j5i','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "api_keys" VALUES('key_dp1yjdvhoze9d3hc','acme','ci','r6x9noz0',X'D83BB0CA2B87298B24715E6E808A10B208C6D8808FD07331C9B35742A87812DA','["read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_lbc7glfij9lv2j5i',NULL,NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_dp1yjdvhoze9d3hc','ci',NULL,NULL,0,'key_dp1yjdvhoze9d3hc
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
INSERT INTO "import_runs" VALUES('import_40yy8j68nofeg5u1','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "members" VALUES('mem_lbc7glfij9lv2j5i','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL);
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
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_lbc7glfij9lv2j5i',NULL,NULL);
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
INSERT INTO "repricings" VALUES('reprice_rp5lme7x5rtqi0vx','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_lbc7glfij9lv2j5i',NULL,NULL,NULL);
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
INSERT INTO "saved_views" VALUES('view_b7v2elli2dyqbnsx','acme','mem_lbc7glfij9lv2j5i','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sessions" VALUES(X'4BC0C9F9D1B15C8F07D682C19F960C005807ADCD583C23F1BB3A81F2AB0A6B6B','acme','mem_lbc7glfij9lv2j5i',X'737FDA3228DD0373826AF4E14E9D59F39842D5F0147A632155310C37E188D17C','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_in_links" VALUES(X'A913CB94C9A4784D2F839214F532BB86ED8061E4BD320717610D6CC6C3ABAD74','acme','mem_lbc7glfij9lv2j5i','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL);
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_lbc7glfij9lv2j5i','view_b7v2elli2dyqbnsx');
CREATE TABLE teams_led (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	team VARCHAR NOT NULL, 
	CONSTRAINT pk_teams_led PRIMARY KEY (organisation, member, team), 
	CONSTRAINT fk_teams_led_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_teams_led_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "teams_led" VALUES('acme','mem_lbc7glfij9lv2j5i','core');
INSERT INTO "teams_led" VALUES('acme','mem_lbc7glfij9lv2j5i','growth');
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
INSERT INTO "upstreams" VALUES('up_14mz6bq5tx3q58a5','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'D3720478CD154DAB54F31FE6C939895C5A75EC76795B2409AB0961A2B125A633B21EFE6D605F867A71DF930C3B25B9','8a457ad0946c','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_lbc7glfij9lv2j5i','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_members_organisation_user ON members (organisation, user);
CREATE UNIQUE INDEX uq_api_keys_name_in_force ON api_keys (organisation, name) WHERE revoked_at IS NULL;
CREATE INDEX ix_entities_organisation_kind_number ON entities (organisation, kind, number);
CREATE INDEX ix_import_runs_organisation_ran_at ON import_runs (organisation, ran_at);
CREATE INDEX ix_price_rules_organisation_removed_at ON price_rules (organisation, removed_at);
CREATE INDEX ix_repricings_organisation_created_at ON repricings (organisation, created_at);
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
CREATE INDEX ix_annotations_organisation_day ON annotations (organisation, day);
COMMIT;
