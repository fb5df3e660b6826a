"""What is sent of a board: digests tell what differs, and nothing else is sent."""

import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from outlay.web.live.figured import FRAME, Figured, digests_of, read_digests, write_digests
from outlay.web.live.sent import GZIP_HEAD, Sent

NAMES = st.sampled_from(["cards", "by-day", "models", "top.users"])
PANELS = st.dictionaries(NAMES, st.text().map(escape), min_size=1)


def sent(update: Sent | None) -> dict[str, Any]:
    """Read the panels of an update as a browser does: a line is a field, and an empty line ends the event."""
    assert update is not None
    head, end, rest = update.plain.decode().partition("\n\n")
    assert (end, rest) == ("\n\n", "")
    fields = dict(line.split(": ", 1) for line in head.split("\n"))
    assert fields["event"] == "update"
    data: dict[str, Any] = json.loads(fields["data"])
    return data


@given(before=PANELS, after=PANELS)
def test_a_page_becomes_what_is_there_now(before: dict[str, Markup], after: dict[str, Markup]) -> None:
    state = Figured(after, "bar", 7)
    update = state.since(digests_of(before, "bar"))
    if before == after:
        assert update is None
    elif before.keys() != after.keys():
        assert update is not None
        assert b"event: layout" in update.plain
    else:
        differ = {name: [state.digests[name], str(after[name])] for name in after if after[name] != before[name]}
        assert sent(update) == differ
        assert update is not None
        assert update.plain.startswith(b"id: 7\n")


@given(panels=PANELS)
def test_a_page_that_has_nothing_gets_all(panels: dict[str, Markup]) -> None:
    assert {name: html for name, (_, html) in sent(Figured(panels, "bar", 7).since(None)).items()} == panels


@given(panels=PANELS)
def test_digests_are_read_as_they_were_written(panels: dict[str, Markup]) -> None:
    digests = digests_of(panels, "bar")
    assert read_digests(write_digests(digests)) == digests


@pytest.mark.parametrize(
    "text",
    ["", "cards", "cards:zz frame:00", "cards:00", "a b:00 frame:00", "frame:00 " * 201, f"{'x' * 101}:00 frame:00"],
    ids=["none", "no digest", "no hex", "no frame", "half of it", "too many", "too long"],
)
def test_what_is_no_list_of_digests_counts_as_none(text: str) -> None:
    assert read_digests(text) is None


def test_viewers_with_the_same_page_are_sent_the_very_same_bytes() -> None:
    state = Figured({"cards": Markup("1"), "models": Markup("2")}, "bar", 7)
    has = {**state.digests, "cards": "00"}
    assert state.since(has) is state.since(dict(has))


def test_another_bar_needs_the_page_anew() -> None:
    state = Figured({"cards": Markup("1")}, "bar", 7)
    update = state.since({**state.digests, FRAME: "00"})
    assert update is not None
    assert update.plain == b"id: 7\nevent: layout\ndata: {}\n\n"


@given(pieces=st.lists(st.binary(max_size=5000), max_size=20))
def test_pieces_that_were_compressed_apart_are_read_as_one_body(pieces: list[bytes]) -> None:
    browser = zlib.decompressobj(16 + zlib.MAX_WBITS)
    read = browser.decompress(GZIP_HEAD)
    for piece in pieces:
        assert browser.decompress(Sent(piece).packed) == piece  # at once, not with the next
    assert (read, browser.eof, browser.unused_data) == (b"", False, b"")
