"""The Prices page: a worklist that leads to a price, a preview of what is written, a record that takes it back."""

import re
from datetime import timedelta
from decimal import Decimal
from time import monotonic, sleep
from typing import Any

import pytest

from outlay.control.repricings import repricings_of
from outlay.intake.outcome import STORED
from outlay.usage import Tokens, UsageEvent
from tests.web.pages.people import OTHERS, People, Visitor
from tests.web.site import NOW

MILLION = Tokens(input_uncached=1_000_000, output=1_000_000)
OWN_PRICE = {
    "kind": "price",
    "provider": "selfhosted",
    "model": "own-7b",
    "input": "0.05",
    "output": "$0.20",
    "starts": "2026-10-01",
}


@pytest.fixture
def ada(people: People) -> Visitor:
    """Ada's browser, in an organisation with two calls without a price and one with its list price."""
    found = [
        _event(people, "old", time=NOW - timedelta(days=30)),
        _event(people, "new"),
        _event(people, "listed", provider="openai", model="gpt-4o"),
        _event(people, "pages", provider=None, model=None, service="ocr", quantity=Decimal(40), unit="pages"),
    ]
    outlay = people.site.outlay
    assert outlay.intake.accept(outlay.organisation, found) == [STORED] * 4
    return people.browser_of(people.ada, page="/prices/new")


def _event(people: People, event_id: str, **fields: Any) -> UsageEvent:
    named: dict[str, Any] = {"provider": "selfhosted", "model": "own-7b", "tokens": MILLION, "time": NOW}
    return UsageEvent(
        organisation=people.site.outlay.organisation, source="api:t", id=event_id, received_at=NOW, **(named | fields)
    )


def _cost(people: People) -> Decimal | None:
    with people.site.outlay.ledger.snapshot() as snapshot:
        found: Decimal | None = snapshot.rows("SELECT sum(cost) FROM events WHERE model = 'own-7b'")[0][0]
        return found


def _preview(ada: Visitor, answer: Any, until: str = "Discard") -> Any:
    """Follow a form to the page of its repricing, and wait until that shows what it comes to."""
    assert answer.status_code == 303, re.findall(r'class="error".*?</p>|<p>.*?</p>', answer.text)
    path = answer.headers["location"]
    end = monotonic() + 30
    while until not in (shown := ada.get(path)).text:
        assert monotonic() < end, shown.text
        sleep(0.02)
    return shown


def _choose(ada: Visitor, shown: Any, choice: str, until: str) -> Any:
    path = re.search(r'action="([^"]*/prices/repricings/[^"/]+)"', shown.text)
    assert path
    return _preview(ada, ada.post(path[1], choice=choice), until)


def test_the_worklist_leads_to_a_form_that_is_filled_in(ada: Visitor) -> None:
    page = ada.get("/prices?show=missing").text
    assert "Without a price (2)" in page
    assert "/prices/new?provider=selfhosted&amp;model=own-7b&amp;starts=2026-09-20" in page
    assert "/prices/new?kind=service&amp;service=ocr&amp;unit=pages" in page
    form = ada.get("/prices/new?provider=selfhosted&model=own-7b&starts=2026-09-20").text
    assert 'value="own-7b"' in form
    assert 'value="2026-09-20"' in form


def test_prices_in_use_say_where_they_are_from(ada: Visitor) -> None:
    page = ada.get("/prices").text
    assert "genai-prices:openai/gpt-4o" in page
    assert "sha256:" in page
    assert "no price" in page


def test_a_price_is_previewed_saved_and_adjusts_what_is_stored(people: People, ada: Visitor) -> None:
    shown = _preview(ada, ada.post("/prices/new", **OWN_PRICE))
    assert "Save it and adjust 1 call" in shown.text
    assert "October 2026" in shown.text
    assert "1 → 0" in shown.text
    assert _cost(people) is None
    done = _choose(ada, shown, "adjust", "Take it back")
    assert "Done." in done.text
    assert _cost(people) == Decimal("0.25")
    assert "Without a price (2)" in ada.get("/prices?show=missing").text  # the call from before the first day
    own = ada.get("/prices?show=own").text
    assert "input $0.05, output $0.20 / 1M" in own
    assert "by Ada" in own


def test_calls_without_a_price_are_those_that_have_none_by_now(ada: Visitor) -> None:
    listed = "/calls?f=cost_status:is:unpriced&f=model:is:own-7b&r=2026-09-01..2026-10-31"
    assert ada.get(listed).text.count('class="dialog call"') == 2
    _choose(ada, _preview(ada, ada.post("/prices/new", **OWN_PRICE)), "adjust", "Done.")
    page = ada.get(listed).text
    assert "repriced" not in page
    assert page.count('class="dialog call"') == 1


def test_a_price_may_be_for_new_calls_only(people: People, ada: Visitor) -> None:
    shown = _preview(ada, ada.post("/prices/new", **OWN_PRICE))
    assert "Saved. It holds for calls" in _choose(ada, shown, "keep", "Saved.").text
    assert _cost(people) is None
    outlay = people.site.outlay
    outlay.intake.accept(outlay.organisation, [_event(people, "next")])
    assert _cost(people) == Decimal("0.25")
    compared = _preview(ada, ada.post("/prices/compare"))
    assert "Adjust 1 call" in compared.text


def test_what_is_discarded_changes_nothing(people: People, ada: Visitor) -> None:
    shown = _preview(ada, ada.post("/prices/new", **OWN_PRICE))
    path = re.search(r'action="([^"]*/prices/repricings/[^"/]+)"', shown.text)
    assert path
    assert ada.post(path[1], choice="drop").headers["location"] == "/prices"
    assert "discarded" in ada.get("/prices?show=repricings").text
    assert "None yet" in ada.get("/prices?show=own").text
    assert ada.post(path[1], choice="adjust").status_code == 409
    assert _cost(people) is None


def test_what_was_previewed_at_other_prices_is_not_written(people: People, ada: Visitor) -> None:
    first = _preview(ada, ada.post("/prices/new", **OWN_PRICE))
    _choose(ada, _preview(ada, ada.post("/prices/new", **(OWN_PRICE | {"model": "other"}))), "keep", "Saved.")
    path = re.search(r'action="([^"]*/prices/repricings/[^"/]+)"', first.text)
    assert path
    for choice in ("adjust", "keep"):
        answer = ada.post(path[1], choice=choice)
        assert answer.status_code == 409
        assert "look again" in answer.text
    assert _cost(people) is None


def test_a_repricing_is_taken_back(people: People, ada: Visitor) -> None:
    done = _choose(ada, _preview(ada, ada.post("/prices/new", **OWN_PRICE)), "adjust", "Take it back")
    undo = re.search(r'action="([^"]*/undo)"', done.text)
    assert undo
    shown = _preview(ada, ada.post(undo[1]))
    assert "0 → 1" in shown.text
    _choose(ada, shown, "adjust", "Done.")
    assert _cost(people) == 0
    with people.site.outlay.ledger.snapshot() as snapshot:
        found = snapshot.rows("SELECT sum(requests) FROM events WHERE cost_status = 'unpriced' AND model = 'own-7b'")
        assert found == [(2,)]


def test_a_later_price_takes_over_where_it_begins(people: People, ada: Visitor) -> None:
    _choose(ada, _preview(ada, ada.post("/prices/new", **(OWN_PRICE | {"starts": "2026-09-01"}))), "adjust", "Done.")
    assert _cost(people) == Decimal("0.5")
    shown = _preview(ada, ada.post("/prices/new", **(OWN_PRICE | {"input": "1.05"})))
    assert "Save it and adjust 1 call" in shown.text
    _choose(ada, shown, "adjust", "Done.")
    assert _cost(people) == Decimal("1.5")
    assert "until 30 Sep 2026" in ada.get("/prices?show=own").text


def test_a_price_for_a_while_does_not_swallow_the_one_that_holds_on(ada: Visitor) -> None:
    _choose(ada, _preview(ada, ada.post("/prices/new", **(OWN_PRICE | {"starts": "2026-09-01"}))), "adjust", "Done.")
    for starts in ("2026-08-01", "2026-10-01"):
        answer = ada.post("/prices/new", **(OWN_PRICE | {"starts": starts, "ends": "2026-10-10", "input": "9"}))
        assert answer.status_code == 422
        assert "holds on after this day" in answer.text
    shown = _preview(ada, ada.post("/prices/new", **(OWN_PRICE | {"input": "9,000.00"})))
    assert (
        "From 1 Oct 2026. Then ends input $0.05, output $0.20 / 1M (from 1 Sep 2026 until 30 Sep 2026)." in shown.text
    )
    shown = _preview(ada, ada.post("/prices/new", **(OWN_PRICE | {"starts": "2026-08-01"})))
    assert "In the place of input $0.05, output $0.20 / 1M (from 1 Sep 2026)." in shown.text


def test_a_price_is_changed_ended_and_removed(people: People, ada: Visitor) -> None:
    _choose(ada, _preview(ada, ada.post("/prices/new", **(OWN_PRICE | {"starts": "2026-09-01"}))), "adjust", "Done.")
    link = re.search(r'href="(/prices/rules/[^"]+)"', ada.get("/prices?show=own").text)
    assert link
    form = ada.get(link[1]).text
    assert 'value="0.20"' in form
    ended = _preview(ada, ada.post(f"{link[1]}/end", last="2026-09-30"))
    assert "End the price of own-7b" in ended.text
    _choose(ada, ended, "adjust", "Done.")
    assert _cost(people) == Decimal("0.25")
    assert ada.post(f"{link[1]}/end", last="9999-12-30").status_code == 422
    removed = _preview(ada, ada.post(f"{link[1]}/end", last=""))
    _choose(ada, removed, "adjust", "Done.")
    assert _cost(people) == 0
    assert ada.get(link[1]).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"input": "abc"}, "must be a decimal text"),
        ({"input": "", "output": ""}, "No amount"),
        ({"starts": ""}, "Say from which day on"),
        ({"starts": "yesterday"}, "Write a day as YYYY-MM-DD"),
        ({"starts": "9999-12-31"}, "must lie between the years 1970 and 9998"),
        ({"ends": "9999-12-30"}, "must lie between the years 1970 and 9998"),
        ({"starts": "0001-01-01"}, "must lie between the years 1970 and 9998"),
        ({"input": "2,50"}, "must be a decimal text"),
        ({"input": "1,00,000"}, "must be a decimal text"),
        ({"ends": "2026-01-01"}, "until must be later than from"),
        ({"provider": "<script>"}, ""),
        ({"kind": "alias", "name": ""}, "Name is missing"),
        ({"kind": "service", "service": "ocr", "unit": "pages", "price": "-1"}, "must be a decimal text"),
    ],
)
def test_a_mistake_comes_back_beside_its_field(ada: Visitor, fields: dict[str, str], said: str) -> None:
    answer = ada.post("/prices/new", **(OWN_PRICE | fields))
    if said:
        assert answer.status_code == 422
        assert said.lower() in answer.text.lower()
    assert "<script>" not in answer.text.replace('<script src="', "")


def test_who_sees_and_who_changes(people: People, ada: Visitor) -> None:
    shown = _preview(ada, ada.post("/prices/new", **OWN_PRICE))
    path = re.search(r'action="([^"]*/prices/repricings/[^"/]+)"', shown.text)
    assert path
    lin, eve = people.browser_of(people.lin), people.browser_of(people.eve)
    for forbidden in ("/prices", "/prices/new", path[1]):
        assert lin.get(forbidden).status_code == 403
    assert lin.post("/prices/new", **OWN_PRICE).status_code == 403
    assert lin.post("/prices/compare").status_code == 403
    assert eve.get(path[1]).status_code == 404
    assert eve.post(path[1], choice="adjust").status_code == 404
    assert "own-7b" not in eve.get("/prices?show=repricings").text
    assert repricings_of(people.site.outlay.control, OTHERS) == []
    assert ada.post("/prices/compare", csrf="wrong").status_code == 403


def test_an_empty_organisation_has_pages_too(people: People) -> None:
    eve = people.browser_of(people.eve)
    for show in ("use", "missing", "own", "repricings", "nonsense"):
        assert eve.get(f"/prices?show={show}").status_code == 200
    assert "Every call has a price" in eve.get("/prices?show=missing").text
