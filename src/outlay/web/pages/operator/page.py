"""The organisations of this installation, for who operates it: create, suspend, resume, delete.

An operator is a member of no tenant (control/organisations.py OPERATORS): no admin can make one, nor act for one.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.links import create_invitation, link_at
from outlay.access.roles import require
from outlay.control.organisations import Organisation, organisation_of
from outlay.control.tenancy import (
    NewTenant,
    delete_organisation,
    found_organisation,
    resume_organisation,
    suspend_organisation,
    tenants,
)
from outlay.errors import Conflict, InputError, NotFound
from outlay.query.volumes import whole_and_month
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.operator.tables import tenants_table
from outlay.web.pages.organisation.page import Around
from outlay.web.parts import Pager
from outlay.web.render import Notice, Shell

PATH: Final = "/operator"
NEW: Final = f"{PATH}/new"
ONE: Final = f"{PATH}/organisations/{{organisation}}"
DELETE: Final = f"{ONE}/delete"
PER_PAGE: Final = 50
_LONGEST_PAGE_NUMBER: Final = 6
_DONE: Final = {
    "suspended": "is suspended. Nobody signs in to it, and its keys are refused.",
    "resumed": "is served again.",
    "deleted": "is deleted. What the ledger holds of it is being removed.",
}


class Draft(Struct, frozen=True):
    """The form for a new organisation, as filled in."""

    id: str = ""
    name: str = ""
    zone: str = "UTC"
    email: str = ""


class Made(Struct, frozen=True):
    """An organisation that was made just now, and the link its first admin signs in with."""

    name: str
    email: str
    link: str

    def __repr__(self) -> str:
        return f"Made(name={self.name!r})"


class OperatorPage:
    def __init__(self, frame: Frame, forms: Forms, around: Around) -> None:
        self._frame = frame
        self._forms = forms
        self._around = around

    def routes(self) -> list[Route]:
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(NEW, self.ask, methods=["GET"]),
            Route(NEW, self._posted_to(self._create), methods=["POST"]),
            Route(ONE, self._posted_to(self._set_standing), methods=["POST"]),
            Route(DELETE, self.confirm, methods=["GET"]),
            Route(DELETE, self._posted_to(self._delete), methods=["POST"]),
        ]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        done, name = _DONE.get(request.query_params.get("done", "")), request.query_params.get("of", "")
        return self._listing(request, who, (Notice("good", f"“{name}” {done}"),) if done else ())

    def ask(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        self._shell(request, who)
        self._frame.require_proof(who, NEW)
        return self._form(request, who, Draft())

    def confirm(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        self._shell(request, who)
        return self._asking_to_delete(request, who, self._one(request))

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
        self, request: Request, who: SignedIn, title: str = "Organisations", notices: tuple[Notice, ...] = ()
    ) -> Shell:
        """Return the frame; Forbidden for everyone but operators."""
        require(who.viewer, "operate")
        return self._frame.shell(request, who, title, "operator", notices)

    def _listing(self, request: Request, who: SignedIn, notices: tuple[Notice, ...]) -> Response:
        shell = self._shell(request, who, notices=notices)
        search, page = request.query_params.get("q", "").strip()[:100], _page_number(request)
        found, total = tenants(self._around.control, search, PER_PAGE, page * PER_PAGE)
        ids = [each.organisation.id for each in found]
        whole, month = self._around.questions.ask(who.viewer, lambda asking: whole_and_month(asking, ids))
        table = tenants_table(found, whole, month, self._frame.renderer)
        values = {"table": table, "total": total, "wanted": search, "pager": self._pager(search, page, total)}
        return self._frame.page("operator/organisations.html", shell, 200, **values)

    def _pager(self, search: str, page: int, total: int) -> Pager | None:
        if total <= PER_PAGE:
            return None

        def href(number: int) -> str:
            query = ({"q": search} if search else {}) | ({"p": str(number + 1)} if number else {})
            return self._frame.renderer.url(PATH, query)

        first, end = page * PER_PAGE, min((page + 1) * PER_PAGE, total)
        return Pager(
            label=f"{first + 1:,}–{end:,} of {total:,}",  # noqa: RUF001 - an en dash, as in every range
            previous_href=href(page - 1) if page else "",
            next_href=href(page + 1) if end < total else "",
        )

    def _form(self, request: Request, who: SignedIn, draft: Draft, error: str = "", status: int = 200) -> Response:
        notices = (Notice("bad", error),) if error else ()
        shell = self._shell(request, who, "Create an organisation", notices)
        return self._frame.page("operator/new.html", shell, status, draft=draft, made=None)

    def _create(self, request: Request, who: SignedIn, form: Form) -> Response:
        self._frame.require_proof(who, NEW)
        draft = Draft(*(form.text(name).strip() for name in Draft.__struct_fields__))
        try:
            made = self._made(request, who, draft)
        except (InputError, Conflict) as error:
            return self._form(request, who, draft, as_sentence(error.message), error.status)
        shell = self._shell(request, who, "The organisation is made")
        return self._frame.page("operator/new.html", shell, HTTPStatus.CREATED, draft=draft, made=made)

    def _made(self, request: Request, who: SignedIn, draft: Draft) -> Made:
        control, now, by = self._around.control, self._around.clock.now(), actor_of(request, who)
        wanted = NewTenant(id=draft.id, name=draft.name, zone=draft.zone, email=draft.email)
        organisation, member = found_organisation(control, wanted, by, now)
        token = create_invitation(control, member, now)
        return Made(organisation.name, member.email, link_at(self._forms.link_address(request), token, "invitation"))

    def _set_standing(self, request: Request, who: SignedIn, form: Form) -> Response:
        control, now, by = self._around.control, self._around.clock.now(), actor_of(request, who)
        organisation, suspending = self._one(request), form.text("do") == "suspend"
        change = suspend_organisation if suspending else resume_organisation
        change(control, organisation.id, by, now)
        return self._back("suspended" if suspending else "resumed", organisation)

    def _asking_to_delete(
        self, request: Request, who: SignedIn, organisation: Organisation, error: str = ""
    ) -> Response:
        notices = (Notice("bad", error),) if error else ()
        shell = self._shell(request, who, f"Delete “{organisation.name}”?", notices)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
        return self._frame.page("operator/delete.html", shell, status, organisation=organisation)

    def _delete(self, request: Request, who: SignedIn, form: Form) -> Response:
        organisation = self._one(request)
        if form.text("name").strip() != organisation.name:
            return self._asking_to_delete(request, who, organisation, "The name is not that of the organisation.")
        delete_organisation(self._around.control, organisation.id, actor_of(request, who), self._around.clock.now())
        self._around.soon()
        return self._back("deleted", organisation)

    def _one(self, request: Request) -> Organisation:
        found = organisation_of(self._around.control, request.path_params["organisation"])
        if found.deleted_at is not None:
            raise NotFound(f"there is no organisation {found.id!r}")
        return found

    def _back(self, done: str, organisation: Organisation) -> Response:
        query = {"done": done, "of": organisation.name}
        return RedirectResponse(self._frame.renderer.url(PATH, query), HTTPStatus.SEE_OTHER)


def _page_number(request: Request) -> int:
    asked = request.query_params.get("p", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST_PAGE_NUMBER else 1
    return max(0, number - 1)
