"""The organisation: its name, fiscal year and currency are set here; zone and retention are previewed before they are.

Who is no admin does not see the page. What is changed counts at once; a new zone once the ledger has it.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.control.currencies import SIGNS
from outlay.control.database import Control
from outlay.control.organisations import (
    Organisation,
    OrganisationChange,
    change_organisation,
    check_retention,
    check_zone,
    first_day_kept,
    organisation_of,
)
from outlay.errors import Conflict, InputError
from outlay.kit.clock import Clock
from outlay.kit.period import local_day, parse_zone, zone_names
from outlay.query.questions import Asking, Questions
from outlay.query.volumes import events_before, moved_by_zone
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.organisation.draft import Draft, as_draft, draft_of, told
from outlay.web.pages.organisation.tables import moved_table
from outlay.web.render import Notice, Shell

PATH: Final = "/settings/organisation"
ZONE: Final = f"{PATH}/zone"
RETENTION: Final = f"{PATH}/retention"
_SAVED: Final = {
    "retention": "Saved. What is older is being removed.",
    "": "Saved.",
}


class Around(Struct, frozen=True):
    """What the page works with. `soon` has the ledger's upkeep look for work."""

    control: Control
    questions: Questions
    clock: Clock
    soon: Callable[[], None]


class OrganisationPage:
    def __init__(self, frame: Frame, forms: Forms, around: Around) -> None:
        self._frame = frame
        self._forms = forms
        self._around = around

    def routes(self) -> list[Route]:
        return [
            Route(PATH, self._shown_by(self._show), methods=["GET"]),
            Route(PATH, self._posted_to(self._save), methods=["POST"]),
            Route(ZONE, self._shown_by(self._ask_zone), methods=["GET"]),
            Route(ZONE, self._posted_to(self._change_zone), methods=["POST"]),
            Route(RETENTION, self._shown_by(self._ask_retention), methods=["GET"]),
            Route(RETENTION, self._posted_to(self._change_retention), methods=["POST"]),
        ]

    def _shown_by(self, show: Callable[[Request, SignedIn], Response]) -> Callable[[Request], Response]:
        # Starlette runs what is no coroutine in a thread.
        def answer(request: Request) -> Response:
            who = self._frame.signed_in(request)
            self._shell(request, who)
            return show(request, who)

        return answer

    def _posted_to(self, do: Callable[[Request, SignedIn, Form], Response]) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            who, form = await self._forms.posted_by_member(request)
            return await run_in_threadpool(self._checked, do, request, who, form)

        return answer

    def _checked(
        self, do: Callable[[Request, SignedIn, Form], Response], request: Request, who: SignedIn, form: Form
    ) -> Response:
        self._shell(request, who)
        return do(request, who, form)

    def _shell(
        self, request: Request, who: SignedIn, title: str = "Organisation", notices: tuple[Notice, ...] = ()
    ) -> Shell:
        """Return the frame; Forbidden for those who may not change settings."""
        shell = self._frame.shell(request, who, title, "organisation", notices)
        require(who.viewer, "manage_settings", shell.organisation)
        return shell

    def _show(self, request: Request, who: SignedIn) -> Response:
        mine, saved = self._mine(who), request.query_params.get("saved", "-")
        told = f"Days are counted in {mine.zone} now." if saved == "zone" else _SAVED.get(saved)
        return self._form(request, who, as_draft(mine), (Notice("good", told),) if told else ())

    def _form(
        self, request: Request, who: SignedIn, draft: Draft, notices: tuple[Notice, ...] = (), error: str = ""
    ) -> Response:
        mine = self._mine(who)
        if error:
            notices = (Notice("bad", error),)
        elif mine.next_zone is not None:
            notices = (Notice("info", _under_way(mine)),)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
        values = {"draft": draft, "mine": mine, "zones": sorted(zone_names()), "currencies": tuple(SIGNS)}
        shell = self._shell(request, who, notices=notices)
        return self._frame.page("settings/organisation.html", shell, status, **values)

    def _save(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft = draft_of(form)
        try:
            self._change(request, who, draft.change)
        except InputError as error:
            return self._form(request, who, draft, error=told(error))
        return self._back("")

    def _ask_zone(self, request: Request, who: SignedIn) -> Response:
        mine, zone = self._mine(who), request.query_params.get("zone", "").strip()
        try:
            check_zone(zone)
        except InputError as error:
            return self._form(request, who, as_draft(mine), error=told(error))

        def moved(asking: Asking) -> object:
            return moved_table(moved_by_zone(asking, zone, local_day(asking.now, asking.zone)))

        shell = self._shell(request, who, "Change the time zone?")
        now = self._around.clock.now()
        values = {
            "zone": zone,
            "was": text.zone_name(parse_zone(mine.zone), now),
            "becomes": text.zone_name(parse_zone(zone), now),
            "table": self._around.questions.ask(who.viewer, moved),
        }
        return self._frame.page("settings/organisation-zone.html", shell, 200, **values)

    def _change_zone(self, request: Request, who: SignedIn, form: Form) -> Response:
        self._change(request, who, OrganisationChange(zone=form.text("zone")))
        return self._back("zone")

    def _ask_retention(self, request: Request, who: SignedIn) -> Response:
        mine = self._mine(who)
        draft = as_draft(mine)
        try:
            draft = Draft(draft.name, draft.fiscal_month, draft.currency, draft.zone, request.query_params["days"])
            days = draft.retention.retention_days
            if not isinstance(days, int):
                return self._retention_page(request, who, None)
            check_retention(days)
            return self._retention_page(request, who, days)
        except (InputError, KeyError) as error:
            message = told(error) if isinstance(error, InputError) else ""
            return self._form(request, who, draft, error=message)

    def _retention_page(self, request: Request, who: SignedIn, days: int | None) -> Response:
        mine = self._mine(who)
        day = None if days is None else first_day_kept(replace(mine, retention_days=days), self._around.clock.now())
        events, older = (0, None)
        if day is not None:
            events, older = self._around.questions.ask(
                who.viewer, lambda asking: events_before(asking.viewer, asking.snapshot, day)
            )
        shell = self._shell(request, who, "How long data is kept")
        values = {
            "days": days,
            "day": "" if day is None else text.day(day),
            "events": text.counted(events),
            "some": events > 0,
            "cost": text.usd(older.cost) if older else "",
            "range": text.days(older.first, older.last) if older and older.first and older.last else "",
        }
        return self._frame.page("settings/organisation-retention.html", shell, 200, **values)

    def _change_retention(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft = draft_of(form)
        if draft.days.strip() and form.text("understood") != "1":
            raise Conflict("say that what is older may be removed; it can't be brought back")
        self._change(request, who, draft.retention)
        return self._back("retention")

    def _change(self, request: Request, who: SignedIn, change: OrganisationChange) -> None:
        around, organisation = self._around, who.member.organisation
        change_organisation(around.control, organisation, change, actor_of(request, who), around.clock.now())
        around.soon()

    def _back(self, saved: str) -> Response:
        return RedirectResponse(self._frame.renderer.url(PATH, {"saved": saved}), HTTPStatus.SEE_OTHER)

    def _mine(self, who: SignedIn) -> Organisation:
        return organisation_of(self._around.control, who.member.organisation)


def _under_way(mine: Organisation) -> str:
    if mine.next_zone == mine.zone:
        return f"Days stay counted in {mine.zone}: the change that was begun is being taken back."
    return (
        f"Days are being counted in {mine.next_zone}. Until that is done, all pages show {mine.zone}; calls go on "
        "coming in, and nothing waits for it. You need not stay here."
    )
