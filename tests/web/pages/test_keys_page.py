"""The page of API keys: an owner, a lead of the same organisation, and a stranger who owns another."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outlay.access.key_changes import revoke_key
from outlay.access.key_ring import KeyRing
from outlay.access.keys import ApiKey, NewKey
from outlay.control.entities import EntityName
from outlay.control.member_changes import MemberChange, change_member
from outlay.errors import KeyInvalid
from outlay.web.pages.settings.paging import PER_PAGE
from tests.actors import TESTER
from tests.keys import every_key, issued
from tests.web.pages.people import OTHERS, People, people_at

PLAINTEXT = re.compile(r"outlay_[0-9a-z]{8}_[0-9A-Za-z]{43}")


def made(people: People, name: str, organisation: str = "default", **wanted: Any) -> tuple[ApiKey, str]:
    control, now = people.site.outlay.control, people.site.clock.now()
    return issued(control, organisation, NewKey(name=name, **wanted), now)


def key_named(people: People, name: str) -> ApiKey:
    return next(each for each in every_key(people.site.outlay.control, "default") if each.name == name)


def known_as_user(people: People) -> None:
    """Let the lead be the user `lin` of the ledger."""
    control, now = people.site.outlay.control, people.site.clock.now()
    change_member(control, "default", people.lin.id, MemberChange(user="lin"), TESTER, now)


def works(people: People, plaintext: str) -> bool:
    try:
        KeyRing(people.site.outlay.control).resolve(plaintext, people.site.clock.now())
    except KeyInvalid:
        return False
    return True


def test_without_any_key_the_page_says_what_keys_are_for(people: People) -> None:
    page = people.browser_of(people.ada).get("/keys").text
    assert "A key lets a program send its model calls" in page
    assert "curl http://testserver/v1/events" in page
    assert "<table" not in page


def test_the_address_of_the_first_event_is_the_public_one(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", public_url="https://outlay.example.com", root_path="/t") as people:
        page = people.browser_of(people.ada).get("/keys")
        assert "curl https://outlay.example.com/t/v1/events" in page.text


def test_a_new_key_is_shown_once_and_works(people: People) -> None:
    visitor = people.browser_of(people.ada)
    page = visitor.post("/keys/new", name="ci")
    assert page.status_code == 201
    assert page.headers["cache-control"] == "no-store"
    assert "location" not in page.headers
    (plaintext,) = set(PLAINTEXT.findall(page.text))
    assert page.text.count(plaintext) == 1
    assert works(people, plaintext)
    for path in ("/keys", "/keys?show=ended", f"/keys/{key_named(people, 'ci').id}/revoke"):
        assert plaintext not in visitor.get(path).text
    assert key_named(people, "ci").created_by == people.ada.id
    assert "by Ada" in visitor.get("/keys").text


def test_sending_the_form_again_shows_no_key(people: People) -> None:
    visitor = people.browser_of(people.ada)
    visitor.post("/keys/new", name="ci")
    again = visitor.post("/keys/new", name="ci", pod="search", tags="env:prod")
    assert again.status_code == 409
    assert not PLAINTEXT.search(again.text)
    assert "There is a key &#39;ci&#39; in force already" in again.text
    assert 'name="pod" type="text" value="search"' in again.text
    assert ">env:prod</textarea>" in again.text
    assert '<details class="more-fields" open>' in again.text


@pytest.mark.parametrize(
    ("fields", "scopes"),
    [
        pytest.param({}, {"send", "gateway", "read"}, id="bound to nobody"),
        pytest.param({"agent": "bot"}, {"send", "gateway"}, id="an agent's"),
        pytest.param({"agent_type": "framework"}, {"send", "gateway"}, id="an agent type's"),
        pytest.param({"pod": "search"}, {"send", "gateway"}, id="a pod's"),
        pytest.param({"tags": "env:prod"}, {"send", "gateway"}, id="a tag's"),
        pytest.param({"user": "ada"}, {"send", "gateway", "read"}, id="a user's"),
        pytest.param({"team": "growth", "agent": "bot"}, {"send", "gateway", "read"}, id="a team's agent's"),
        pytest.param({"agent": "bot", "scope_send": "1", "scope_read": "1"}, {"send", "read"}, id="both on purpose"),
        pytest.param({"scope_read": "1"}, {"read"}, id="reading alone"),
        pytest.param({"scope_send": "1"}, {"send"}, id="sending alone"),
    ],
)
def test_what_a_key_may_do(people: People, fields: dict[str, str], scopes: set[str]) -> None:
    assert people.browser_of(people.ada).post("/keys/new", name="k", **fields).status_code == 201
    assert key_named(people, "k").scopes == scopes


def test_every_binding_and_the_last_day_are_kept(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", zone="Asia/Kathmandu") as people:
        bound = {"user": "u1", "team": "t1", "agent": "a1", "agent_type": "no_code", "pod": "p1"}
        answer = people.browser_of(people.ada).post(
            "/keys/new", name=" ci ", tags="env:prod\r\n\r\n a:b \r\nenv:prod", expires="2026-10-31", **bound
        )
        assert answer.status_code == 201
        key = key_named(people, "ci")
        assert {name: getattr(key, name) for name in bound} == bound
        assert key.tags == ("env:prod", "a:b")
        assert key.expires_at == datetime(2026, 10, 31, 18, 15, tzinfo=UTC)  # the midnight that ends the day there


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"name": ""}, "Name the key", id="no name"),
        pytest.param({"name": "   "}, "Name the key", id="blank name"),
        pytest.param({"name": "a" * 101}, "name has 1 to 100", id="long name"),
        pytest.param({"name": "a\tb"}, "name has 1 to 100", id="unprintable name"),
        pytest.param({"name": "x", "scope_admin": "1", "pod": "p"}, "bound to a user alone", id="a pod's admin"),
        pytest.param({"name": "x", "agent_type": "robot"}, "Choose one of these", id="unknown agent type"),
        pytest.param({"name": "x", "expires": "soon"}, "Write a day as YYYY-MM-DD", id="no day"),
        pytest.param({"name": "x", "expires": "2026-10-19"}, "would be expired already", id="yesterday"),
        pytest.param({"name": "x", "expires": "0001-01-01"}, "would be expired already", id="the first day there is"),
        pytest.param({"name": "x", "expires": "9999-12-31"}, "Take a day before 3000", id="the last day there is"),
        pytest.param({"name": "x", "team": "t" * 257}, "can&#39;t be part", id="long binding"),
        pytest.param({"name": "x", "tags": "<script>alert(1)</script>\x07"}, "can&#39;t be part", id="markup"),
    ],
)
def test_what_can_not_be_made_comes_back_as_it_was(people: People, fields: dict[str, str], message: str) -> None:
    page = people.browser_of(people.ada).post("/keys/new", **fields)
    assert page.status_code == 422
    assert message in page.text
    assert "<script>alert" not in page.text
    assert not every_key(people.site.outlay.control, "default")


def test_a_key_may_expire_today(people: People) -> None:
    assert people.browser_of(people.ada).post("/keys/new", name="x", expires="2026-10-20").status_code == 201
    people.site.clock.move(timedelta(hours=12))
    page = people.browser_of(people.ada).get("/keys?show=ended").text
    assert "expired" in page
    assert "since 21 Oct 2026, 00:00" in page


def test_the_list_says_of_each_key_what_one_must_know(people: People) -> None:
    registry = people.site.outlay.names
    registry.put_labels("default", "team", [EntityName("t1", name="Growth & <Co>")])
    key, plaintext = made(people, "bot", team="t1", pod="p1", tags=("a:b",), scopes=frozenset({"send"}))
    ring = KeyRing(people.site.outlay.control)
    ring.resolve(plaintext, people.site.clock.now())
    ring.write_last_used()
    people.site.clock.move(timedelta(hours=3))
    page = people.browser_of(people.ada).get("/keys").text
    for shown in ("bot", f"outlay_{key.prefix}_…", "send events", "team Growth &amp; &lt;Co&gt;, pod p1 and 1 more"):
        assert shown in page
    assert 'title="team Growth &amp; &lt;Co&gt;, pod p1, tag a:b"' in page
    assert "20 Oct 2026" in page
    assert "3 h ago" in page
    assert "in force" in page
    assert plaintext not in page


def test_revoking_asks_first_and_works_without_script(people: People) -> None:
    key, plaintext = made(people, "old")
    visitor = people.browser_of(people.ada)
    one = f"/keys/{key.id}"
    assert f'href="{one}"' in visitor.get("/keys").text
    link = re.search(r'href="(/keys/[^"]+/revoke)"', visitor.get(one).text)
    assert link
    page = visitor.get(link[1])
    assert "Revoke “old”?" in page.text
    assert f'action="{link[1]}"' in page.text
    assert works(people, plaintext)
    answer = visitor.post(link[1])
    assert (answer.status_code, answer.headers["location"]) == (303, f"{one}?done=revoked")
    assert not works(people, plaintext)
    assert "The key is revoked." in visitor.get(answer.headers["location"]).text
    assert "In force (0)" in visitor.get("/keys").text
    for again in (visitor.post(link[1]), visitor.get(link[1])):
        assert (again.status_code, again.headers["location"]) == (303, f"{one}?done=revoked")
    assert "old" in visitor.get("/keys?show=ended").text


def test_revoked_is_claimed_only_of_what_is(people: People) -> None:
    key, _ = made(people, "alive")
    visitor = people.browser_of(people.ada)
    for claimed in ("revoked", "nothing", "<script>"):
        page = visitor.get(f"/keys/{key.id}?done={claimed}").text
        assert "is revoked" not in page
        assert "<script>" not in page.replace("<script src", "")


ADDRESSES = ("/keys/{key}", "/keys/{key}/edit", "/keys/{key}/revoke")
POSTED = ("/keys/{key}/edit", "/keys/{key}/rotate", "/keys/{key}/revoke", "/keys/{key}/secrets/{prefix}/end")


def test_a_lead_sees_no_key_of_others_and_makes_none_unless_members_may(people: People) -> None:
    key, plaintext = made(people, "secret-project")
    lead = people.browser_of(people.lin)
    assert "No key is bound to you" in lead.get("/keys").text
    for path in ADDRESSES:
        assert lead.get(path.format(key=key.id)).status_code == 404
    for path in POSTED:
        assert lead.post(path.format(key=key.id, prefix=key.prefix), name="mine").status_code == 404
    for page in (lead.get("/keys/new"), lead.post("/keys/new", name="mine"), lead.post("/keys/members", allowed="1")):
        assert page.status_code == 403
        assert "secret-project" not in page.text
    assert works(people, plaintext)
    assert [each.name for each in every_key(people.site.outlay.control, "default")] == ["secret-project"]


def test_members_make_keys_of_their_own_where_they_may(people: People) -> None:
    admin, lead = people.browser_of(people.ada), people.browser_of(people.lin)
    assert "Only admins make keys" in admin.get("/keys").text
    assert (
        "may make keys of their own now" in admin.get(admin.post("/keys/members", allowed="1").headers["location"]).text
    )
    assert 'name="scope_admin"' not in lead.get("/keys/new").text
    assert lead.post("/keys/new", name="mine").status_code == 403  # their calls can't be known: they are no user
    known_as_user(people)
    assert lead.post("/keys/new", name="mine", user="somebody", scope_read="1").status_code == 201
    assert lead.post("/keys/new", name="more", scope_admin="1").status_code == 403
    mine = key_named(people, "mine")
    assert (mine.user, mine.created_by) == ("lin", people.lin.id)
    assert mine.scopes == {"read"}
    assert lead.post(f"/keys/{mine.id}/edit", name="renamed", user="somebody", scope_read="1").status_code == 303
    assert (key_named(people, "renamed").user, lead.get(f"/keys/{mine.id}").status_code) == ("lin", 200)
    assert lead.post(f"/keys/{mine.id}/rotate").status_code == 201


def test_a_key_that_an_admin_bound_to_a_member_is_theirs_to_end_alone(people: People) -> None:
    people.browser_of(people.ada).post("/keys/members", allowed="1")
    known_as_user(people)
    key, plaintext = made(people, "given", user="lin", models=("gpt-4o-mini",))
    lead = people.browser_of(people.lin)
    assert "given" in lead.get("/keys").text
    assert lead.get(f"/keys/{key.id}").status_code == 200
    assert lead.post(f"/keys/{key.id}/edit", name="given", models="").status_code == 403
    assert lead.post(f"/keys/{key.id}/rotate").status_code == 403
    assert key_named(people, "given") == key
    assert lead.post(f"/keys/{key.id}/revoke").status_code == 303
    assert not works(people, plaintext)


def test_rotating_shows_the_new_secret_once_and_ends_the_old_one_when_asked(people: People) -> None:
    key, old = made(people, "ci")
    admin = people.browser_of(people.ada)
    page = admin.post(f"/keys/{key.id}/rotate", overlap="24")
    (new,) = set(PLAINTEXT.findall(page.text))
    assert (page.status_code, works(people, old), works(people, new)) == (201, True, True)
    one = admin.get(f"/keys/{key.id}").text
    assert new not in one
    assert "until 21 Oct 2026" in one
    assert admin.post(f"/keys/{key.id}/rotate").status_code == 409
    assert f'action="/keys/{key.id}/secrets/{key.prefix}/end"' in one
    ended = admin.post(f"/keys/{key.id}/secrets/{key.prefix}/end")
    assert ended.headers["location"] == f"/keys/{key.id}?done=ended"
    assert (works(people, old), works(people, new)) == (False, True)


def test_changing_keeps_the_second_a_key_expires_and_what_the_form_does_not_say(people: People) -> None:
    expires = datetime(2026, 11, 2, 15, 30, 7, tzinfo=UTC)
    key, _ = made(people, "ci", expires_at=expires, models=("gpt-4o*",), tags=("a:b",))
    admin = people.browser_of(people.ada)
    form = admin.get(f"/keys/{key.id}/edit").text
    assert 'value="2026-11-02"' in form
    assert ">gpt-4o*</textarea>" in form
    scopes = {f"scope_{each}": "1" for each in key.scopes}
    fields = {"name": "ci 2", "expires": "2026-11-02", "models": "gpt-4o*", "tags": "a:b"} | scopes
    assert admin.post(f"/keys/{key.id}/edit", **fields).status_code == 303
    changed = key_named(people, "ci 2")
    assert (changed.expires_at, changed.models, changed.tags, changed.scopes) == (
        expires,
        key.models,
        key.tags,
        key.scopes,
    )
    refused = admin.post(f"/keys/{key.id}/edit", **fields | {"expires": "2020-01-01"})
    assert (refused.status_code, "expired already" in refused.text) == (422, True)


def test_keys_are_searched_where_they_are_kept(people: People) -> None:
    key, plaintext = made(people, "Größe")
    made(people, "other", team="growth")
    admin = people.browser_of(people.ada)
    for text in ("grösse", "GRÖSSE", key.prefix, plaintext, f"outlay_{key.prefix[:4]}"):
        page = admin.get(f"/keys?q={text}").text
        assert "Größe" in page
        assert ">other<" not in page
    assert ">other<" in admin.get("/keys?q=row").text
    assert "No such key" in admin.get("/keys?q=%25").text
    assert "No such key" in admin.get("/keys?scope=admin").text


def test_a_stranger_neither_sees_nor_ends_nor_names_our_keys(people: People) -> None:
    key, plaintext = made(people, "secret-project")
    made(people, "theirs", OTHERS)
    eve = people.browser_of(people.eve)
    page = eve.get("/keys").text
    assert "theirs" in page
    assert "secret-project" not in page
    for answer in (eve.get(f"/keys/{key.id}/revoke"), eve.post(f"/keys/{key.id}/revoke")):
        assert answer.status_code == 404
        assert "secret-project" not in answer.text
    assert "secret-project" not in eve.get(f"/keys?revoked={key.id}").text
    revoke_key(people.site.outlay.control, "default", key.id, TESTER, people.site.clock.now())
    assert "secret-project" not in eve.get(f"/keys?revoked={key.id}&show=ended").text
    assert not works(people, plaintext)
    assert eve.post("/keys/new", name="secret-project").status_code == 201  # names are each organisation's own


@pytest.mark.parametrize("key", ["key_unknown", "secret-project", "%00", "..%2F..", "a" * 3000])
def test_only_the_id_of_a_key_finds_it(people: People, key: str) -> None:
    made(people, "secret-project")
    visitor = people.browser_of(people.ada)
    assert visitor.get(f"/keys/{key}/revoke").status_code == 404
    assert visitor.post(f"/keys/{key}/revoke").status_code == 404


def test_many_keys_come_in_pages(people: People) -> None:
    for number in range(PER_PAGE + 3):
        made(people, f"key-{number:03}")
    visitor = people.browser_of(people.ada)
    first, second = visitor.get("/keys").text, visitor.get("/keys?p=2").text
    shown = [set(re.findall(r"key-\d{3}", page)) for page in (first, second)]
    assert [len(names) for names in shown] == [PER_PAGE, 3]
    assert not shown[0] & shown[1]
    assert "1–50 of 53" in first  # noqa: RUF001 - as it is shown
    assert 'href="/keys?p=2"' in first
    assert 'href="/keys"' in second
    for beyond in ("0", "99", "-1", "x", "9" * 5000, "²"):
        assert visitor.get(f"/keys?p={beyond}").status_code == 200
