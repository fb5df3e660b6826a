"""A board at one state of the ledger, cut into parts that are sent alone: each a digest and its markup.

What a viewer is sent is always the difference from what their page has, told by digests, never a step of a history:
so a viewer may miss any number of states, and one who comes back after an hour gets exactly what is missing.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from math import ceil
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup

from outlay.query.timerange import span_of
from outlay.web.live.sent import Sent, event
from outlay.web.view.board import Board

Digests = Mapping[str, str]

SUBTITLE: Final = "board-subtitle"  # the id of the one part that stands outside the panels
FRAME: Final = "frame"  # stands for what is around the panels: the bar, and which panels there are
_DIGEST_BYTES: Final = 6
_MOST_PARTS: Final = 200
_HAS: Final = re.compile(r"([\w.-]{1,100}):([0-9a-f]{1,32})", re.ASCII)
_TICK_SECONDS: Final = 60  # the finest step of time that a page shows


class Figured:
    """All parts of a board, ready to send. `stale_in` are the seconds after which time alone changes it, if it does."""

    def __init__(self, parts: Mapping[str, Markup], frame: str, watermark: int, stale_in: float | None = None) -> None:
        self.digests = digests_of(parts, frame)
        self.watermark = watermark
        self.stale_in = stale_in
        self._encoded = {
            name: b"%b:%b" % (msgspec.json.encode(name), msgspec.json.encode((self.digests[name], str(markup))))
            for name, markup in parts.items()
        }
        self._updates: dict[tuple[str, ...], Sent] = {}

    def since(self, has: Digests | None) -> Sent | None:
        """Return the event that brings a page up to this state: None when it is there, all panels when unknown.

        Where more than panels differ the event asks for the whole page.
        """
        if has is not None and (has.keys() != self.digests.keys() or has[FRAME] != self.digests[FRAME]):
            return event("layout", {}, self.watermark)
        differ = tuple(name for name in self._encoded if has is None or has[name] != self.digests[name])
        if not differ:
            return None
        # Nearly all viewers of a page have the same before: what they get is put together once.
        if differ not in self._updates:
            panels = msgspec.Raw(b"{%b}" % b",".join(self._encoded[name] for name in differ))
            self._updates[differ] = event("update", panels, self.watermark)
        return self._updates[differ]


def figured(board: Board, zone: ZoneInfo, now: datetime) -> Figured:
    """Cut a board into its parts."""
    return Figured(parts_of(board), frame_of(board), board.watermark, stale_in(board, zone, now))


def parts_of(board: Board) -> dict[str, Markup]:
    """Return everything of a board that is sent alone, by element id."""
    return {SUBTITLE: subtitle_of(board), **board.panels}


def subtitle_of(board: Board) -> Markup:
    """Return the subtitle as the element that a page shows and updates replace."""
    return Markup('<span id="{}">{}</span>').format(SUBTITLE, board.subtitle)


def frame_of(board: Board) -> str:
    """Return a text that differs where something around the panels does. Notices are about the URL as it was typed."""
    return repr(board.bar)


def stale_in(board: Board, zone: ZoneInfo, now: datetime) -> float | None:
    """Return the seconds after which time alone changes what is shown; None of a range that lies in the past."""
    if span_of(board.place.query.range, zone, now).end < now:
        return None
    return ceil((now.timestamp() + 0.001) / _TICK_SECONDS) * _TICK_SECONDS - now.timestamp()


def digests_of(parts: Mapping[str, Markup], frame: str) -> Digests:
    return MappingProxyType({name: _digest(text) for name, text in parts.items()} | {FRAME: _digest(frame)})


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def write_digests(digests: Digests) -> str:
    """Return digests as a page keeps them and a browser sends them back: `name:digest`, with spaces between."""
    return " ".join(f"{name}:{digest}" for name, digest in digests.items())


def read_digests(text: str) -> Digests | None:
    """Return the digests of a page; None when they were not sent or can't be read: then it gets everything."""
    found = [_HAS.fullmatch(each) for each in text.split()[: _MOST_PARTS + 1]]
    if not 0 < len(found) <= _MOST_PARTS:
        return None
    digests = {match[1]: match[2] for match in found if match is not None}
    return digests if len(digests) == len(found) and FRAME in digests else None
