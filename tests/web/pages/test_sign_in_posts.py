"""Every form's POST passes the same checks: origin, CSRF token, content type, size; and none trusts the root path."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Final

import pytest
from starlette.routing import Route

from outlay.access.keys import NewKey
from outlay.access.open_sessions import open_sessions_of
from outlay.control.annotations import Written, annotate
from outlay.control.saved_views import NewView, save_view
from outlay.control.sharing import Reader
from outlay.kit.ids import new_id
from outlay.web.forms import MOST_BYTES
from outlay.wiring.site import assemble
from tests.keys import issued
from tests.web.pages.people import PASSWORD, People, Visitor, people_at

FORM: Final = "application/x-www-form-urlencoded"
OPEN: Final = ("/sign-in", "/sign-in/link", "/sign-in/invitation", "/sign-in/new-password")
BY_MEMBERS: Final = (
    "/sign-out",
    "/theme",
    "/password",
    "/keys/new",
    "/keys/members",
    "/keys/{key}/edit",
    "/keys/{key}/rotate",
    "/keys/{key}/revoke",
    "/welcome/key",
    "/views/new",
    "/views/start",
    "/views/{view}/edit",
    "/views/{view}/delete",
    "/annotations/new",
    "/annotations/{note}/edit",
    "/annotations/{note}/delete",
    "/account/name",
    "/account/sessions/end-others",
    "/account/sessions/{session}/end",
    "/account/second-factor/begin",
    "/account/proof",
    "/settings/second-factor",
)
# That these take a form is shown beside their pages; here they only refuse, before they look for what they name.
OPEN_ELSEWHERE: Final = ("/sign-in/mail", "/sign-in/code", "/sign-in/organisation")
ELSEWHERE: Final = (
    "/settings/members/new",
    "/settings/members/{member}",
    "/settings/members/{member}/disable",
    "/settings/members/{member}/enable",
    "/settings/members/{member}/sign-out",
    "/settings/members/{member}/link",
    "/settings/members/{member}/move",
    "/settings/members/{member}/second-factor",
    "/settings/members/{member}/memberships/{membership}",
    "/account/organisation",
    "/account/second-factor/codes",
    "/account/second-factor/remove",
    "/account/second-factor/set-up",
    "/settings/new-team",
    "/settings/team-change",
    "/settings/team-archive",
    "/settings/team-restore",
    "/gateway/new",
    "/gateway/own-keys",
    "/gateway/{name}/edit",
    "/gateway/{name}/remove",
    "/gateway/{name}/test",
    "/imports/{upload}/read",
    "/imports/{upload}/store",
    "/imports/{upload}/discard",
    "/operator/new",
    "/operator/organisations/{organisation}",
    "/operator/organisations/{organisation}/delete",
    "/settings/sign-on/new",
    "/settings/sign-on/only",
    "/settings/sign-on/groups",
    "/settings/sign-on/groups/remove",
    "/settings/sign-on/scim",
    "/settings/sign-on/scim/{token}/revoke",
    "/settings/sign-on/{provider}/edit",
    "/settings/sign-on/{provider}/remove",
    "/settings/sign-on/{provider}/test",
    "/prices/new",
    "/prices/compare",
    "/prices/rules/{rule}/end",
    "/prices/repricings/{repricing}",
    "/prices/repricings/{repricing}/undo",
    "/settings/moves/{move}",
    "/settings/moves/{move}/undo",
    "/settings/organisation",
    "/settings/organisation/rates",
    "/settings/organisation/rates/{currency}/{day}/remove",
    "/settings/organisation/retention",
    "/settings/organisation/zone",
    "/keys/{key}/secrets/{prefix}/end",
)
UPLOAD: Final = "/imports"  # takes a file and fields in parts, of a size of its own
FORMS: Final = (*OPEN, *OPEN_ELSEWHERE, *BY_MEMBERS, *ELSEWHERE)
EVERY: Final = (*FORMS, UPLOAD)
NEW_PASSWORD: Final = {"new": "another long one", "again": "another long one"}
NOTE: Final = {"text": "changed", "day": "2026-10-01", "clock": "", "seen": "all"}
FOR_PROGRAMS: Final = ("/v1/", "/api/", "/internal/", "/scim/")  # these ask for a key or a proof, and heed no cookie


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """One site for all that is refused: it must stay as it was."""
    with people_at(tmp_path_factory.mktemp("data")) as found:
        yield found


def test_no_page_that_takes_a_post_is_missing_here(people: People) -> None:
    routes = assemble(people.site.outlay).routes
    posts = {each.path for each in routes if isinstance(each, Route) and "POST" in (each.methods or ())}
    assert {path for path in posts if not path.startswith(FOR_PROGRAMS)} == set(EVERY)


def fields_of(people: People, path: str) -> tuple[str, dict[str, str]]:
    """Return an address and a form that does something there."""
    if path in {*OPEN_ELSEWHERE, *ELSEWHERE, UPLOAD}:
        return re.sub(r"{\w+}", "none", path), {}
    control, now = people.site.outlay.control, people.site.clock.now()
    if "{key}" in path:
        key, _ = issued(control, "default", NewKey(name=new_id("mine")), now)
        return path.format(key=key.id), {"name": new_id("renamed")}
    if "{session}" in path:
        people.browser_of(people.ada)
        session = open_sessions_of(control, "default", people.ada.id, now)[0]
        return path.format(session=session.id), {}
    reader = Reader("default", people.ada.id)
    if "{view}" in path:
        view = save_view(control, reader, NewView(name=new_id("mine"), path="/calls", query=""), now)
        return path.format(view=view.id), {"name": new_id("renamed")}
    if "{note}" in path:
        note = annotate(control, reader, Written(text="a note", day=now.date()), now)
        return path.format(note=note.id), NOTE
    return path, {
        "/sign-in": {"email": "ada@acme.example", "password": PASSWORD},
        "/sign-in/link": {"token": people.link_for(people.ada)},
        "/sign-in/invitation": {"token": people.link_for(people.lin, "invitation")} | NEW_PASSWORD,
        "/sign-in/new-password": {"token": people.link_for(people.ada, "password_reset")} | NEW_PASSWORD,
        "/account/name": {"name": "Countess Ada"},
        "/account/sessions/end-others": {},
        "/account/second-factor/begin": {},
        "/account/proof": {"password": PASSWORD},
        "/settings/second-factor": {"rule": "nobody"},
        "/sign-out": {},
        "/theme": {"theme": "dark"},
        "/password": {"current": PASSWORD} | NEW_PASSWORD,
        "/keys/new": {"name": "new"},
        "/keys/members": {"allowed": "1"},
        "/welcome/key": {"way": "curl"},
        "/views/new": {"name": new_id("view"), "page": "/calls", "state": "r=7d"},
        "/views/start": {"view": ""},
        "/annotations/new": NOTE,
    }[path]


def ready(people: People, path: str) -> Visitor:
    return people.nobody() if path in {*OPEN, *OPEN_ELSEWHERE} else people.browser_of(people.ada)


def expect_refused(office: People, path: str, status: int, says: Mapping[str, str], **more: str) -> None:
    """Check that a form is refused and repeats nothing; `test_our_own_form_is_taken` shows that it does something."""
    visitor = ready(office, path)
    visitor.says.update(says)
    address, fields = fields_of(office, path)
    page = visitor.post(address, **fields | more)
    assert page.status_code == status
    assert not page.headers.get_list("set-cookie")
    assert not any(value in page.text for name, value in fields.items() if name in {"password", "token", "new"})


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "https://evil.example"}, id="another site"),
        pytest.param({"origin": "http://testserver.evil.example"}, id="a name that begins alike"),
        pytest.param({"origin": "http://testserver:81"}, id="another port"),
        pytest.param({"origin": "null"}, id="a sandbox"),
        pytest.param({"origin": "http://[half"}, id="no origin at all"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="the browser says cross-site"),
        pytest.param({"origin": "http://testserver", "sec-fetch-site": "same-site"}, id="a neighbour host"),
    ],
)
def test_a_form_of_another_site_is_refused(office: People, path: str, headers: dict[str, str]) -> None:
    expect_refused(office, path, 403, headers)


@pytest.mark.parametrize("path", [*OPEN, *BY_MEMBERS])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "http://testserver"}, id="own origin"),
        pytest.param({"origin": "https://testserver"}, id="TLS ended by a proxy"),
        pytest.param({"origin": "null", "sec-fetch-site": "same-origin"}, id="the browser says same-origin"),
        pytest.param({"sec-fetch-site": "none"}, id="typed by a person"),
        pytest.param({}, id="no browser"),
    ],
)
def test_our_own_form_is_taken(people: People, path: str, headers: dict[str, str]) -> None:
    address, fields = fields_of(people, path)
    visitor = ready(people, path)
    visitor.says.update(headers)
    assert visitor.post(address, **fields).status_code in {201, 303}


@pytest.mark.parametrize("path", [*BY_MEMBERS, *ELSEWHERE])
@pytest.mark.parametrize("token", ["", "x", "A" * 64, "ü", "===="])
def test_a_form_without_a_true_token_is_refused(office: People, path: str, token: str) -> None:
    expect_refused(office, path, 403, {}, csrf=token)


@pytest.mark.parametrize("path", [*BY_MEMBERS, *ELSEWHERE])
def test_the_token_of_another_session_is_refused(office: People, path: str) -> None:
    for other in (office.browser_of(office.eve), office.browser_of(office.ada)):
        expect_refused(office, path, 403, {}, csrf=other.csrf)


@pytest.mark.parametrize(
    ("referer", "next_page"),
    [
        ("http://testserver/settings/teams/a?q=%C3%BC", "?next=/settings/teams/a%3Fq%3D%25C3%25BC"),
        ("https://evil.example//evil.example/x", ""),
        ("http://testserver/sign-in/code", ""),
        ("", ""),
    ],
    ids=["a page of ours", "another site", "the sign-in", "none said"],
)
def test_who_is_signed_out_meanwhile_is_led_back_to_the_form(people: People, referer: str, next_page: str) -> None:
    visitor = people.nobody()
    visitor.says["referer"] = referer
    answer = visitor.post("/account/name", name="Ada")
    assert "You are signed out" in answer.text
    assert f'href="/sign-in{next_page}">Sign in</a>' in unescape(answer.text)
    assert "evil" not in answer.text


def test_a_form_whose_page_is_too_old_leads_back_to_it(people: People) -> None:
    visitor = people.browser_of(people.ada, page="/account")
    visitor.says["referer"] = "http://testserver/account"
    answer = visitor.post("/account/name", name="Ada", csrf="x")
    assert answer.status_code == 403
    assert 'href="/account">Reload the page</a>' in answer.text


@pytest.mark.parametrize("path", [*BY_MEMBERS, *ELSEWHERE])
def test_nobody_signed_in_changes_nothing(office: People, path: str) -> None:
    address, fields = fields_of(office, path)
    answer = office.nobody().post(address, **fields)
    if path == "/sign-out":
        assert answer.headers["location"] == "/sign-in"  # out they are
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_what_is_no_form_is_refused(office: People, path: str, kind: str) -> None:
    visitor = ready(office, path)
    answer = visitor.post_body(fields_of(office, path)[0], b"{}", **{"content-type": kind})
    assert answer.status_code == 415
    assert FORM in answer.text


@pytest.mark.parametrize("path", FORMS)
def test_a_form_beyond_the_limit_is_refused(office: People, path: str) -> None:
    visitor = ready(office, path)
    address, _ = fields_of(office, path)
    body = b"email=" + b"a" * MOST_BYTES
    answer = visitor.post_body(address, body, **{"content-type": FORM})
    assert answer.status_code == 413
    assert "64 KiB" in answer.text
    assert visitor.post_body(address, b"a=%ff", **{"content-type": f"{FORM}; charset=utf-8"}).status_code == 400


def test_with_a_public_url_only_its_origin_counts(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", public_url="https://outlay.example.com") as people:
        form = {"email": "ada@acme.example", "password": PASSWORD}
        for origin, status in (("https://outlay.example.com", 303), ("http://testserver", 403)):
            visitor = people.nobody()
            visitor.says["origin"] = origin
            assert visitor.post("/sign-in", **form).status_code == status


def test_cookies_are_secure_where_the_setting_says_so(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", secure_cookies=True) as people:
        visitor = people.nobody()
        answers = [visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)]
        visitor.get("/keys")
        answers += [visitor.post("/theme", theme="dark"), visitor.post("/sign-out")]
        for answer in answers:
            assert "Secure" in answer.headers["set-cookie"]


ROOT: Final = "/tools/outlay"


@pytest.mark.parametrize(
    "as_asked", [pytest.param(ROOT, id="the proxy passes the prefix on"), pytest.param("", id="the proxy cuts it off")]
)
def test_under_a_root_path_everything_stays_there(tmp_path: Path, as_asked: str) -> None:
    with people_at(tmp_path / "data", root_path=ROOT) as people:
        visitor = people.nobody()
        assert visitor.get(f"{as_asked}/").headers["location"] == f"{ROOT}/sign-in"
        assert visitor.get(f"{as_asked}/keys").headers["location"] == f"{ROOT}/sign-in?next={ROOT}/keys"
        assert f'action="{ROOT}/sign-in"' in visitor.get(f"{as_asked}/sign-in").text
        outside = visitor.post(f"{as_asked}/sign-in", email="ada@acme.example", password=PASSWORD, next="/keys")
        assert outside.headers["location"] == f"{ROOT}/"
        assert f"Path={ROOT};" in f"{outside.headers['set-cookie']};"
        assert visitor.get(f"{as_asked}/").headers["location"] == f"{ROOT}/welcome"
        keys = visitor.get(f"{as_asked}/keys").text
        assert f"http://testserver{ROOT}/v1/events" in keys
        assert f'href="{ROOT}/keys/new"' in keys
        assert visitor.post(f"{as_asked}/keys/new", name="ci").status_code == 201
        answer = visitor.post(f"{as_asked}/theme", theme="dark", next=f"{ROOT}/keys?show=ended")
        assert answer.headers["location"] == f"{ROOT}/keys?show=ended"
        assert f"Path={ROOT};" in f"{answer.headers['set-cookie']};"
        assert visitor.post(f"{as_asked}/sign-out").headers["location"] == f"{ROOT}/sign-in"
