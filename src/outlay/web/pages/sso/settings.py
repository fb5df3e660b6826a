"""`/settings/sign-on`: an organisation's providers, what their groups mean, whether they are the only way in, and SCIM.

A client secret goes in and never comes out again; a SCIM token is shown in one answer only.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.group_mapping import map_group, mapping_of, unmap_group
from outlay.access.only_sign_on import is_only, put_only
from outlay.access.roles import require
from outlay.access.scim.tokens import MOST_IN_FORCE, ScimToken, create_token, revoke_token, tokens_of
from outlay.access.viewer import ROLES
from outlay.control.group_rules import GroupRule
from outlay.control.sign_on_providers import SignOnProvider, new_provider_id
from outlay.errors import Conflict, InputError, NotFound, SignOnFailed, SignOnInvalid
from outlay.kit.period import parse_zone
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.api.scim.schemas import BASE
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.sso.draft import Draft, draft_from, draft_of, settings_asked_for
from outlay.web.pages.sso.sign_on import callback_url
from outlay.web.render import Notice
from outlay.web.sign_on_means import SignOnMeans

SIGN_ON: Final = "/settings/sign-on"
NEW: Final = f"{SIGN_ON}/new"
ONLY: Final = f"{SIGN_ON}/only"
RULES: Final = f"{SIGN_ON}/groups"
UNMAP: Final = f"{SIGN_ON}/groups/remove"
TOKENS: Final = f"{SIGN_ON}/scim"
REVOKE: Final = f"{SIGN_ON}/scim/{{token}}/revoke"
EDIT: Final = f"{SIGN_ON}/{{provider}}/edit"
REMOVE: Final = f"{SIGN_ON}/{{provider}}/remove"
TEST: Final = f"{SIGN_ON}/{{provider}}/test"
NOTHING_WRONG: Final[Mapping[str, str]] = MappingProxyType({})

_ROLES: Final = (("", "None"), *((each, each) for each in ROLES))
_DONE: Final = {
    "added": "The provider is there: people of its domains may sign in by it.",
    "changed": "The provider is changed.",
    "removed": "The provider is removed with its secret.",
    "only": "Single sign-on is the only way in now. Whoever had come in another way is signed out, but you.",
    "also": "People may sign in with passwords and links, too.",
    "mapped": "That is what the group means from now on.",
    "unmapped": "The group means nothing any more; what it gave is taken.",
    "revoked": "The token is revoked: whoever calls with it is refused.",
}


class TokenRow(Struct, frozen=True):
    """A SCIM token as it is listed."""

    hint: str
    created: str
    used: str
    revoke_href: str


class SignOnView(Struct, frozen=True):
    """All that the page shows. `errors` are of the form for a rule, whose fields `rule` holds."""

    providers: list[SignOnProvider]
    rules: list[GroupRule]
    only: bool
    tokens: list[TokenRow]
    may_add_token: bool
    scim_url: str
    token: str = ""
    rule: GroupRule = GroupRule(group="")
    errors: Mapping[str, str] = NOTHING_WRONG


class Filled(Struct, frozen=True):
    """A provider's form as it stands: its id, the fields, what is wrong, and the provider it changes, if any."""

    id: str
    draft: Draft
    errors: Mapping[str, str] = NOTHING_WRONG
    kept: SignOnProvider | None = None


class Shown(Struct, frozen=True):
    """What stands on the page besides what is kept."""

    notices: tuple[Notice, ...] = ()
    status: int = HTTPStatus.OK
    token: str = ""
    rule: GroupRule = GroupRule(group="")
    errors: Mapping[str, str] = NOTHING_WRONG


class SignOnSettings:
    def __init__(self, frame: Frame, forms: Forms, means: SignOnMeans) -> None:
        self._frame = frame
        self._forms = forms
        self._means = means

    def routes(self) -> list[Route]:
        admins = ByMembers(self._frame, self._forms, "manage_settings")
        return [
            Route(SIGN_ON, admins.shown(self._show), methods=["GET"]),
            Route(NEW, admins.shown(self._ask, proof_on=NEW), methods=["GET"]),
            Route(NEW, admins.done(self._add, proof_on=NEW), methods=["POST"]),
            Route(ONLY, admins.done(self._choose_only, proof_on=SIGN_ON), methods=["POST"]),
            Route(RULES, admins.done(self._map, proof_on=SIGN_ON), methods=["POST"]),
            Route(UNMAP, admins.done(self._unmap), methods=["POST"]),
            Route(TOKENS, admins.done(self._make_token, proof_on=SIGN_ON), methods=["POST"]),
            Route(REVOKE, admins.done(self._revoke), methods=["POST"]),
            Route(EDIT, admins.shown(self._edit, proof_on=EDIT), methods=["GET"]),
            Route(EDIT, admins.done(self._change, proof_on=EDIT), methods=["POST"]),
            Route(REMOVE, admins.shown(self._confirm), methods=["GET"]),
            Route(REMOVE, admins.done(self._remove), methods=["POST"]),
            Route(TEST, self.test, methods=["POST"]),
        ]

    async def test(self, request: Request) -> Response:
        """Ask the provider for what it publishes and show the page with what came of it."""
        who, _ = await self._forms.posted_by_member(request)
        require(who.viewer, "manage_settings")
        kept = await run_in_threadpool(self._kept, request, who)
        try:
            keys = await self._means.sign_on.looked_at(kept)
        except SignOnFailed as error:
            notice = Notice("bad", f"“{kept.name}”: {error.message}.")
        else:
            count = f"{keys} keys" if keys != 1 else "1 key"
            notice = Notice("good", f"“{kept.name}” answers and publishes {count}. A sign-in shows the rest.")
        return await run_in_threadpool(self._page, request, who, Shown((notice,)))

    def _show(self, request: Request, who: SignedIn) -> Response:
        done = _DONE.get(request.query_params.get("done", ""), "")
        return self._page(request, who, Shown((Notice("good", done),) if done else ()))

    def _page(self, request: Request, who: SignedIn, shown: Shown) -> Response:
        shell = self._frame.shell(request, who, "Sign-on", "sign-on", shown.notices)
        view = self._view(request, who, shown, parse_zone(shell.zone))
        return self._frame.page("sign-on/settings.html", shell, shown.status, view=view, roles=_ROLES)

    def _view(self, request: Request, who: SignedIn, shown: Shown, zone: ZoneInfo) -> SignOnView:
        control, organisation = self._means.control, who.member.organisation
        tokens = tokens_of(control, organisation)
        return SignOnView(
            providers=self._means.book.all_of(organisation),
            rules=mapping_of(control, organisation),
            only=is_only(control, organisation),
            tokens=[self._row(each, zone) for each in tokens],
            may_add_token=len(tokens) < MOST_IN_FORCE,
            scim_url=f"{self._forms.own_origin(request)}{self._frame.renderer.url(BASE)}",
            token=shown.token,
            rule=shown.rule,
            errors=shown.errors,
        )

    def _row(self, token: ScimToken, zone: ZoneInfo) -> TokenRow:
        used = token.last_used_at
        return TokenRow(
            hint=f"outlay_scim_…{token.hint}",
            created=f"made {text.day(token.created_at.astimezone(zone).date())}",
            used="never used" if used is None else f"used {text.day(used.astimezone(zone).date())}",
            revoke_href=self._frame.renderer.url(REVOKE.format(token=token.id)),
        )

    def _ask(self, request: Request, who: SignedIn) -> Response:
        return self._form(request, who, Filled(new_provider_id(), Draft()))

    def _form(self, request: Request, who: SignedIn, filled: Filled, status: int = 200) -> Response:
        kept = filled.kept
        title = "Add a sign-on provider" if kept is None else f"Edit “{kept.name}”"
        general = filled.errors.get("", "")
        shell = self._frame.shell(request, who, title, "sign-on", (Notice("bad", general),) if general else ())
        path = NEW if kept is None else EDIT.format(provider=kept.id)
        values = {
            "filled": filled,
            "action": self._frame.renderer.url(path),
            "callback": callback_url(self._frame, self._forms, request, filled.id),
            "roles": _ROLES[1:],
            "private": self._means.private,
        }
        return self._frame.page("sign-on/provider.html", shell, status, **values)

    def _add(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft, provider = draft_of(form), form.text("id")
        secret = form.text("secret").strip() or None
        try:
            settings = settings_asked_for(draft, allow_private=self._means.private and bool(draft.private))
            self._means.book.add(who.member.organisation, settings, secret, actor_of(request, who), provider)
        except (InputError, Conflict) as error:
            return self._form(request, who, Filled(provider, draft, _errors_of(error)), error.status)
        return self._back("added")

    def _edit(self, request: Request, who: SignedIn) -> Response:
        kept = self._kept(request, who)
        return self._form(request, who, Filled(kept.id, draft_from(kept.settings), kept=kept))

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        kept, draft = self._kept(request, who), draft_of(form)
        secret = form.text("secret").strip() or ("" if draft.forget else None)
        try:
            settings = settings_asked_for(draft, allow_private=self._stays_private(kept, draft))
            self._means.book.change(who.member.organisation, kept.id, settings, secret, actor_of(request, who))
        except (InputError, Conflict) as error:
            return self._form(request, who, Filled(kept.id, draft, _errors_of(error), kept), error.status)
        return self._back("changed")

    def _stays_private(self, kept: SignOnProvider, draft: Draft) -> bool:
        """Whether a changed provider may lie in the private network: where the operator let it, and only there."""
        if self._means.private:
            return bool(draft.private)
        return self._means.may_be_private(draft.issuer, kept)

    def _confirm(self, request: Request, who: SignedIn) -> Response:
        kept = self._kept(request, who)
        shell = self._frame.shell(request, who, f"Remove “{kept.name}”?", "sign-on")
        return self._frame.page("sign-on/remove.html", shell, 200, kept=kept)

    def _remove(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        kept = self._kept(request, who)
        try:
            self._means.book.remove(who.member.organisation, kept.id, actor_of(request, who))
        except Conflict as error:
            return self._page(request, who, _refused(error))
        return self._back("removed")

    def _choose_only(self, request: Request, who: SignedIn, form: Form) -> Response:
        only, by, now = form.text("only") == "1", actor_of(request, who), self._means.clock.now()
        try:
            put_only(self._means.control, who.member.organisation, by, now, only=only, keeping=who.session.id)
        except Conflict as error:
            return self._page(request, who, _refused(error))
        return self._back("only" if only else "also")

    def _map(self, request: Request, who: SignedIn, form: Form) -> Response:
        role, teams = form.text("role") or None, form.text("teams")
        named = tuple(each.strip() for each in teams.replace("\n", ",").split(",") if each.strip())
        rule = GroupRule(group=form.text("group").strip(), role=role, teams=named)
        now = self._means.clock.now()
        try:
            map_group(self._means.control, who.member.organisation, rule, actor_of(request, who), now)
        except InputError as error:
            shown = Shown(status=error.status, rule=rule, errors={"group": as_sentence(error.message)})
            return self._page(request, who, shown)
        return self._back("mapped")

    def _unmap(self, request: Request, who: SignedIn, form: Form) -> Response:
        now = self._means.clock.now()
        unmap_group(self._means.control, who.member.organisation, form.text("group"), actor_of(request, who), now)
        return self._back("unmapped")

    def _make_token(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        now = self._means.clock.now()
        try:
            _, made = create_token(self._means.control, who.member.organisation, actor_of(request, who), now)
        except Conflict as error:
            return self._page(request, who, _refused(error))
        return self._page(request, who, Shown(status=HTTPStatus.CREATED, token=made))

    def _revoke(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        token, now = str(request.path_params["token"]), self._means.clock.now()
        if not token.isprintable():
            raise NotFound("there is no such token in force")
        revoke_token(self._means.control, who.member.organisation, token, actor_of(request, who), now)
        return self._back("revoked")

    def _kept(self, request: Request, who: SignedIn) -> SignOnProvider:
        provider = str(request.path_params["provider"])
        if not provider.isprintable():  # half a surrogate pair can't be sent to a database
            raise NotFound("there is no such sign-on provider")
        return self._means.book.one_of(who.member.organisation, provider)

    def _back(self, done: str) -> Response:
        return RedirectResponse(self._frame.renderer.url(SIGN_ON, {"done": done}), HTTPStatus.SEE_OTHER)


def _refused(error: Conflict) -> Shown:
    return Shown((Notice("bad", as_sentence(error.message)),), error.status)


def _errors_of(error: InputError | Conflict) -> dict[str, str]:
    """Return what is wrong, beside its field where it has one."""
    field = "name" if isinstance(error, Conflict) else error.field if isinstance(error, SignOnInvalid) else ""
    return {field: as_sentence(error.message)}
