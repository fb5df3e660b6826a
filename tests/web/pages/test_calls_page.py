"""The Calls page and its exports against the events themselves."""

import csv
import io
import re
from decimal import Decimal
from html import unescape

import pytest

from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.web.pages.calls import export as calls_export
from tests.web.pages.made import UNPRICED, Made, cost_of, tokens_of


def shown_ids(html: str) -> list[str]:
    return re.findall(r"<dt>Event id</dt><dd>([^<]+)</dd>", html)


def older(html: str) -> str | None:
    found = re.search(r'<a class="button plain" href="([^"]+)">Next page', html)
    return unescape(found[1]) if found else None


def test_paging_shows_every_call_once_newest_first(shop: Made, admin: dict[str, str]) -> None:
    path: str | None = "/calls?r=2026-09"
    seen: list[str] = []
    while path is not None:
        html = shop.get(path, admin).text
        seen += shown_ids(html)
        path = older(html)
    wanted = sorted(shop.of("2026-09"), key=lambda each: each.event.time, reverse=True)
    assert len(seen) > 100
    assert seen == [each.event.id for each in wanted]


def test_the_totals_stand_for_all_pages(shop: Made, admin: dict[str, str]) -> None:
    known = shop.of("2026-09", agent_type="api")
    answer = shop.get("/calls/export.json?r=2026-09&f=agent_type:is:api", admin).json()
    assert Decimal(answer["totals"]["cost"]) == cost_of(known)
    assert answer["totals"]["tokens"] == tokens_of(known)
    assert answer["totals"]["requests"] == len(known)
    assert f">All {len(known)}<" in shop.get("/calls?r=2026-09&f=agent_type:is:api", admin).text


def test_a_call_opens_into_all_that_is_known(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get(f"/calls?r=2026-09&f=model:is:{UNPRICED}", admin).text
    assert "unknown, no price" in html
    assert "<dt>Source</dt><dd>api:test</dd>" in html
    assert '<span class="chip">unpriced</span>' in html
    priced = shop.get("/calls?r=2026-09&f=model:is:gpt-4o", admin).text
    assert "genai-prices:openai/gpt-4o" in priced


def test_times_are_local(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get("/calls?r=2026-09-20&f=user:is:u3", admin).text
    assert "20 Sep, 17:44:59" in html
    assert "20 Sep, 17:45:00" in html


@pytest.mark.parametrize("after", ["nonsense", "MTIz", "%00", "A" * 300])
def test_a_place_that_was_not_made_here_shows_the_newest(shop: Made, admin: dict[str, str], after: str) -> None:
    answer = shop.get(f"/calls?r=2026-09&after={after}", admin)
    assert answer.status_code == 200
    assert "begin with the first page" in answer.text
    assert len(shown_ids(answer.text)) == 50


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_exports_are_whole_whatever_the_size_of_a_piece(
    shop: Made, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(calls_export, "PIECE_ROWS", rows)
    known = shop.of("2026-10")
    answer = shop.get("/calls/export.json?r=2026-10", admin).json()
    (calls,) = answer["tables"]
    lines = list(csv.DictReader(io.StringIO(shop.get("/calls/export.csv?r=2026-10", admin).text)))
    assert [row["id"] for row in calls["rows"]] == [row["id"] for row in lines]
    assert calls["row_count"] == len(known)
    assert sorted(row["id"] for row in lines) == sorted(each.event.id for each in known)
    costs = [Decimal(row["cost"]) for row in lines if row["cost"]]
    assert sum(costs) == cost_of(known) == Decimal(answer["totals"]["cost"])
    assert sum(int(row["tokens"] or 0) for row in lines) == tokens_of(known)


def test_an_unpriced_call_has_an_empty_cell_not_zero(shop: Made, admin: dict[str, str]) -> None:
    text = shop.get(f"/calls/export.csv?r=2026-10&f=model:is:{UNPRICED}", admin).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert {row["cost"] for row in rows} == {""}
    assert {row["cost_status"] for row in rows} == {"unpriced"}


def test_a_range_without_calls_leads_to_the_last_ones(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get("/calls?r=2020-01", admin).text
    assert "No calls in this range" in html
    there = re.search(r'href="(/calls\?[^"]+)">Go there', html)
    assert there
    assert shown_ids(shop.get(unescape(there[1]), admin).text)


def test_the_calls_of_nobody_yet_lead_to_the_first_event_who_sees_all(shop: Made) -> None:
    path = "/calls?r=2020-01"
    for role, leads in (("admin", True), ("lead", False)):
        organisation = f"new-{role}"
        create_organisation(shop.site.outlay.control, organisation, "New", "UTC", SYSTEM, shop.site.clock.now())
        html = shop.get(path, shop.as_role(role, organisation=organisation)).text
        assert "No calls yet" in html
        assert ("Send the first event" in html) is leads


def test_an_empty_export_is_still_a_file(shop: Made, admin: dict[str, str]) -> None:
    text = shop.get("/calls/export.csv?r=2025-01", admin)
    assert text.text.startswith("time,local_time,seq,")
    assert len(text.text.splitlines()) == 1
    assert text.headers["content-disposition"] == 'attachment; filename="calls.csv"'
    answer = shop.get("/calls/export.json?r=2025-01", admin).json()
    assert answer["tables"][0]["rows"] == []
    assert answer["totals"]["requests"] == 0
