"""The columns that the table of usage can have. Its first column, the name, is always there."""

from typing import Final

from msgspec import Struct

from outlay.query.catalogue import MEASURES

NAME: Final = "name"
TREND: Final = "trend"
MODELS: Final = "models"
SHARE: Final = "share"


class UsageColumn(Struct, frozen=True, kw_only=True):
    """One column. `order` is the measure that it is sorted by (the trend: by its spikes, see `place`); `wide` columns
    are not there on a phone. `events` says that its figures are in no sums per day.
    """

    id: str
    label: str
    order: str = ""
    wide: bool = True
    events: bool = False
    default: bool = False


def _measured(name: str, label: str = "", *, wide: bool = True, default: bool = False) -> UsageColumn:
    measure = MEASURES[name]
    return UsageColumn(
        id=name,
        label=label or measure.label,
        order=name,
        wide=wide,
        events=not measure.in_rollup,
        default=default,
    )


COLUMNS: Final[tuple[UsageColumn, ...]] = (
    UsageColumn(id=TREND, label="Trend", wide=False, default=True),
    UsageColumn(id=MODELS, label="Models", order="models", default=True),
    _measured("requests", default=True),
    _measured("input_tokens", "Input", default=True),
    _measured("output_tokens", "Output", default=True),
    _measured("tokens", "Tokens"),
    _measured("cache_read_tokens", "Cache reads"),
    _measured("errors"),
    _measured("error_rate"),
    _measured("unpriced_requests", "Unpriced"),
    _measured("average_cost_per_request", "Average cost"),
    _measured("first_time", "First seen"),
    _measured("last_time", "Last seen"),
    UsageColumn(id=SHARE, label="Share of cost", order="cost"),
    _measured("cost", wide=False, default=True),
)
DEFAULT_COLUMNS: Final[tuple[str, ...]] = tuple(each.id for each in COLUMNS if each.default)


def read_columns(text: str) -> tuple[tuple[UsageColumn, ...], tuple[str, ...]]:
    """Return the columns that a text names, in the order of the table (nothing: the default), and what is none."""
    named = {each for each in text.split(",") if each}
    chosen = tuple(each for each in COLUMNS if each.id in named)
    unknown = tuple(sorted(named - {each.id for each in COLUMNS}))
    return chosen or tuple(each for each in COLUMNS if each.default), unknown


def write_columns(columns: tuple[UsageColumn, ...]) -> str:
    """Return the text that `read_columns` reads as these; nothing for the default."""
    names = tuple(each.id for each in columns)
    return "" if names == DEFAULT_COLUMNS else ",".join(names)
