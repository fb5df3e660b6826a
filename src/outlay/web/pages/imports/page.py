"""The Imports pages: upload a file, see what would be stored, store or discard it. All of it works without script.

1. POST /imports takes the file; its preview is worked out in the background.
2. GET /imports/ID shows how far that is, then the preview. POST …/read reads the file in another way.
3. POST …/store hands the rows to the intake of this server; POST …/discard removes the file.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import may
from outlay.control.import_runs import ImportRun, imports_between, note_import
from outlay.control.trail import Actor
from outlay.errors import BodyUnreadable, Conflict, Forbidden
from outlay.kit.clock import Clock
from outlay.kit.ids import new_id
from outlay.kit.period import parse_zone
from outlay.query.questions import Questions
from outlay.web.acting import actor_of
from outlay.web.api.events import IntakeFront
from outlay.web.forms import Form, Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.imports.background import Background
from outlay.web.pages.imports.reading import FILLS, KIND_NAMES, choice_of
from outlay.web.pages.imports.receive import received
from outlay.web.pages.imports.staging import Choice, Staging, Upload, shown_name
from outlay.web.pages.imports.told import kind_name, runs_table, shown_preview, shown_report, size_text
from outlay.web.pages.imports.work import State, Work
from outlay.web.render import Notice, Shell

IMPORTS: Final = "/imports"
ONE: Final = "/imports/{upload}"
MOST_RUNS: Final = 20
PATIENCE_SECONDS: Final = 1.5  # an answer waits so long for the work: most files are read by then
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SOON: Final = timedelta(days=1)


class Means(Struct, frozen=True):
    """What the pages work with besides the frame."""

    questions: Questions
    front: IntakeFront
    clock: Clock
    data_dir: Path
    max_upload_mb: int


class ImportsPage:
    def __init__(self, frame: Frame, forms: Forms, means: Means) -> None:
        self._frame = frame
        self._forms = forms
        self._means = means
        self._staging = Staging(means.data_dir)
        self._staging.clear()
        self.work = Work()
        self._background = Background(means.questions, means.front, means.clock, self.work)

    def routes(self) -> list[Route]:
        return [
            Route(IMPORTS, self._shown_by(self._list), methods=["GET"]),
            Route(IMPORTS, self.upload, methods=["POST"]),
            Route(ONE, self._shown_by(self._one), methods=["GET"]),
            Route(f"{ONE}/read", self.read, methods=["POST"]),
            Route(f"{ONE}/store", self.store, methods=["POST"]),
            Route(f"{ONE}/discard", self.discard, methods=["POST"]),
        ]

    async def upload(self, request: Request) -> Response:
        self._forms.check_origin(request)
        who = await run_in_threadpool(self._frame.signed_in, request)
        _check_role(who)
        with self._staging.receiving() as into:
            got = await received(request, who.session, into, self._means.max_upload_mb)
            if not got.size:
                raise BodyUnreadable("no file was chosen, or it is empty; choose one")
        upload = Upload(
            id=new_id("upload"),
            organisation=who.member.organisation,
            member=who.member.id,
            file_name=shown_name(got.file_name),
            size=got.size,
            at=self._means.clock.now(),
            path=Path(into.name),
            choice=choice_of(got.form),
        )
        for gone in self._staging.keep(upload, self._is_storing):
            self.work.forget(gone)
        return await self._after(upload, self._background.look(upload, None))

    async def read(self, request: Request) -> Response:
        """Read an upload again, as the form says."""
        _, upload, form = await self._posted(request)
        changed = replace(upload, choice=choice_of(form))
        state = self.work.state(upload.id)
        if state is None or state.stage not in {"read", "failed"}:
            raise Conflict("the file is being read or stored, or was stored meanwhile")
        begun = self._background.look(changed, state.stage)
        if begun is not None:
            self._staging.change(changed)
        return await self._after(upload, begun)

    async def store(self, request: Request) -> Response:
        who, upload, _ = await self._posted(request)
        loop = asyncio.get_running_loop()
        stored = partial(self._stored, actor_of(request, who))
        return await self._after(upload, self._background.store(upload, loop, stored))

    async def discard(self, request: Request) -> Response:
        _, upload, _ = await self._posted(request)
        if self._is_storing(upload.id):
            raise Conflict("the file is being stored; wait for the end of that")
        self.work.forget(upload.id)
        await run_in_threadpool(self._staging.remove, upload)
        return RedirectResponse(self._frame.renderer.url(IMPORTS, {"discarded": "1"}), HTTPStatus.SEE_OTHER)

    async def _posted(self, request: Request) -> tuple[SignedIn, Upload, Form]:
        who, form = await self._forms.posted_by_member(request)
        _check_role(who)
        upload = self._staging.find(who.member.organisation, who.member.id, request.path_params["upload"])
        return who, upload, form

    async def _after(self, upload: Upload, begun: Future[None] | None) -> Response:
        """Lead on to the upload's page, after a moment in which the work may come to its end."""
        if begun is not None:
            done, _ = await asyncio.wait([asyncio.wrap_future(begun)], timeout=PATIENCE_SECONDS)
            for each in done:
                each.exception()  # the page tells of it, the log has it
        return RedirectResponse(self._frame.renderer.url(f"{IMPORTS}/{upload.id}"), HTTPStatus.SEE_OTHER)

    def _is_storing(self, upload: str) -> bool:
        state = self.work.state(upload)
        return state is not None and state.stage == "storing"

    def _stored(self, by: Actor, upload: Upload, run: ImportRun | None) -> None:
        upload.path.unlink(missing_ok=True)
        if run is not None:
            note_import(self._frame.control, upload.organisation, run, by)

    def _shown_by(self, show: Callable[[Request, SignedIn], Response]) -> Callable[[Request], Response]:
        # Starlette runs what is no coroutine in a thread.
        def answer(request: Request) -> Response:
            who = self._frame.signed_in(request)
            _check_role(who)
            return show(request, who)

        return answer

    def _list(self, request: Request, who: SignedIn) -> Response:
        now = self._means.clock.now()
        discarded = Notice("good", "The file is removed; nothing of it was stored.")
        notices = (discarded,) if request.query_params.get("discarded") == "1" else ()
        shell = self._frame.shell(request, who, "Imports", "imports", notices)
        runs = imports_between(self._frame.control, who.member.organisation, _FIRST, now + _SOON, MOST_RUNS)
        waiting = self._staging.of(who.member.organisation, who.member.id)
        if waiting is not None and not waiting.path.exists():
            waiting = None
        return self._frame.page(
            "imports.html",
            shell,
            200,
            runs=runs_table(runs[::-1], parse_zone(shell.zone), self._frame.renderer),
            waiting=waiting,
            max_upload_mb=self._means.max_upload_mb,
            **_choices(Choice()),
        )

    def _one(self, request: Request, who: SignedIn) -> Response:
        upload = self._staging.find(who.member.organisation, who.member.id, request.path_params["upload"])
        state = self.work.state(upload.id) or State("failed", error="The work on this file was broken off.")
        shell = self._frame.shell(request, who, upload.file_name, "imports")
        return self._page_of(upload, state, shell)

    def _page_of(self, upload: Upload, state: State, shell: Shell) -> Response:
        renderer = self._frame.renderer
        shown = None
        if state.report is not None and state.looked is not None:
            shown = shown_report(state.report, state.looked, renderer)
        elif state.looked is not None and state.stage in {"read", "failed"}:
            shown = shown_preview(state.looked, renderer)
        return self._frame.page(
            "import-one.html",
            shell,
            200,
            upload=upload,
            state=state,
            shown=shown,
            kind=kind_name(state.looked.source) if state.looked else "",
            size=size_text(upload.size),
            **_choices(upload.choice),
        )


def _choices(choice: Choice) -> dict[str, object]:
    """Return what the fields of the form are made of."""
    kinds = [("", "Told by its columns"), *KIND_NAMES.items()]
    return {"choice": choice, "kinds": kinds, "fills": [(name, choice.fills.get(name, "")) for name in FILLS]}


def _check_role(who: SignedIn) -> None:
    if not may(who.viewer.role, "import_files"):
        raise Forbidden(f"Files are imported by admins; your role is {who.viewer.role}.")
