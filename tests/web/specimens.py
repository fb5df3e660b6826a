"""Plausible values for every part and chart: what the gallery shows, and the tests of charts start from."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from outlay.kit.period import Month
from outlay.web import format as text
from outlay.web.charts import Bucket, Mark, PieChart, Series, Slice, TimeChart, lines, pie, sparkline, stacked_bars
from outlay.web.parts import Card, Cell, Column, MonthLink, Months, Pager, PanelAction, PanelError, Row, Tab, Table
from outlay.web.render import NavItem, Notice, Shell, ShellMember, Theme

_FIRST: Final = date(2026, 10, 1)


def shell(theme: Theme) -> Shell:
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


def notices() -> tuple[Notice, ...]:
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


def consumption() -> dict[str, object]:
    return {
        "tabs": (Tab("Cost", "?v=cost", current=True), Tab("Activity", "?v=activity")),
        "months": _months(),
        "cards": _cards(),
        "spend": stacked_bars(replace(spend_by_type(), marks=marks_of_october())),
        "actions": (
            PanelAction(label="CSV", href="/export.csv", download=True),
            PanelAction(label="JSON", href="/export.json", download=True),
        ),
        "models": _models(),
        "services": _services(),
    }


def marks_of_october() -> tuple[Mark, ...]:
    """Return marks of every kind; four of them lie close together."""
    return (
        Mark(bucket=1, kind="price", text="claude-sonnet-5: input $3.00 → $2.50 / 1M", href="/calls?r=2026-10-02"),
        Mark(bucket=8, kind="model", text="New model gpt-5.2-mini", href="/calls?r=2026-10-09"),
        Mark(
            bucket=9,
            kind="note",
            text="<b>Launch</b> of the assistant, for all customers in Europe",
            href="/annotations",
        ),
        Mark(bucket=9, kind="key", text="API key ci was revoked", when="10 Oct 2026, 09:41"),
        Mark(bucket=10, kind="import", text="Import of 12,345 events of 1 Oct 2026 (aider)"),
        Mark(bucket=20, kind="note", text="Freeze"),
    )


def _cards() -> tuple[Card, ...]:
    spent = sum((Decimal(each or 0) for each in spend_by_type().totals), Decimal(0))
    baseline = f"vs {text.days(date(2026, 9, 1), date(2026, 9, 21))}"
    return (
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
    )


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


def all_charts() -> dict[str, object]:
    october = spend_by_type(running=False)
    return {
        "full": stacked_bars(replace(october, id="full", period="October 2026")),
        "many": stacked_bars(tokens_by_team()),
        "active": lines(active_users()),
        "latency": lines(latency()),
        "corrected": stacked_bars(corrected()),
        "marked": lines(replace(active_users(), id="marked", marks=_marks_of_a_day())),
        "pie": pie(spend_by_model()),
    }


def hours() -> tuple[Bucket, ...]:
    return tuple(Bucket(label=f"Wed 14 Oct 2026, {each:02d}:00", tick=f"{each:02d}:00") for each in range(24))


def tokens_by_team() -> TimeChart:
    """Return ten teams: three more than are shown on their own."""
    source = random.Random(3)
    return TimeChart(
        id="many",
        title="Tokens by team",
        period="14 Oct 2026",
        unit="tokens",
        buckets=hours(),
        series=tuple(
            Series(
                name=f"Team {chr(65 + at)}",
                slot=at % 7,
                values=tuple(source.randrange(0, 9_000_000) for _ in range(24)),
            )
            for at in range(10)
        ),
    )


def active_users() -> TimeChart:
    """Return a count with a gap and a running last hour."""
    source = random.Random(4)
    known = hours()
    return TimeChart(
        id="active",
        title="Active users",
        period="14 Oct 2026",
        unit="count",
        buckets=(*known[:-1], replace(known[-1], partial="partial, 20 min")),
        series=(
            Series(
                name="Active users",
                slot=0,
                values=tuple(None if 9 < at < 13 else source.randrange(20, 90) for at in range(24)),
            ),
        ),
        adds_up=False,
    )


def _marks_of_a_day() -> tuple[Mark, ...]:
    """Return a mark for every hour: more flags than fit a narrow chart."""
    return tuple(Mark(bucket=at, kind="note", text=f"Deployment {at + 1}", when=f"{at:02d}:30") for at in range(24))


def latency() -> TimeChart:
    source = random.Random(5)
    median = tuple(None if at in {5, 7} else Decimal(source.randrange(400, 1900)) for at in range(24))
    return TimeChart(
        id="latency",
        title="Latency",
        period="14 Oct 2026",
        unit="ms",
        buckets=hours(),
        series=(
            Series(name="p50", slot=2, values=median),
            Series(name="p95", slot=3, values=tuple(None if each is None else each * 2 for each in median)),
        ),
        adds_up=False,
    )


def corrected() -> TimeChart:
    """Return three months with corrections below zero."""
    return TimeChart(
        id="corrected",
        title="Spend with corrections",
        period="Aug to Oct 2026",
        unit="usd",
        buckets=tuple(Bucket(label=f"{name} 2026", tick=name) for name in ("Aug", "Sep", "Oct")),
        series=(
            Series(name="Spend", slot=0, values=(Decimal(120), Decimal(300), Decimal(210))),
            Series(name="Adjustments", slot=1, values=(Decimal(0), Decimal(-45), Decimal("-0.2"))),
        ),
    )


def spend_by_model() -> PieChart:
    return PieChart(
        id="pie",
        title="Spend by model",
        unit="usd",
        slices=tuple(
            Slice(name=name, slot=slot, value=Decimal(cost), href=f"/usage?f=model:is:{name}")
            for slot, (name, _, cost, _) in enumerate(_MODELS)
        ),
    )


def all_parts() -> dict[str, object]:
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
