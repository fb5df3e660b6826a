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
INSERT INTO "alembic_version" VALUES('0008');
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
INSERT INTO "annotations" VALUES('note_3zj6sje34aq7xec5','acme','mem_2ihzhnoeuioqgrr5','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "api_keys" VALUES('key_wtw46nqq4ct7tmxn','acme','ci','mt1f8ehx',X'767B3E23B99FDB5EC37F1B3DF2095F3F80F6321C8FAB23799069D00BA37FAF23','["read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_2ihzhnoeuioqgrr5',NULL,NULL,NULL);
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
INSERT INTO "audit_entries" VALUES('acme',1,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_2ihzhnoeuioqgrr5','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"lead","teams":["growth"],"teams_led":["core","growth"],"user":"ada"}',X'0000000000000000000000000000000000000000000000000000000000000000',X'9609AC5AE1D1D00A9086C5DF9FBDC3D7A9CE988E75C1EAFC63E247D1127EFA2A','outlay
member.add
mem_2ihzhnoeuioqgrr5
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "lead", "teams": ["growth"], "teams_led": ["core", "growth"], "user": "ada"}');
INSERT INTO "audit_entries" VALUES('acme',2,1,'2026-10-15 12:00:00.000000','member','mem_2ihzhnoeuioqgrr5','Ada','192.0.2.7','import.store','import','import_elfij7bmck54zfyi','import:aider',NULL,'{"first":"2026-10-12T12:00:00Z","last":"2026-10-15T12:00:00Z","stored":12}',X'9609AC5AE1D1D00A9086C5DF9FBDC3D7A9CE988E75C1EAFC63E247D1127EFA2A',X'AB463B6A6C3C12F660E04333745084BFDA175454CB773084D379C27AFB0125A1','ada
192.0.2.7
import.store
import_elfij7bmck54zfyi
import:aider
{"first": "2026-10-12t12:00:00z", "last": "2026-10-15t12:00:00z", "stored": 12}');
INSERT INTO "audit_entries" VALUES('acme',3,1,'2026-10-15 12:00:00.000000','member','mem_2ihzhnoeuioqgrr5','Ada','192.0.2.7','price.change','price','price_of_own_7b','acme/own-7b',NULL,'{"price_of_own_7b":{"from":"2026-10-15T12:00:00Z","input":"0.05","kind":"price","model":"own-7b","output":"0.20","provider":"acme","until":null}}',X'AB463B6A6C3C12F660E04333745084BFDA175454CB773084D379C27AFB0125A1',X'E0D6EEE727F7C556E9A44043576579D83E4A8D4E89AD010BEF4B5FD34457CC15','ada
192.0.2.7
price.change
price_of_own_7b
acme/own-7b
{"price_of_own_7b": {"from": "2026-10-15t12:00:00z", "input": "0.05", "kind": "price", "model": "own-7b", "output": "0.20", "provider": "acme", "until": null}}');
INSERT INTO "audit_entries" VALUES('acme',4,1,'2026-10-15 12:00:00.000000','member','mem_2ihzhnoeuioqgrr5','Ada','192.0.2.7','upstream.add','upstream','up_apwivuubkps235l4','openai',NULL,'{"allow_pass_through":true,"allow_private":false,"auth":"bearer","base_url":"https://api.openai.com","credential":"\u2022\u2022\u2022\u2022cdef","enabled":true,"headers":[],"provider":"openai","reading":null,"region":null,"timeouts":{"connect_seconds":10.0,"first_byte_seconds":600.0,"idle_seconds":300.0,"total_seconds":null}}',X'E0D6EEE727F7C556E9A44043576579D83E4A8D4E89AD010BEF4B5FD34457CC15',X'BD532B39417FBA6FCAEF2E46E7618202C2D2015E141730AD0C2430B708E3C6BD','ada
192.0.2.7
upstream.add
up_apwivuubkps235l4
openai
{"allow_pass_through": true, "allow_private": false, "auth": "bearer", "base_url": "https://api.openai.com", "credential": "••••cdef", "enabled": true, "headers": [], "provider": "openai", "reading": null, "region": null, "timeouts": {"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}}');
INSERT INTO "audit_entries" VALUES('acme',5,1,'2026-10-15 12:00:00.000000','member','mem_2ihzhnoeuioqgrr5','Ada','192.0.2.7','member.invite','member','mem_2ihzhnoeuioqgrr5','Ada',NULL,'{"role":"lead","teams":["core","growth"]}',X'BD532B39417FBA6FCAEF2E46E7618202C2D2015E141730AD0C2430B708E3C6BD',X'F01397ADE24D804D681D541130C4D474D005E4C9AB4FBB0D84937A520FE8F2B8','ada
192.0.2.7
member.invite
mem_2ihzhnoeuioqgrr5
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
INSERT INTO "audit_heads" VALUES('acme',5,X'F01397ADE24D804D681D541130C4D474D005E4C9AB4FBB0D84937A520FE8F2B8',NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_wtw46nqq4ct7tmxn','ci',NULL,NULL,0,'key_wtw46nqq4ct7tmxn
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
INSERT INTO "import_runs" VALUES('import_elfij7bmck54zfyi','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "members" VALUES('mem_2ihzhnoeuioqgrr5','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL,'ada
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
INSERT INTO "memberships" VALUES('ms_grwonx2ymidnf45a','acme','mem_2ihzhnoeuioqgrr5','growth',1,NULL,NULL);
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
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_2ihzhnoeuioqgrr5',NULL,NULL);
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
INSERT INTO "repricings" VALUES('reprice_bhcsrvd22g276hkh','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "ended_before": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_2ihzhnoeuioqgrr5',NULL,NULL,NULL,NULL);
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
INSERT INTO "saved_views" VALUES('view_5myyvyih4xvqleoe','acme','mem_2ihzhnoeuioqgrr5','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sessions" VALUES(X'45A6F2739D4D4F38F3F0459F0CDE6E7827A765BE06F010F831AC4C60A2138CC4','acme','mem_2ihzhnoeuioqgrr5',X'82EDD45971CF588F8D90106215BE3E5688CD76D1F1908AF837E52FC87BA2AD5F','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_in_links" VALUES(X'166B0454FD69E4E3B1A97DF8A9619F72199426612485B3704997FF8EB45261F2','acme','mem_2ihzhnoeuioqgrr5','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL);
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_2ihzhnoeuioqgrr5','view_5myyvyih4xvqleoe');
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
INSERT INTO "teams_led" VALUES('acme','mem_2ihzhnoeuioqgrr5','core');
INSERT INTO "teams_led" VALUES('acme','mem_2ihzhnoeuioqgrr5','growth');
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
INSERT INTO "upstreams" VALUES('up_apwivuubkps235l4','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'793EC10272A953AFF20FE32D948F7848E1543D37B91E287CCC72E8D3A51055B2EF79CFF495E781B10372E53CE5F8FC','f25c98f075e8','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_2ihzhnoeuioqgrr5','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_audit_entries_organisation_actor_number ON audit_entries (organisation, actor, number);
CREATE INDEX ix_audit_entries_organisation_action_number ON audit_entries (organisation, action, number);
CREATE INDEX ix_audit_entries_organisation_at ON audit_entries (organisation, at);
CREATE INDEX ix_audit_entries_organisation_subject_number ON audit_entries (organisation, subject, number);
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
CREATE INDEX ix_memberships_organisation_team ON memberships (organisation, team);
CREATE INDEX ix_memberships_organisation_member ON memberships (organisation, member);
COMMIT;
