"""The Usage page as it is sent: states, links, access, hostile names, the same figures as its files."""

import csv
import gzip
import io
import re
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from outlay.web import format as text
from tests.web.pages.held import Held
from tests.web.pages.made import HOSTILE, STRANGERS, Made
from tests.web.pages.usage.crowd import SPIKED
from tests.web.site import open_site

ENDINGS = ("csv", "json", "parquet", "xlsx", "zip")


def get(people: Held, path: str, role: str = "admin", **fields: Any) -> Any:
    return people.made.get(path, people.made.as_role(role, **fields))


def page_of(people: Held, path: str, role: str = "admin", **fields: Any) -> str:
    answer = get(people, path, role, **fields)
    assert answer.status_code == 200
    found: str = answer.text
    return found


def table_in(html: str) -> str:
    return html[html.index('id="usage-table"') :]


def names_in(html: str) -> list[str]:
    """Return the names of the rows, in order, those of the others and of nobody included."""
    body = re.search(r"<tbody>.*?</tbody>", table_in(html), re.DOTALL)
    assert body is not None
    return [
        unescape(each)
        for each in re.findall(r'<th scope="row"><span class="who-name">.*?<a class="cover"[^>]*>([^<]*)', body[0])
    ]


def sorted_columns(html: str) -> list[tuple[str, str]]:
    heads = re.findall(r'aria-sort="(\w+)"><a[^>]*>([^<]*)', table_in(html))
    return [(unescape(label), sort) for sort, label in heads if sort != "none"]


def links_in(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="([^"]*)"', html)]


def exported(people: Held, query: str, table: str, **who: Any) -> list[dict[str, str]]:
    role = who.pop("role", "admin")
    answer = get(people, f"/usage/export.csv?table={table}&{query}", role, **who)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


# -- states ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "cards"),
    [
        ("", ["Active users", "Average requests per user", "Requests", "Total tokens", "Cost"]),
        ("?by=team", ["Active teams", "Average requests per team", "Requests", "Total tokens", "Cost"]),
    ],
)
def test_cards_follow_the_choice(people: Held, query: str, cards: list[str]) -> None:
    html = page_of(people, f"/usage{query}")
    assert re.findall(r'card-label"><a[^>]*>([^<]*)', html) == cards
    (row,) = exported(people, query.lstrip("?"), "summary")
    assert f'title="{text.usd_exact(Decimal(row["cost"]))}">{text.usd(Decimal(row["cost"]))}' in html
    assert f"{text.tokens(int(row['input_tokens']))} input + {text.tokens(int(row['output_tokens']))} output" in html
    active = row["active_users"] if not query else row["active_teams"]
    assert f'<p class="card-value">{int(active):,}</p>' in html
    assert f"{int(row['unpriced_requests']):,} requests unpriced" in html


def test_the_default_is_thirty_days_by_user_dearest_first(people: Held) -> None:
    html = page_of(people, "/usage")
    assert "The last 30 days, 21 Sep \N{EN DASH} 20 Oct 2026, Asia/Kathmandu (UTC+5:45)" in html
    assert sorted_columns(html) == [("Cost", "descending")]
    assert '<a href="/usage" aria-current="true">By user</a>' in html
    labels = [unescape(each) for each in re.findall(r'aria-sort="\w+"><a[^>]*>([^<]*)', table_in(html))]
    assert labels == ["User", "Trend of cost", "Models", "Requests", "Input", "Output", "Cost"]
    assert len(names_in(html)) == 52  # a page, the others, and nobody
    assert names_in(html)[-1] == "Service accounts"


def test_a_header_sorts_and_sorts_back(people: Held) -> None:
    html = page_of(people, "/usage?page=2")
    assert "/usage?s=-requests" in links_in(table_in(html))
    assert "/usage?s=cost" in links_in(table_in(html))
    assert "/usage?s=name" in links_in(table_in(html))
    html = page_of(people, "/usage?s=-requests")
    assert sorted_columns(html) == [("Requests", "descending")]
    assert "/usage?s=requests" in links_in(table_in(html))
    assert "/usage" in links_in(table_in(html))  # by cost is the default


def test_the_pages_hold_everybody_once(people: Held) -> None:
    found = [
        name for page in (1, 2, 3) for name in names_in(page_of(people, f"/usage?page={page}")) if " other" not in name
    ]
    found = [name for name in found if name != "Service accounts"]
    rows = exported(people, "", "users")
    assert found == [row["name"] for row in rows if row["kind"] == "row"]
    assert "1\N{EN DASH}50 of " in page_of(people, "/usage")


def test_columns_are_chosen_in_a_form_that_needs_no_script(people: Held) -> None:
    answer = get(people, "/usage?by=team&col=&col=errors&col=requests&page=3")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/usage?by=team&cols=errors,requests&page=3"
    html = page_of(people, "/usage?by=team&cols=errors,requests")
    labels = re.findall(r'aria-sort="\w+"><a[^>]*>([^<]*)', table_in(html))
    assert labels == ["Team", "Requests", "Errors"]
    assert html.count('name="col"') == 16
    assert len(re.findall(r'name="col" value="\w+" checked', html)) == 2


def test_a_script_gets_the_chosen_columns_in_one_round_trip(people: Held) -> None:
    headers = people.made.as_role("admin") | {"hx-request": "true", "hx-target": "section#usage-table"}
    answer = people.made.get("/usage?col=&col=errors", headers)
    assert answer.status_code == 200
    assert answer.headers["hx-replace-url"] == "/usage?cols=errors"
    answer = people.made.get("/usage?typed=last+7+days", headers | {"hx-target": "body"})
    assert answer.headers["hx-push-url"] == "/usage?r=7d"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("by=model", "by user or by team"),
        ("s=-nothing", "can&#39;t be sorted by &#39;nothing&#39;"),
        ("cols=requests,cake", "no column &#39;cake&#39;"),
        ("g=eon", "&#39;eon&#39; is no grain"),
        ("cake=1", "is no parameter here"),
        (f"by={'x' * 900}", "by user or by team"),
    ],
)
def test_what_the_url_can_not_mean_gives_a_notice(people: Held, query: str, said: str) -> None:
    assert said in page_of(people, f"/usage?{query}")


def test_a_spike_is_marked_and_says_what_it_was_compared_with(people: Held) -> None:
    html = page_of(people, "/usage?s=-trend")
    assert names_in(html)[0] == next(row["name"] for row in exported(people, "", "users") if row["id"] == SPIKED)
    chip = re.search(
        r'<a class="chip warn" href="([^"]*)" title="([^"]*)">(\N{MULTIPLICATION SIGN}[\d.]+ on 12 Oct)', html
    )
    assert chip is not None
    assert "the usual $" in chip[2]
    assert unescape(chip[1]) == f"/calls?f=user:is:{SPIKED}&r=2026-10-12"
    assert '<circle class="mark"' in html
    assert re.search(r"\d+ users? with a spike", html)
    (row,) = [row for row in exported(people, "", "users") if row["id"] == SPIKED]
    assert row["spike_day"] == "2026-10-12"
    assert Decimal(row["spike_value"]) > 35


@pytest.mark.parametrize(("asked", "marks"), [("7d", 0), ("14d", 1), ("2026-10-12", 1), ("2026-09", 0), ("90d", 1)])
def test_a_spike_is_marked_in_ranges_that_hold_it(people: Held, asked: str, marks: int) -> None:
    html = page_of(people, f"/usage?r={asked}&q={SPIKED}")
    assert html.count('<circle class="mark"') == marks
    assert ("on 12 Oct" in html) == bool(marks)


def test_more_than_three_models_stand_behind_a_button(people: Held) -> None:
    html = table_in(page_of(people, "/usage?q=user000&r=60d"))
    (hidden,) = re.findall(r'popovertarget="(models-1)" aria-label="(\d) more models', html)
    listed = re.search(rf'id="{hidden[0]}" popover>(.*?)</div>', html, re.DOTALL)
    assert listed is not None
    models = re.findall(r"<li>.*?<span>([^<]*)</span>", listed[1])
    assert len(models) == 3 + int(hidden[1])
    (row,) = [row for row in exported(people, "q=user000&r=60d", "users") if row["kind"] == "row"]
    assert row["model_names"].split(",") == models


# -- nothing to show ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "title", "href"),
    [
        ("r=2026-07", "No usage in this range", "/usage?r=2026-09-21..2026-10-20"),
        ("f=team:is:nowhere", "Nothing passes the filter", "/usage"),
        ("q=zzzz", "No user is called “zzzz”", "/usage"),
        ("by=team&q=zzzz", "No team is called “zzzz”", "/usage?by=team"),
    ],
)
def test_nothing_says_why_and_leads_out(people: Held, query: str, title: str, href: str) -> None:
    html = page_of(people, f"/usage?{query}")
    assert f"<h3>{title}</h3>" in html
    way = re.search(r'<div class="empty">.*?<a class="button [^"]*" href="([^"]*)"', html, re.DOTALL)
    assert way is not None
    assert unescape(way[1]) == href


def test_no_data_ever_leads_to_the_first_event(tmp_path: Path) -> None:
    with open_site(tmp_path / "data") as site:
        html = site.client.get("/usage", headers=Made(site, []).as_role("admin")).text
    assert "<h3>No usage yet</h3>" in html
    assert 'href="/welcome"' in html


# -- access ------------------------------------------------------------------------------------------------------------


def test_a_lead_sees_their_teams_and_own_calls(people: Held) -> None:
    html = page_of(people, "/usage?by=team", "lead", teams_led=("team1", "growth"), user="user002")
    assert "The team1, growth and your own calls" in html.replace("growth, The team1", "The team1, growth")
    assert set(names_in(html)) <= {"The team1", "The team2", "growth", "No team"}
    html = page_of(people, "/usage?q=user", "lead", teams_led=("team1",))
    assert {f"user{at:03d}@crowd.example" for at in range(130) if at % 10 != 1}.isdisjoint(
        re.findall(r"user\d{3}@crowd.example", html)
    )


def test_a_member_sees_themself_and_no_toggle(people: Held) -> None:
    html = page_of(people, "/usage", "member", user="user003")
    assert set(re.findall(r"user\d{3}@crowd.example", html)) == {"user003@crowd.example"}
    assert "By team" not in html
    assert 'type="search"' not in html[html.index("<main") : html.index("</main>")]
    assert "Your own calls" in html
    assert re.findall(r'card-label"><a[^>]*>([^<]*)', html) == ["Requests", "Total tokens", "Cost", "Models used"]


def test_a_stranger_sees_nothing(people: Held) -> None:
    html = page_of(people, "/usage?q=user", "member", user="stranger")
    assert "crowd.example" not in html
    assert "Calls of yours show here" in html
    html = page_of(people, "/usage", "admin", organisation=STRANGERS)
    assert "crowd.example" not in html
    assert "mallory" in html


@pytest.mark.parametrize("path", ["/usage", *(f"/usage/export.{each}" for each in ENDINGS)])
def test_nobody_signed_in_is_sent_to_sign_in(people: Held, path: str) -> None:
    answer = people.made.get(path, {"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("by", ["user", "team"])
def test_hostile_names_are_text(people: Held, by: str) -> None:
    html = page_of(people, f"/usage?by={by}&q=img&r=2026-10")
    assert HOSTILE not in html
    html = page_of(people, "/usage?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in html


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["user", "team"])
@pytest.mark.parametrize(
    "query", ["", "r=7d&f=team:is:team1,team2", "q=user01", "q=zzzz", "s=name", "f=tag:is:env:prod"]
)
def test_a_file_has_all_rows_and_makes_its_total(people: Held, by: str, query: str) -> None:
    asked = f"by={by}&{query}"
    rows = exported(people, asked, f"{by}s")
    total = rows.pop()
    assert total["kind"] == "total"
    for measure in ("requests", "tokens", "cost", "errors", "unpriced_requests"):
        parts = [Decimal(row[measure]) for row in rows if row[measure]]
        assert sum(parts, Decimal(0)) == Decimal(total[measure] or 0)
    shown = [name for name in names_in(page_of(people, f"/usage?{asked}")) if " other " not in name] if rows else []
    named = ["Service accounts" if row["kind"] == "none" and by == "user" else row["name"] for row in rows]
    assert shown[:50] == named[:50]
    (cards,) = exported(people, asked, "summary")
    if "q=" not in query:
        assert total["cost"] == cards["cost"]


def test_the_chart_of_teams_makes_the_requests(people: Held) -> None:
    rows = exported(people, "by=team&r=14d", "activity")
    total = rows.pop()
    assert sum(int(row["requests"]) for row in rows) == int(total["requests"])
    assert {row["kind"] for row in rows} >= {"row", "other"}
    manifest = get(people, "/usage/export.csv?by=team&r=14d&manifest=1").json()
    assert manifest["totals"]["requests"] == int(total["requests"])
    assert manifest["query"] == "by=team&cmp=prev&r=14d"


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_is_there(people: Held, ending: str) -> None:
    answer = get(people, f"/usage/export.{ending}?r=7d&cols=first_time,cost")
    assert answer.status_code == 200
    assert f'filename="usage-by-user.{ending}"' in answer.headers["content-disposition"]


def test_a_page_of_fifty_is_small(people: Held) -> None:
    html = page_of(people, "/usage")
    assert len(gzip.compress(html.encode(), 6)) <= 20_480
