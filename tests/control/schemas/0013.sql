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
INSERT INTO "alembic_version" VALUES('0013');
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
INSERT INTO "annotations" VALUES('note_yy6h5oxfvrtokuwr','acme','mem_vmc2kpgorz3mezrw','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "api_key_secrets" VALUES('tq5q9k1p','acme','key_r5avjocajo3wymuv',X'62AF9C2238956B4648AF7FD9759A6D92E2EE601EA68097A8C35BF13228279F03','2026-10-15 12:00:00.000000','mem_vmc2kpgorz3mezrw','2026-10-16 12:00:00.000000',NULL,NULL);
INSERT INTO "api_key_secrets" VALUES('bgzwbg1r','acme','key_r5avjocajo3wymuv',X'E40667EBA007252E1925D5D64B57611B52D1D4EDB2FB8D67B37C1C6F4D531F05','2026-10-15 12:00:00.000000','mem_vmc2kpgorz3mezrw',NULL,NULL,NULL);
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
INSERT INTO "api_keys" VALUES('key_r5avjocajo3wymuv','acme','ci','bgzwbg1r','["gateway", "read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_vmc2kpgorz3mezrw',NULL,NULL,NULL,'[]','[]',NULL);
CREATE TABLE attribution_marks (
	organisation VARCHAR NOT NULL, 
	number BIGINT NOT NULL, 
	CONSTRAINT pk_attribution_marks PRIMARY KEY (organisation), 
	CONSTRAINT fk_attribution_marks_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "attribution_marks" VALUES('acme',3);
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
INSERT INTO "audit_entries" VALUES('acme',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_vmc2kpgorz3mezrw','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"lead","teams":["growth"],"teams_led":["core","growth"],"user":"ada"}',X'776FA8D60532446B5650FBA8FF286C6150DF00BBBADFF7A336794A00F6B45692',X'8DAEDBC8AB5B9AEFB219B8DACC0315AD5735DBA212A4BBC9F7EA0F34C0F62C75','outlay
member.add
mem_vmc2kpgorz3mezrw
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "lead", "teams": ["growth"], "teams_led": ["core", "growth"], "user": "ada"}');
INSERT INTO "audit_entries" VALUES('acme',3,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada','192.0.2.7','key.create','api_key','key_r5avjocajo3wymuv','ci',NULL,'{"name":"ci","pod":"billing-bot","scopes":["gateway","read","send"],"secret":"outlay_tq5q9k1p_\u2026","tags":["env:prod"]}',X'8DAEDBC8AB5B9AEFB219B8DACC0315AD5735DBA212A4BBC9F7EA0F34C0F62C75',X'4C7729C262B422B06864883E416FD2C379347B3A5B616A0CDBDA652932C35607','ada
192.0.2.7
key.create
key_r5avjocajo3wymuv
ci
{"name": "ci", "pod": "billing-bot", "scopes": ["gateway", "read", "send"], "secret": "outlay_tq5q9k1p_…", "tags": ["env:prod"]}');
INSERT INTO "audit_entries" VALUES('acme',4,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada','192.0.2.7','key.rotate','api_key','key_r5avjocajo3wymuv','ci','{"secret":"outlay_tq5q9k1p_\u2026"}','{"secret":"outlay_bgzwbg1r_\u2026","the one before counts until":"2026-10-16T12:00:00+00:00"}',X'4C7729C262B422B06864883E416FD2C379347B3A5B616A0CDBDA652932C35607',X'F1C9F36647B02FB73B0A609EBB2F6B77BDE750284A9356FB08BFA7BB3CBBCD81','ada
192.0.2.7
key.rotate
key_r5avjocajo3wymuv
ci
{"secret": "outlay_tq5q9k1p_…"}
{"secret": "outlay_bgzwbg1r_…", "the one before counts until": "2026-10-16t12:00:00+00:00"}');
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
INSERT INTO "audit_entries" VALUES('other',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_sa7zto7b23opuyh5','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"member","teams_led":[],"user":null}',X'8F42C65B844C0AA97714431FB80DDDFF6100D26F3C0D0372D9227366D8123142',X'6D473446A323E404D66F89BE80DAE331CD71EAF47D715ED416CDF795F8F38E09','outlay
member.add
mem_sa7zto7b23opuyh5
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "member", "teams_led": [], "user": null}');
INSERT INTO "audit_entries" VALUES('acme',5,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada',NULL,'sign_in.password','session','ses_nya4wzh2c6jompx6','Ada@example.com',NULL,NULL,X'F1C9F36647B02FB73B0A609EBB2F6B77BDE750284A9356FB08BFA7BB3CBBCD81',X'948B444AEBEEC0543B3C9E7B3C5EA7E91182F022D7E2F533C634FF4EF7D2B3B0','ada
sign_in.password
ses_nya4wzh2c6jompx6
ada@example.com');
INSERT INTO "audit_entries" VALUES('acme',6,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'link.create','member','mem_vmc2kpgorz3mezrw','Ada@example.com',NULL,'{"lasts":86400.0}',X'948B444AEBEEC0543B3C9E7B3C5EA7E91182F022D7E2F533C634FF4EF7D2B3B0',X'FB45AC2D537E56AC533D9CC7496C10B585207F4F89F1C304395FFBF342BF6AB9','outlay
link.create
mem_vmc2kpgorz3mezrw
ada@example.com
{"lasts": 86400.0}');
INSERT INTO "audit_entries" VALUES('acme',7,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'rate.set','rate','EUR of 2026-10-15','EUR of 2026-10-15',NULL,'{"per_usd":"0.9213"}',X'FB45AC2D537E56AC533D9CC7496C10B585207F4F89F1C304395FFBF342BF6AB9',X'6BDA9A73B1593FB9F2ECF6C08A940D4CA9B0CDB5C3B294BEE67B349F37439AC2','outlay
rate.set
eur of 2026-10-15
eur of 2026-10-15
{"per_usd": "0.9213"}');
INSERT INTO "audit_entries" VALUES('acme',8,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada','192.0.2.7','import.store','import','import_55hid6ptx53cuvey','import:aider',NULL,'{"first":"2026-10-12T12:00:00Z","last":"2026-10-15T12:00:00Z","stored":12}',X'6BDA9A73B1593FB9F2ECF6C08A940D4CA9B0CDB5C3B294BEE67B349F37439AC2',X'A4EEF7821CE11641595C8824ADDA0928922FF306CB449585E5EFC94EBBD476DD','ada
192.0.2.7
import.store
import_55hid6ptx53cuvey
import:aider
{"first": "2026-10-12t12:00:00z", "last": "2026-10-15t12:00:00z", "stored": 12}');
INSERT INTO "audit_entries" VALUES('acme',9,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada','192.0.2.7','price.change','price','price_of_own_7b','acme/own-7b',NULL,'{"price_of_own_7b":{"from":"2026-10-15T12:00:00Z","input":"0.05","kind":"price","model":"own-7b","output":"0.20","provider":"acme","until":null}}',X'A4EEF7821CE11641595C8824ADDA0928922FF306CB449585E5EFC94EBBD476DD',X'24043E8890AD5C5F7AF0BABDA8332EA49BB14AEA4830A6409293577196BDA757','ada
192.0.2.7
price.change
price_of_own_7b
acme/own-7b
{"price_of_own_7b": {"from": "2026-10-15t12:00:00z", "input": "0.05", "kind": "price", "model": "own-7b", "output": "0.20", "provider": "acme", "until": null}}');
INSERT INTO "audit_entries" VALUES('acme',10,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada',NULL,'second_factor.add','member','mem_vmc2kpgorz3mezrw','Ada@example.com',NULL,NULL,X'24043E8890AD5C5F7AF0BABDA8332EA49BB14AEA4830A6409293577196BDA757',X'0DF95E3CE573C2C1976DE80726EB77CE58789FD87ED7FD29BF71C420220333FC','ada
second_factor.add
mem_vmc2kpgorz3mezrw
ada@example.com');
INSERT INTO "audit_entries" VALUES('acme',11,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada','192.0.2.7','upstream.add','upstream','up_vfkl5hcyjy53dgmp','openai',NULL,'{"allow_pass_through":true,"allow_private":false,"auth":"bearer","base_url":"https://api.openai.com","credential":"\u2022\u2022\u2022\u2022cdef","enabled":true,"headers":[],"provider":"openai","reading":null,"region":null,"timeouts":{"connect_seconds":10.0,"first_byte_seconds":600.0,"idle_seconds":300.0,"total_seconds":null}}',X'0DF95E3CE573C2C1976DE80726EB77CE58789FD87ED7FD29BF71C420220333FC',X'7801727565F16C0BEB9CAE31C307087A63A8D30628A1E3729E28F6DB5B4866BE','ada
192.0.2.7
upstream.add
up_vfkl5hcyjy53dgmp
openai
{"allow_pass_through": true, "allow_private": false, "auth": "bearer", "base_url": "https://api.openai.com", "credential": "••••cdef", "enabled": true, "headers": [], "provider": "openai", "reading": null, "region": null, "timeouts": {"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}}');
INSERT INTO "audit_entries" VALUES('acme',12,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'sign_on.add','sign-on provider','idp_7pwkus5avbu5y3iq','Okta',NULL,'{"allow_private":false,"client_id":"outlay","creates_members":false,"default_role":"member","domains":["example.com"],"enabled":true,"groups_claim":"","issuer":"https://acme.okta.example","name":"Okta","scopes":"openid email profile","secret":"\u2022\u2022\u2022\u2022cdef","trusts_emails":false}',X'7801727565F16C0BEB9CAE31C307087A63A8D30628A1E3729E28F6DB5B4866BE',X'B1014EF06BE2CDA0619237EDED996DBFF0F5D6DC477A261BEE2DB7C23686BFBB','outlay
sign_on.add
idp_7pwkus5avbu5y3iq
okta
{"allow_private": false, "client_id": "outlay", "creates_members": false, "default_role": "member", "domains": ["example.com"], "enabled": true, "groups_claim": "", "issuer": "https://acme.okta.example", "name": "okta", "scopes": "openid email profile", "secret": "••••cdef", "trusts_emails": false}');
INSERT INTO "audit_entries" VALUES('acme',13,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'scim_token.create','SCIM token','scim_3mx77tepmdfnh5bc','••••ExEo',NULL,NULL,X'B1014EF06BE2CDA0619237EDED996DBFF0F5D6DC477A261BEE2DB7C23686BFBB',X'EBF7DB0938CEA32E45CE12D2FB1E1452C33C0EF2656E77A2DA7D7A8FFD8AD583','outlay
scim_token.create
scim_3mx77tepmdfnh5bc
••••exeo');
INSERT INTO "audit_entries" VALUES('acme',14,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_tr27fzcdcozbrf5s','grace',NULL,'{"disabled":false,"email":"grace@example.com","name":"grace","role":"member","teams_led":[],"user":"grace@example.com"}',X'EBF7DB0938CEA32E45CE12D2FB1E1452C33C0EF2656E77A2DA7D7A8FFD8AD583',X'314CEA957FC01179C94C0291F57E3894805CEC9F5D3E5FE3391E51E978A66CB1','outlay
member.add
mem_tr27fzcdcozbrf5s
grace
{"disabled": false, "email": "grace@example.com", "name": "grace", "role": "member", "teams_led": [], "user": "grace@example.com"}');
INSERT INTO "audit_entries" VALUES('acme',15,1,'2026-10-15 12:00:00.000000','member','mem_vmc2kpgorz3mezrw','Ada','192.0.2.7','member.invite','member','mem_vmc2kpgorz3mezrw','Ada',NULL,'{"role":"lead","teams":["core","growth"]}',X'314CEA957FC01179C94C0291F57E3894805CEC9F5D3E5FE3391E51E978A66CB1',X'4D53C6EE3DA0F3920BF2DB6E606B479FF5C6C35D6B6FFD9CE83ED84DE1BDC01B','ada
192.0.2.7
member.invite
mem_vmc2kpgorz3mezrw
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
INSERT INTO "audit_heads" VALUES('acme',15,X'4D53C6EE3DA0F3920BF2DB6E606B479FF5C6C35D6B6FFD9CE83ED84DE1BDC01B',NULL,NULL);
INSERT INTO "audit_heads" VALUES('',2,X'252B2448EE877C379E66D143EA5CCE78236B46115B1B8C35BCD96065D0F84EEC',NULL,NULL);
INSERT INTO "audit_heads" VALUES('other',2,X'6D473446A323E404D66F89BE80DAE331CD71EAF47D715ED416CDF795F8F38E09',NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_r5avjocajo3wymuv','ci',NULL,NULL,0,'key_r5avjocajo3wymuv
ci','2026-10-15 12:00:00.000000',0);
CREATE TABLE group_rules (
	organisation VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	role VARCHAR, 
	teams JSON NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_group_rules PRIMARY KEY (organisation, name), 
	CONSTRAINT fk_group_rules_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "group_rules" VALUES('acme','admins','admin','[]','2026-10-15 12:00:00.000000');
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
INSERT INTO "import_runs" VALUES('import_55hid6ptx53cuvey','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "members" VALUES('mem_vmc2kpgorz3mezrw','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL,'ada
ada@example.com
ada','2026-10-15 12:00:00.000000');
INSERT INTO "members" VALUES('mem_sa7zto7b23opuyh5','other','Ada@example.com','ada@example.com','Ada','member',NULL,NULL,'2026-10-15 12:00:00.000000',NULL,'ada
ada@example.com',NULL);
INSERT INTO "members" VALUES('mem_tr27fzcdcozbrf5s','acme','grace@example.com','grace@example.com','grace','member',NULL,'grace@example.com','2026-10-15 12:00:00.000000',NULL,'grace
grace@example.com
grace@example.com',NULL);
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
INSERT INTO "memberships" VALUES('ms_fcezjghmw44ipyix','acme','mem_vmc2kpgorz3mezrw','growth',1,NULL,NULL);
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
INSERT INTO "outgoing_mail" VALUES('mail_4u3txi7wsntd5frv','acme','sign_in',X'6DB28BCF0E57C9B8AA33DA94AE57DF53AC09360AC77BF45B3A43C09AC123','d38db970bcfd',0,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 13:00:00.000000',NULL,NULL);
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
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_vmc2kpgorz3mezrw',NULL,NULL);
CREATE TABLE recovery_codes (
	code_hash BLOB NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	CONSTRAINT pk_recovery_codes PRIMARY KEY (code_hash), 
	CONSTRAINT fk_recovery_codes_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_recovery_codes_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "recovery_codes" VALUES(X'C37F1326C1F5AFEFC082C3A80C297FD359FF82238B1645D77467B47B65DC6C65','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'3B14C2374DA74539EF6A7AE8340434BE2D061576F7828C1FB6D97ED19374424E','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'772967CE3A78FB7CF969CEF7363D5531E98F1BEA1F8768FA533F651999E693CC','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'67452976EAA3A9228B696511A02CE0AF92F79E59B2D70EBF4A81C4E4EE51D95B','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'B172A09023BE2A85E22B3751D13CE9D8881967A24E5CC2D53F1D6375A97A6879','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'DB8D2789D965E79546C81432A358A6F5230D5C3C8947145717413C1F32E37DC6','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'25A1079EE359117DA9D529F195A87CDE8BC266A86AD28059CC404271736597F6','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'609C3F3F06DF54241E05EB807BD8E7CA1A7A628EA43F3D634D591594682BF71D','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'8198271FDDC0AAEA24AB07077EC2F267ADFE42FF97A2A3BA25CC5D8F3AFBF01A','acme','mem_vmc2kpgorz3mezrw');
INSERT INTO "recovery_codes" VALUES(X'4B06A234B9C82166823F70B399D946FE403B0F78ADD78FE643E031FB83E46B2B','acme','mem_vmc2kpgorz3mezrw');
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
INSERT INTO "repricings" VALUES('reprice_cwgerghnpu7n643l','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "ended_before": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_vmc2kpgorz3mezrw',NULL,NULL,NULL,'null');
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
INSERT INTO "saved_views" VALUES('view_7rqvinsvch47myfu','acme','mem_vmc2kpgorz3mezrw','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE scim_group_members (
	"group" VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	CONSTRAINT pk_scim_group_members PRIMARY KEY ("group", member), 
	CONSTRAINT fk_scim_group_members_organisation_group FOREIGN KEY(organisation, "group") REFERENCES scim_groups (organisation, id), 
	CONSTRAINT fk_scim_group_members_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_scim_group_members_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "scim_group_members" VALUES('grp_46ewo5gp2ohncqka','mem_tr27fzcdcozbrf5s','acme');
CREATE TABLE scim_groups (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	display_name VARCHAR NOT NULL, 
	display_name_key VARCHAR NOT NULL, 
	external_id VARCHAR, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_scim_groups PRIMARY KEY (id), 
	CONSTRAINT uq_scim_groups_organisation_id UNIQUE (organisation, id), 
	CONSTRAINT uq_scim_groups_organisation_display_name_key UNIQUE (organisation, display_name_key), 
	CONSTRAINT fk_scim_groups_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "scim_groups" VALUES('grp_46ewo5gp2ohncqka','acme','leads','leads',NULL,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE scim_tokens (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	token_hash BLOB NOT NULL, 
	hint VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR, 
	last_used_at DATETIME, 
	revoked_at DATETIME, 
	CONSTRAINT pk_scim_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_scim_tokens_organisation FOREIGN KEY(organisation) REFERENCES organisations (id), 
	CONSTRAINT uq_scim_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "scim_tokens" VALUES('scim_3mx77tepmdfnh5bc','acme',X'CAA05B033AE1C7189C94EA46CB4894367CED10C256FE3A3FAE4F860A1C3CD0C0','ExEo','2026-10-15 12:00:00.000000',NULL,NULL,NULL);
CREATE TABLE scim_users (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	user_name VARCHAR NOT NULL, 
	user_name_key VARCHAR NOT NULL, 
	external_id VARCHAR, 
	display_name VARCHAR, 
	emails JSON, 
	given_name VARCHAR, 
	family_name VARCHAR, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	CONSTRAINT pk_scim_users PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_scim_users_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT uq_scim_users_organisation_user_name_key UNIQUE (organisation, user_name_key), 
	CONSTRAINT fk_scim_users_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "scim_users" VALUES('acme','mem_tr27fzcdcozbrf5s','grace@example.com','grace@example.com','00u1',NULL,'[]',NULL,NULL,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000',NULL);
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
INSERT INTO "second_factors" VALUES('acme','mem_vmc2kpgorz3mezrw',X'97FEA4BB0439AF5DB6ADF48B1974610841D85AAABE2DF0B196D20EF9214F51EAC12D50F93EB1A88518CCAA43951756066F23E6D45009DE526C79D1C7','d38db970bcfd',59735520,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE session_others (
	session VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	CONSTRAINT pk_session_others PRIMARY KEY (session, organisation, member), 
	CONSTRAINT fk_session_others_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_session_others_session FOREIGN KEY(session) REFERENCES sessions (id) ON DELETE CASCADE, 
	CONSTRAINT fk_session_others_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "session_others" VALUES('ses_nya4wzh2c6jompx6','other','mem_sa7zto7b23opuyh5');
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
INSERT INTO "sessions" VALUES(X'4D052906029DEF869382B1C3A9F0B14F0C2DFC14E53A4AE56F3DE559C441F356','acme','mem_vmc2kpgorz3mezrw',X'8FF35BCB037E3E056A30DBDFA321788B1D5FDBB2D00E12CF5EA4F610396A7E59','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000','ses_nya4wzh2c6jompx6','password','','','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_in_links" VALUES(X'2FFEC70D1492CD703918E35D6EC2CA91ABD61169D39A257AA6D95F232C9F0214','acme','mem_vmc2kpgorz3mezrw','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL,'sign_in');
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
INSERT INTO "sign_in_steps" VALUES(X'DA0D2BB659C7373370060DD1063896D9B64B29DF8B5DDCC143AF5FCEE3415C44','[["acme", "mem_vmc2kpgorz3mezrw"], ["other", "mem_sa7zto7b23opuyh5"]]',NULL,'password','/','2026-10-15 12:00:00.000000','2026-10-15 12:10:00.000000');
CREATE TABLE sign_on_answers (
	state_hash BLOB NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_sign_on_answers PRIMARY KEY (state_hash)
);
INSERT INTO "sign_on_answers" VALUES(X'00FF','2026-10-15 12:00:00.000000');
CREATE TABLE sign_on_domains (
	provider VARCHAR NOT NULL, 
	domain VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	CONSTRAINT pk_sign_on_domains PRIMARY KEY (provider, domain), 
	CONSTRAINT fk_sign_on_domains_organisation_provider FOREIGN KEY(organisation, provider) REFERENCES sign_on_providers (organisation, id), 
	CONSTRAINT fk_sign_on_domains_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "sign_on_domains" VALUES('idp_7pwkus5avbu5y3iq','example.com','acme');
CREATE TABLE sign_on_identities (
	provider VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	groups JSON, 
	linked_at DATETIME NOT NULL, 
	last_used_at DATETIME NOT NULL, 
	CONSTRAINT pk_sign_on_identities PRIMARY KEY (provider, subject), 
	CONSTRAINT fk_sign_on_identities_organisation_provider FOREIGN KEY(organisation, provider) REFERENCES sign_on_providers (organisation, id), 
	CONSTRAINT fk_sign_on_identities_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT uq_sign_on_identities_provider_member UNIQUE (provider, member), 
	CONSTRAINT fk_sign_on_identities_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "sign_on_identities" VALUES('idp_7pwkus5avbu5y3iq','00u2','acme','mem_vmc2kpgorz3mezrw','["leads"]','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE sign_on_providers (
	id VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	issuer VARCHAR NOT NULL, 
	client_id VARCHAR NOT NULL, 
	client_secret BLOB, 
	client_secret_key VARCHAR, 
	client_secret_hint VARCHAR NOT NULL, 
	scopes VARCHAR NOT NULL, 
	groups_claim VARCHAR NOT NULL, 
	trusts_emails BOOLEAN NOT NULL, 
	creates_members BOOLEAN NOT NULL, 
	default_role VARCHAR NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	allow_private BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_sign_on_providers PRIMARY KEY (id), 
	CONSTRAINT uq_sign_on_providers_organisation_name UNIQUE (organisation, name), 
	CONSTRAINT uq_sign_on_providers_organisation_id UNIQUE (organisation, id), 
	CONSTRAINT fk_sign_on_providers_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "sign_on_providers" VALUES('idp_7pwkus5avbu5y3iq','acme','Okta','https://acme.okta.example','outlay',X'D917AAAB43A573A1BA4E82D533DB14DA466F432D21E9B936ED22D6EFED3AEA25058CA9021A9666835D5F8BDE','d38db970bcfd','cdef','openid email profile','',0,0,'member',1,0,'2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000');
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_vmc2kpgorz3mezrw','view_7rqvinsvch47myfu');
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
INSERT INTO "teams_led" VALUES('acme','mem_vmc2kpgorz3mezrw','core');
INSERT INTO "teams_led" VALUES('acme','mem_vmc2kpgorz3mezrw','growth');
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
INSERT INTO "upstreams" VALUES('up_vfkl5hcyjy53dgmp','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'785F0222B25F652F063E8C2E44D3D135A26C09D8ECFB026E057F821848066794327EAA651519AF5C38D719CA774A8B','d38db970bcfd','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_vmc2kpgorz3mezrw','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_on_answers_expires_at ON sign_on_answers (expires_at);
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_sign_in_steps_expires_at ON sign_in_steps (expires_at);
CREATE INDEX ix_audit_entries_organisation_at ON audit_entries (organisation, at);
CREATE INDEX ix_audit_entries_organisation_action_number ON audit_entries (organisation, action, number);
CREATE INDEX ix_audit_entries_organisation_subject_number ON audit_entries (organisation, subject, number);
CREATE INDEX ix_audit_entries_organisation_actor_number ON audit_entries (organisation, actor, number);
CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_heads WHERE organisation = OLD.organisation)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX ix_scim_tokens_organisation_created_at ON scim_tokens (organisation, created_at);
CREATE UNIQUE INDEX uq_api_keys_name_in_force ON api_keys (organisation, name) WHERE revoked_at IS NULL;
CREATE INDEX ix_api_keys_organisation_created_at_id ON api_keys (organisation, created_at, id);
CREATE INDEX ix_import_runs_organisation_ran_at ON import_runs (organisation, ran_at);
CREATE INDEX ix_price_rules_organisation_removed_at ON price_rules (organisation, removed_at);
CREATE INDEX ix_repricings_organisation_created_at ON repricings (organisation, created_at);
CREATE INDEX ix_outgoing_mail_due_at ON outgoing_mail (due_at);
CREATE INDEX ix_members_organisation_user ON members (organisation, user);
CREATE INDEX ix_entities_organisation_kind_number ON entities (organisation, kind, number);
CREATE INDEX ix_teams_organisation_parent ON teams (organisation, parent);
CREATE INDEX ix_sign_on_domains_domain ON sign_on_domains (domain);
CREATE INDEX ix_sign_on_identities_organisation_member ON sign_on_identities (organisation, member);
CREATE INDEX ix_scim_users_organisation_external_id ON scim_users (organisation, external_id);
CREATE INDEX ix_scim_group_members_organisation_member ON scim_group_members (organisation, member);
CREATE INDEX ix_api_key_secrets_organisation_key ON api_key_secrets (organisation, "key");
CREATE INDEX ix_annotations_organisation_day ON annotations (organisation, day);
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
CREATE INDEX ix_recovery_codes_organisation_member ON recovery_codes (organisation, member);
CREATE INDEX ix_memberships_organisation_team ON memberships (organisation, team);
CREATE INDEX ix_memberships_organisation_member ON memberships (organisation, member);
COMMIT;
