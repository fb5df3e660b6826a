"""What the explorer shows and links to in all its states, and who sees it."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.web.pages.explorer.explored import USERS, Explored
from tests.web.pages.made import STRANGERS, UNPRICED, Made
from tests.web.site import open_site

VIEWS = ("", "view=user", "view=model", "view=allocation", "view=allocation&by=tag:env")


def shown(shop: Explored, query: str, headers: dict[str, str]) -> str:
    answer = shop.made.get(f"/explorer?{query}", headers)
    assert answer.status_code == 200
    html: str = answer.text
    return html


def panel(html: str, name: str) -> str:
    start = html.index(f'<section class="panel" id="{name}"')
    return html[start : html.index("</section>\n", start)]


def links(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="([^"]+)"', html)]


def heads(html: str) -> dict[str, str]:
    """Return the link of each column's head, by its text."""
    found = re.findall(r'<th scope="col"[^>]*><a href="([^"]+)">([^<]+)<', panel(html, "table"))
    return {label: unescape(href) for href, label in found}


def names(html: str) -> list[str]:
    """Return the names of the rows, in their order."""
    body = panel(html, "table").split("<tbody")[1].split("</tbody>")[0]
    return [
        unescape(each)
        for each in re.findall(
            r'<a class="cover[^>]*>(?:<svg.*?</svg>)?(?:<span class="dot[^>]*></span>)?([^<]+)', body
        )
    ]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        pytest.param("", ["Agent", "Runs", "Users", "Requests", "Share", "Spend"], id="agents"),
        pytest.param("view=user", ["User", "Runs", "Requests", "Share", "Spend"], id="users"),
        pytest.param(
            "view=model&cmp=prev", ["Model", "Runs", "Users", "Requests", "Change", "Share", "Spend"], id="models"
        ),
        pytest.param("view=allocation&by=pod", ["Pod", "Requests", "Share", "Spend"], id="allocation"),
    ],
)
def test_each_view_has_its_columns_and_all_of_them_sort(
    shop: Explored, admin: dict[str, str], query: str, columns: list[str]
) -> None:
    found = heads(shown(shop, query, admin))
    assert list(found) == columns
    for label, href in found.items():
        again = shown(shop, href.partition("?")[2], admin)
        sorted_by = re.findall(r'aria-sort="((?:as|des)cending)"><a href="[^"]+">([^<]+)<', panel(again, "table"))
        assert [each for _, each in sorted_by] == [{"Share": "Spend"}.get(label, label)]


def test_a_worker_leads_to_its_page_with_range_and_filters(shop: Explored, admin: dict[str, str]) -> None:
    found = links(panel(shown(shop, "r=7d&f=team:is:growth", admin), "table"))
    page = "/agents/one?agent=writer&f=team:is:growth&r=7d"
    assert page in found
    assert shop.made.get(page, admin).status_code == 200


def test_a_user_opens_in_place_and_the_address_says_so(shop: Explored, admin: dict[str, str]) -> None:
    closed = shown(shop, "view=user", admin)
    assert 'aria-expanded="true"' not in closed
    assert f"/explorer?open={USERS[0]}&view=user" in links(closed)
    opened = shown(shop, f"view=user&open={USERS[0]}", admin)
    control = re.search(r'aria-expanded="true" aria-controls="([^"]+)"', opened)
    assert control
    assert f'<tr class="inside-row" id="{control[1]}">' in opened
    assert "/explorer?view=user" in links(panel(opened, "table"))  # the way to close it
    for title in ("By agent", "By model", "By day"):
        assert f"<h3>{title}</h3>" in opened


def test_users_are_sorted_and_searched_by_the_name_they_are_shown_with(shop: Explored, admin: dict[str, str]) -> None:
    html = shown(shop, "view=user&r=75d&s=user", admin)
    found = names(html)
    assert found == sorted(found, key=str.casefold)
    assert len(found) == 50
    assert "1\N{EN DASH}50 of" in html
    for text in ("Name of 01u", "u10@acme", "u10"):
        assert names(shown(shop, f"view=user&r=75d&q={text}", admin)) == ["Name of 01u"]
    nothing = shown(shop, "view=user&q=nobody%20at%20all", admin)
    assert "Nothing matches" in nothing
    assert "0 users found" in nothing


def test_what_a_search_finds_makes_its_own_total(shop: Explored, admin: dict[str, str]) -> None:
    table = panel(shown(shop, "view=user&r=75d&q=u10", admin), "table")
    row, total = (
        re.findall(r'title="(\$[^"]+)"', part)[-1]
        for part in (table.split("<tfoot")[0], table.split("<tfoot")[1].split("</tfoot>")[0])
    )
    assert row == total


def test_all_pages_together_are_all_users(shop: Explored, admin: dict[str, str]) -> None:
    pages = [names(shown(shop, f"view=user&r=75d&page={page}", admin)) for page in (1, 2)]
    assert len(pages[0]) == 50
    found = [*pages[0], *pages[1]]
    assert len(set(found)) == len(found) == len({each.event.user for each in shop.events})
    assert shown(shop, "view=user&r=75d&page=9", admin).count("aria-current") == shown(
        shop, "view=user&r=75d", admin
    ).count("aria-current")
    assert names(shown(shop, "view=user&r=75d&page=9", admin)) == pages[1]  # beyond the last is the last


def test_runs_are_counted_once_for_all_workers_together(shop: Explored, admin: dict[str, str]) -> None:
    table = panel(shown(shop, "r=75d", admin), "table")
    runs = {each.event.run_id for each in shop.events if each.event.run_id}
    assert f">{len(runs):,}</a>" in table[table.index("<tfoot") :]
    order = [
        int(each.replace(",", ""))
        for each in re.findall(
            r'f=run_id:has[^"]*">([\d,]+)</a>', panel(shown(shop, "r=75d&s=-runs", admin), "table").split("<tfoot")[0]
        )
    ]
    assert order == sorted(order, reverse=True)


def test_a_change_is_sorted_by_dollars_and_only_offered_where_something_is_compared(
    shop: Explored, admin: dict[str, str]
) -> None:
    assert "Change" not in heads(shown(shop, "view=model", admin))
    down = shown(shop, "view=model&cmp=prev&moved=down", admin)
    up = shown(shop, "view=model&cmp=prev&moved=up", admin)
    assert names(up)[0] == "o3-mini" or names(up) != names(down)
    assert 'aria-sort="ascending"' in panel(down, "table")


def test_why_it_changed_names_what_came_and_what_went(shop: Explored, admin: dict[str, str]) -> None:
    assert 'id="why"' not in shown(shop, "", admin)
    why = panel(shown(shop, "cmp=prev", admin), "why")
    assert re.search(r"Spend (rose|fell) by \$[\d.,]+ \(", why)
    for cause in ("Volume", "Mix of models", "Rate", "New models", "Models gone"):
        assert cause in why
    assert re.search(r'o3-mini</a> <span class="chip">new</span>', why)
    assert "The causes add up to the change" in why


def test_an_allocation_always_says_what_is_unallocated(shop: Explored, admin: dict[str, str]) -> None:
    for by in ("team", "pod", "tag:env", "tag:customer"):
        table = panel(shown(shop, f"view=allocation&by={by}&r=75d&tags=split", admin), "table")
        assert table.count(">Unallocated</a>") == 1
        assert "and what is unallocated add up to" in table
    everything = panel(shown(shop, "view=allocation&r=75d&f=team:has", admin), "table")
    assert "$0.00" in everything[everything.index(">Unallocated</a>") :]


def test_usage_with_several_tags_counts_with_each_or_is_split(shop: Explored, admin: dict[str, str]) -> None:
    html = shown(shop, "view=allocation&by=tag&r=75d", admin)
    assert re.search(r"counts with each of them: the rows make \$[\d.,]+ more than the total of \$[\d.,]+\.", html)
    assert "add up to" not in panel(html, "table")
    split = next(each for each in links(html) if "tags=split" in each)
    again = shown(shop, split.partition("?")[2], admin)
    assert "more than the total" not in again
    assert "add up to" in panel(again, "table")


def test_an_allocation_offers_the_keys_of_tags_that_are_known(shop: Explored, admin: dict[str, str]) -> None:
    found = links(panel(shown(shop, "view=allocation", admin), "table"))
    for by in ("by=pod", "by=tag:customer", "by=tag:env"):
        assert f"/explorer?{by}&view=allocation" in found


def test_every_slice_segment_and_figure_leads_on(shop: Explored, admin: dict[str, str]) -> None:
    html = shown(shop, "view=model&f=team:is:growth", admin)
    calls = {each for each in links(html) if each.startswith("/calls?")}
    assert len(calls) > 50
    assert all("f=team:is:growth" in each for each in calls)
    for each in sorted(calls)[::25]:
        assert shop.made.get(each, admin).status_code == 200
    assert "/explorer?f=model:is:gpt-4o&f=team:is:growth&view=model" in links(panel(html, "share"))


@pytest.mark.parametrize("query", VIEWS)
def test_hostile_names_are_text(shop: Explored, admin: dict[str, str], query: str) -> None:
    html = shown(shop, query, admin)
    assert "<img" not in html
    if "model" not in query:
        assert "&lt;img src=x onerror=" in html


def test_a_hostile_row_opens(shop: Explored, admin: dict[str, str]) -> None:
    html = shown(shop, "view=user&r=75d&q=onerror", admin)
    opening = next(each for each in links(panel(html, "table")) if each.startswith("/explorer?open="))
    assert 'aria-expanded="true"' in shown(shop, opening.partition("?")[2], admin)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("view=pie", "There is no view"),
        ("view=allocation&by=service", "Spend is shared out by team"),
        ("view=user&by=team", "changes nothing on this page"),
        ("page=-1", "is no page"),
        ("moved=sideways", "it sorts up or down"),
        ("s=-latency_p50", "can&#39;t sort by"),
        ("view=user&open=" + ",".join(USERS[:14]), "Only 12 rows stand open"),
        ("colour=red", "is no parameter here"),
    ],
)
def test_what_a_link_can_not_mean_is_said_and_the_page_still_shown(
    shop: Explored, admin: dict[str, str], query: str, said: str
) -> None:
    html = shown(shop, query, admin)
    assert said in html
    assert 'id="table"' in html


def test_what_has_no_price_is_unpriced_and_not_free(shop: Explored, admin: dict[str, str]) -> None:
    table = panel(shown(shop, "view=model", admin), "table")
    row = table[table.index(f">{UNPRICED}") :]
    assert '<span class="chip">unpriced</span>' in row[: row.index("</tr>")]
    assert "$0.00" not in row[: row.index("</tr>")]


def test_filtered_out_offers_to_clear_and_an_empty_range_leads_to_the_last_usage(
    shop: Explored, admin: dict[str, str]
) -> None:
    filtered = shown(shop, "f=pod:is:nowhere", admin)
    assert "Nothing passes the filter" in filtered
    assert "/explorer" in links(filtered)
    empty = shown(shop, "r=2025-02", admin)
    assert "Nothing in this range" in empty
    assert "/explorer?r=2026-10" in links(empty)


def test_an_organisation_without_any_event_is_led_to_the_first(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        made = Made(site, [])
        assert "No usage yet" in made.get("/explorer", made.as_role("admin")).text


def test_the_root_path_is_in_every_link(tmp_path: Path) -> None:
    with open_site(tmp_path, root_path="/ai/outlay") as site:
        made = Made(site, [])
        html = made.get("/ai/outlay/explorer", made.as_role("admin")).text
        assert all(each.startswith("/ai/outlay/") for each in links(html) if each.startswith("/"))


# -- who sees what -----------------------------------------------------------------------------------------------------


def people(shop: Explored) -> dict[str, dict[str, str]]:
    return {
        "lead": shop.made.as_role("lead", teams_led=("growth",)),
        "member": shop.made.as_role("member", user=USERS[1]),
        "stranger": shop.made.as_role("admin", organisation=STRANGERS),
    }


@pytest.fixture(scope="module")
def others(shop: Explored) -> dict[str, dict[str, str]]:
    return people(shop)


def by_user(answer: Any) -> set[str | None]:
    table = next(each for each in answer.json()["tables"] if each["id"] == "by_user")
    return {row["id"] for row in table["rows"]}


def test_each_sees_as_far_as_their_role(shop: Explored, others: dict[str, dict[str, str]]) -> None:
    path = "/explorer/export.json?view=user&r=75d"
    led = {each.event.user for each in shop.events if each.event.team == "growth"}
    assert by_user(shop.made.get(path, others["lead"])) == led
    assert by_user(shop.made.get(path, others["member"])) == {USERS[1]}
    assert by_user(shop.made.get(path, others["stranger"])) == {"mallory"}


def test_names_and_tags_of_others_are_not_told(shop: Explored, others: dict[str, dict[str, str]]) -> None:
    for person, own in (("stranger", "secret"), ("member", "")):
        html = shown(shop, "view=allocation&r=75d", others[person])
        keys = set(re.findall(r"by=tag:(\w+)", html))
        mine = {
            tag.partition(":")[0]
            for each in shop.events
            if each.event.user == USERS[1]
            for tag in each.event.tags
            if ":" in tag
        }
        assert keys == ({own} if own else mine)
    assert "Name of" not in shown(shop, "view=user&q=u1", others["stranger"])


def test_nobody_signed_in_is_sent_to_sign_in(shop: Explored) -> None:
    for path in ("/explorer", "/explorer/export.csv"):
        answer = shop.made.get(path, {"accept": "text/html"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=")
