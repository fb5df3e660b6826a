"""One's own account: the name, the browsers, the keys, other organisations; and showing anew who one is."""

import re
from datetime import timedelta
from typing import Final

from outlay.access.keys import NewKey
from outlay.access.proof import FRESH
from outlay.access.sessions import Sessions
from outlay.control.credentials import set_password_hash
from outlay.control.members import NewMember, create_member, member_of_id
from outlay.control.trail import SYSTEM
from outlay.web.pages.account.browser_name import browser_name
from tests.keys import issued
from tests.web.pages.people import OTHERS, PASSWORD, PASSWORD_HASH, People, Visitor

FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"


def signed_in(people: People, email: str = "ada@acme.example", agent: str = FIREFOX) -> Visitor:
    visitor = people.nobody()
    visitor.says["user-agent"] = agent
    assert visitor.post("/sign-in", email=email, password=PASSWORD).status_code == 303
    visitor.says.clear()
    return visitor


def sessions_in(page: str) -> list[str]:
    return re.findall(r"/account/sessions/(ses_\w+)/end", page)


def test_a_name_is_changed_and_a_hostile_one_harmless(people: People) -> None:
    ada = people.browser_of(people.ada, page="/account")
    assert ada.post("/account/name", name="<b>Countess</b>").headers["location"] == "/account?done=name"
    page = ada.get("/account?done=name").text
    assert "Your name is changed." in page
    assert "&lt;b&gt;Countess&lt;/b&gt;" in page
    assert "<b>Countess" not in page
    for wrong in ("", "   ", "x" * 201, "two\nlines"):
        assert ada.post("/account/name", name=wrong).status_code == 422
    assert member_of_id(people.site.outlay.control, "default", people.ada.id).name == "<b>Countess</b>"


def test_a_browser_is_listed_by_its_name_and_ended_alone(people: People) -> None:
    here, there = signed_in(people), signed_in(people, agent="curl/8")
    page = here.get("/account").text
    assert "Firefox on Linux" in page
    assert "curl" in page
    assert "this one" in page
    (other,) = [each for each in sessions_in(page) if each not in _own(here)]
    assert here.post(f"/account/sessions/{other}/end").headers["location"] == "/account?done=ended"
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200
    assert here.post(f"/account/sessions/{other}/end").status_code == 404


def _own(visitor: Visitor) -> list[str]:
    rows = visitor.get("/account").text.split("<tr>")
    return [session for row in rows if "this one" in row for session in sessions_in(row)]


def test_ending_this_browser_signs_out(people: People) -> None:
    here = signed_in(people)
    (own,) = _own(here)
    answer = here.post(f"/account/sessions/{own}/end")
    assert (answer.headers["location"], here.session) == ("/sign-in", "")


def test_all_others_are_ended_at_once(people: People) -> None:
    here, there, third = signed_in(people), signed_in(people), signed_in(people)
    here.get("/account")
    assert here.post("/account/sessions/end-others").headers["location"] == "/account?done=others"
    assert [each.get("/account").status_code for each in (here, there, third)] == [200, 303, 303]


def test_nobody_ends_the_browser_of_another(people: People) -> None:
    ada, eve = signed_in(people), signed_in(people, "eve@others.example")
    lin = people.browser_of(people.lin, page="/account")
    (of_ada,) = sessions_in(ada.get("/account").text)
    eve.get("/account")
    for other in (eve, lin):
        assert other.post(f"/account/sessions/{of_ada}/end").status_code == 404
    assert ada.get("/account").status_code == 200


def test_own_keys_are_shown_and_no_others(people: People) -> None:
    control, now = people.site.outlay.control, people.site.clock.now()
    issued(control, "default", NewKey(name="of the user", user="u-ada"), now)
    issued(control, "default", NewKey(name="of somebody else", user="u-bob"), now)
    member = create_member(
        control, "default", NewMember(email="a2@acme.example", role="member", user="u-ada"), SYSTEM, now
    )
    page = people.browser_of(member, page="/account").get("/account").text
    assert "of the user" in page
    assert "of somebody else" not in page


def in_both(people: People) -> None:
    """Make Ada a member of the other organisation as well, with the same password."""
    control, now = people.site.outlay.control, people.site.clock.now()
    twin = create_member(control, OTHERS, NewMember(email="Ada@ACME.example", role="member", name="Twin"), SYSTEM, now)
    set_password_hash(control, OTHERS, twin.id, PASSWORD_HASH, SYSTEM, now)


def test_of_several_organisations_one_is_chosen_and_changed_over_from(people: People) -> None:
    in_both(people)
    visitor = people.nobody()
    answer = visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD, next="/account")
    assert answer.headers["location"] == "/sign-in/organisation"
    assert visitor.session == ""
    page = visitor.get("/sign-in/organisation").text
    assert "Acme" in page
    assert "Others" in page
    answer = visitor.post("/sign-in/organisation", organisation=OTHERS)
    assert answer.headers["location"] == "/account"
    assert "outlay_sign_in" not in visitor.cookies
    first = visitor.session
    assert "· Others" in visitor.get("/account").text
    assert visitor.post("/account/organisation", organisation="default").headers["location"] == "/"
    assert "· Acme" in visitor.get("/account").text
    assert visitor.session != first
    visitor.cookies["outlay_session"] = first
    assert visitor.get("/account").status_code == 303


def test_changing_over_is_no_proof_of_who_sits_there(people: People) -> None:
    """A browser left alone could else be given a second factor, by going to another organisation and back."""
    in_both(people)
    visitor = people.nobody()
    visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    visitor.post("/sign-in/organisation", organisation=OTHERS)
    assert visitor.get("/account/second-factor").status_code == 200
    people.site.clock.move(FRESH)
    for organisation in ("default", OTHERS):
        visitor.get("/account")
        assert visitor.post("/account/organisation", organisation=organisation).headers["location"] == "/"
        visitor.get("/account")
        assert visitor.get("/account/second-factor").headers["location"].startswith("/account/proof")


def test_changing_over_makes_no_session_last_longer(people: People) -> None:
    in_both(people)
    visitor = people.nobody()
    visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    visitor.post("/sign-in/organisation", organisation=OTHERS)
    sessions, clock = Sessions(people.site.outlay.control, timedelta(hours=1)), people.site.clock
    ends = sessions.member_of(visitor.session, clock.now())[1].expires_at
    clock.move((ends - clock.now()) / 2)
    visitor.get("/account")
    assert visitor.post("/account/organisation", organisation="default").status_code == 303
    assert "· Acme" in visitor.get("/account").text
    clock.move(ends - clock.now())
    assert visitor.get("/account").status_code == 303


def test_a_new_password_ends_sign_ins_that_the_old_one_began(people: People) -> None:
    in_both(people)
    thief = people.nobody()
    thief.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    token = people.link_for(people.ada, "password_reset")
    new = "quite another battery"
    assert people.nobody().post("/sign-in/new-password", token=token, new=new, again=new).status_code == 303
    answer = thief.post("/sign-in/organisation", organisation="default")
    assert answer.status_code == 401
    assert thief.session == ""


def test_another_password_in_another_organisation_leads_into_its_own_alone(people: People) -> None:
    control, now = people.site.outlay.control, people.site.clock.now()
    create_member(control, OTHERS, NewMember(email="ada@acme.example", role="member"), SYSTEM, now)
    visitor = signed_in(people)
    assert "· Acme" in visitor.get("/account").text
    assert visitor.post("/account/organisation", organisation=OTHERS).status_code == 404


def test_an_organisation_that_is_none_of_theirs_can_not_be_chosen(people: People) -> None:
    in_both(people)
    visitor = people.nobody()
    visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    assert (
        visitor.post("/sign-in/organisation", organisation="elsewhere").headers["location"] == "/sign-in/organisation"
    )
    assert visitor.session == ""
    people.site.clock.move(timedelta(minutes=10))
    assert visitor.post("/sign-in/organisation", organisation=OTHERS).status_code == 401
    assert people.nobody().get("/sign-in/organisation").status_code == 401


def test_a_proof_is_asked_for_after_a_while_and_renews_the_session(people: People) -> None:
    ada = signed_in(people)
    assert ada.get("/account/second-factor").status_code == 200
    people.site.clock.move(FRESH)
    asked = ada.get("/account/second-factor")
    assert asked.headers["location"] == "/account/proof?next=/account/second-factor"
    assert ada.get(asked.headers["location"]).status_code == 200
    before = ada.session
    assert ada.post("/account/proof", password="wrong wrong wrong", next="/account/second-factor").status_code == 401
    answer = ada.post("/account/proof", password=PASSWORD, next="/account/second-factor")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/second-factor")
    assert ada.session != before
    assert ada.get("/account/second-factor").status_code == 200
    old = people.nobody()
    old.cookies["outlay_session"] = before
    assert old.get("/account").status_code == 303


def test_the_way_back_from_a_proof_leads_nowhere_else(people: People) -> None:
    ada = signed_in(people)
    ada.get("/account")
    for away in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = ada.post("/account/proof", password=PASSWORD, next=away)
        assert answer.headers["location"] == "/account"
        ada.get("/account")


def test_without_anything_to_show_the_way_is_to_sign_in_again(people: People) -> None:
    lin = people.browser_of(people.lin)
    people.site.clock.move(FRESH)
    asked = lin.get("/password")
    assert asked.headers["location"] == "/account/proof?next=/password"
    page = lin.get(asked.headers["location"]).text
    assert "sign in again" in page
    assert lin.post("/account/proof", password="").status_code == 200
    assert lin.post("/password", new="quite another battery", again="quite another battery").status_code == 303
    assert not member_of_id(people.site.outlay.control, "default", people.lin.id).has_password


def test_browsers_have_the_names_people_know() -> None:
    chrome = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    )
    named = {
        FIREFOX: "Firefox on Linux",
        chrome: "Chrome on Windows",
        f"{chrome} Edg/140.0": "Edge on Windows",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1": "Safari on iPhone",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Version/18.0 Safari/605.1": "Safari on macOS",
        "": "A browser",
    }
    assert {told: browser_name(told) for told in named} == named
