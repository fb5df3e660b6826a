"""Who may open each address: one line for every route there is, pages and API. A route that is missing here fails.

A line reads `METHOD path?query : who`. Who is a list of people of Acme, or a group: `all` who are signed in, `figures`
(admin and billing), `leads` (those and who leads), `admin`; `own` is what only its owner may see or change, `anybody`
needs no sign-in, `key SCOPE` is for programs (`key operator` for those of the operators), `proof` for those who show a
token of another kind. A stranger is an admin too: where no id of Acme's stands in the address they see their own
organisation. `proved`: what hands out access asks anew who is there when the last proof is a while ago.
"""

from typing import Final

from msgspec import Struct

ROUTES: Final = """
GET /                               : all
GET /healthz                        : anybody
GET /readyz                         : anybody
GET /metrics                        : anybody, more with a key
GET /static/{name:path}             : anybody
GET /api/v1/openapi.json            : anybody
POST /v1/events                     : key send
POST /v1/traces                     : key send
POST /v1/logs                       : key send
POST /v1/metrics                    : key send
GET /api/v1/usage                   : key read
GET /api/v1/events                  : key read
GET /api/v1/audit                   : key admin
GET /api/v1/organisation            : key admin
PATCH /api/v1/organisation          : key admin
GET /api/v1/organisation/rates      : key admin
PUT /api/v1/organisation/rates      : key admin
DELETE /api/v1/organisation/rates/{currency}/{day} : key admin
GET /api/v1/keys                    : key admin
POST /api/v1/keys                   : key admin
GET /api/v1/keys/{key}              : key admin
PATCH /api/v1/keys/{key}            : key admin
DELETE /api/v1/keys/{key}           : key admin
POST /api/v1/keys/{key}/rotate      : key admin
GET /api/v1/settings/member-keys    : key admin
PUT /api/v1/settings/member-keys    : key admin
DELETE /api/v1/keys/{key}/secrets/{prefix} : key admin
GET /api/v1/members                 : key admin
POST /api/v1/members                : key admin
GET /api/v1/members/{member}        : key admin
PATCH /api/v1/members/{member}      : key admin
GET /api/v1/teams                   : key admin
POST /api/v1/teams                  : key admin
GET /api/v1/teams/{team}            : key admin
PATCH /api/v1/teams/{team}          : key admin
GET /api/v1/sign-on/providers       : key admin
POST /api/v1/sign-on/providers      : key admin
GET /api/v1/sign-on/providers/{provider}       : key admin
PATCH /api/v1/sign-on/providers/{provider}     : key admin
DELETE /api/v1/sign-on/providers/{provider}    : key admin
POST /api/v1/sign-on/providers/{provider}/test : key admin
GET /api/v1/sign-on/groups          : key admin
PUT /api/v1/sign-on/groups          : key admin
DELETE /api/v1/sign-on/groups       : key admin
GET /api/v1/sign-on/only            : key admin
PUT /api/v1/sign-on/only            : key admin
GET /api/v1/sign-on/scim-tokens     : key admin
POST /api/v1/sign-on/scim-tokens    : key admin
DELETE /api/v1/sign-on/scim-tokens/{token} : key admin
GET /api/v1/operator/organisations  : key operator
POST /api/v1/operator/organisations : key operator
GET /api/v1/operator/organisations/{organisation}    : key operator
PATCH /api/v1/operator/organisations/{organisation}  : key operator
DELETE /api/v1/operator/organisations/{organisation} : key operator
POST /internal/intake               : proof
POST /internal/intake/reprice       : proof

GET /scim/v2/ServiceProviderConfig  : proof
GET /scim/v2/ResourceTypes          : proof
GET /scim/v2/ResourceTypes/{id}     : proof
GET /scim/v2/Schemas                : proof
GET /scim/v2/Schemas/{id}           : proof
POST /scim/v2/.search               : proof
POST /scim/v2/Users/.search         : proof
POST /scim/v2/Groups/.search        : proof
GET /scim/v2/Users                  : proof
POST /scim/v2/Users                 : proof
GET /scim/v2/Users/{id}             : proof
PUT /scim/v2/Users/{id}             : proof
PATCH /scim/v2/Users/{id}           : proof
DELETE /scim/v2/Users/{id}          : proof
GET /scim/v2/Groups                 : proof
POST /scim/v2/Groups                : proof
GET /scim/v2/Groups/{id}            : proof
PUT /scim/v2/Groups/{id}            : proof
PATCH /scim/v2/Groups/{id}          : proof
DELETE /scim/v2/Groups/{id}         : proof
GET /scim/v2/{path:path}            : proof
POST /scim/v2/{path:path}           : proof
PUT /scim/v2/{path:path}            : proof
PATCH /scim/v2/{path:path}          : proof
DELETE /scim/v2/{path:path}         : proof

GET /sign-in                        : anybody
GET /sign-in/sso                    : anybody
GET /sign-in/sso/{provider}         : anybody
GET /sign-in/sso/{provider}/callback : anybody
POST /sign-in                       : anybody
GET /sign-in/link                   : anybody
POST /sign-in/link                  : anybody
GET /sign-in/invitation             : anybody
POST /sign-in/invitation            : anybody
GET /sign-in/new-password           : anybody
POST /sign-in/new-password          : anybody
GET /sign-in/organisation           : anybody
POST /sign-in/organisation          : anybody
GET /sign-in/code                   : anybody
POST /sign-in/code                  : anybody
GET /sign-in/mail                   : anybody
POST /sign-in/mail                  : anybody
POST /sign-out                      : all
GET /account                        : all
POST /account/name                  : all
POST /account/organisation          : all
POST /account/sessions/end-others   : all
POST /account/sessions/{session}/end : own
GET /account/proof                  : all
POST /account/proof                 : all
GET /account/second-factor          : all
POST /account/second-factor/begin   : all
GET /account/second-factor/set-up   : all
POST /account/second-factor/set-up  : all
POST /account/second-factor/codes   : all
POST /account/second-factor/remove  : all
GET /settings/second-factor         : admin
POST /settings/second-factor        : admin, proved
GET /password                       : all
POST /password                      : all
POST /theme                         : all

GET /consumption                    : figures
GET /consumption/live               : live
GET /consumption/export.*           : figures
GET /usage?r=30d                    : all
GET /usage/live                     : live
GET /usage/export.*?r=30d           : all
GET /explorer?r=30d                 : all
GET /explorer/live                  : live
GET /explorer/export.*?r=30d        : all
GET /calls?r=30d                    : all
GET /calls/live                     : live
GET /calls/export.*?r=30d           : all
GET /agents?r=30d                   : all
GET /agents/live                    : live
GET /agents/export.*?r=30d          : all
GET /agents/one?agent=quokka-agent&r=30d            : asked
GET /agents/one/live                                : live
GET /agents/one/export.*?agent=quokka-agent&r=30d   : asked
GET /agents/session?session=quokka-session&r=30d    : asked
GET /agents/session/live                            : live
GET /agents/session/export.*?session=quokka-session&r=30d : asked
GET /exports                        : figures
GET /exports/focus.*?r=2026-10      : figures
GET /filter?for=/calls&dim=user&r=30d : all

GET /me                             : all
GET /search?q=o                     : all
GET /search/results?q=o             : all

GET /prices                         : figures
GET /prices/new                     : admin
POST /prices/new                    : admin
POST /prices/compare                : admin
GET /prices/rules/{rule}            : admin
POST /prices/rules/{rule}/end       : admin
GET /prices/repricings/{repricing}  : figures
POST /prices/repricings/{repricing} : admin
POST /prices/repricings/{repricing}/undo : admin

GET /views                          : all
GET /views/new?page=/calls          : all
POST /views/new                     : all
POST /views/start                   : all
GET /views/{view}                   : own
GET /views/{view}/edit              : own
POST /views/{view}/edit             : own
GET /views/{view}/delete            : own
POST /views/{view}/delete           : own
GET /annotations                    : all
GET /annotations/new                : all
POST /annotations/new               : all
GET /annotations/{note}/edit        : own
POST /annotations/{note}/edit       : own
GET /annotations/{note}/delete      : own
POST /annotations/{note}/delete     : own

GET /settings                       : all
GET /settings/audit                 : admin
GET /settings/audit/export.{ending} : admin, export
GET /settings/members                : admin
GET /settings/members/new            : admin, proved
POST /settings/members/new           : admin, proved
GET /settings/members/{member}       : admin
POST /settings/members/{member}      : admin
POST /settings/members/{member}/disable  : admin
POST /settings/members/{member}/enable   : admin, proved
POST /settings/members/{member}/link     : admin, proved
POST /settings/members/{member}/second-factor : admin, proved
POST /settings/members/{member}/move     : admin
GET /settings/moves                  : figures
GET /settings/moves/{move}           : figures
POST /settings/moves/{move}          : admin
POST /settings/moves/{move}/undo     : admin
POST /settings/members/{member}/sign-out : admin
POST /settings/members/{member}/memberships/{membership} : admin
GET /settings/teams                  : leads
GET /settings/teams/{team:path}      : leads
GET /settings/new-team               : admin
POST /settings/new-team              : admin
POST /settings/team-change           : admin
POST /settings/team-archive          : admin
POST /settings/team-restore          : admin
GET /settings/organisation          : admin
POST /settings/organisation         : admin
GET /settings/organisation/rates    : admin
POST /settings/organisation/rates   : admin
GET /settings/organisation/rates/{currency}/{day}/remove  : admin
POST /settings/organisation/rates/{currency}/{day}/remove : admin
GET /settings/organisation/retention?days=90 : admin
POST /settings/organisation/retention : admin
GET /settings/organisation/zone?zone=Europe/Berlin : admin
POST /settings/organisation/zone    : admin
GET /operator                       : operator
GET /operator/new                   : operator
POST /operator/new                  : operator
POST /operator/organisations/{organisation} : operator
GET /operator/organisations/{organisation}/delete : operator
POST /operator/organisations/{organisation}/delete : operator
GET /settings/sign-on               : admin
GET /settings/sign-on/new           : admin, proved
POST /settings/sign-on/new          : admin, proved
POST /settings/sign-on/only         : admin, proved
POST /settings/sign-on/groups       : admin, proved
POST /settings/sign-on/groups/remove : admin
POST /settings/sign-on/scim         : admin, proved
POST /settings/sign-on/scim/{token}/revoke : admin
GET /settings/sign-on/{provider}/edit    : admin, proved
POST /settings/sign-on/{provider}/edit   : admin, proved
GET /settings/sign-on/{provider}/remove  : admin
POST /settings/sign-on/{provider}/remove : admin
POST /settings/sign-on/{provider}/test   : admin
GET /gateway                        : all
GET /gateway/new                    : admin
POST /gateway/new                   : admin
POST /gateway/own-keys              : admin
GET /gateway/{name}/edit            : admin
POST /gateway/{name}/edit           : admin
GET /gateway/{name}/remove          : admin
POST /gateway/{name}/remove         : admin
POST /gateway/{name}/test           : admin
GET /keys                           : all
GET /keys/new                       : admin, proved
POST /keys/new                      : admin, proved
POST /keys/members                  : admin
GET /keys/{key}                     : admin
GET /keys/{key}/edit                : admin, proved
POST /keys/{key}/edit               : admin, proved
POST /keys/{key}/rotate             : admin, proved
POST /keys/{key}/secrets/{prefix}/end : admin
GET /keys/{key}/revoke              : admin
POST /keys/{key}/revoke             : admin
GET /welcome                        : all
GET /welcome/arrival                : all
POST /welcome/key                   : admin, proved
GET /imports                        : admin
POST /imports                       : admin
GET /imports/{upload}               : own
POST /imports/{upload}/read         : own
POST /imports/{upload}/store        : own
POST /imports/{upload}/discard      : own
"""

_EXPORTED: Final = ("csv", "json", "parquet", "xlsx", "zip")
_CHARGED: Final = ("csv", "parquet")


class Rule(Struct, frozen=True):
    method: str
    path: str
    query: str
    who: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def _rules() -> tuple[Rule, ...]:
    found = []
    for line in filter(str.strip, ROUTES.splitlines()):
        address, _, who = line.rpartition(" : ")
        method, _, target = address.strip().partition(" ")
        path, _, query = target.partition("?")
        endings = (_CHARGED if "focus" in path else _EXPORTED) if path.endswith(".*") else ("",)
        found += [Rule(method, path.removesuffix("*") + ending, query, who.strip()) for ending in endings]
    return tuple(found)


RULES: Final = _rules()


def may(rule: Rule, person: str) -> bool:
    """Say whether a person may open the address, with the owner's ids in it."""
    if person == "stranger":
        return rule.who not in {"proof", "operator"} and ("{" not in rule.path or rule.who.endswith("export"))
    groups = {"figures": {"owner", "billing"}, "admin": {"owner"}, "own": {"owner"}, "operator": set()}
    groups["leads"] = {"owner", "billing", "lead"}
    return person in groups.get(rule.who.partition(",")[0], {"owner", "billing", "lead", "mate"})
