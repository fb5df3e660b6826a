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
INSERT INTO "alembic_version" VALUES('0012');
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
INSERT INTO "annotations" VALUES('note_k4ftrk3f7iom45cd','acme','mem_va3b47jlmcu3zwg2','Launch','2026-10-15','09:30:00.000000',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "api_key_secrets" VALUES('dk7tqe7o','acme','key_gdzay3oyqrhe6bvg',X'530A4EDA49DF211481A7F9D14F669C3DFCCFD3869EDE1F960848A09EACB47C54','2026-10-15 12:00:00.000000','mem_va3b47jlmcu3zwg2','2026-10-16 12:00:00.000000',NULL,NULL);
INSERT INTO "api_key_secrets" VALUES('tyr8quza','acme','key_gdzay3oyqrhe6bvg',X'C4CEA3C8B5E9B574278BE67BCD632240BEB2784BDB13F4104E2A5FEFCE9D8D5B','2026-10-15 12:00:00.000000','mem_va3b47jlmcu3zwg2',NULL,NULL,NULL);
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
INSERT INTO "api_keys" VALUES('key_gdzay3oyqrhe6bvg','acme','ci','tyr8quza','["gateway", "read", "send"]',NULL,NULL,NULL,NULL,'billing-bot','["env:prod"]','2026-10-15 12:00:00.000000','mem_va3b47jlmcu3zwg2',NULL,NULL,NULL,'[]','[]',NULL);
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
INSERT INTO "audit_entries" VALUES('acme',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_va3b47jlmcu3zwg2','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"lead","teams":["growth"],"teams_led":["core","growth"],"user":"ada"}',X'776FA8D60532446B5650FBA8FF286C6150DF00BBBADFF7A336794A00F6B45692',X'DF732FFA9EC398F82AF408F536E6DC57359DA49A7332961F093BC13EB98A7721','outlay
member.add
mem_va3b47jlmcu3zwg2
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "lead", "teams": ["growth"], "teams_led": ["core", "growth"], "user": "ada"}');
INSERT INTO "audit_entries" VALUES('acme',3,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada','192.0.2.7','key.create','api_key','key_gdzay3oyqrhe6bvg','ci',NULL,'{"name":"ci","pod":"billing-bot","scopes":["gateway","read","send"],"secret":"outlay_dk7tqe7o_\u2026","tags":["env:prod"]}',X'DF732FFA9EC398F82AF408F536E6DC57359DA49A7332961F093BC13EB98A7721',X'6073951575C66D5F9A353F3EC3CA793A65B59AB9EC9525F67630796082DBC381','ada
192.0.2.7
key.create
key_gdzay3oyqrhe6bvg
ci
{"name": "ci", "pod": "billing-bot", "scopes": ["gateway", "read", "send"], "secret": "outlay_dk7tqe7o_…", "tags": ["env:prod"]}');
INSERT INTO "audit_entries" VALUES('acme',4,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada','192.0.2.7','key.rotate','api_key','key_gdzay3oyqrhe6bvg','ci','{"secret":"outlay_dk7tqe7o_\u2026"}','{"secret":"outlay_tyr8quza_\u2026","the one before counts until":"2026-10-16T12:00:00+00:00"}',X'6073951575C66D5F9A353F3EC3CA793A65B59AB9EC9525F67630796082DBC381',X'EC9B004B997816E943659F76F32E02289A516E7EF88B1977A065A3251015D1D8','ada
192.0.2.7
key.rotate
key_gdzay3oyqrhe6bvg
ci
{"secret": "outlay_dk7tqe7o_…"}
{"secret": "outlay_tyr8quza_…", "the one before counts until": "2026-10-16t12:00:00+00:00"}');
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
INSERT INTO "audit_entries" VALUES('other',2,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_hpzedhwy4h2ycnia','Ada',NULL,'{"disabled":false,"email":"Ada@example.com","name":"Ada","role":"member","teams_led":[],"user":null}',X'8F42C65B844C0AA97714431FB80DDDFF6100D26F3C0D0372D9227366D8123142',X'BF5A12AEE5C67DB25D74AFE83ABCB7536C9C1706E14F065935C9EDEAEC7E1203','outlay
member.add
mem_hpzedhwy4h2ycnia
ada
{"disabled": false, "email": "ada@example.com", "name": "ada", "role": "member", "teams_led": [], "user": null}');
INSERT INTO "audit_entries" VALUES('acme',5,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada',NULL,'sign_in.password','session','ses_67zzj6pi4gekseid','Ada@example.com',NULL,NULL,X'EC9B004B997816E943659F76F32E02289A516E7EF88B1977A065A3251015D1D8',X'B710F0C395B666C221992C5FE1245D50271CCD6ED618B5E2404018D209534C8E','ada
sign_in.password
ses_67zzj6pi4gekseid
ada@example.com');
INSERT INTO "audit_entries" VALUES('acme',6,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'link.create','member','mem_va3b47jlmcu3zwg2','Ada@example.com',NULL,'{"lasts":86400.0}',X'B710F0C395B666C221992C5FE1245D50271CCD6ED618B5E2404018D209534C8E',X'57F7DB2C3DAE404B2AF0F377FFDB4AFBD2F55439CD96F0464316E1E15BAC4472','outlay
link.create
mem_va3b47jlmcu3zwg2
ada@example.com
{"lasts": 86400.0}');
INSERT INTO "audit_entries" VALUES('acme',7,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'rate.set','rate','EUR of 2026-10-15','EUR of 2026-10-15',NULL,'{"per_usd":"0.9213"}',X'57F7DB2C3DAE404B2AF0F377FFDB4AFBD2F55439CD96F0464316E1E15BAC4472',X'64D3B552D079FC5C0DA000F60B776236A69283BD3754FE0FBE74BC28D09C76D4','outlay
rate.set
eur of 2026-10-15
eur of 2026-10-15
{"per_usd": "0.9213"}');
INSERT INTO "audit_entries" VALUES('acme',8,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada','192.0.2.7','import.store','import','import_l5ruuhfutu73ludz','import:aider',NULL,'{"first":"2026-10-12T12:00:00Z","last":"2026-10-15T12:00:00Z","stored":12}',X'64D3B552D079FC5C0DA000F60B776236A69283BD3754FE0FBE74BC28D09C76D4',X'044C6D5B0B1022D927AB4234C92FC39EB8C62C4A292E6E67FA6A17DC02CE7009','ada
192.0.2.7
import.store
import_l5ruuhfutu73ludz
import:aider
{"first": "2026-10-12t12:00:00z", "last": "2026-10-15t12:00:00z", "stored": 12}');
INSERT INTO "audit_entries" VALUES('acme',9,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada','192.0.2.7','price.change','price','price_of_own_7b','acme/own-7b',NULL,'{"price_of_own_7b":{"from":"2026-10-15T12:00:00Z","input":"0.05","kind":"price","model":"own-7b","output":"0.20","provider":"acme","until":null}}',X'044C6D5B0B1022D927AB4234C92FC39EB8C62C4A292E6E67FA6A17DC02CE7009',X'3D3F8567E8D51AAAB3D41F89BF9889328D4D07A4D1D2F7F035463ADDB491970C','ada
192.0.2.7
price.change
price_of_own_7b
acme/own-7b
{"price_of_own_7b": {"from": "2026-10-15t12:00:00z", "input": "0.05", "kind": "price", "model": "own-7b", "output": "0.20", "provider": "acme", "until": null}}');
INSERT INTO "audit_entries" VALUES('acme',10,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada',NULL,'second_factor.add','member','mem_va3b47jlmcu3zwg2','Ada@example.com',NULL,NULL,X'3D3F8567E8D51AAAB3D41F89BF9889328D4D07A4D1D2F7F035463ADDB491970C',X'405FC8DC1A0DF964FEFB98BDFAB86F273B8A98C7BAAFFC165DD3DBEC82D73106','ada
second_factor.add
mem_va3b47jlmcu3zwg2
ada@example.com');
INSERT INTO "audit_entries" VALUES('acme',11,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada','192.0.2.7','upstream.add','upstream','up_tutjvhjpswvb53ke','openai',NULL,'{"allow_pass_through":true,"allow_private":false,"auth":"bearer","base_url":"https://api.openai.com","credential":"\u2022\u2022\u2022\u2022cdef","enabled":true,"headers":[],"provider":"openai","reading":null,"region":null,"timeouts":{"connect_seconds":10.0,"first_byte_seconds":600.0,"idle_seconds":300.0,"total_seconds":null}}',X'405FC8DC1A0DF964FEFB98BDFAB86F273B8A98C7BAAFFC165DD3DBEC82D73106',X'F6FF8667C9F63D04240B14FDEDEB4F94C1DEA15F2C9D80125972575E9CFBD4BA','ada
192.0.2.7
upstream.add
up_tutjvhjpswvb53ke
openai
{"allow_pass_through": true, "allow_private": false, "auth": "bearer", "base_url": "https://api.openai.com", "credential": "••••cdef", "enabled": true, "headers": [], "provider": "openai", "reading": null, "region": null, "timeouts": {"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}}');
INSERT INTO "audit_entries" VALUES('acme',12,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'sign_on.add','sign-on provider','idp_yxhyxsn3u63akinu','Okta',NULL,'{"allow_private":false,"client_id":"outlay","creates_members":false,"default_role":"member","domains":["example.com"],"enabled":true,"groups_claim":"","issuer":"https://acme.okta.example","name":"Okta","scopes":"openid email profile","secret":"\u2022\u2022\u2022\u2022cdef","trusts_emails":false}',X'F6FF8667C9F63D04240B14FDEDEB4F94C1DEA15F2C9D80125972575E9CFBD4BA',X'3F977027188BC8E29BC1DA34456E28EB083D141922139B1B4D62631E2060545C','outlay
sign_on.add
idp_yxhyxsn3u63akinu
okta
{"allow_private": false, "client_id": "outlay", "creates_members": false, "default_role": "member", "domains": ["example.com"], "enabled": true, "groups_claim": "", "issuer": "https://acme.okta.example", "name": "okta", "scopes": "openid email profile", "secret": "••••cdef", "trusts_emails": false}');
INSERT INTO "audit_entries" VALUES('acme',13,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'scim_token.create','SCIM token','scim_ycgahsxpjpzrxaav','••••gFiz',NULL,NULL,X'3F977027188BC8E29BC1DA34456E28EB083D141922139B1B4D62631E2060545C',X'DC2B1E2AC8A3D58C1598124A71DE87F15E78A88A0837FA27ED0A59F629436B03','outlay
scim_token.create
scim_ycgahsxpjpzrxaav
••••gfiz');
INSERT INTO "audit_entries" VALUES('acme',14,1,'2026-10-15 12:00:00.000000','system',NULL,'Outlay',NULL,'member.add','member','mem_njy2b3uyrk25xfy6','grace',NULL,'{"disabled":false,"email":"grace@example.com","name":"grace","role":"member","teams_led":[],"user":null}',X'DC2B1E2AC8A3D58C1598124A71DE87F15E78A88A0837FA27ED0A59F629436B03',X'1181A722FAA0C2BF02AB4CBFAD339509A620241FFB1D947B4341656E48A64525','outlay
member.add
mem_njy2b3uyrk25xfy6
grace
{"disabled": false, "email": "grace@example.com", "name": "grace", "role": "member", "teams_led": [], "user": null}');
INSERT INTO "audit_entries" VALUES('acme',15,1,'2026-10-15 12:00:00.000000','member','mem_va3b47jlmcu3zwg2','Ada','192.0.2.7','member.invite','member','mem_va3b47jlmcu3zwg2','Ada',NULL,'{"role":"lead","teams":["core","growth"]}',X'1181A722FAA0C2BF02AB4CBFAD339509A620241FFB1D947B4341656E48A64525',X'710B819DB759C034B21BC103D2BF9EB95B1D46FB4FB8C24EF575DEEA694325FF','ada
192.0.2.7
member.invite
mem_va3b47jlmcu3zwg2
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
INSERT INTO "audit_heads" VALUES('acme',15,X'710B819DB759C034B21BC103D2BF9EB95B1D46FB4FB8C24EF575DEEA694325FF',NULL,NULL);
INSERT INTO "audit_heads" VALUES('',2,X'252B2448EE877C379E66D143EA5CCE78236B46115B1B8C35BCD96065D0F84EEC',NULL,NULL);
INSERT INTO "audit_heads" VALUES('other',2,X'BF5A12AEE5C67DB25D74AFE83ABCB7536C9C1706E14F065935C9EDEAEC7E1203',NULL,NULL);
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
INSERT INTO "entities" VALUES('acme','api_key','key_gdzay3oyqrhe6bvg','ci',NULL,NULL,0,'key_gdzay3oyqrhe6bvg
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
INSERT INTO "import_runs" VALUES('import_l5ruuhfutu73ludz','acme','import:aider',12,'2026-10-12 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "members" VALUES('mem_va3b47jlmcu3zwg2','acme','Ada@example.com','ada@example.com','Ada','lead',NULL,'ada','2026-10-15 12:00:00.000000',NULL,'ada
ada@example.com
ada','2026-10-15 12:00:00.000000');
INSERT INTO "members" VALUES('mem_hpzedhwy4h2ycnia','other','Ada@example.com','ada@example.com','Ada','member',NULL,NULL,'2026-10-15 12:00:00.000000',NULL,'ada
ada@example.com',NULL);
INSERT INTO "members" VALUES('mem_njy2b3uyrk25xfy6','acme','grace@example.com','grace@example.com','grace','member',NULL,NULL,'2026-10-15 12:00:00.000000',NULL,'grace
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
INSERT INTO "memberships" VALUES('ms_pnznrg3npdctsaoj','acme','mem_va3b47jlmcu3zwg2','growth',1,NULL,NULL);
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
INSERT INTO "outgoing_mail" VALUES('mail_ixtoyes6uuybvh5a','acme','sign_in',X'39FD6104A61085A48FE8C02EFDDC35CCF95BA09B86BDF5045221A50D0DB0','dee97086572f',0,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000','2026-10-15 13:00:00.000000',NULL,NULL);
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
INSERT INTO "price_rules" VALUES('price_of_own_7b','acme','price','{"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}','2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000','mem_va3b47jlmcu3zwg2',NULL,NULL);
CREATE TABLE recovery_codes (
	code_hash BLOB NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	CONSTRAINT pk_recovery_codes PRIMARY KEY (code_hash), 
	CONSTRAINT fk_recovery_codes_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_recovery_codes_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "recovery_codes" VALUES(X'7D9CE724F7627CFDE2DFA071176D760F27E7CA3CD3AF7BB8C8762B154C2813CC','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'CEBB904AF731951C0A02530F1C84CAC2F897BD3D86F2572604D5F18089EB3B13','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'9EF2262D507451A9C6D59EE582E9204C96A582708EAF517A6B668DA0F3EECAEE','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'9D64357F6BBFB24292EC71B197E672C92774355EAA9D1382B87E5979056A95C9','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'B8B64D67082D7E5A0D679F972ADA56C07F0A5356896C6B25D34C883CE29DEA4A','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'F5FBCB906723CFCDECF753DFE358B5C67B62BFA3E3053329E28DC33290597A8E','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'C844B017C7BA68B085F14FF0D739848EC919E0317735F88AD3005E826870B353','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'8A0B02F12649D5212C7FBE8692A0F985EBDE6EC7CD0522D3390E2987AB3E0455','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'AFFA0BB87233507D97F4EDFA6AEF83AA2460FE9CE0C569F962AC666F4221F7D4','acme','mem_va3b47jlmcu3zwg2');
INSERT INTO "recovery_codes" VALUES(X'EE751CB589D7ABFB4BCA250CC2C85EDE499F8FC6A9877DF8EA7B0C04192ED9DE','acme','mem_va3b47jlmcu3zwg2');
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
INSERT INTO "repricings" VALUES('reprice_zm5eua6bvuqlv4qu','acme','previewing','{"adds": {"id": "price_of_own_7b", "kind": "price", "body": {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}, "starts_at": "2026-10-15T12:00:00Z", "ends_at": null}, "ends": null, "ends_at": null, "ended_before": null, "removes": null}','{}',NULL,'genai-prices',NULL,NULL,NULL,'2026-10-15 12:00:00.000000','mem_va3b47jlmcu3zwg2',NULL,NULL,NULL,NULL);
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
INSERT INTO "saved_views" VALUES('view_iwvu5tvbtla3isfa','acme','mem_va3b47jlmcu3zwg2','Mine','mine','/calls','r=7d',1,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE scim_group_members (
	"group" VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	CONSTRAINT pk_scim_group_members PRIMARY KEY ("group", member), 
	CONSTRAINT fk_scim_group_members_organisation_group FOREIGN KEY(organisation, "group") REFERENCES scim_groups (organisation, id), 
	CONSTRAINT fk_scim_group_members_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_scim_group_members_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "scim_group_members" VALUES('grp_s7jilja72sdgrptx','mem_njy2b3uyrk25xfy6','acme');
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
INSERT INTO "scim_groups" VALUES('grp_s7jilja72sdgrptx','acme','leads','leads',NULL,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "scim_tokens" VALUES('scim_ycgahsxpjpzrxaav','acme',X'464035E24A2270FE6B6D5A07B23EB8E5388BE575008C3F1249C7D8DF81AFC4E1','gFiz','2026-10-15 12:00:00.000000',NULL,NULL,NULL);
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
INSERT INTO "scim_users" VALUES('acme','mem_njy2b3uyrk25xfy6','grace@example.com','grace@example.com','00u1',NULL,'[]',NULL,NULL,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000',NULL);
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
INSERT INTO "second_factors" VALUES('acme','mem_va3b47jlmcu3zwg2',X'3107999E492A029FE9B13E3BEDCA4CE11FE6BAB845B59E7B2AF4AFDDD164F45423FEA873E026F43AED343739DCE618A83FD19BFE77056A87ECB0031D','dee97086572f',59735520,'2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
CREATE TABLE session_others (
	session VARCHAR NOT NULL, 
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	CONSTRAINT pk_session_others PRIMARY KEY (session, organisation, member), 
	CONSTRAINT fk_session_others_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_session_others_session FOREIGN KEY(session) REFERENCES sessions (id) ON DELETE CASCADE, 
	CONSTRAINT fk_session_others_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "session_others" VALUES('ses_67zzj6pi4gekseid','other','mem_hpzedhwy4h2ycnia');
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
INSERT INTO "sessions" VALUES(X'8163B614964CB8CD0386FD3CA8C1F36AED6CB66AB6A8281E42BBC4A539C0D757','acme','mem_va3b47jlmcu3zwg2',X'F5590DE4DDFA065A371AC490D3F2D1D152FBF826F0DE55A7A5161A81DBB35709','2026-10-15 12:00:00.000000','2026-10-29 12:00:00.000000','2026-10-15 12:00:00.000000','ses_67zzj6pi4gekseid','password','','','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_in_links" VALUES(X'09DC3AB744E67EB57F42CF21C79A1CC9BDCD10970378F795033D413D8A60350E','acme','mem_va3b47jlmcu3zwg2','2026-10-15 12:00:00.000000','2026-10-16 12:00:00.000000',NULL,'sign_in');
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
INSERT INTO "sign_in_steps" VALUES(X'18C20B1A14C35255BD485607658D763E31BC90C0C98C115C4C1D38EB53D3D62F','[["acme", "mem_va3b47jlmcu3zwg2"], ["other", "mem_hpzedhwy4h2ycnia"]]',NULL,'password','/','2026-10-15 12:00:00.000000','2026-10-15 12:10:00.000000');
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
INSERT INTO "sign_on_domains" VALUES('idp_yxhyxsn3u63akinu','example.com','acme');
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
INSERT INTO "sign_on_identities" VALUES('idp_yxhyxsn3u63akinu','00u2','acme','mem_va3b47jlmcu3zwg2','["leads"]','2026-10-15 12:00:00.000000','2026-10-15 12:00:00.000000');
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
INSERT INTO "sign_on_providers" VALUES('idp_yxhyxsn3u63akinu','acme','Okta','https://acme.okta.example','outlay',X'B69C152A63EBC8DACC4323B5F0E4852FC11E9724C45B8DB6569B88B4379A24E520086687660DE99EF2A31F99','dee97086572f','cdef','openid email profile','',0,0,'member',1,0,'2026-10-15 12:00:00.000000',NULL,'2026-10-15 12:00:00.000000');
CREATE TABLE start_pages (
	organisation VARCHAR NOT NULL, 
	member VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	CONSTRAINT pk_start_pages PRIMARY KEY (organisation, member), 
	CONSTRAINT fk_start_pages_organisation_member FOREIGN KEY(organisation, member) REFERENCES members (organisation, id), 
	CONSTRAINT fk_start_pages_organisation_view FOREIGN KEY(organisation, "view") REFERENCES saved_views (organisation, id), 
	CONSTRAINT fk_start_pages_organisation FOREIGN KEY(organisation) REFERENCES organisations (id)
);
INSERT INTO "start_pages" VALUES('acme','mem_va3b47jlmcu3zwg2','view_iwvu5tvbtla3isfa');
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
INSERT INTO "teams_led" VALUES('acme','mem_va3b47jlmcu3zwg2','core');
INSERT INTO "teams_led" VALUES('acme','mem_va3b47jlmcu3zwg2','growth');
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
INSERT INTO "upstreams" VALUES('up_tutjvhjpswvb53ke','acme','openai','openai','https://api.openai.com','bearer',NULL,NULL,'[]','{"connect_seconds": 10.0, "first_byte_seconds": 600.0, "idle_seconds": 300.0, "total_seconds": null}',X'516689A848D434A4A1DE19627BFEC39C81108E3D608B700A2483F58422325EA702393B570A8ABA812F7E525CD66118','dee97086572f','cdef',1,1,0,'2026-10-15 12:00:00.000000','mem_va3b47jlmcu3zwg2','2026-10-15 12:00:00.000000');
CREATE INDEX ix_sign_in_failures_failed_at ON sign_in_failures (failed_at);
CREATE INDEX ix_sign_in_failures_address_account ON sign_in_failures (address, account);
CREATE INDEX ix_audit_entries_organisation_actor_number ON audit_entries (organisation, actor, number);
CREATE INDEX ix_audit_entries_organisation_action_number ON audit_entries (organisation, action, number);
CREATE INDEX ix_audit_entries_organisation_subject_number ON audit_entries (organisation, subject, number);
CREATE INDEX ix_audit_entries_organisation_at ON audit_entries (organisation, at);
CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_heads WHERE organisation = OLD.organisation)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX ix_sign_in_steps_expires_at ON sign_in_steps (expires_at);
CREATE INDEX ix_sign_on_answers_expires_at ON sign_on_answers (expires_at);
CREATE INDEX ix_members_organisation_user ON members (organisation, user);
CREATE INDEX ix_api_keys_organisation_created_at_id ON api_keys (organisation, created_at, id);
CREATE UNIQUE INDEX uq_api_keys_name_in_force ON api_keys (organisation, name) WHERE revoked_at IS NULL;
CREATE INDEX ix_entities_organisation_kind_number ON entities (organisation, kind, number);
CREATE INDEX ix_import_runs_organisation_ran_at ON import_runs (organisation, ran_at);
CREATE INDEX ix_price_rules_organisation_removed_at ON price_rules (organisation, removed_at);
CREATE INDEX ix_repricings_organisation_created_at ON repricings (organisation, created_at);
CREATE INDEX ix_teams_organisation_parent ON teams (organisation, parent);
CREATE INDEX ix_outgoing_mail_due_at ON outgoing_mail (due_at);
CREATE INDEX ix_scim_tokens_organisation_created_at ON scim_tokens (organisation, created_at);
CREATE INDEX ix_api_key_secrets_organisation_key ON api_key_secrets (organisation, "key");
CREATE INDEX ix_sessions_organisation_member ON sessions (organisation, member);
CREATE INDEX ix_annotations_organisation_day ON annotations (organisation, day);
CREATE INDEX ix_memberships_organisation_member ON memberships (organisation, member);
CREATE INDEX ix_memberships_organisation_team ON memberships (organisation, team);
CREATE INDEX ix_recovery_codes_organisation_member ON recovery_codes (organisation, member);
CREATE INDEX ix_sign_on_domains_domain ON sign_on_domains (domain);
CREATE INDEX ix_sign_on_identities_organisation_member ON sign_on_identities (organisation, member);
CREATE INDEX ix_scim_users_organisation_external_id ON scim_users (organisation, external_id);
CREATE INDEX ix_scim_group_members_organisation_member ON scim_group_members (organisation, member);
COMMIT;
