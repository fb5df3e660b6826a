"""Keys that may call some models only: nothing else goes out, however a call is written."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from outlay.gateway.handler import BLOCKED_A_MINUTE
from tests.gateway.bodies import CHAT
from tests.gateway.provider import Answer
from tests.gateway.through import Through, gateway_to

CHATS = "/openai/v1/chat/completions"
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=b"}
FILE = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg\r\n\r\nmp3\r\n'
)


def field(name: str, value: str) -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


@pytest.fixture(scope="module")
def through(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    folder: Path = tmp_path_factory.mktemp("data")
    with gateway_to(folder) as running:
        running.provider.answers["/chat/completions"] = Answer.json(CHAT)
        running.provider.answers[":generateContent"] = Answer.json(b"{}")
        running.provider.answers["/audio/transcriptions"] = Answer.json(b'{"text": "Hello"}')
        running.provider.answers["/models"] = Answer.json(b'{"data": []}')
        running.upstream()
        running.upstream("gemini", provider="google", auth="x-goog-api-key")
        running.upstream("anthropic", provider="anthropic", auth="x-api-key")
        _, plaintext = running.another_key("narrow", models=("gpt-4o-mini", "gpt-5*"), providers=("OpenAI", "google"))
        running.client.headers["authorization"] = f"Bearer {plaintext}"
        yield running


def asked(through: Through, path: str, content: bytes, headers: dict[str, str]) -> tuple[httpx.Response, int]:
    """Return the answer, and how many calls went out."""
    before = len(through.provider.seen)
    answer = through.client.post(path, content=content, headers=headers)
    return answer, len(through.provider.seen) - before


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"model": "gpt-4o-mini"}, id="as it stands"),
        pytest.param({"model": "GPT-4o-Mini"}, id="in another case"),
        pytest.param({"model": "gpt-5-nano"}, id="by a pattern"),
        pytest.param({"model": "gpt-5", "models": ["gpt-5-mini"]}, id="with an allowed one to fall back on"),
        pytest.param({"model": "gpt-5", "tools": [{"type": "function", "function": {"name": "f"}}]}, id="with tools"),
        pytest.param({"model": "gpt-5", "messages": [{"content": {"model": "opus"}}]}, id="that talks about another"),
    ],
)
def test_what_is_allowed_goes_out(through: Through, body: dict[str, Any]) -> None:
    answer, out = asked(through, CHATS, msgspec.json.encode(body), JSON)
    assert (answer.status_code, out) == (200, 1)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        pytest.param(b'{"model": "gpt-4o"}', JSON, id="another model"),
        pytest.param(b'{"model": "gpt-4o-mini-evil"}', JSON, id="one that begins like it"),
        pytest.param(b'{"messages": []}', JSON, id="no model"),
        pytest.param(b'{"model": null}', JSON, id="null"),
        pytest.param(b'{"model": ["gpt-5"]}', JSON, id="a list"),
        pytest.param(b"", JSON, id="nothing"),
        pytest.param(b'{"model": "gpt-5", "model": "opus"}', JSON, id="twice, the last one counts"),
        pytest.param(b'{"model": "opus", "model": "gpt-5"}', JSON, id="twice, the first one counts"),
        pytest.param(b'{"model": "gpt-5", "Model": "opus"}', JSON, id="in any case"),
        pytest.param(b'{"model": "gpt-5", "models": ["opus"]}', JSON, id="to fall back on"),
        pytest.param(b'{"model": "gpt-5", "fallbacks": [{"model": "opus"}]}', JSON, id="to fall back on, as object"),
        pytest.param(b'{"model": "gpt-5", "tools": [{"model": "opus"}]}', JSON, id="of a tool"),
        pytest.param(b'{"model": "gpt-5", "preset": "mine"}', JSON, id="kept at the provider"),
        pytest.param(b'{"model": "gpt-5", "requests": [{"params": {"model": "opus"}}]}', JSON, id="in a batch"),
        pytest.param(b'{"model": "gpt-5", "model": null}', JSON, id="twice, none at last"),
        pytest.param(b'{"model": "gpt-5", "modelId": "opus"}', JSON, id="by another field"),
        pytest.param(b'{"model": "gpt-5", "model_name": "opus"}', JSON, id="by its name"),
        pytest.param(b'{"model": "gpt-5", "agent_id": "ag:1"}', JSON, id="an agent kept at the provider"),
        pytest.param(b'{"model": "gpt-5", "input_file_id": "file-1"}', JSON, id="a file kept at the provider"),
        pytest.param(b'{"model": "gpt-5,opus"}', JSON, id="several with commas"),
        pytest.param(b'{"model": "gpt-5@preset/mine"}', JSON, id="a preset in the name"),
        pytest.param(b'{"\\u006dodel": "opus"}', JSON, id="escaped"),
        pytest.param(b'{"model": "gpt-5"} {"model": "opus"}', JSON, id="another body behind it"),
        pytest.param('{"model": "gpt-5"}'.encode("utf-16"), JSON, id="in UTF-16"),
        pytest.param(b'{"model": "gpt-5"}', {"content-type": "application/json; charset=cp037"}, id="in EBCDIC"),
        pytest.param(b'{"model": "gpt-5"}', JSON | {"azureml-model-deployment": "opus"}, id="by a header"),
        pytest.param(b"model=gpt-5", {"content-type": "application/x-www-form-urlencoded"}, id="a form of a browser"),
        pytest.param(b'{"model": "gpt-5"', JSON, id="broken off"),
        pytest.param(b'{"model": "opus"}', {"content-type": "text/plain"}, id="said to be text"),
        pytest.param(b'{"model": "opus"}', {"content-type": "image/png"}, id="said to be a picture"),
        pytest.param(gzip.compress(b'{"model": "opus"}'), JSON | {"content-encoding": "gzip"}, id="packed"),
        pytest.param(b'{"model": "gpt-5"}', JSON | {"content-encoding": "br"}, id="packed as nobody reads it"),
    ],
)
def test_what_is_not_goes_nowhere(through: Through, content: bytes, headers: dict[str, str]) -> None:
    answer, out = asked(through, CHATS, content, headers)
    assert (answer.status_code, answer.json()["error"]["code"], out) == (403, "model_not_allowed", 0)


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        pytest.param([field("model", "gpt-5"), FILE], 200, id="allowed, before the file"),
        pytest.param([FILE, field("model", "gpt-5")], 200, id="allowed, after the file"),
        pytest.param([FILE, field("model", "whisper-1")], 403, id="another"),
        pytest.param([FILE], 403, id="none"),
        pytest.param([field("model", "gpt-5"), FILE, field("model", "whisper-1")], 403, id="another behind the file"),
        pytest.param([field("model", "gpt-5"), FILE, field("MODEL", "whisper-1")], 403, id="in any case"),
        pytest.param([field("model", "gpt-5"), FILE, field("model_id", "whisper-1")], 403, id="by another field"),
        pytest.param([field("model", "gpt-5"), FILE, field("model[]", "whisper-1")], 403, id="as a list"),
        pytest.param(
            [field("model", "gpt-5"), FILE, b"--b\r\nContent-Disposition: form-data; name=model\r\n\r\nwhisper-1\r\n"],
            403,
            id="written otherwise",
        ),
    ],
)
def test_forms_are_read_to_their_end(through: Through, parts: list[bytes], status: int) -> None:
    answer, out = asked(through, "/openai/v1/audio/transcriptions", b"".join(parts) + b"--b--\r\n", FORM)
    assert (answer.status_code, out) == (status, int(status == 200))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/gemini/v1beta/models/gpt-5:generateContent", 200, id="allowed"),
        pytest.param("/gemini/v1beta/models/gemini-pro:generateContent", 403, id="another"),
        pytest.param("/gemini/v1beta/Models/gemini-pro:generateContent", 403, id="in any case"),
        pytest.param("/gemini/v1beta/models/gpt-5/models/gemini-pro:generateContent", 403, id="two of them"),
        pytest.param("/gemini/v1beta/models/gpt-5:generateContent?model=opus", 403, id="another in the query"),
        pytest.param("/gemini/v1beta/models/gpt-5:generateContent?alt=sse;modelId=opus", 403, id="behind a semicolon"),
        pytest.param("/gemini/v1beta/models/gpt-5:generateContent?$ct=text/x", 403, id="a body read otherwise"),
        pytest.param("/gemini/v1beta/tunedModels/mine:generateContent", 403, id="a tuned one"),
        pytest.param("/gemini/v1/projects/p/locations/l/endpoints/7:generateContent", 403, id="an endpoint"),
        pytest.param("/openai/openai/deployments/gpt-5/chat/completions", 200, id="a deployment"),
        pytest.param("/openai/openai/deployments/opus/chat/completions", 403, id="another deployment"),
        pytest.param("/openai/v1/batches", 403, id="a batch"),
        pytest.param("/openai/v1/fine_tuning/jobs", 403, id="what is not known"),
        pytest.param("/openai/accounts/a/ai/run/@cf/opus", 403, id="a model where none is known to stand"),
    ],
)
def test_models_in_the_path_count_too(through: Through, path: str, status: int) -> None:
    """Also beside an allowed one in the body, which then is no more than decoration."""
    answer, out = asked(through, path, b'{"model": "gpt-5"}', JSON)
    assert (answer.status_code, out) == (status, int(status == 200))


def test_another_provider_is_refused_before_anything_is_read(through: Through) -> None:
    answer, out = asked(through, "/anthropic/v1/messages", b'{"model": "gpt-5"}', JSON)
    assert (answer.status_code, out) == (403, 0)
    error = answer.json()["error"]
    assert (error["type"], error["code"]) == ("permission_error", "model_not_allowed")
    assert "may not call anthropic, only OpenAI, google" in error["message"]


@pytest.mark.parametrize("name", ["content-type", "content-encoding"])
def test_a_body_that_is_said_to_be_two_things_goes_nowhere(through: Through, name: str) -> None:
    headers = [("content-type", "application/json"), ("content-encoding", "identity"), (name, "identity")]
    before = len(through.provider.seen)
    answer = through.client.post(CHATS, content=b'{"model": "gpt-5"}', headers=headers)
    assert (answer.status_code, len(through.provider.seen)) == (403, before)


@pytest.mark.parametrize("query", ["$httpMethod=POST", "%24HTTPMethod=POST", "a=1;$httpHeaders=x", "_method=POST"])
def test_no_query_makes_another_call_of_it(through: Through, query: str) -> None:
    answer = through.client.get(f"/gemini/v1beta/models/gemini-pro:generateContent?{query}")
    assert (answer.status_code, answer.json()["error"]["details"]) == (405, [{"reason": "method_refused"}])


def test_no_header_makes_another_call_of_it(through: Through) -> None:
    names = ("x-http-method-override", "x-http-method", "x-method-override")
    through.client.get("/openai/v1/models", headers=dict.fromkeys(names, "POST"))
    assert not set(through.provider.seen[-1].headers) & set(names)


def test_the_owner_sees_what_was_refused_and_a_flood_of_it_is_not_written_down(tmp_path: Path) -> None:
    with gateway_to(tmp_path / "data") as running:
        running.upstream()
        running.upstream("anthropic", provider="anthropic", auth="x-api-key")
        key, plaintext = running.another_key("narrow", models=("gpt-5",), providers=("openai",), user="ada")
        running.client.headers["authorization"] = f"Bearer {plaintext}"
        assert running.client.post("/anthropic/v1/messages", json={"model": "opus"}).status_code == 403
        assert running.client.get("/anthropic/v1/models").status_code == 403  # a list is no call
        for _ in range(BLOCKED_A_MINUTE + 10):
            assert running.chat(model="gpt-4o").status_code == 403
        assert running.provider.seen == []
        running.client.headers["authorization"] = f"Bearer {running.key}"
        first, *rest = running.events(BLOCKED_A_MINUTE)
        assert len(rest) < BLOCKED_A_MINUTE + 2  # one more may come back while they are sent
        assert (first["provider"], first["model_raw"], first["status"]) == ("anthropic", None, "blocked")
        assert {(each["provider"], each["model_raw"], each["status"]) for each in rest} == {
            ("openai", "gpt-4o", "blocked")
        }
        assert {(each["user"], each["api_key"], each["cost"], each["cost_status"]) for each in (first, *rest)} == {
            ("ada", key.id, 0, "free")
        }
        assert first["metadata"] == {"error": "model_not_allowed"}


def test_lists_cost_nothing_and_pass(through: Through) -> None:
    assert through.client.get("/openai/v1/models").status_code == 200


def test_a_key_without_the_scope_gateway_calls_nothing(through: Through) -> None:
    _, sends = through.another_key("sends", scopes=frozenset({"send"}))
    answer = through.client.post(CHATS, json={"model": "gpt-5"}, headers={"authorization": f"Bearer {sends}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
