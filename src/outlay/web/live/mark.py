"""What a live page carries for its script: where its updates come from, and what it shows already."""

from msgspec import Struct

from outlay.query.questions import Asking
from outlay.web import format as text
from outlay.web.live.figured import digests_of, frame_of, parts_of, write_digests
from outlay.web.render import Renderer
from outlay.web.view.board import Board


class LiveMark(Struct, frozen=True):
    """`has` are the digests of the page's parts, `time` the instant of its figures for those without script."""

    href: str
    has: str
    watermark: int
    time: str


def mark_of(board: Board, asking: Asking, renderer: Renderer) -> LiveMark | None:
    """Return the mark of a page that was asked to be live; None of every other."""
    place = board.place
    if not place.live:
        return None
    return LiveMark(
        href=f"{renderer.url(place.ground.path)}/live?{place.written}",
        has=write_digests(digests_of(parts_of(board), frame_of(board))),
        watermark=board.watermark,
        time=text.local_seconds(asking.now, asking.zone),
    )
