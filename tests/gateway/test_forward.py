"""A call through the gateway: what the provider sees, what the caller gets, what the ledger holds."""

import gzip
import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from time import sleep

import httpx
import pytest

from tests.gateway.bodies import CHAT, DONE, TEXTS, USAGE_CHUNK
from tests.gateway.provider import Answer
from tests.gateway.raw import raw_provider, read_until
from tests.gateway.through import CREDENTIAL, QUICK, Through, gateway_to


@pytest.fixture
def through(tmp_path: Path) -> Iterator[Through]:
    with gateway_to(tmp_path / "data") as running:
        running.provider.answers["/chat/completions"] = Answer.json(CHAT)
        yield running


def test_a_call_passes_untouched_with_the_upstreams_credential_and_is_recorded(through: Through) -> None:
    through.upstream()
    body = b'{ "model":"gpt-4o" ,\n"messages":[], "unknown": 1e400 }'
    found = through.client.post(
        "/openai/v1/chat/completions?a=b%20c",
        content=body,
        headers={"content-type": "application/json", "x-other": "1"},
    )
    assert (found.status_code, found.content) == (200, CHAT)
    (seen,) = through.provider.seen
    assert (seen.url, seen.body) == ("/v1/chat/completions?a=b%20c", body)
    assert seen.headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert seen.headers["x-other"] == "1"
    assert seen.headers["host"] == f"127.0.0.1:{through.provider.port}"
    (event,) = through.events()
    assert (event["status"], event["model"], event["operation"]) == ("ok", "gpt-4o", "chat")
    assert (event["input_uncached"], event["output"], event["response_id"]) == (100, 20, "chatcmpl-1")
    assert (event["cost"], event["cost_status"]) == (Decimal("0.00045"), "priced")
    assert event["id"] == found.headers["x-outlay-call"]
    assert event["source"] == "gateway"
    assert event["first_token_ms"] is None


def test_a_stream_that_did_not_ask_for_usage_gets_every_byte_but_the_usage_chunk(through: Through) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, USAGE_CHUNK, DONE, pause=0.01)
    with through.client.stream("POST", "/openai/v1/chat/completions", json={"model": "gpt-4o", "stream": True}) as got:
        assert b"".join(got.iter_raw()) == b"".join(TEXTS) + DONE
    assert b'"include_usage":true' in through.provider.seen[0].body
    (event,) = through.events()
    assert (event["input_uncached"], event["output"], event["status"]) == (100, 20, "ok")
    assert event["first_token_ms"] is not None


def test_a_stream_that_asked_for_usage_passes_as_it_is(through: Through) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, USAGE_CHUNK, DONE)
    asked = {"model": "gpt-4o", "stream": True, "stream_options": {"include_usage": True}}
    with through.client.stream("POST", "/openai/v1/chat/completions", json=asked) as got:
        assert b"".join(got.iter_raw()) == b"".join((*TEXTS, USAGE_CHUNK, DONE))
    assert through.events()[0]["output"] == 20


def test_pieces_of_a_stream_arrive_while_the_provider_still_works(through: Through) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, pause=0.15)
    with through.client.stream("POST", "/openai/v1/chat/completions", json={"stream": True}) as got:
        assert [piece for piece in got.iter_raw() if piece] == list(TEXTS)


def test_a_compressed_answer_passes_as_it_is_and_is_read_on_the_side(through: Through) -> None:
    through.upstream()
    packed = gzip.compress(CHAT)
    through.provider.answers["/chat/completions"] = Answer.json(packed, headers={"content-encoding": "gzip"})
    with through.client.stream("POST", "/openai/v1/chat/completions", json={"model": "gpt-4o"}) as got:
        assert b"".join(got.iter_raw()) == packed
    assert through.provider.seen[0].headers["accept-encoding"] == "gzip"
    assert through.events()[0]["input_uncached"] == 100


def test_an_error_of_the_provider_passes_through_and_costs_nothing(through: Through) -> None:
    through.upstream()
    told = b'{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}'
    through.provider.answers["/chat/completions"] = Answer.json(told, status=429, headers={"retry-after": "7"})
    found = through.chat()
    assert (found.status_code, found.content, found.headers["retry-after"]) == (429, told, "7")
    (event,) = through.events()
    assert (event["status"], event["cost_status"], event["metadata"]["http_status"]) == ("error", "free", 429)


def test_a_caller_that_goes_away_ends_the_call_upstream_and_leaves_an_estimate(through: Through) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS * 20, pause=0.05)
    asked = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "word " * 80}]}
    with through.client.stream("POST", "/openai/v1/chat/completions", json=asked) as got:
        next(got.iter_raw())
    (event,) = through.events()
    assert through.provider.seen[0].gone
    assert (event["status"], event["cost_status"], event["input_uncached"]) == ("cancelled", "estimated", 100)
    assert event["output"] > 0
    assert event["metadata"]["estimated"] is True


def test_an_answer_that_breaks_off_breaks_off_for_the_caller_too(through: Through) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, breaks_off=True)
    with (
        pytest.raises(httpx.RemoteProtocolError),
        through.client.stream("POST", "/openai/v1/chat/completions", json={"stream": True}) as got,
    ):
        b"".join(got.iter_raw())
    (event,) = through.events()
    assert (event["status"], event["metadata"]["error"]) == ("error", "upstream_failed")


def test_nobody_behind_the_upstream_is_a_502_the_sdk_understands(through: Through) -> None:
    through.upstream("anthropic")
    through.provider.port = 9
    through.upstream("openai")
    found = through.chat()
    assert found.status_code == 502
    assert found.json()["error"]["code"] == "upstream_failed"
    (event,) = through.events()
    assert (event["status"], event["cost_status"]) == ("error", "free")


def test_a_provider_that_does_not_answer_is_a_504(through: Through) -> None:
    through.upstream(timeouts=QUICK)
    through.provider.answers["/chat/completions"] = Answer.json(CHAT, delay=5)
    found = through.chat()
    assert (found.status_code, found.json()["error"]["code"]) == (504, "upstream_timeout")
    assert through.events()[0]["status"] == "error"


def test_a_provider_that_stops_in_the_middle_is_given_up(through: Through) -> None:
    through.upstream(timeouts=QUICK)
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, pause=5)
    with (
        pytest.raises(httpx.RemoteProtocolError),
        through.client.stream("POST", "/openai/v1/chat/completions", json={"stream": True}) as got,
    ):
        b"".join(got.iter_raw())
    assert through.events()[0]["metadata"]["error"] == "upstream_timeout"


def test_half_a_character_in_a_prompt_hides_no_usage(through: Through) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, USAGE_CHUNK, DONE)
    body = rb"""{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"cut \ud83d"}]}"""
    found = through.client.post(
        "/openai/v1/chat/completions", content=body, headers={"content-type": "application/json"}
    )
    assert found.content == b"".join(TEXTS) + DONE
    assert rb"cut \ud83d" in through.provider.seen[0].body
    assert through.events()[0]["output"] == 20


@pytest.mark.parametrize("said", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_json_is_read_whatever_curl_says_it_is(through: Through, said: str) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, USAGE_CHUNK, DONE)
    body = b'{"model":"gpt-4o","stream":true,"user":"ada"}'
    headers = {"content-type": said} if said else {}
    assert through.client.post("/openai/v1/chat/completions", content=body, headers=headers).status_code == 200
    (event,) = through.events()
    assert (event["user"], event["output"]) == ("ada", 20)


def test_a_stream_that_is_encoded_though_nobody_asked_is_not_held_back(through: Through) -> None:
    through.upstream()
    pieces = [gzip.compress(text) for text in TEXTS]
    through.provider.answers["/chat/completions"] = Answer.sse(
        *pieces, pause=0.15, headers={"content-encoding": "gzip"}
    )
    with through.client.stream("POST", "/openai/v1/chat/completions", json={"stream": True}) as got:
        assert [piece for piece in got.iter_raw() if piece] == pieces


def test_an_answer_without_a_body_may_state_the_length_of_one(
    through: Through, caplog: pytest.LogCaptureFixture
) -> None:
    def serve(connection: socket.socket) -> None:
        while read_until(connection, b"\r\n\r\n"):
            connection.sendall(b"HTTP/1.1 304 Same\r\ncontent-length: 500\r\netag: e\r\n\r\n")

    with raw_provider(serve) as port:
        ours, through.provider.port = through.provider.port, port
        through.upstream()
        with caplog.at_level("ERROR"):
            for _ in range(2):
                found = through.client.get("/openai/v1/models", headers={"if-none-match": "e"})
                assert (found.status_code, found.content, found.headers["etag"]) == (304, b"", "e")
        through.provider.port = ours
    assert not caplog.records, "the server was told to send what there is not"


def test_what_is_no_model_call_passes_without_a_record(through: Through) -> None:
    through.upstream()
    through.provider.answers["/models"] = Answer.json(b'{"data":[]}')
    assert through.client.get("/openai/v1/models").json() == {"data": []}
    through.chat()
    assert [event["operation"] for event in through.events()] == ["chat"]


def test_a_form_goes_on_as_it_comes_and_names_its_model(through: Through) -> None:
    through.upstream()
    through.provider.answers["/audio/transcriptions"] = Answer.json(
        b'{"text":"hi","usage":{"type":"tokens","input_tokens":14,"output_tokens":45,"total_tokens":59}}'
    )
    sound = bytes(range(256)) * 4000
    found = through.client.post(
        "/openai/v1/audio/transcriptions",
        data={"model": "gpt-4o-transcribe"},
        files={"file": ("a.wav", sound, "audio/wav")},
    )
    assert found.json()["text"] == "hi"
    assert sound in through.provider.seen[0].body
    (event,) = through.events()
    assert (event["model_raw"], event["output"]) == ("gpt-4o-transcribe", 45)


@pytest.mark.parametrize("cut", [b"form-", b'name="mod', b'model"\r\n', b"gpt-4o-tran", b"gpt-4o-transcribe"])
def test_a_form_names_its_model_wherever_the_network_cuts_it(through: Through, cut: bytes) -> None:
    through.upstream()
    through.provider.answers["/audio/transcriptions"] = Answer.json(b'{"text":"hi"}')
    form = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-4o-transcribe\r\n--b--\r\n'
    at = form.index(cut) + len(cut)

    def pieces() -> Iterator[bytes]:
        yield form[:at]
        sleep(0.05)  # else both come as one
        yield form[at:]

    headers = {"content-type": "multipart/form-data; boundary=b"}
    found = through.client.post("/openai/v1/audio/transcriptions", content=pieces(), headers=headers)
    assert found.json()["text"] == "hi"
    assert through.provider.seen[0].body == form
    (event,) = through.events()
    assert event["model_raw"] == "gpt-4o-transcribe"


def test_a_body_without_a_length_passes_in_chunks(through: Through) -> None:
    through.upstream()
    through.provider.answers["/files"] = Answer.json(b"{}")
    pieces = [b"x" * 70_000, b"y" * 10]
    sent = through.client.post(
        "/openai/v1/files", content=iter(pieces), headers={"content-type": "application/octet-stream"}
    )
    assert sent.status_code == 200
    assert through.provider.seen[0].body == b"".join(pieces)


def test_connections_are_kept_and_one_that_was_closed_is_replaced(through: Through) -> None:
    through.upstream()
    for _ in range(3):
        assert through.chat().status_code == 200
    assert through.provider.connections == 1
    through.provider.answers["/chat/completions"] = Answer.json(CHAT, breaks_off=True)  # closes after the answer
    for _ in range(3):
        assert through.chat().content == CHAT
    assert len(through.events(6)) == 6


def test_an_upstream_with_a_path_of_its_own_takes_calls_with_and_without_it(through: Through) -> None:
    through.upstream("groq", path="/openai")
    for path in ("/groq/v1/chat/completions", "/groq/openai/v1/chat/completions"):
        through.client.post(path, json={"model": "llama-3.3-70b-versatile"}).raise_for_status()
    assert {seen.url for seen in through.provider.seen} == {"/openai/v1/chat/completions"}


def test_cookies_and_promises_of_the_provider_stay_away_from_our_own_address(through: Through) -> None:
    through.upstream()
    through.provider.answers["/chat/completions"] = Answer.json(
        b"<script>alert(1)</script>",
        content_type="text/html",
        headers={"set-cookie": "outlay_session=stolen", "strict-transport-security": "max-age=1", "x-request-id": "r"},
    )
    found = through.chat()
    assert not {"set-cookie", "strict-transport-security"} & set(found.headers)
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert found.headers["x-request-id"] == "r"


def test_too_large_a_body_is_refused_before_anything_goes_out(tmp_path: Path) -> None:
    with gateway_to(tmp_path / "data", gateway_body_mb=1) as through:
        through.upstream()
        found = through.chat(padding="x" * 2**20)
        assert (found.status_code, found.json()["error"]["code"]) == (413, "body_too_large")
        assert not through.provider.seen


def test_more_calls_than_may_be_at_once_are_told_to_come_back(tmp_path: Path) -> None:
    with gateway_to(tmp_path / "data", gateway_calls=0) as through:
        through.upstream()
        found = through.chat()
        assert (found.status_code, found.headers["retry-after"]) == (503, "1")
        assert found.json()["error"]["code"] == "gateway_full"


def test_a_call_may_wait_until_its_record_survives_a_power_cut(tmp_path: Path) -> None:
    with gateway_to(tmp_path / "data", gateway_wait_for_disk=True) as through:
        through.upstream()
        through.provider.answers["/chat/completions"] = Answer.json(CHAT)
        assert through.chat().status_code == 200
        assert through.events()[0]["status"] == "ok"
