"""The chart: how many users were active, step by step; by team, how many requests each of the biggest teams made."""

from collections.abc import Iterable, Mapping
from typing import Final

from outlay.query.ask import Filter
from outlay.query.buckets import Bucket as Step
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.query.timerange import span_of
from outlay.web import format as text
from outlay.web.charts import Bucket, Series, TimeChart, stacked_bars
from outlay.web.pages.usage.figures import TEAMS_DRAWN, UsageFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.view.groups import groups_of, summed
from outlay.web.view.panels import Panel, Proof, as_count, proof_of
from outlay.web.view.place import only, without_values
from outlay.web.view.ranges import range_text
from outlay.web.view.timeline import STEP_NAMES, as_bucket, range_of, shown_steps

USER_SLOT: Final = 0
ACTIVE: Final[Mapping[str, str]] = {"active_users": "Active users", "requests": "Requests"}
NO_TEAM: Final = "No team"
OTHERS: Final = "Other"
GroupKey = tuple[str | None, bool]  # a team (None: without one), and whether it stands for all others


def activity_panel(told: Told, figures: UsageFigures) -> Panel:
    """Return the chart in its panel."""
    step = STEP_NAMES[told.place.grain]
    ends = f"; days end at midnight in {told.zone.key}" if told.place.grain in {"day", "week", "month"} else ""
    if told.place.subject == "team":
        title, proof = f"Requests per {step} by team", _proof(told, figures)
        series = _team_series(told, figures.activity)
    else:
        measure = figures.activity.query.measures[0]
        title, proof = f"{ACTIVE[measure]} per {step}", None
        series = (_one_series(told, figures.activity, measure),)
    steps = shown_steps(figures.activity)
    asked = told.place.query.range
    chart = TimeChart(
        id="by-time",
        title=title,
        period=text.capital(range_text(asked, span_of(asked, told.zone, told.now), told.zone)),
        unit="count",
        buckets=tuple(_bucket(told, each) for each in steps),
        series=series,
        marks=told.marks(steps),
        adds_up=figures.activity.query.measures == ("requests",),
    )
    return Panel(id="activity", title=title, subtitle=_subtitle(told) + ends, chart=stacked_bars(chart), proof=proof)


def team_keys(result: Result) -> tuple[tuple[str, ...], tuple[GroupKey, ...]]:
    """Return the teams that have a series of their own, the biggest first, and the groups that are one together."""
    found = [each.key for each in groups_of(result, lambda row: (row.key[0], row.other), "requests")]
    named = [key for key, other in found if key is not None and not other]
    folded = [(key, False) for key in named[TEAMS_DRAWN:]] + [each for each in found if each[1]]
    return tuple(named[:TEAMS_DRAWN]), tuple(folded)


def values_of(result: Result) -> Mapping[GroupKey, Mapping[int, Value]]:
    """Return the figures of each group by the number of the step."""
    measure = result.query.measures[0]
    found: dict[GroupKey, dict[int, Value]] = {}
    for row in result.rows:
        if row.bucket is not None:
            found.setdefault((row.key[0] if row.key else None, row.other), {})[row.bucket] = result.figure(row, measure)
    return found


def _one_series(told: Told, result: Result, measure: str) -> Series:
    steps = shown_steps(result)
    values = values_of(result).get((None, False), {})
    only_users = () if measure == "requests" else (Filter("user", "has"),)
    return Series(
        name=ACTIVE[measure],
        slot=USER_SLOT,
        values=tuple(values.get(at, 0) for at in range(len(steps))),
        hrefs=_hrefs(told, steps, values, only_users),
    )


def _team_series(told: Told, result: Result) -> tuple[Series, ...]:
    steps, values = shown_steps(result), values_of(result)
    named, folded = team_keys(result)
    labels = told.names.of("team", named)
    has_none = (None, False) in values

    def series(name: str, slot: int | None, groups: Iterable[GroupKey], filters: tuple[Filter, ...]) -> Series:
        added = _added([values[each] for each in groups], len(steps))
        return Series(
            name=name,
            slot=slot,
            values=tuple(added.get(at, 0) for at in range(len(steps))),
            href=told.links.narrowed(*filters),
            hrefs=_hrefs(told, steps, added, filters),
        )

    found = [series(labels[key].name, labels[key].slot, [(key, False)], (only("team", key),)) for key in named]
    if has_none:
        found.append(series(NO_TEAM, None, [(None, False)], (only("team", None),)))
    if folded:
        # What has no team is among the others, unless it stands for itself.
        others = without_values("team", named) if has_none else (Filter("team", "not", named),)
        found.append(series(OTHERS, None, folded, others))
    return tuple(found)


def _added(several: list[Mapping[int, Value]], count: int) -> Mapping[int, Value]:
    return {at: summed(each.get(at) for each in several) for at in range(count) if any(at in each for each in several)}


def _hrefs(
    told: Told, steps: tuple[Step, ...], values: Mapping[int, Value], filters: tuple[Filter, ...]
) -> tuple[str, ...]:
    return tuple(
        told.links.calls(*filters, range=range_of(step, told.zone)) if values.get(at) else ""
        for at, step in enumerate(steps)
    )


def _bucket(told: Told, step: Step) -> Bucket:
    href = told.links.calls(range=range_of(step, told.zone))
    return as_bucket(step, told.place.grain, told.zone, told.now, href)


def _proof(told: Told, figures: UsageFigures) -> Proof:
    total = figures.head.total("requests")
    named, folded = team_keys(figures.activity)
    values = values_of(figures.activity)
    labels = told.names.of("team", named)
    lines = [(labels[key].name, summed(values[key, False].values())) for key in named]
    if (None, False) in values:
        lines.append((NO_TEAM, summed(values[None, False].values())))
    if folded:
        lines.append((OTHERS, summed(value for each in folded for value in values[each].values())))
    summary = f"Teams add up to {text.counted(as_count(total))} requests"
    return proof_of(summary, lines, total, holds=True, money=False)


def _subtitle(told: Told) -> str:
    match told.place.subject, told.place.viewer.role:
        case "team", _:
            return "The biggest teams in the range"
        case _, "member":
            return "Your own calls"
        case _:
            return "Users with at least one request"
