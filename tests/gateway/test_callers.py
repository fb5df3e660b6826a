"""Who calls, with whose credential the call goes on, and what never travels."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outlay.control.upstream import Upstream
from outlay.errors import NotFound
from outlay.gateway.headers import answered_headers, sort_headers
from outlay.gateway.routes import LONGEST_PATH, address_of, check_path, meaning_of
from outlay.gateway.signing import ToSign, key_of, signed
from tests.actors import TESTER
from tests.gateway.bodies import CHAT
from tests.gateway.provider import Answer
from tests.gateway.through import CREDENTIAL, Through, gateway_to

ASKED = {"model": "gpt-4o", "messages": []}


@pytest.fixture
def through(tmp_path: Path) -> Iterator[Through]:
    with gateway_to(tmp_path / "data") as running:
        running.provider.answers["/chat/completions"] = Answer.json(CHAT)
        running.provider.answers[":generateContent"] = Answer.json(b"{}")
        yield running


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "api-key", "x-goog-api-key", "x-outlay-key"])
def test_a_key_is_taken_from_every_header_sdks_use_and_goes_no_further(through: Through, header: str) -> None:
    through.upstream()
    value = f"Bearer {through.key}" if header == "authorization" else through.key
    del through.client.headers["authorization"]
    found = through.client.post("/openai/v1/chat/completions", json=ASKED, headers={header: value})
    assert found.status_code == 200
    (seen,) = through.provider.seen
    assert through.key not in str(seen.headers)
    assert seen.headers["authorization"] == f"Bearer {CREDENTIAL}"


def test_a_key_in_the_query_or_as_an_aws_key_id_is_taken_out(through: Through) -> None:
    through.upstream("gemini", provider="google", auth="x-goog-api-key")
    del through.client.headers["authorization"]
    path = "/gemini/v1beta/models/g:generateContent"
    assert through.client.post(f"{path}?alt=json&key={through.key}", json={}).status_code == 200
    signature = f"AWS4-HMAC-SHA256 Credential={through.key}/20261120/us-east-1/bedrock/aws4_request, Signature=0"
    signed_headers = {"authorization": signature, "x-amz-date": "20261120T000000Z"}
    assert through.client.post(path, json={}, headers=signed_headers).status_code == 200
    first, second = through.provider.seen
    assert first.url.endswith(":generateContent?alt=json")
    assert "x-amz-date" not in second.headers
    assert all(seen.headers["x-goog-api-key"] == CREDENTIAL for seen in (first, second))


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, "not_signed_in"),
        ("outlay_short", 401, "key_invalid"),
        (f"outlay_00000000_{'0' * 43}", 401, "key_invalid"),
        ("sk-their-own", 401, "not_signed_in"),
    ],
)
def test_strangers_are_refused(through: Through, key: str | None, status: int, code: str) -> None:
    through.upstream()
    del through.client.headers["authorization"]
    headers = {"authorization": f"Bearer {key}"} if key else {}
    found = through.client.post("/openai/v1/chat/completions", json=ASKED, headers=headers)
    assert (found.status_code, found.json()["error"]["code"]) == (status, code)
    assert not through.provider.seen


def test_a_key_without_the_scope_and_one_of_another_organisation_get_nowhere(through: Through) -> None:
    through.upstream()
    _, reads = through.another_key("reads", scopes=frozenset({"read"}))
    found = through.client.post("/openai/v1/chat/completions", json=ASKED, headers={"authorization": f"Bearer {reads}"})
    assert (found.status_code, found.json()["error"]["code"]) == (403, "forbidden")
    assert through.client.post("/via/elsewhere/v1/chat/completions", json=ASKED).status_code == 404
    assert not through.provider.seen


@pytest.mark.parametrize("allowed", [False, True])
def test_callers_own_credentials_travel_only_where_that_is_allowed(through: Through, *, allowed: bool) -> None:
    through.upstream("openai", allow_pass_through=True)
    through.outlay.upstreams.allow_pass_through(through.outlay.organisation, allowed=allowed, by=TESTER)
    own = "Bearer sk-their-own"
    both = {"x-outlay-key": through.key, "authorization": own}
    through.client.post("/openai/v1/chat/completions", json=ASKED, headers=both).raise_for_status()
    assert through.provider.seen[0].headers["authorization"] == (own if allowed else f"Bearer {CREDENTIAL}")
    without = through.client.post("/openai/v1/chat/completions", json=ASKED, headers={"authorization": own})
    assert without.status_code == (200 if allowed else 401)
    assert [event["api_key"] is None for event in through.events(1 + allowed)] == [False, True][: 1 + allowed]


def test_a_key_of_ones_own_in_the_query_never_borrows_the_upstreams_credential(through: Through) -> None:
    through.upstream("gemini", provider="google", auth="x-goog-api-key")
    through.upstream("openai")
    through.outlay.upstreams.allow_pass_through(through.outlay.organisation, allowed=True, by=TESTER)
    key = through.client.headers.pop("authorization")
    path = "/gemini/v1beta/models/g:generateContent?key=anything"
    assert through.client.post(path, json={}).status_code == 200
    (seen,) = through.provider.seen
    assert CREDENTIAL not in str(seen.headers)
    assert seen.url.endswith("?key=anything")
    # Elsewhere it is a parameter like any other: it opens nothing, and is not taken away.
    path = "/openai/v1/chat/completions?key=anything"
    assert through.client.post(path, json=ASKED).status_code == 401
    assert through.client.post(path, json=ASKED, headers={"authorization": key}).status_code == 200
    assert through.provider.seen[1].url.endswith("?key=anything")
    assert through.provider.seen[1].headers["authorization"] == f"Bearer {CREDENTIAL}"


def test_bindings_of_the_key_and_headers_reach_the_ledger(through: Through) -> None:
    through.upstream()
    bound, plaintext = through.another_key("bound", user="owner", tags=("env:prod",))
    headers = {"authorization": f"Bearer {plaintext}", "x-outlay-user": "other", "helicone-session-id": "s1"}
    through.client.post("/openai/v1/chat/completions", json=ASKED, headers=headers).raise_for_status()
    (event,) = through.events()
    assert (event["user"], event["session_id"], event["tags"], event["api_key"]) == (
        "owner",
        "s1",
        ["env:prod"],
        bound.id,
    )
    assert "helicone-session-id" not in through.provider.seen[0].headers


def test_names_a_caller_makes_up_cost_the_call_no_name_its_key_is_bound_to(tmp_path: Path) -> None:
    with gateway_to(tmp_path / "data", max_new_entities=2) as through:
        through.upstream()
        through.provider.answers["/chat/completions"] = Answer.json(CHAT)
        _, plaintext = through.another_key("bound", user="owner", tags=("env:prod",))
        for number in range(3):
            headers = {"authorization": f"Bearer {plaintext}", "x-outlay-tags": f"n:{number}", "x-outlay-run": "r"}
            through.client.post("/openai/v1/chat/completions", json=ASKED, headers=headers).raise_for_status()
            through.events(number + 1)
        found = through.events(3)
    assert [(event["user"], event["tags"]) for event in found[1:]] == [("owner", ["env:prod"])] * 2
    assert found[2]["metadata"] == {"not_registered": True}


def test_one_user_more_than_may_be_registered_loses_no_call(tmp_path: Path) -> None:
    with gateway_to(tmp_path / "data", max_new_entities=2) as through:
        through.upstream()
        through.provider.answers["/chat/completions"] = Answer.json(CHAT)
        for user in ("a", "b", "c"):
            through.chat(user=user).raise_for_status()
            through.events({"a": 1, "b": 2, "c": 3}[user])
        found = through.events(3)
    assert [event["user"] for event in found] == ["a", "b", None]
    assert found[2]["metadata"] == {"not_registered": True}
    assert found[2]["cost_status"] == "priced"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/openai/v1/x", ("openai", b"/v1/x")),
        (b"/openai", ("openai", b"")),
        (b"/via/ours/a%2Fb?", ("ours", b"/a%2Fb?")),
        (b"/via/ours", ("ours", b"")),
        (b"/via/No!/x", None),
        (b"/usage", None),
        (b"/openaix/v1", None),
        (b"/", None),
        (b"//openai/v1", None),
    ],
)
def test_addresses(path: bytes, expected: tuple[str, bytes] | None) -> None:
    found = address_of(path)
    assert (found and (found.name, found.rest)) == expected


def test_meanings() -> None:
    chat = meaning_of("openai", None, "POST", b"/v1/chat/completions")
    assert (chat.api, chat.operation, chat.model, chat.streams) == ("openai_chat", "chat", None, False)
    gemini = meaning_of("google", None, "POST", b"/v1beta/models/gemini-2.5-pro:streamGenerateContent")
    assert (gemini.operation, gemini.model, gemini.streams) == ("generate_content", "gemini-2.5-pro", True)
    assert meaning_of("openai", None, "GET", b"/v1/models").api is None


@pytest.mark.parametrize(
    "path",
    [b"/v1/chat%2Fcompletion%73", b"/v1//chat///completions", b"/v1/Chat/Completions", b"/v1/chat/completions/"],
    ids=["encoded", "slashes", "capitals", "slash at the end"],
)
def test_no_spelling_of_a_path_passes_without_a_record(path: bytes) -> None:
    found = meaning_of("openai", None, "POST", path)
    assert (found.api, found.operation) == ("openai_chat", "chat")


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/../admin",
        b"/v1/%2e%2E/admin",
        b"/..%2fadmin",
        b"/v1/chat/completions/.",
        b"/v1/..;a/x",
        b"/v1/..%5Cx",
        b"/v1" + b"/" * LONGEST_PATH + b"chat/completions",
    ],
)
def test_paths_that_lead_out_of_their_upstream_are_refused(path: bytes) -> None:
    with pytest.raises(NotFound):
        check_path(path)


@pytest.mark.parametrize(
    "path", [b"", b"/v1/x.y", b"/models/gemini-2.5-pro:generateContent", b"/model/a%2Fb%3A0/invoke"]
)
def test_usual_paths_are_not_refused(path: bytes) -> None:
    check_path(path)


def test_a_path_out_of_the_upstreams_prefix_never_goes_out(through: Through) -> None:
    through.upstream("groq", path="/openai")
    found = through.client.post("/groq/%2e%2e/admin/v1/chat/completions", json=ASKED)
    assert (found.status_code, found.json()["error"]["code"]) == (404, "not_found")
    assert not through.provider.seen


def test_what_either_side_says_is_for_one_connection_stays() -> None:
    sent = [(b"connection", b"x-hop"), (b"connection", b"close"), (b"x-hop", b"1"), (b"x-other", b"1")]
    assert sort_headers(sent).travelling == [(b"x-other", b"1")]
    found = answered_headers(
        [(b"x-hop", b"1"), (b"connection", b"X-Hop, content-length"), (b"content-length", b"1")], keep_length=True
    )
    assert [name for name, _ in found][:1] == [b"content-length"]
    assert b"x-hop" not in dict(found)


def test_headers_that_stay() -> None:
    sent = [(b"connection", b"x-hop, close"), (b"x-hop", b"1"), (b"cookie", b"outlay_session=1"), (b"te", b"trailers")]
    kept = sort_headers([*sent, (b"x-forwarded-for", b"1"), (b"x-portkey-config", b"1"), (b"openai-beta", b"1")])
    assert kept.travelling == [(b"openai-beta", b"1")]
    names = {
        name for name, _ in answered_headers([(b"set-cookie", b"a=b"), (b"content-length", b"1")], keep_length=False)
    }
    assert names == {b"content-security-policy", b"x-content-type-options"}


def test_a_signature_covers_the_request_and_uses_the_documented_key() -> None:
    # The key of the example in AWS's documentation ("Deriving the signing key").
    key = key_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ("20150830", "us-east-1", "iam", "aws4_request"))
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    base_url = "https://bedrock-runtime.eu-west-1.amazonaws.com"
    upstream = Upstream(
        name="bedrock", provider="aws", base_url=base_url, auth="aws-sigv4", credential="AKID:secret:token"
    )
    request = ToSign(b"POST", upstream.host, b"/model/a%3A0/converse", b"", b"{}", b"application/json")
    found = dict(signed(upstream, request, datetime(2026, 11, 20, 12, tzinfo=UTC)))
    assert found[b"x-amz-content-sha256"].decode() == hashlib.sha256(b"{}").hexdigest()
    assert found[b"x-amz-security-token"] == b"token"
    assert b"Credential=AKID/20261120/eu-west-1/bedrock/aws4_request" in found[b"authorization"]
    assert (
        b"SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
        in found[b"authorization"]
    )
