"""Every route under every person: who may not is refused and changes nothing, and nobody is shown what is not theirs.

Made from the table of routes that the site is built of: an endpoint without a rule of its own fails.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.routing import Route

from outlay.wiring.site import assemble
from tests.isolation.rules import RULES, Rule, may
from tests.isolation.told import told_by
from tests.isolation.world import BILBY, NOBODY, NUMBAT, OPERATOR, PEOPLE, QUOKKA, WOMBAT, World, open_world

REFUSED = {401, 403, 404}
# Words that a person must never be shown. Billing sees all of Acme; the lead and the mate nothing of the owner's.
NOT_THEIRS = {
    "owner": (WOMBAT,),
    "billing": (WOMBAT,),
    "lead": (WOMBAT, QUOKKA),
    "mate": (WOMBAT, QUOKKA),
    "stranger": (QUOKKA, NUMBAT, BILBY),
}
FOR_MEMBERS = [each for each in RULES if not each.who.startswith(("key", "proof", "anybody", "live"))]
SHOWN = [each for each in FOR_MEMBERS if each.method == "GET"]
POSTED = [each for each in FOR_MEMBERS if each.method == "POST"]
OF_KEYS = [each for each in RULES if each.who.startswith("key")]
ASKED_BY_PROGRAMS = [each for each in RULES if each.who in {"key read", "key admin"} or each.who.endswith("key")]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("data")) as found:
        yield found


def _named(rule: Rule) -> str:
    return rule.name


def _removes(rule: Rule) -> bool:
    return rule.method == "DELETE"


REMOVALS_LAST = sorted(ASKED_BY_PROGRAMS, key=_removes)


def test_every_route_has_its_rule_and_every_rule_its_route(world: World) -> None:
    routes = [each for each in assemble(world.site.outlay).routes if isinstance(each, Route)]
    there = {f"{method} {each.path}" for each in routes for method in (each.methods or set()) - {"HEAD"}}
    assert there - {each.name for each in RULES} == set(), "add who may open them to tests/isolation/rules.py"
    assert {each.name for each in RULES} - there == set(), "there is no such route any more"


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("rule", SHOWN, ids=_named)
def test_a_page_is_shown_to_whom_it_is_for_and_tells_nothing_that_is_not_theirs(
    world: World, rule: Rule, person: str, tmp_path: Path
) -> None:
    asked = world.address(rule.path, rule.query)
    answer = world.browser_of(person).get(asked)
    if may(rule, person):
        assert answer.status_code in {200, 303}, answer.text[:500]
    else:
        assert answer.status_code in REFUSED
    told = _without_echo(told_by(answer, tmp_path), asked, rule)
    assert [word for word in NOT_THEIRS[person] if word in told] == []


def _without_echo(told: str, asked: str, rule: Rule) -> str:
    """Leave out the ids that the asker themselves wrote into the address: repeating those tells nothing."""
    written = {part for part in asked.replace("?", "/").replace("&", "/").replace("=", "/").split("/") if part}
    for part in (
        sorted(written, key=len, reverse=True)
        if rule.who.partition(",")[0] in {"asked", "own", "admin", "figures", "leads"}
        else ()
    ):
        told = told.replace(part.casefold(), "")
    return told


@pytest.mark.parametrize("rule", FOR_MEMBERS, ids=_named)
def test_nobody_signed_in_gets_no_further_than_the_sign_in(world: World, rule: Rule, tmp_path: Path) -> None:
    before = world.kept()
    visitor = world.browser_of(NOBODY)
    asked = world.address(rule.path, rule.query)
    answer = visitor.get(asked) if rule.method == "GET" else visitor.post(asked)
    assert answer.status_code in {303, *REFUSED}
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in")
    told = told_by(answer, tmp_path).replace(asked.casefold(), "").replace("%3d", "=")
    assert WOMBAT not in told
    assert world.kept() == before


@pytest.mark.parametrize(
    ("rule", "person"),
    [pytest.param(rule, who, id=f"{rule.name}-{who}") for rule in POSTED for who in PEOPLE if not may(rule, who)],
)
def test_a_form_of_somebody_who_may_not_is_refused_and_changes_nothing(
    world: World, rule: Rule, person: str, tmp_path: Path
) -> None:
    browser = world.browser_of(person)
    before = world.kept()
    answer = browser.post(world.address(rule.path))
    # Some read the form before they know whose it is: then it is refused as a form, and still nothing is changed.
    assert answer.status_code in {*REFUSED, 415}, answer.text[:300]
    told = _without_echo(told_by(answer, tmp_path), world.address(rule.path), rule)
    assert [word for word in NOT_THEIRS[person] if word in told] == []
    assert world.kept() == before


@pytest.mark.parametrize("rule", [each for each in RULES if each.who.startswith(("key", "proof"))], ids=_named)
def test_a_program_without_a_key_is_refused_and_changes_nothing(world: World, rule: Rule) -> None:
    before = world.kept()
    for headers in ({}, {"authorization": "Bearer outlay_aaaaaaaa_" + "a" * 43}, {"authorization": "Bearer x"}):
        answer = _asked_by_program(world, rule, headers)
        assert answer.status_code in REFUSED
    assert world.kept() == before


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("rule", [each for each in OF_KEYS if each.who == "key operator"], ids=_named)
def test_no_key_of_an_organisation_reaches_the_organisations(world: World, rule: Rule, person: str) -> None:
    before = world.kept()
    answer = _asked_by_program(world, rule, world.keys[person])
    assert answer.status_code == 403
    assert WOMBAT not in answer.text
    assert world.kept() == before


@pytest.mark.parametrize("rule", OF_KEYS, ids=_named)
def test_a_key_of_the_operators_reaches_them_alone_and_nothing_inside(world: World, rule: Rule) -> None:
    before = world.kept()
    answer = _asked_by_program(world, rule, world.keys[OPERATOR])
    assert (answer.status_code == 403) == (rule.who != "key operator")
    assert answer.status_code < 500
    assert [word for word in (QUOKKA, NUMBAT, BILBY) if word in answer.text.casefold()] == []
    assert world.kept() == before


@pytest.mark.parametrize("rule", [each for each in OF_KEYS if each.who != "key read"], ids=_named)
def test_a_cookie_sends_nothing_and_administers_nothing(world: World, rule: Rule) -> None:
    browser = world.browser_of("owner")
    before = world.kept()
    headers = {"cookie": f"outlay_session={browser.session}", "content-type": "application/json"}
    assert _asked_by_program(world, rule, headers).status_code in REFUSED
    assert world.kept() == before


@pytest.mark.parametrize("rule", [each for each in FOR_MEMBERS if each.who.endswith("proved")], ids=_named)
def test_a_browser_left_alone_hands_out_no_access(world: World, rule: Rule) -> None:
    browser = world.browser_of("owner")
    world.forget_proofs()
    before = world.kept()
    asked = world.address(rule.path, rule.query)
    answer = browser.get(asked) if rule.method == "GET" else browser.post(asked)
    assert answer.status_code == 303
    there, _, back = answer.headers["location"].partition("?next=")
    assert there == "/account/proof"
    assert world.kept() == before
    assert world.browser_of("owner").get(unquote(back)).status_code == 200


# At the end, and whose things they are last of all: their key may remove them, and then there is nothing to refuse.
@pytest.mark.parametrize("person", PEOPLE[::-1])
@pytest.mark.parametrize("rule", REMOVALS_LAST, ids=_named)
def test_a_key_reads_what_its_owner_may_read(world: World, rule: Rule, person: str, tmp_path: Path) -> None:
    answer = _asked_by_program(world, rule, world.keys[person])
    told = _without_echo(told_by(answer, tmp_path), world.address(rule.path, rule.query), rule)
    assert [word for word in NOT_THEIRS[person] if word in told] == []
    if rule.who == "key admin" and person not in {"owner", "stranger"}:
        assert answer.status_code in REFUSED
    else:
        assert answer.status_code < 500


def _asked_by_program(world: World, rule: Rule, headers: dict[str, str]) -> Any:
    world.site.client.cookies.clear()
    told = {"content-type": "application/json", "accept": "application/json"} | headers
    body = None if rule.method == "GET" else b"{}"
    return world.site.client.request(rule.method, world.address(rule.path, rule.query), content=body, headers=told)
