"""The pages of the gateway: an admin, a lead of the same organisation, and a stranger who administers another."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.access.secrets import KEY_FILE
from outlay.control.upstream_checks import UpstreamSettings
from outlay.control.upstreams import ConfiguredUpstream
from outlay.errors import NotFound
from outlay.web.pages.gateway.draft import Draft, draft_from, settings_asked_for
from tests.actors import TESTER
from tests.providing import Provider, provider
from tests.web.pages.people import OTHERS, People, Visitor, people_at

CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"
OPENAI = UpstreamSettings(name="openai", provider="openai", base_url="https://api.openai.com")
FIELDS = {
    "name": "openai",
    "provider": "openai",
    "base_url": "https://api.openai.com",
    "auth": "bearer",
    "connect_seconds": "10",
    "enabled": "1",
    "own_keys": "1",
}


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as found:
        found.answers = {"/v1/models": (200, "application/json", b"{}")}
        yield found


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """A site for tests that leave nothing behind."""
    with people_at(tmp_path_factory.mktemp("data")) as found:
        yield found


def kept(people: People, name: str, organisation: str = "default") -> ConfiguredUpstream:
    return people.site.outlay.upstreams.named(organisation, name)


def add(people: People, credential: str | None = CREDENTIAL, **changes: Any) -> ConfiguredUpstream:
    return people.site.outlay.upstreams.add("default", replace(OPENAI, **changes), credential, by=TESTER)


def admin(people: People, page: str = "/gateway") -> Visitor:
    return people.browser_of(people.ada, page=page)


def row_of(page: str, label: str) -> str:
    found = re.search(rf'<tr[^>]*><th scope="row">{label}<.*?</tr>', page, re.DOTALL)
    assert found
    return unescape(found[0])


def test_known_providers_are_there_with_what_they_lack(unchanged: People) -> None:
    page = admin(unchanged).get("/gateway").text
    for label in ("OpenAI", "Anthropic", "Google Gemini", "Mistral", "Cohere", "OpenRouter", "Groq", "DeepSeek", "xAI"):
        assert "no credential" in row_of(page, label)
    assert 'href="/gateway/new?of=openai"' in row_of(page, "OpenAI")
    assert "OpenAI: no credential is kept, so calls are refused." in unescape(page)
    assert "Ollama" not in page


def test_every_program_is_told_the_public_address(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", public_url="https://outlay.example.com", root_path="/t") as people:
        page = unescape(admin(people).get("/gateway").text)
    for address in (
        "curl https://outlay.example.com/t/openai/v1/chat/completions",
        'base_url = "https://outlay.example.com/t/openai/v1"',
        "ANTHROPIC_BASE_URL=https://outlay.example.com/t/anthropic\n",
        "GOOGLE_GEMINI_BASE_URL=https://outlay.example.com/t/gemini\n",
        "server_url='https://outlay.example.com/t/mistral'",
    ):
        assert address in page


def test_an_upstream_is_added_and_its_credential_never_shown(people: People) -> None:
    visitor = admin(people, "/gateway/new?of=openai")
    answer = visitor.post("/gateway/new", **FIELDS, of="openai", credential=f" {CREDENTIAL} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/gateway?done=added&of=openai")
    made = kept(people, "openai")
    assert people.site.outlay.upstreams.credential_of(made) == CREDENTIAL
    assert made.created_by == people.ada.id
    assert made.settings == replace(
        OPENAI, timeouts=replace(OPENAI.timeouts, first_byte_seconds=None, idle_seconds=None)
    )
    page = visitor.get(answer.headers["location"]).text
    assert "“openai” is there" in page
    assert "…WXYZ" in row_of(page, "OpenAI")
    assert "by Ada" in row_of(page, "OpenAI")
    for path in ("/gateway", "/gateway/openai/edit", "/gateway/openai/remove"):
        assert CREDENTIAL[:-4] not in visitor.get(path).text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"name": ""}, "A name has 1 to 40", id="no name"),
        pytest.param({"name": "../x"}, "A name has 1 to 40", id="a path as name"),
        pytest.param({"provider": ""}, "A provider is", id="no provider"),
        pytest.param({"base_url": ""}, "An address begins", id="no address"),
        pytest.param({"base_url": "http://api.example.com"}, "nly the private network is called", id="in the clear"),
        pytest.param({"base_url": "https://127.0.0.1"}, "lies in the private network", id="this machine"),
        pytest.param({"base_url": "https://127.0.0.1", "private": "1"}, "lies in the private", id="said to be private"),
        pytest.param({"base_url": "https://169.254.169.254"}, "is never called", id="metadata"),
        pytest.param({"base_url": "https://u:p@x.example"}, "An address has no user", id="user in the address"),
        pytest.param({"auth": "basic"}, "Choose one of these", id="unknown authorisation"),
        pytest.param({"reading": "xml"}, "Choose one of these", id="unknown reading"),
        pytest.param({"credential": "sk with blanks"}, "A credential has 1 to", id="no credential"),
        pytest.param({"auth": "none", "credential": "sk"}, "take no credential", id="credential for nothing"),
        pytest.param({"headers": "x-a"}, "Write one a line", id="no header"),
        pytest.param({"headers": "x-a: 1\nhost: evil"}, "is set by the gateway", id="our header"),
        pytest.param({"connect_seconds": ""}, "Connecting needs an end", id="no end to connecting"),
        pytest.param({"connect_seconds": "soon"}, "Write seconds", id="no seconds"),
        pytest.param({"idle_seconds": "-1"}, "Idle seconds are more than 0", id="less than no seconds"),
        pytest.param({"idle_seconds": "nan"}, "Idle seconds are more than 0", id="no number"),
        pytest.param({"total_seconds": "1" * 400}, "Total seconds are more than 0", id="a long number"),
        pytest.param({"base_url": "https://x/<script>alert(1)"}, "Write host and path", id="markup"),
    ],
)
def test_what_can_not_be_comes_back_as_it_was(unchanged: People, fields: dict[str, str], message: str) -> None:
    page = admin(unchanged).post("/gateway/new", **FIELDS | {"of": "other", "credential": CREDENTIAL} | fields)
    assert page.status_code == 422
    assert message in unescape(page.text)
    assert CREDENTIAL not in page.text
    assert "sk with blanks" not in page.text
    assert "<script>alert" not in page.text
    assert f'value="{FIELDS["name"] if "name" not in fields else fields["name"]}"' in page.text
    assert unchanged.site.outlay.upstreams.all_of("default") == []


def test_a_name_that_is_taken_is_told_beside_its_field(people: People) -> None:
    add(people)
    page = admin(people).post("/gateway/new", **FIELDS, of="openai")
    assert page.status_code == 409
    assert "There is an upstream 'openai' already" in unescape(page.text)
    assert 'id="name-error"' in page.text


def test_a_change_keeps_the_credential_and_what_is_not_said_is_unsaid(people: People) -> None:
    add(people, headers=(("x-a", "1"),))
    visitor = admin(people, "/gateway/openai/edit")
    fields = FIELDS | {
        "enabled": "",
        "own_keys": "",
        "headers": "x-b: 2\r\nx-c: 3",
        "idle_seconds": "30",
        "name": "other",
    }
    answer = visitor.post("/gateway/openai/edit", **fields)
    assert answer.status_code == 303
    changed = kept(people, "openai")
    assert people.site.outlay.upstreams.credential_of(changed) == CREDENTIAL
    assert changed.settings.headers == (("x-b", "2"), ("x-c", "3"))
    assert (changed.settings.enabled, changed.settings.allow_pass_through) == (False, False)
    assert changed.settings.timeouts.idle_seconds == 30
    assert ">off<" in row_of(visitor.get("/gateway").text, "OpenAI")


def test_an_address_elsewhere_asks_for_the_credential(people: People) -> None:
    add(people)
    visitor = admin(people, "/gateway/openai/edit")
    page = visitor.post("/gateway/openai/edit", **FIELDS | {"base_url": "https://evil.example"})
    assert page.status_code == 422
    assert "enter the credential again" in page.text
    assert kept(people, "openai").settings == OPENAI
    moved = visitor.post("/gateway/openai/edit", **FIELDS | {"base_url": "https://eu.example", "credential": "sk-new"})
    assert moved.status_code == 303


def test_a_credential_is_forgotten_when_told(people: People) -> None:
    add(people)
    admin(people, "/gateway/openai/edit").post("/gateway/openai/edit", **FIELDS, forget="1")
    assert kept(people, "openai").credential is None


@pytest.mark.parametrize(
    ("address", "stays"), [("http://127.0.0.1:11434", True), ("http://127.0.0.1:6379", False)], ids=["same", "another"]
)
def test_a_page_keeps_the_private_network_open_where_the_operator_opened_it_and_nowhere_else(
    people: People, address: str, *, stays: bool
) -> None:
    add(people, None, name="ollama", base_url="http://127.0.0.1:11434", auth="none", allow_private=True)
    visitor = admin(people, "/gateway/ollama/edit")
    answer = visitor.post("/gateway/ollama/edit", **FIELDS | {"base_url": address, "auth": "none", "private": "1"})
    assert answer.status_code == (303 if stays else 422)
    assert kept(people, "ollama").settings.base_url == "http://127.0.0.1:11434"


def test_where_the_setting_says_so_a_page_opens_it(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", private_upstreams=True) as people:
        visitor = admin(people, "/gateway/new")
        fields = FIELDS | {"base_url": "http://127.0.0.1:11434", "auth": "none", "name": "ollama"}
        assert visitor.post("/gateway/new", **fields).status_code == 422
        assert visitor.post("/gateway/new", **fields, private="1").status_code == 303
        assert kept(people, "ollama").settings.allow_private


def test_removing_asks_first(people: People) -> None:
    add(people)
    visitor = admin(people, "/gateway/openai/remove")
    assert "Remove “openai”?" in visitor.get("/gateway/openai/remove").text
    assert kept(people, "openai").settings == OPENAI
    answer = visitor.post("/gateway/openai/remove")
    assert answer.headers["location"] == "/gateway?done=removed&of=openai"
    with pytest.raises(NotFound):
        kept(people, "openai")
    assert "“openai” is removed" in visitor.get(answer.headers["location"]).text
    assert visitor.post("/gateway/openai/remove").status_code == 404


def test_a_test_asks_the_upstream_and_says_what_it_said(people: People, there: Provider) -> None:
    add(people, base_url=there.url, allow_private=True)
    page = admin(people).post("/gateway/openai/test")
    assert page.status_code == 200
    assert re.search(r"“openai” answers in [\d,]+ ms and takes the credential\.", page.text)
    assert there.asked[-1].headers["authorization"] == f"Bearer {CREDENTIAL}"


def test_without_its_secret_key_a_credential_is_told_as_unreadable(people: People) -> None:
    add(people)
    (people.site.outlay.settings.data_dir / KEY_FILE).unlink()
    add(people, name="ours")  # with a key that is made anew
    people.site.outlay.upstreams._seals._known = ()  # type: ignore[attr-defined] # as after a restart
    visitor = admin(people)
    assert "unreadable" in row_of(visitor.get("/gateway").text, "OpenAI")
    refused = visitor.post("/gateway/openai/test")
    assert refused.status_code == 500
    assert "is missing: put it back" in unescape(refused.text)
    assert visitor.post("/gateway/openai/edit", **FIELDS, credential=CREDENTIAL).status_code == 303
    assert ">ready<" in row_of(visitor.get("/gateway").text, "OpenAI")


def test_own_keys_are_allowed_and_refused(people: People) -> None:
    visitor = admin(people)
    answer = visitor.post("/gateway/own-keys", allowed="1")
    assert answer.headers["location"] == "/gateway?done=allowed"
    assert people.site.outlay.upstreams.allows_pass_through("default")
    assert not people.site.outlay.upstreams.allows_pass_through(OTHERS)
    page = visitor.get("/gateway").text
    assert "own keys" in row_of(page, "OpenAI")
    assert "so calls are refused" not in page
    visitor.post("/gateway/own-keys", allowed="")
    assert not people.site.outlay.upstreams.allows_pass_through("default")


def test_others_see_how_to_call_and_nothing_of_credentials(people: People) -> None:
    add(people)
    page = people.browser_of(people.lin, page="/gateway").get("/gateway").text
    assert "curl http://testserver/openai/v1/chat/completions" in page
    assert ">ready<" in row_of(page, "OpenAI")
    for hidden in ("WXYZ", "/gateway/new", "/gateway/openai", "/gateway/own-keys", "Add upstream"):
        assert hidden not in page
    assert "ada@acme.example" in page


@pytest.mark.parametrize("path", ["/gateway/new", "/gateway/openai/edit", "/gateway/openai/remove"])
def test_others_may_change_nothing(people: People, path: str) -> None:
    add(people)
    visitor = people.browser_of(people.lin)
    assert visitor.get(path).status_code == 403
    assert visitor.post(path, **FIELDS).status_code == 403
    for post in ("/gateway/own-keys", "/gateway/openai/test"):
        assert visitor.post(post, allowed="1").status_code == 403
    assert kept(people, "openai").settings == OPENAI


def test_a_stranger_finds_nothing_of_ours(people: People) -> None:
    add(people, name="ours")
    visitor = people.browser_of(people.eve, page="/gateway")
    assert "ours" not in re.findall(r'<th scope="row">([^<]+)<', visitor.get("/gateway").text)
    for path in ("/gateway/ours/edit", "/gateway/ours/remove"):
        assert visitor.get(path).status_code == 404
        assert visitor.post(path, **FIELDS).status_code == 404
    assert visitor.post("/gateway/ours/test").status_code == 404


@pytest.mark.parametrize("path", ["/gateway/%ED%A0%80/edit", "/gateway/nothing/edit", "/gateway/a%00b/remove"])
def test_what_is_no_upstream_is_not_found(unchanged: People, path: str) -> None:
    assert admin(unchanged).get(path).status_code == 404


def test_a_form_without_its_token_changes_nothing(people: People) -> None:
    add(people)
    visitor = admin(people)
    for path in ("/gateway/new", "/gateway/openai/edit", "/gateway/openai/remove", "/gateway/openai/test"):
        assert visitor.post(path, **FIELDS, csrf="x").status_code == 403
    assert kept(people, "openai").settings == OPENAI


@pytest.mark.parametrize("of", ["<b>x</b>", "x" * 41, "", "added"])
def test_a_link_puts_no_text_of_its_own_on_the_page(unchanged: People, of: str) -> None:
    page = unchanged.browser_of(unchanged.ada).get(f"/gateway?done=added&of={of}").text
    assert "It is there: calls may go through it." in re.sub("[“”]", "", page) or of == "added"
    assert "<b>x" not in page
    assert f"“{'x' * 41}” is there" not in page


def test_a_form_says_again_what_it_was_filled_from() -> None:
    settings = replace(
        OPENAI,
        headers=(("x-a", "1"), ("x-b", "2")),
        region="eu-west-1",
        reading="anthropic",
        timeouts=replace(OPENAI.timeouts, total_seconds=90, idle_seconds=None, connect_seconds=2.5),
        allow_pass_through=False,
    )
    assert settings_asked_for(draft_from(settings), allow_private=False) == settings
    assert draft_from(settings).private == Draft().private
