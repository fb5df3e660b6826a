"""`/keys/{key}`: one API key, what it used this month, its secrets; change it, rotate it, end it."""

from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.key_changes import change_key, retire_secret, revoke_key, rotate_key
from outlay.access.keys import ApiKey, KeySecret, NewKey, secrets_of
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.period import parse_zone
from outlay.query.ask import Query
from outlay.query.parse import parse
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, as_sentence
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.keys.desk import Desk
from outlay.web.pages.keys.draft import Draft, Refused, draft_from, draft_of, key_asked_for
from outlay.web.pages.keys.page import KEYS, Made
from outlay.web.pages.keys.table import Told, bound_to, makers_of, rights_of, state_of
from outlay.web.parts import Card
from outlay.web.render import Notice
from outlay.web.view.names import Names

ONE: Final = "/keys/{key}"
EDIT: Final = "/keys/{key}/edit"
ROTATE: Final = "/keys/{key}/rotate"
END_ONE: Final = "/keys/{key}/secrets/{prefix}/end"
REVOKE: Final = "/keys/{key}/revoke"
OVERLAPS: Final = (("0", "End at once"), ("1", "1 hour"), ("24", "1 day"), ("168", "7 days"), ("720", "30 days"))

_DONE: Final = {
    "changed": "Saved. It counts for calls from now on.",
    "revoked": "The key is revoked. Calls with it are refused.",
    "ended": "The secret is ended. Calls with it are refused; the other one goes on.",
}


class SecretRow(Struct, frozen=True):
    """One secret of the key; `end_href` is where it is ended, empty where it can't be."""

    prefix: str
    made: str
    state: str
    kind: str
    until: str
    used: str
    end_href: str


class OneKey(Struct, frozen=True):
    """What the page shows."""

    key: ApiKey
    state: str
    may: str
    facts: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    usage_href: str
    secrets: tuple[SecretRow, ...]
    changes: bool
    rotates: bool
    made: Made | None


class KeyOnePage:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._frame = desk.frame

    def routes(self) -> list[Route]:
        holders = ByMembers(self._frame, self._desk.forms, "hold_keys")
        return [
            Route(ONE, holders.shown(self._show), methods=["GET"]),
            Route(EDIT, holders.shown(self._ask, proof_on=EDIT), methods=["GET"]),
            Route(EDIT, holders.done(self._change, proof_on=EDIT), methods=["POST"]),
            Route(ROTATE, holders.done(self._rotate, proof_on=ONE), methods=["POST"]),
            Route(END_ONE, holders.done(self._end_secret), methods=["POST"]),
            Route(REVOKE, holders.shown(self._confirm), methods=["GET"]),
            Route(REVOKE, holders.done(self._revoke), methods=["POST"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        done = request.query_params.get("done", "")
        # Who writes such an address is believed no more than the key itself.
        said = _DONE.get(done) if done != "revoked" or self._key(request, who).revoked_at else None
        return self._page(request, who, (Notice("good", said),) if said else ())

    def _page(
        self,
        request: Request,
        who: SignedIn,
        notices: tuple[Notice, ...] = (),
        made: Made | None = None,
        status: int = 200,
    ) -> Response:
        desk, key, now = self._desk, self._key(request, who), self._desk.clock.now()
        shell = self._frame.shell(request, who, key.name, "keys", notices)
        zone = parse_zone(shell.zone)
        secrets = secrets_of(desk.control, key.organisation, key.id)
        filtered = {"f": f"api_key:is:{key.id}", "r": "mtd"}
        changes = desk.rights(who).changes(key)
        shown = OneKey(
            key,
            state_of(key, now),
            rights_of(key),
            self._facts(key, zone, now),
            self._cards(who, key),
            self._frame.renderer.url("/usage", filtered),
            self._secrets(key, secrets, zone, changes=changes),
            changes and key.revoked_at is None,
            changes and key.in_force(now) and sum(each.counts(now) for each in secrets) == 1,
            made,
        )
        here = f"{desk.forms.own_origin(request)}{self._frame.renderer.url('')}"
        return self._frame.page("key-one.html", shell, status, shown=shown, here=here, overlaps=OVERLAPS)

    def _facts(self, key: ApiKey, zone: ZoneInfo, now: datetime) -> tuple[tuple[str, str], ...]:
        desk = self._desk
        makers = makers_of(desk.control, key.organisation, [key])
        told = Told(self._frame.renderer, Names(desk.registry, key.organisation), makers, zone, now)
        maker = makers.get(key.created_by or "")
        used = text.DASH
        if key.last_used_at is not None:
            used = text.local_time(key.last_used_at, zone) + (
                f" from {key.last_used_from}" if key.last_used_from else ""
            )
        return (
            ("May", rights_of(key)),
            ("Bound to", ", ".join(bound_to(key, told)) or "nobody: whom its caller names"),
            ("Models", ", ".join(key.models) or "all"),
            ("Providers", ", ".join(key.providers) or "all"),
            ("Created", text.local_time(key.created_at, zone) + (f" by {maker}" if maker else "")),
            ("Expires", text.local_time(key.expires_at, zone) if key.expires_at else "never"),
            ("Last used", used),
        )

    def _cards(self, who: SignedIn, key: ApiKey) -> tuple[Card, ...]:
        """Return this month's figures of the key, as far as the viewer sees them."""
        measures = ("cost", "requests", "tokens")
        asked = parse(f"measures={','.join(measures)}&r=mtd&f=api_key:is:{key.id}", Query(who.viewer))
        totals = self._desk.questions.ask(who.viewer, lambda asking: asking.run(asked.query)).totals
        cost, requests, tokens = totals
        return (
            Card(label="Cost this month", value=text.usd(cost), exact=text.usd_exact(cost)),  # type: ignore[arg-type] # a sum of money
            Card(label="Requests", value=text.counted(requests)),  # type: ignore[arg-type] # a count
            Card(label="Tokens", value=text.tokens(tokens)),  # type: ignore[arg-type] # a count
        )

    def _secrets(
        self, key: ApiKey, secrets: list[KeySecret], zone: ZoneInfo, *, changes: bool
    ) -> tuple[SecretRow, ...]:
        now, url = self._desk.clock.now(), self._frame.renderer.url
        counting = [each for each in secrets if each.counts(now) and key.in_force(now)]
        return tuple(
            SecretRow(
                prefix=each.prefix,
                made=text.local_time(each.created_at, zone),
                state="in force" if each in counting else "ended",
                kind="good" if each in counting else "",
                until=text.local_time(each.ends_at, zone) if each.ends_at else "",
                used=f"used {text.ago(each.last_used_at, now)}" if each.last_used_at else "never used",
                end_href=url(f"/keys/{key.id}/secrets/{each.prefix}/end")
                if changes and each in counting and len(counting) > 1
                else "",
            )
            for each in secrets
        )

    def _ask(self, request: Request, who: SignedIn) -> Response:
        key = self._changed(request, who)
        return self._form(request, who, key, draft_from(key, parse_zone(self._frame.zone_of(who))), {})

    def _form(self, request: Request, who: SignedIn, key: ApiKey, draft: Draft, errors: dict[str, str]) -> Response:
        notices = (Notice("bad", errors[""]),) if "" in errors else ()
        shell = self._frame.shell(request, who, f"Change “{key.name}”", "keys", notices)
        values = {"draft": draft, "errors": errors, "rights": self._desk.rights(who), "key": key}
        return self._frame.page("key-form.html", shell, HTTPStatus.UNPROCESSABLE_ENTITY if errors else 200, **values)

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        desk, key, now = self._desk, self._changed(request, who), self._desk.clock.now()
        rights, draft = desk.rights(who), draft_of(form)
        if not rights.manages:  # the form of a member has no such field
            draft = replace(draft, user=key.user or "")
        asked = key_asked_for(draft, parse_zone(self._frame.zone_of(who)), now, before=key)
        if isinstance(asked, Refused):
            return self._form(request, who, key, draft, asked.errors)
        rights.check(asked)
        changes = {name: getattr(asked, name) for name in NewKey.__struct_fields__}
        try:
            change_key(desk.control, key.organisation, key.id, changes, actor_of(request, who), now)
        except (Conflict, InputError) as error:
            field = "name" if isinstance(error, Conflict) else ""
            return self._form(request, who, key, draft, {field: as_sentence(error.message)})
        return self._after(key, "changed")

    def _rotate(self, request: Request, who: SignedIn, form: Form) -> Response:
        desk, key, now = self._desk, self._changed(request, who), self._desk.clock.now()
        hours = form.text("overlap")
        until = now + timedelta(hours=int(hours)) if hours in dict(OVERLAPS) and hours != "0" else None
        try:
            _, plaintext = rotate_key(desk.control, key.organisation, key.id, until, actor_of(request, who), now)
        except (Conflict, InputError) as error:
            return self._page(request, who, (Notice("bad", as_sentence(error.message)),), status=error.status)
        made = Made(key.name, rights_of(key), plaintext)
        return self._page(request, who, made=made, status=HTTPStatus.CREATED)

    def _end_secret(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        desk, key = self._desk, self._changed(request, who)
        prefix, by = request.path_params["prefix"], actor_of(request, who)
        try:
            retire_secret(desk.control, key.organisation, key.id, prefix, by, desk.clock.now())
        except Conflict as error:
            return self._page(request, who, (Notice("bad", as_sentence(error.message)),), status=error.status)
        return self._after(key, "ended")

    def _confirm(self, request: Request, who: SignedIn) -> Response:
        key = self._key(request, who)
        if key.revoked_at is not None:
            return self._after(key, "revoked")
        shell = self._frame.shell(request, who, f"Revoke “{key.name}”?", "keys")
        return self._frame.page("key-revoke.html", shell, 200, key=key)

    def _revoke(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        desk, key = self._desk, self._key(request, who)
        with suppress(NotFound):  # somebody else was faster: it is revoked
            revoke_key(desk.control, key.organisation, key.id, actor_of(request, who), desk.clock.now())
        return self._after(key, "revoked")

    def _key(self, request: Request, who: SignedIn) -> ApiKey:
        return self._desk.key(who, request.path_params["key"])

    def _changed(self, request: Request, who: SignedIn) -> ApiKey:
        return self._desk.key_to_change(who, request.path_params["key"])

    def _after(self, key: ApiKey, done: str) -> Response:
        address = self._frame.renderer.url(f"{KEYS}/{key.id}", {"done": done})
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)
