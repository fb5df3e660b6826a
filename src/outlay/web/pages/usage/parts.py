"""What the parts of the Usage page are told: where the reader stands, links, names, marks, the instant of figures."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.query.buckets import Bucket as Step
from outlay.web.charts import Mark
from outlay.web.pages.usage.place import UsagePlace
from outlay.web.view.names import Names
from outlay.web.view.place import Links


class Told(Struct, frozen=True):
    place: UsagePlace
    links: Links
    names: Names
    zone: ZoneInfo
    now: datetime
    marks: Callable[[Sequence[Step]], tuple[Mark, ...]]
