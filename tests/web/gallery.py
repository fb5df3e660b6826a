"""Renders every part and chart with plausible values to static pages, and photographs them for the eye.

Run: `python -m tests.web.gallery OUTDIR`. It needs a Chromium (see tests/install-browser); the pages alone are written
in any case. `pages()` is what the accessibility test goes through.
"""

import http.server
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from markupsafe import Markup
from playwright.sync_api import Browser, sync_playwright

from outlay.kit.period import Month
from outlay.web import format as text
from outlay.web.charts import Bucket, PieChart, Series, Slice, TimeChart, lines, pie, sparkline, stacked_bars
from outlay.web.parts import (
    Card,
    Cell,
    Column,
    MonthLink,
    Months,
    Pager,
    PanelAction,
    PanelError,
    Row,
    Tab,
    Table,
)
from outlay.web.render import STATIC_DIR, NavItem, Notice, Renderer, Shell, ShellMember, Theme

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CHROMIUM: Final = "/usr/bin/chromium"
_FIRST: Final = date(2026, 10, 1)
_TEMPLATES: Final = Path(__file__).parent / "gallery_pages"


def pages(theme: Theme) -> dict[str, str]:
    """Return the gallery's pages by file name."""
    renderer = Renderer()
    shell = _shell(theme)
    signed_out = replace(shell, member=None, nav=(), notices=(), title="Sign in")
    return {
        "consumption": _from(renderer, "consumption.html", shell, _consumption()),
        "charts": _from(renderer, "charts.html", replace(shell, title="Charts"), _all_charts()),
        "parts": _from(renderer, "parts.html", replace(shell, title="Parts", notices=_notices()), _all_parts()),
        "empty": _from(renderer, "empty.html", replace(shell, title="Empty states"), {}),
        "sign-in": _from(renderer, "sign-in.html", signed_out, {}),
        "keys": _from(renderer, "keys.html", replace(shell, title="API keys", active="keys"), {}),
        "forbidden": renderer.page(
            "errors/forbidden.html",
            shell,
            message="Consumption is for the roles admin and billing; yours is member.",
            grantors=[("Ada Marsh", "ada@northwind.example"), ("Tom Reyes", "tom@northwind.example")],
            request_id="req_7c1f09ab",
        ),
        "error": renderer.page(
            "errors/error.html",
            replace(signed_out, title="Something went wrong"),
            status=500,
            message="The page could not be made. Nothing was lost; trying again may help.",
            request_id="req_7c1f09ab",
            retry_href="/consumption",
        ),
    }


def _from(renderer: Renderer, name: str, shell: Shell, values: dict[str, object]) -> str:
    return renderer.from_string((_TEMPLATES / name).read_text(encoding="utf-8"), page=shell, **values)


def _shell(theme: Theme) -> Shell:
    items = (
        ("consumption", "Consumption", "bars"),
        ("usage", "Usage", "pulse"),
        ("explorer", "Explorer", "pie"),
        ("pods", "Pods", "cube"),
        ("budgets", "Budgets", "gauge"),
        ("reports", "Reports", "report"),
        ("audit", "Audit log", "list"),
        ("keys", "API keys", "key"),
        ("settings", "Settings", "gear"),
    )
    return Shell(
        title="Consumption",
        active="consumption",
        nav=tuple(NavItem(each, label, f"/{each}", symbol) for each, label, symbol in items),
        theme=theme,
        zone="Europe/Berlin",
        organisation="Northwind Robotics",
        member=ShellMember("Ada Marsh", "ada@northwind.example", "admin"),
        csrf="gallery",
        path="/consumption",
    )


def _notices() -> tuple[Notice, ...]:
    return (
        Notice("info", "The link names an unknown filter “colour”; it was left out."),
        Notice("good", "The key was revoked."),
        Notice("warn", "412 requests have no price yet and are not in the total.", "/unpriced", "Show them"),
        Notice("bad", "The ledger is busy; the figures are from 3 min ago."),
    )


def _money(source: random.Random, low: float, high: float) -> Decimal:
    return Decimal(str(round(source.uniform(low, high), 6)))


def days_of_october(*, running: bool = True) -> tuple[Bucket, ...]:
    days = 21 if running else 31
    return tuple(
        Bucket(
            label=text.day_long(day),
            tick=text.day_short(day),
            href=f"/consumption?r={day}",
            partial="partial, 14 h" if running and index == days - 1 else "",
        )
        for index, day in enumerate(_FIRST + timedelta(days=each) for each in range(days))
    )


def spend_by_type(*, running: bool = True) -> TimeChart:
    source = random.Random(7)
    buckets = days_of_october(running=running)
    rows = []
    for slot, (name, size) in enumerate((("API", 420), ("Framework", 260), ("No-Code", 90))):
        values = []
        for index in range(len(buckets)):
            weekend = (_FIRST + timedelta(days=index)).weekday() >= 5
            share = (0.35 if weekend else 1.0) * (1 + index / 60) * (0.58 if buckets[index].partial else 1)
            values.append(_money(source, size * 0.8, size * 1.25) * Decimal(str(round(share, 3))))
        rows.append(
            Series(
                name=name,
                slot=slot,
                values=tuple(values),
                href=f"/usage?f=type:is:{name}",
                hrefs=tuple(f"/usage?f=type:is:{name}&r=2026-10-{at + 1:02d}" for at in range(len(buckets))),
            )
        )
    return TimeChart(
        id="spend",
        title="Spend by agent type",
        period=text.days(_FIRST, date(2026, 10, 21)),
        unit="usd",
        buckets=buckets,
        series=tuple(rows),
    )


def _consumption() -> dict[str, object]:
    chart = spend_by_type()
    spent = sum((Decimal(each or 0) for each in chart.totals), Decimal(0))
    baseline = f"vs {text.days(date(2026, 9, 1), date(2026, 9, 21))}"
    return {
        "tabs": (Tab("Cost", "?v=cost", current=True), Tab("Activity", "?v=activity")),
        "months": _months(),
        "cards": (
            Card(
                label="Usage-based spend",
                value=text.usd(spent),
                exact=text.usd_exact(spent),
                change=text.change(spent, Decimal(12_904), text.usd),
                baseline=baseline,
                href="/usage",
                note="412 requests unpriced",
                note_href="/unpriced",
            ),
            Card(
                label="Requests",
                value=text.tokens(1_204_113),
                exact="1,204,113",
                change=text.change(1_204_113, 1_003_000),
                baseline=baseline,
                href="/usage",
            ),
            Card(
                label="Tokens",
                value=text.tokens(8_412_900_121),
                exact="8,412,900,121",
                change=text.change(8_412_900_121, 8_420_000_000),
                baseline=baseline,
            ),
            Card(label="Active users", value="318", change=text.change(318, 341), baseline=baseline),
        ),
        "spend": stacked_bars(chart),
        "actions": (
            PanelAction(label="CSV", href="/export.csv", download=True),
            PanelAction(label="JSON", href="/export.json", download=True),
        ),
        "models": _models(),
        "services": _services(),
    }


def _months() -> Months:
    months = tuple(
        MonthLink(text.month_short(Month(2026, each)), f"?r=2026-{each:02d}" if 4 <= each <= 10 else "", each == 10)
        for each in range(1, 13)
    )
    return Months(label="October 2026", previous_href="?r=2026-09", next_href="", years=(("2026", months),))


_MODELS: Final = (
    ("claude-sonnet-5", "anthropic", "5210.442012", 1_920_000_000),
    ("gpt-5.2", "openai", "3944.105511", 2_310_000_000),
    ("gemini-3-pro", "google", "2120.900001", 1_204_000_000),
    ("claude-haiku-5", "anthropic", "1312.018", 1_990_000_000),
    ("gpt-5.2-mini", "openai", "604.2251", 712_000_000),
    ("mistral-large-3", "mistral", "98.104", 44_000_000),
    ("text-embedding-4", "openai", "4.0021", 210_000_000),
)


def _models() -> Table:
    amounts = [Decimal(each[2]) for each in _MODELS]
    shown = text.usd_column([*amounts, sum(amounts, Decimal(0))])
    rows = tuple(
        Row(
            cells=(
                Cell(text=name, sub=provider, dot=True, slot=slot),
                Cell(text=sparkline(_trend(slot), mark=14 if slot == 3 else None)),
                Cell(text=text.tokens(count), title=text.counted(count)),
                Cell(text=text.percent(amounts[slot] / sum(amounts))),
                Cell(text=shown[slot], title=text.usd_exact(amounts[slot])),
            ),
            href=f"/usage?f=model:is:{name}",
        )
        for slot, (name, provider, _, count) in enumerate(_MODELS)
    )
    unpriced = Row(
        cells=(
            Cell(text="in-house-7b", sub="vllm", dot=True),
            Cell(text=sparkline((2, 4, 3, None, None, 6, 7, 5, 8, 9, 4, 6))),
            Cell(text="31.4M"),
            Cell(text=text.DASH),
            Cell(text=text.DASH, chip="unpriced"),
        ),
        muted=True,
    )
    return Table(
        caption="Spend by LLM model",
        columns=(
            Column(id="model", label="Model", href="?s=model"),
            Column(id="trend", label="Trend", hide_narrow=True),
            Column(id="tokens", label="Tokens", numeric=True, href="?s=-tokens", hide_narrow=True),
            Column(id="share", label="Share", numeric=True),
            Column(id="cost", label="Cost", numeric=True, href="?s=cost", sort="descending"),
        ),
        rows=(*rows, unpriced),
        total=Row(
            cells=(Cell(text="Total"), Cell(text=""), Cell(text="8.41B"), Cell(text="100%"), Cell(text=shown[-1]))
        ),
    )


def _trend(seed: int) -> tuple[int, ...]:
    source = random.Random(seed)
    values = [int(source.uniform(40, 60) + at * seed) for at in range(21)]
    if seed == 3:
        values[14] *= 3
    return tuple(values)


def _services() -> Table:
    rows = (
        ("Knowledge Graph hosting", "312 GB-hours", "84.2400"),
        ("Web access", "18,204 searches", "182.0400"),
        ("OCR", "9,120 pages", "13.6800"),
    )
    return Table(
        caption="Spend by other services",
        columns=(
            Column(id="service", label="Service"),
            Column(id="quantity", label="Quantity", numeric=True, hide_narrow=True),
            Column(id="cost", label="Cost", numeric=True),
        ),
        rows=tuple(
            Row(
                cells=(Cell(text=name), Cell(text=amount), Cell(text=text.usd_row(Decimal(cost), 2))),
                href=f"/usage?f=service:is:{at}",
            )
            for at, (name, amount, cost) in enumerate(rows)
        ),
        total=Row(cells=(Cell(text="Total"), Cell(text=""), Cell(text="$279.96"))),
    )


def _all_charts() -> dict[str, object]:
    source = random.Random(3)
    hours = tuple(Bucket(label=f"Wed 14 Oct 2026, {each:02d}:00", tick=f"{each:02d}:00") for each in range(24))
    users = tuple(None if 9 < at < 13 else source.randrange(20, 90) for at in range(24))
    latency = tuple(None if at == 5 else Decimal(source.randrange(400, 1900)) for at in range(24))
    many = tuple(
        Series(
            name=f"Team {chr(65 + at)}", slot=at % 7, values=tuple(source.randrange(0, 9_000_000) for _ in range(24))
        )
        for at in range(10)
    )
    months = tuple(Bucket(label=f"{name} 2026", tick=name) for name in ("Aug", "Sep", "Oct"))
    corrected = TimeChart(
        id="corrected",
        title="Spend with corrections",
        period="Aug to Oct 2026",
        unit="usd",
        buckets=months,
        series=(
            Series(name="Spend", slot=0, values=(Decimal(120), Decimal(300), Decimal(210))),
            Series(name="Adjustments", slot=1, values=(Decimal(0), Decimal(-45), Decimal("-0.2"))),
        ),
    )
    return {
        "full": stacked_bars(replace(spend_by_type(running=False), id="full", period="October 2026")),
        "many": stacked_bars(
            TimeChart(
                id="many", title="Tokens by team", period="14 Oct 2026", unit="tokens", buckets=hours, series=many
            )
        ),
        "active": lines(
            TimeChart(
                id="active",
                title="Active users",
                period="14 Oct 2026",
                unit="count",
                buckets=(*hours[:-1], replace(hours[-1], partial="partial, 20 min")),
                series=(Series(name="Active users", slot=0, values=users),),
                adds_up=False,
            )
        ),
        "latency": lines(
            TimeChart(
                id="latency",
                title="Latency",
                period="14 Oct 2026",
                unit="ms",
                buckets=hours,
                series=(
                    Series(name="p50", slot=2, values=latency),
                    Series(name="p95", slot=3, values=tuple(None if each is None else each * 2 for each in latency)),
                ),
                adds_up=False,
            )
        ),
        "corrected": stacked_bars(corrected),
        "pie": pie(
            PieChart(
                id="pie",
                title="Spend by model",
                unit="usd",
                slices=tuple(
                    Slice(name=name, slot=slot, value=Decimal(cost), href=f"/usage?f=model:is:{name}")
                    for slot, (name, _, cost, _) in enumerate(_MODELS)
                ),
            )
        ),
    }


def _all_parts() -> dict[str, object]:
    return {
        "changes": (
            text.change(Decimal(120), Decimal(100), text.usd),
            text.change(80, 100),
            text.change(10_000, 0),
            text.change(1001, 1000),
            text.change(120_000, 10_000),
            text.change_in_points(Decimal("0.052"), Decimal("0.04")),
        ),
        "error": PanelError(
            message="The figures could not be read.", retry_href="#", request_id="req_7c1f09ab", age="13:05"
        ),
        "pager": Pager(label="51 to 100 of 1,204", previous_href="#p", next_href="#n"),
        "hostile": Markup("{}").format("<script>alert(1)</script>"),
        "models": _models(),
    }


class _Pages(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args: object, written: Path, **more: object) -> None:
        super().__init__(*args, directory=str(written), **more)  # type: ignore[arg-type]  # passed through as they come

    def translate_path(self, path: str) -> str:
        bare = path.split("?", maxsplit=1)[0]
        if bare.startswith("/static/"):
            return str(STATIC_DIR / bare.removeprefix("/static/"))
        return super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve written pages and the static files on a free port, under the product's own CSP."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages, written=directory))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*flags, "--disable-component-update", "--disable-sync"]
        )
        try:
            yield found
        finally:
            found.close()


def write(directory: Path) -> list[str]:
    """Write all pages in both themes; return their file names."""
    directory.mkdir(parents=True, exist_ok=True)
    names = []
    themes: tuple[Theme, ...] = ("light", "dark")
    for theme in themes:
        for name, html in pages(theme).items():
            (directory / f"{name}-{theme}.html").write_text(html, encoding="utf-8")
            names.append(f"{name}-{theme}")
    return names


def photograph(directory: Path, names: list[str]) -> list[str]:
    """Write a PNG of every page at two widths; return what axe, the console or a page overflow complained about."""
    complaints: list[str] = []
    with served(directory) as address, browser() as chromium:
        for name in names:
            for width, height in ((1280, 900), (390, 844)):
                page = chromium.new_page(viewport={"width": width, "height": height})
                page.on("console", lambda message: complaints.append(f"{message.location['url']}: {message.text}"))
                page.goto(f"{address}/{name}.html")
                page.screenshot(path=directory / f"{name}-{width}.png", full_page=True)
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    complaints.append(f"{name} is wider than {width} px")
                results = Axe().run(page).response["violations"]
                complaints.extend(f"{name} {width}: {each['id']} {each['nodes'][0]['html'][:200]}" for each in results)
                page.close()
    return complaints


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for complaint in photograph(target, write(target)):
        print(complaint)  # noqa: T201 - a command's output
