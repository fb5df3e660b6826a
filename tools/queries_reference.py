"""The text of docs/reference/queries.md: how a question is written, and what the catalogue has to ask for."""

from typing import Final

from outlay.query.amounts import AMOUNTS
from outlay.query.catalogue import DIMENSIONS, MEASURES, Dimension, Measure, is_tag

_HEAD: Final = """\
# Questions

Every figure of Outlay is the answer to a question, and every question can be written as the query string of a URL.
Pages, the API (`GET /api/v1/usage`), exports and reports all read the same words:

```
?measures=cost,tokens&by=model&g=day&r=2026-10&cmp=prev&f=team:is:growth,core&s=-cost&n=5
```

What is not said takes the default of the page or endpoint. An unknown parameter is named in a notice; a value that a
known one can't have is refused by the API (`query_invalid`), and replaced by the default, with a notice, on a page.

## Parameters

| Parameter | Says | Written |
| --- | --- | --- |
| `measures` | what is asked | ids of measures (below), with commas |
| `by` | one row for each | ids of dimensions (below), with commas |
| `g` (`grain`) | buckets of time | `none`, `15m`, `hour`, `day`, `week` (from Monday), `month` |
| `r` | the time range | see below |
| `tz` | the zone of days and hours, when it is not the organisation's | an IANA name such as `Europe/Berlin` |
| `cmp` | compared with | `prev`, `year`, `weekdays`, a range, or `none`: see below |
| `f` | filter; several are all to be met | see below |
| `s` | sorted by | the id of a measure or dimension that is asked for; with `-` in front, biggest first |
| `n` | only so many groups | a number, or `all` |
| `rest` | what becomes of the other groups | `other`: one row together; `cut`: left out |
| `tags` | by tag, what has several | `repeat`: counts with each; `split`: its cost and tokens are divided among them |
| `q` | text that a page looks for in names | text |
| `live` | a page that follows new events | `1` |
| `v` | the version of this grammar | `1` |

## Ranges

| Written | Means |
| --- | --- |
| `30d` | the last 30 local days, today included |
| `24h` | the last 24 hours, up to now |
| `mtd` | this local month up to and with today |
| `2026-10` | a whole local month |
| `fq7`, `fy7` | the running fiscal quarter or year up to and with today, where fiscal years begin with month 7 |
| `fq7-1`, `fy7-1` | the whole fiscal quarter or year before that; `-2` the one before, and so on |
| `2026-10-01`, `2026-10-01..15`, `2026-10-01..2026-11-15` | local days, both included |
| `2026-10-01T05:00..2026-10-02T00:00` | local clock times, the end excluded |
| `2026-10-25T00:00Z..2026-10-25T01:00Z` | instants in UTC: for an hour that the clock repeats |

## Comparisons

| Written | Compared with |
| --- | --- |
| `prev` | the range before: a month with the month before, seven days with the seven days before |
| `year` | the same local dates a year earlier: a month with the same month, 29 February with the 28th |
| `weekdays` | the same weekdays: the range as many whole weeks earlier as it has begun |
| `2026-09-01..15` | a range of one's own, written as in `r` |

A running range is compared with the same elapsed part by the local clock: on 15 October at 12:00, `2026-10` is
compared with September up to the 15th at 12:00. The answer says so, and also where the other period is too short for
that (it is compared as far as it goes), where two periods that are over differ in length (figures are never scaled),
and where the other period is itself not over yet. Bucket by bucket, the first meets the first, the second the second.

## Filters

`DIMENSION:is:VALUE,VALUE` is any of the values; `DIMENSION:not:VALUE` is everything else, what has no value included;
`DIMENSION:has` and `DIMENSION:none` ask whether there is a value; `DIMENSION:none_or:VALUE,VALUE` is what has none and
any of the values together. Tags are written `tag:is:env:prod`, or by their key `tag:env:is:prod`. A comma or percent
sign *inside* a value is written `%2C` or `%25`, before the URL is encoded as usual.

`AMOUNT:over:NUMBER` is the events with more than that, `AMOUNT:under:NUMBER` those with less: `latency_ms:over:5000`,
`cost:over:0.5`. What is unknown is neither; `cost:none` asks for it. A correction is an event of its own, with an
amount that may be negative, and passes by itself.

## Answers

- Counts are whole numbers; money, quantities and ratios are decimal numbers, exact; ratios have twelve decimals.
- First and last times are instants in UTC. An adjustment is no request, so it moves neither.
- Unknown is not zero: a sum of which no part is known is null, and so is an average over nothing.
- Totals are figured from the events themselves, not by adding up rows. The answer carries the proof: for every measure
  that adds up, what the rows make beside the total. By tag they may differ, because what has several tags counts with
  each.
- With `tags=split` every event's cost and tokens are divided evenly among its tags (of the key asked for), each token
  count and each amount on its own, in whole tokens and picodollars; what is left of an event goes to its first tag in
  alphabetical order. So cost and tokens make exactly their totals. Requests, users, averages and percentiles count with
  each.
- A group whose value is null stands for the events that have none. With `n`, the other groups are one row, figured
  from its own events: its users are counted, not added.
- Percentiles are nearest rank: a latency that some request really had.
- Rows come in the asked order, then by the dimensions, null last; over time, bucket by bucket.
- An answer of more than 200,000 rows is refused, never cut.
- With `n` and `rest=cut` an API answer carries `next`: the same question with that as `after` gives the groups that
  follow, as many again, over the same stretch of time, and `next` is null on the last page. The place is a figure and a
  key, not a number: what comes before may grow and shrink. A group whose own figure moves meanwhile may be met twice or
  not at all; ordered by a dimension, or over a range that is over, none is.

"""

_DIMENSIONS_HEAD: Final = """
## Dimensions

Those marked with * are in the day rollup, as are the measures marked so: a question that names only those, over whole
days in the organisation's zone, is answered from sums per day. The figures are the same, only sooner.

| Id | Name | Meaning |
| --- | --- | --- |
"""

_MEASURES_HEAD: Final = """\
## Measures

| Id | Name | Unit | Adds up | Meaning |
| --- | --- | --- | --- | --- |
"""

_AMOUNTS_HEAD: Final = """
## Amounts

What a single event has a number of: for the filters `over` and `under`.

| Id | Name | Unit |
| --- | --- | --- |
"""


def queries_page() -> str:
    """Return docs/reference/queries.md."""
    measures = "".join(_measure_row(each) for each in MEASURES.values())
    dimensions = "".join(_dimension_row(each) for each in DIMENSIONS.values())
    amounts = "".join(f"| `{each.id}` | {each.label} | {each.unit} |\n" for each in AMOUNTS.values())
    return _HEAD + _MEASURES_HEAD + measures + _DIMENSIONS_HEAD + dimensions + _AMOUNTS_HEAD + amounts


def _measure_row(measure: Measure) -> str:
    star = " *" if measure.in_rollup else ""
    adds_up = "yes" if measure.additive else "no"
    return f"| `{measure.id}`{star} | {measure.label} | {measure.unit} | {adds_up} | {measure.description} |\n"


def _dimension_row(dimension: Dimension) -> str:
    star = " *" if dimension.in_rollup or is_tag(dimension.id) else ""
    return f"| `{dimension.id}`{star} | {dimension.label} | {dimension.description} |\n"
