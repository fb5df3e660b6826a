"""The two pieces of work on an upload: looking at it, and storing it."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial

from outlay.access.viewer import Viewer
from outlay.capture.files import Counted
from outlay.control.import_runs import ImportRun
from outlay.intake.import_report import ImportReport
from outlay.intake.importing import Importer, ImportFile, NoProgress, Watcher
from outlay.intake.preview import Asked, Identity, previewed
from outlay.kit.clock import Clock
from outlay.kit.period import local_day
from outlay.query.overlap import known_among, stored_beside
from outlay.query.questions import Asking, Questions
from outlay.web.api.events import IntakeFront
from outlay.web.pages.imports.reading import Reading, reading_of
from outlay.web.pages.imports.staging import Upload
from outlay.web.pages.imports.work import Looked, QueueSink, Stage, State, Work

Stored = Callable[[Upload, ImportRun | None], None]


class Background:
    def __init__(self, questions: Questions, front: IntakeFront, clock: Clock, work: Work) -> None:
        self._questions = questions
        self._front = front
        self._clock = clock
        self._work = work

    def look(self, upload: Upload, now_in: Stage | None) -> Future[None] | None:
        """Begin a preview of an upload that is in this stage; None where it is in another by now."""
        return self._work.begin(
            upload.id, (now_in, State("reading", size=upload.size)), partial(self._looked_at, upload)
        )

    def store(self, upload: Upload, loop: asyncio.AbstractEventLoop, stored: Stored) -> Future[None] | None:
        """Begin to store what was looked at; `stored` is called at the end. None where that is done or being done."""
        state = self._work.state(upload.id)
        looked = state.looked if state is not None else None
        if looked is None:
            return None
        storing = State("storing", size=upload.size, looked=looked)
        return self._work.begin(upload.id, ("read", storing), partial(self._stored, upload, looked, loop, stored))

    def _looked_at(self, upload: Upload) -> State:
        reading = reading_of(upload)
        viewer = Viewer(organisation=upload.organisation, role="admin")
        with self._questions.asking(viewer) as asking:
            looked = self._looked(upload, reading, asking)
        return State("read", looked.preview.rows, upload.size, upload.size, looked)

    def _looked(self, upload: Upload, reading: Reading, asking: Asking) -> Looked:
        follow = _Follow(self._work, upload.id)

        def known(identities: Sequence[Identity]) -> set[Identity]:
            return known_among(asking.viewer, asking.snapshot, reading.source, identities)

        asked = Asked(self._front.intake, known, partial(local_day, zone=asking.zone), follow.rows_read)
        rows = reading.rows(upload, self._clock.now(), follow.opened)
        preview = previewed(upload.file_name, upload.organisation, rows, asked)
        beside = stored_beside(asking.viewer, asking.snapshot, preview.providers, preview.file_days)
        return Looked(reading.kind.name, reading.source, preview, beside)

    def _stored(self, upload: Upload, looked: Looked, loop: asyncio.AbstractEventLoop, stored: Stored) -> State:
        reading = reading_of(upload)
        follow = _Follow(self._work, upload.id)
        prices = self._front.intake.prices_of(upload.organisation)
        importer = Importer(upload.organisation, QueueSink(self._front, loop), prices, NoProgress(), follow)
        rows = partial(reading.rows, upload, self._clock.now(), follow.opened)
        report = importer.run_import(ImportFile(upload.file_name, None, rows))
        stored(upload, self._run_of(report, reading.source))
        return State("stored", report.rows, upload.size, upload.size, looked, report)

    def _run_of(self, report: ImportReport, source: str) -> ImportRun | None:
        if not report.stored:
            return None
        return ImportRun(source, report.stored, report.first, report.last, self._clock.now())


class _Follow(Watcher):
    """Tells the work how far it is."""

    def __init__(self, work: Work, upload: str) -> None:
        self._work = work
        self._upload = upload
        self._counted: Counted | None = None

    def opened(self, counted: Counted) -> None:
        self._counted = counted

    def rows_read(self, rows: int) -> None:
        self._work.progressed(self._upload, rows, self._counted.consumed if self._counted else 0)
