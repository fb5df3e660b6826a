"""What a call asks for is read from whatever its provider would read; what can't be read is never taken for nothing."""

from time import process_time

import pytest

from outlay.gateway.asked import asked_in, asking_for_usage, model_in_form
from outlay.gateway.estimate import estimated

HALF_A_PAIR = rb"""{"messages":[{"content":"cut \ud83d"}],"user":"u","model":"m","stream":true}"""


@pytest.mark.parametrize(
    "body",
    [HALF_A_PAIR, b"\xef\xbb\xbf" + HALF_A_PAIR, HALF_A_PAIR.replace(b"true", b'true,"metadata":{"n":1e400}')],
    ids=["half a pair", "byte order mark", "endless number"],
)
def test_loose_json_is_read_all_the_same(body: bytes) -> None:
    found = asked_in(body)
    assert (found.model, found.streams, found.usage_asked) == ("m", True, False)


def test_loose_json_is_made_to_ask_for_usage_and_else_stays_as_it_is() -> None:
    expected = HALF_A_PAIR[:-1] + b',"stream_options":{"include_usage":true}}'
    assert asking_for_usage(HALF_A_PAIR) == expected
    stated = HALF_A_PAIR.replace(b"true", b'true,"stream_options":{}')
    assert asking_for_usage(stated) == stated


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b"{" * 100_000, b'{"a":' + b"9" * 5_000 + b',"model":"m"'])
def test_what_is_no_json_asks_for_nothing_and_passes(body: bytes) -> None:
    assert asked_in(body).model is None
    assert asking_for_usage(body) == body


def test_a_model_that_is_no_text_can_be_written_down() -> None:
    model = asked_in(rb"""{"model":"m\ud83d"}""").model
    assert model == "m?"


def test_the_model_of_a_form() -> None:
    assert model_in_form(b'x; name="model"\r\ncontent-type: text/plain\r\n\r\nwhisper-1\r\n--b') == "whisper-1"


def test_a_form_made_to_be_slow_to_read_is_not() -> None:
    piece = b'name="model"\r\n' * 18_000
    began = process_time()
    assert model_in_form(piece) is None
    assert process_time() - began < 1.0


def test_the_input_of_a_request_that_cannot_be_read_stays_unknown() -> None:
    for request in (b"", b"--form", HALF_A_PAIR):
        assert estimated(None, request, 400).tokens.input_total is None
    assert estimated(None, b"", None).marks == ()
