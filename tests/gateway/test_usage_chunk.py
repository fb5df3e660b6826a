"""The usage chunk that nobody asked for is taken out, however the stream is cut into pieces; nothing else is."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from outlay.gateway.usage_chunk import UsageChunkRemoval
from tests.gateway.bodies import DONE, TEXTS, USAGE_CHUNK, chunk

AZURES_FIRST = chunk(prompt_filter_results=[{"prompt_index": 0}])
LAST_TEXT = chunk("!", usage={"prompt_tokens": 1})
STREAM = (AZURES_FIRST, *TEXTS, LAST_TEXT, b": ping\n\n", USAGE_CHUNK, DONE)
KEPT = b"".join(each for each in STREAM if each is not USAGE_CHUNK)


def passed(pieces: list[bytes]) -> bytes:
    removal = UsageChunkRemoval()
    return b"".join([*(removal.passed(piece) for piece in pieces), removal.rest()])


@given(st.lists(st.integers(0, sum(map(len, STREAM))), max_size=12), st.booleans())
def test_only_the_usage_chunk_goes(cuts: list[int], windows: bool) -> None:  # noqa: FBT001 - drawn
    whole, kept = b"".join(STREAM), KEPT
    if windows:
        whole, kept = whole.replace(b"\n", b"\r\n"), kept.replace(b"\n", b"\r\n")
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in itertools.pairwise(places)]
    assert passed(pieces) == kept


def test_a_whole_event_is_not_held_back() -> None:
    removal = UsageChunkRemoval()
    assert [removal.passed(each) for each in TEXTS] == list(TEXTS)


def test_a_usage_chunk_without_its_end_is_taken_out_too() -> None:
    assert passed([*TEXTS, USAGE_CHUNK.rstrip()]) == b"".join(TEXTS)


@given(st.lists(st.binary(max_size=60)))
def test_what_is_no_event_passes(pieces: list[bytes]) -> None:
    assert passed(pieces) == b"".join(pieces)
