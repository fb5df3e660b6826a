"""Brings the logs of coding agents into the ledger: each call once, and only what is new of a file.

1. Look at the files; those that did not change are passed over.
2. Read what was on its way to the ledger when an earlier run ended, exactly that stretch.
3. Read what is new, file after file, until a batch is full.
4. Of each call: an unknown one is an event; a known one that tells more now is corrected; any other is a copy.
5. Note where the batch ends, hand it to the funnel, note that it is done.

Files tell of a call several times, so calls are remembered by their ids. That memory follows the ledger: when the event
that was stored last is not there any more, it is forgotten.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from outlay.intake.import_report import ImportReport
from outlay.intake.importing import Sink, Watcher
from outlay.intake.log_batch import LogBatch, MadeSink, Parts
from outlay.intake.log_files import LogSource
from outlay.intake.log_memory import Memory
from outlay.intake.log_pieces import Way, new_pieces, no_recipe
from outlay.intake.price_books import Prices
from outlay.usage import UsageEvent

_decode_event: Final = msgspec.msgpack.Decoder(UsageEvent).decode


class LogImporter:
    """Imports the logs of one tool into one organisation."""

    def __init__(self, source: LogSource, sink: Sink, prices: Prices, memory: Memory, watcher: Watcher) -> None:
        self.source = source
        self.sink = sink
        self.memory = memory
        self._parts = Parts(source, sink, prices, memory, watcher)
        self._proven = False

    def run(self, *, settled: bool = True) -> ImportReport:
        """Import what is new and return its figures; see `LogSource.read` for `settled`.

        A file that can't be read is told in the figures. Raises what the sink does.
        """
        report = ImportReport()
        self._forget_what_is_gone()
        self._finish_last_batch(report)
        batch = LogBatch(self._parts, report)
        recipe = self.sink.recipe if isinstance(self.sink, MadeSink) else no_recipe
        for piece in new_pieces(self.source, self.memory.marks(), Way(batch.known, settled, recipe)):
            batch.add(piece)
            if batch.is_full:
                batch.commit()
        batch.commit()
        report.failed += self.source.failed
        return report

    def _forget_what_is_gone(self) -> None:
        last = None if self._proven else self.memory.last_event()
        if last is not None:
            (outcome,) = self.sink.accept(self.source.attribution.organisation, [_decode_event(last)])
            if outcome.result == "stored":
                self.memory.forget()
        self._proven = True

    def _finish_last_batch(self, report: ImportReport) -> None:
        left = {path: mark for path, mark in self.memory.marks().items() if mark.intended is not None}
        if not left:
            return
        batch = LogBatch(self._parts, report)
        for piece in self.source.unfinished(list(left.values()), batch.known):
            batch.add(piece)
            left.pop(piece.before.path, None)
        batch.commit()
        # What can't be read any more can't be finished either.
        self.memory.keep([replace(mark, intended=None) for mark in left.values()], {})
