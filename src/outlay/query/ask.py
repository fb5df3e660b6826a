"""The question: what is asked, for whom, of which time. It can't be built without a viewer, nor with an id that the
catalogue doesn't know; `refine` turns it into one that can be answered, `parse` reads it from a URL and writes it.
"""

from typing import Final, Literal, get_args

from msgspec import Struct

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.kit.period import parse_zone
from outlay.query.amounts import AMOUNTS, parse_bound
from outlay.query.baseline import COMPARISONS, Baseline, Comparison
from outlay.query.buckets import Bucket, Grain
from outlay.query.catalogue import DIMENSIONS, MEASURES, TAG_KEY
from outlay.query.timerange import LastDays, Span, TimeRange

Operator = Literal["is", "not", "has", "none", "none_or", "over", "under"]
Rest = Literal["other", "cut"]
TagSums = Literal["repeat", "split"]
Key = tuple[str | None, ...]  # of a group: one value for each dimension, None where the events have none

GRAINS: Final[tuple[Grain, ...]] = get_args(Grain)
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
OF_VALUES: Final[frozenset[Operator]] = frozenset({"is", "not", "none_or", "over", "under"})
OF_AMOUNTS: Final[frozenset[Operator]] = frozenset({"has", "none", "over", "under"})
OF_DIMENSIONS: Final[frozenset[Operator]] = frozenset({"is", "not", "has", "none", "none_or"})
TAG_SUMS: Final[tuple[TagSums, ...]] = get_args(TagSums)
RESTS: Final[tuple[Rest, ...]] = get_args(Rest)

MOST_DIMENSIONS: Final = 6
MOST_FILTERS: Final = 50
MOST_TAG_KEY_CHARS: Final = 256
MOST_LIMIT: Final = 10_000
MOST_OFFSET: Final = 1_000_000


class Filter(Struct, frozen=True, order=True):
    """`is` one of the values, `not` any of them (a missing value is not any), `has` a value, has `none`, or has
    `none_or` one of the values.

    Of a tag dimension, which may have several values at once, `is` asks for at least one of them and `not` for none.
    In place of a dimension it may name an amount: then it is `over` or `under` one number; unknown is neither.
    """

    dimension: str
    operator: Operator
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.dimension not in AMOUNTS:
            check_dimension(self.dimension)
        known = OF_AMOUNTS if self.dimension in AMOUNTS else OF_DIMENSIONS
        if self.operator not in known:
            listed = ", ".join(each for each in OPERATORS if each in known)
            raise QueryInvalid(f"{self.operator!r} is no filter operator of {self.dimension}; those are {listed}")
        if bool(self.values) != (self.operator in OF_VALUES):
            wanted = "takes no values" if self.values else "needs a value"
            raise QueryInvalid(f"the filter {self.dimension}:{self.operator} {wanted}")
        if any(not is_storable(value) for value in self.values):
            raise QueryInvalid(f"a value of the filter on {self.dimension} is no valid text")
        if self.operator in {"over", "under"}:
            self._check_bound()

    def _check_bound(self) -> None:
        if len(self.values) > 1:
            raise QueryInvalid(f"the filter {self.dimension}:{self.operator} takes one number, not {len(self.values)}")
        try:
            parse_bound(self.values[0])
        except ValueError as error:
            raise QueryInvalid(f"the filter {self.dimension}:{self.operator}: {error}") from None


class Order(Struct, frozen=True):
    """Sort by a measure or dimension of the question; ties are broken by the dimensions, unknown comes last."""

    by: str
    descending: bool = False


class Scope(Struct, frozen=True):
    """Which events a viewer may see: all of the organisation, or those of these teams and of this user."""

    organisation: str
    everything: bool
    user: str | None = None
    teams: tuple[str, ...] = ()


class Query(Struct, frozen=True):
    """A question. Build it with the fields up to `totals`; the others are filled by `refine`, whatever they held.

    `limit` keeps the first N groups by `order`; `rest` says whether the others are folded into one remainder row or
    left out (`cut`). Cut groups can be paged: `offset` leaves out as many first, `after` begins behind the cursor that
    `Result.next` was. `keys` names the groups in place of order and limit: exactly these, in this order, a row for each
    that has any events. `count_groups` asks how many groups there are. Without `totals` none are figured, and nothing
    is proven: for what a page shows beside a question that has them. `zone` is an IANA name, None for the
    organisation's.

    By tag, an event with several tags counts with each (`repeat`); or its cost and tokens are divided evenly among them
    (`split`), so that the rows make the total. Everything else repeats: there is no half request, and no half user.
    """

    viewer: Viewer
    measures: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    grain: Grain = "none"
    range: TimeRange = LastDays(30)
    filters: tuple[Filter, ...] = ()
    comparison: Comparison = "none"
    order: Order | None = None
    limit: int | None = None
    rest: Rest = "other"
    zone: str | None = None
    tags: TagSums = "repeat"
    keys: tuple[Key, ...] | None = None
    offset: int = 0
    after: str | None = None
    count_groups: bool = False
    totals: bool = True
    # filled by refine
    scope: Scope | None = None
    span: Span | None = None
    buckets: tuple[Bucket, ...] = ()
    baseline: Baseline | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.viewer, Viewer):
            raise TypeError("a question needs the Viewer it is asked for")
        for measure in self.measures:
            check_measure(measure)
        for dimension in self.dimensions:
            check_dimension(dimension)
        self._check_sizes()
        self._check_choices()
        self._check_order()
        self._check_paging()
        self._check_keys()

    def _check_sizes(self) -> None:
        if len(self.dimensions) > MOST_DIMENSIONS:
            raise QueryInvalid(f"a question has at most {MOST_DIMENSIONS} dimensions")
        if len(self.filters) > MOST_FILTERS:
            raise QueryInvalid(f"a question has at most {MOST_FILTERS} filters")
        if self.limit is not None and not 1 <= self.limit <= MOST_LIMIT:
            raise QueryInvalid(f"the limit is {self.limit}; it must be between 1 and {MOST_LIMIT:,}")

    def _check_choices(self) -> None:
        for name, value, known in (
            ("grain", self.grain, GRAINS),
            ("rest", self.rest, RESTS),
            ("way to count tags", self.tags, TAG_SUMS),
        ):
            if value not in known:
                raise QueryInvalid(f"{value!r} is no {name}; known are {', '.join(known)}")
        if isinstance(self.comparison, str) and self.comparison not in COMPARISONS:
            raise QueryInvalid(f"{self.comparison!r} is no comparison; known are {', '.join(COMPARISONS)}, or a range")
        if self.zone is not None:
            try:
                parse_zone(self.zone)
            except ValueError as error:
                raise QueryInvalid(str(error)) from None

    def _check_order(self) -> None:
        if self.order is None or self.order.by in {*self.measures, *self.dimensions}:
            return
        raise QueryInvalid(f"can't sort by {self.order.by!r}: it is neither a measure nor a dimension of the question")

    def _check_paging(self) -> None:
        if not 0 <= self.offset <= MOST_OFFSET:
            raise QueryInvalid(f"the offset is {self.offset}; it must be between 0 and {MOST_OFFSET:,}")
        if not self.offset and self.after is None:
            return
        if self.offset and self.after is not None:
            raise QueryInvalid("a page begins either at an offset or after a cursor, not at both")
        if not self.dimensions or self.limit is None or self.rest != "cut":
            raise QueryInvalid(
                "pages are of groups, so many each, without a remainder: ask by a dimension, n and rest=cut"
            )

    def _check_keys(self) -> None:
        if self.keys is None:
            return
        if not self.dimensions or any(len(key) != len(self.dimensions) for key in self.keys):
            raise QueryInvalid("a key has one value for each dimension of the question")
        if len(self.keys) > MOST_LIMIT:
            raise QueryInvalid(f"a question names at most {MOST_LIMIT:,} keys")
        if len(set(self.keys)) < len(self.keys):
            raise QueryInvalid("the keys of a question differ from each other")
        if not is_storable("".join(value for key in self.keys for value in key if value is not None)):
            raise QueryInvalid("a key of the question is no valid text")


def check_measure(name: str) -> None:
    if name not in MEASURES:
        raise QueryInvalid(f"{name!r} is no measure; known are {', '.join(MEASURES)}")


def check_dimension(name: str) -> None:
    key = name.removeprefix(TAG_KEY)
    if name in DIMENSIONS or (name != key and 0 < len(key) <= MOST_TAG_KEY_CHARS and is_storable(key)):
        return
    raise QueryInvalid(f"{name!r} is no dimension; known are {', '.join(DIMENSIONS)} and tag:KEY")


def is_storable(text: str) -> bool:
    """Whether an engine takes the text as a parameter: none takes half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
