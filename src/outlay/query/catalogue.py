"""Every measure and every dimension, declared once: pages, API, exports and the reference page all read this table.

A measure says *what* is computed (`figure`), never how an engine writes it; `dialect` and `sql` do that.
"""

from typing import Final, Literal, TypeVar

from msgspec import Struct

from outlay.ledger.schema import ABOUT, ROLLUP_KEYS, ROLLUP_SUMS
from outlay.query.figures import Distinct, Extreme, Figure, OneUnit, Percentile, Quotient, Total, columns_of

Kind = Literal["count", "tokens", "money", "ratio", "duration", "distinct", "quantity", "time"]


class SourceColumn(Struct, frozen=True):
    """How a column is made from a row of the events, and from a row of the day sums or else of the runs per day (None:
    it can't be).
    """

    events: str
    rollup: str | None
    runs: str | None = None


class Measure(Struct, frozen=True, kw_only=True):
    """Something that can be asked for. The id is the same in API, URL, SQL alias and page."""

    id: str
    label: str
    kind: Kind
    unit: str
    description: str
    figure: Figure

    @property
    def additive(self) -> bool:
        """Whether the figures of disjoint parts add up to the figure of the whole."""
        return self.kind in {"count", "tokens", "money"}

    @property
    def divisible(self) -> bool:
        """Whether an event's part in it can be divided among the event's tags."""
        return self.kind in {"tokens", "money"}

    @property
    def in_rollup(self) -> bool:
        return all(SOURCE_COLUMNS[column].rollup is not None for column in columns_of(self.figure))

    @property
    def of_runs(self) -> bool:
        """Whether it is made from the runs per day."""
        return all(SOURCE_COLUMNS[column].runs is not None for column in columns_of(self.figure))


class Dimension(Struct, frozen=True, kw_only=True):
    """Something to group by and filter on: a column of the events."""

    id: str
    label: str
    description: str

    @property
    def in_rollup(self) -> bool:
        return self.id in ROLLUP_KEYS


TAG: Final = "tag"
TAG_KEY: Final = "tag:"  # `tag:env` groups by the value of the tags with the key env


_Entry = TypeVar("_Entry", Measure, Dimension)


def _by_id(*entries: _Entry) -> dict[str, _Entry]:
    return {entry.id: entry for entry in entries}


def _source_columns() -> dict[str, SourceColumn]:
    counted = '"requests" > 0'
    made = {name: SourceColumn(expression, f'"{name}"') for name, (_, expression) in ROLLUP_SUMS.items()}
    unpriced = made["unpriced_requests"]
    made["priced_requests"] = SourceColumn(f'"requests" - ({unpriced.events})', f'"requests" - {unpriced.rollup}')
    # Of an average nothing is divided among tags.
    made["undivided_cost"] = made["cost"]
    for name in ("user", "team"):
        known = f'CASE WHEN "{name}" IS NOT NULL THEN "requests" ELSE 0 END'
        made[f"{name}_requests"] = SourceColumn(known, known)
    # An adjustment alone makes nobody active: only rows that stand for requests count.
    for name in ("user", "team", "agent", "model"):
        active = f'CASE WHEN {counted} THEN "{name}" END'
        made[f"active_{name}"] = SourceColumn(active, active)
    for name in ("run_id", "session_id", "latency_ms", "first_token_ms", "time"):
        runs = '"run_id"' if name == "run_id" else None
        made[f"requested_{name}"] = SourceColumn(f'CASE WHEN {counted} THEN "{name}" END', None, runs)
    made["lone_runs"] = SourceColumn("CAST(NULL AS BIGINT)", None, '"lone_runs"')
    unit = 'CASE WHEN "quantity" IS NOT NULL THEN "unit" END'
    made["quantity_unit"] = SourceColumn(unit, unit)
    return made


SOURCE_COLUMNS: Final[dict[str, SourceColumn]] = _source_columns()

_CACHE_WRITES: Final = ("cache_write_5m", "cache_write_1h", "cache_write_other")
INPUTS: Final = ("input_uncached", "cache_read", *_CACHE_WRITES)


def _count(name: str, label: str, description: str) -> Measure:
    figure = Total((name,))
    return Measure(id=name, label=label, kind="count", unit="requests", description=description, figure=figure)


def _tokens(name: str, label: str, columns: tuple[str, ...], description: str) -> Measure:
    figure = Total(columns)
    return Measure(id=name, label=label, kind="tokens", unit="tokens", description=description, figure=figure)


def _money(name: str, label: str, description: str) -> Measure:
    figure = Total((name,))
    return Measure(id=name, label=label, kind="money", unit="USD", description=description, figure=figure)


def _distinct(name: str, label: str, column: str, description: str, *, alone: str | None = None) -> Measure:
    return Measure(
        id=name,
        label=label,
        kind="distinct",
        unit=name.rpartition("_")[-1],
        description=description,
        figure=Distinct(column, alone),
    )


def _latency(percent: int) -> Measure:
    return Measure(
        id=f"latency_p{percent}",
        label=f"Latency p{percent}",
        kind="duration",
        unit="ms",
        description=f"{percent} % of the requests with a known latency were answered within this time (nearest rank).",
        figure=Percentile("requested_latency_ms", percent),
    )


def _first_token(percent: int) -> Measure:
    return Measure(
        id=f"first_token_p{percent}",
        label=f"First token p{percent}",
        kind="duration",
        unit="ms",
        description=f"{percent} % of the requests where it is known had their first token within this time "
        "(nearest rank).",
        figure=Percentile("requested_first_token_ms", percent),
    )


def _moment(name: str, label: str, description: str, *, largest: bool) -> Measure:
    figure = Extreme("requested_time", largest=largest)
    return Measure(id=name, label=label, kind="time", unit="UTC", description=description, figure=figure)


MEASURES: Final[dict[str, Measure]] = _by_id(
    _count("requests", "Requests", "Metered operations. An adjustment is none."),
    _count("errors", "Errors", "Requests with status `error`."),
    Measure(
        id="error_rate",
        label="Error rate",
        kind="ratio",
        unit="ratio",
        description="Errors / requests.",
        figure=Quotient(Total(("errors",)), Total(("requests",))),
    ),
    _tokens("input_tokens", "Input tokens", INPUTS, "All input: uncached, read from and written to a cache."),
    _tokens("input_uncached_tokens", "Uncached input", ("input_uncached",), "Input that no cache had a part in."),
    _tokens("cache_read_tokens", "Cache reads", ("cache_read",), "Input read from the provider's cache."),
    _tokens("cache_write_tokens", "Cache writes", _CACHE_WRITES, "Input written to a cache, whatever its lifetime."),
    _tokens("cache_write_5m_tokens", "Cache writes, 5 min", ("cache_write_5m",), "Written to a five-minute cache."),
    _tokens("cache_write_1h_tokens", "Cache writes, 1 h", ("cache_write_1h",), "Written to a one-hour cache."),
    _tokens("cache_write_other_tokens", "Cache writes, other", ("cache_write_other",), "Of another lifetime."),
    _tokens("output_tokens", "Output tokens", ("output",), "All output, reasoning included."),
    _tokens("reasoning_tokens", "Reasoning tokens", ("reasoning",), "The part of the output spent on reasoning."),
    _tokens("tokens", "Tokens", (*INPUTS, "output"), "Input tokens + output tokens."),
    _money("cost", "Cost", "What the priced requests cost; unpriced ones are unknown, not zero."),
    _money("cost_input", "Cost of uncached input", "The part of the cost for uncached input."),
    _money("cost_cache_read", "Cost of cache reads", "The part of the cost for input read from a cache."),
    _money("cost_cache_write", "Cost of cache writes", "The part of the cost for input written to a cache."),
    _money("cost_output", "Cost of output", "The part of the cost for output."),
    _money("cost_other", "Cost of other", "The part of the cost for anything else: searches, pages, fees."),
    _money("reported_cost", "Reported cost", "What the sources themselves said their requests cost."),
    _count("unpriced_requests", "Unpriced requests", "Requests whose cost is unknown because no price is known."),
    _count("estimated_requests", "Estimated requests", "Requests whose cost is an estimate."),
    _distinct("active_users", "Active users", "active_user", "Different users with at least one request."),
    _distinct("active_teams", "Active teams", "active_team", "Different teams with at least one request."),
    _distinct("active_agents", "Active agents", "active_agent", "Different agents with at least one request."),
    _distinct("models", "Models", "active_model", "Different models with at least one request."),
    _distinct("runs", "Runs", "requested_run_id", "Different runs with at least one request.", alone="lone_runs"),
    _distinct("sessions", "Sessions", "requested_session_id", "Different sessions with at least one request."),
    _latency(50),
    _latency(95),
    _latency(99),
    _first_token(50),
    _first_token(95),
    _first_token(99),
    _moment("first_time", "First request", "When the first of the requests was made.", largest=False),
    _moment("last_time", "Last request", "When the last of the requests was made.", largest=True),
    Measure(
        id="quantity",
        label="Quantity",
        kind="quantity",
        unit="unit",
        description="Pages, searches, GB-hours … of a service; unknown where several units are mixed: "
        "group by `unit`, or filter on one.",
        figure=OneUnit("quantity", "quantity_unit"),
    ),
    Measure(
        id="average_cost_per_request",
        label="Average cost",
        kind="ratio",
        unit="USD/request",
        description="Cost / requests that are not unpriced.",
        figure=Quotient(Total(("undivided_cost",)), Total(("priced_requests",))),
    ),
    Measure(
        id="requests_per_user",
        label="Requests per user",
        kind="ratio",
        unit="requests/user",
        description="Requests of known users / active users.",
        figure=Quotient(Total(("user_requests",)), Distinct("active_user")),
    ),
    Measure(
        id="requests_per_team",
        label="Requests per team",
        kind="ratio",
        unit="requests/team",
        description="Requests of known teams / active teams.",
        figure=Quotient(Total(("team_requests",)), Distinct("active_team")),
    ),
)

DIMENSIONS: Final[dict[str, Dimension]] = _by_id(
    Dimension(id="user", label="User", description="The person a request is attributed to."),
    Dimension(id="team", label="Team", description="The team a request is attributed to."),
    Dimension(id="api_key", label="API key", description="The key the request came with."),
    Dimension(id="agent", label="Agent", description="The agent (worker) that made the request."),
    Dimension(id="agent_type", label="Agent type", description="`api`, `framework` or `no_code`."),
    Dimension(id="parent_agent", label="Parent agent", description="The agent that started the agent."),
    Dimension(id="pod", label="Pod", description="The project with its own budget."),
    Dimension(id="task", label="Task", description="The task inside a pod."),
    Dimension(
        id=TAG,
        label="Tag",
        description="A `key:value` tag. A request with several tags counts with each, so rows may make more than the "
        "total; `tags=split` divides its cost and tokens among them. `tag:KEY` groups by the values of one key.",
    ),
    Dimension(id="service", label="Service", description="`llm`, or another billed service."),
    Dimension(id="operation", label="Operation", description="What was asked of the service: chat, embeddings …"),
    Dimension(id="provider", label="Provider", description="Who served the request."),
    Dimension(id="model", label="Model", description="The canonical model name."),
    Dimension(id="model_raw", label="Model as sent", description="The model name as the source wrote it."),
    Dimension(id="status", label="Status", description="`ok`, `error`, `cancelled`, `blocked` or `pending`."),
    Dimension(
        id="cost_status",
        label="Cost status",
        description="`priced`, `reported`, `estimated`, `unpriced` or `free`.",
    ),
    Dimension(id="source", label="Source", description="Where the event came from: `gateway`, `api:NAME` …"),
    Dimension(id="run_id", label="Run", description="One execution of an agent."),
    Dimension(id="session_id", label="Session", description="A conversation of several runs."),
    Dimension(id="response_id", label="Response", description="The id the provider gave its answer."),
    Dimension(id="id", label="Event", description="The id of an event, as its source named it."),
    Dimension(id="unit", label="Unit", description="What a quantity counts: pages, searches …"),
    Dimension(id="variant", label="Variant", description="The price variant: batch, flex, priority …"),
)


def column_of(dimension: str) -> str:
    """Return the SQL of a dimension that is no tag. What was written about an event later counts with its id."""
    return ABOUT if dimension == "id" else f'"{dimension}"'


def is_tag(dimension: str) -> bool:
    """Whether this is `tag` or a `tag:KEY`: a dimension of which one event may have several values."""
    return dimension == TAG or dimension.startswith(TAG_KEY)


def dimension_label(dimension: str) -> str:
    known = DIMENSIONS.get(dimension)
    return known.label if known else f"Tag {dimension.removeprefix(TAG_KEY)}"
