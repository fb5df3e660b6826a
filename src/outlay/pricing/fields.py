"""Reading the keys of one price rule, each with an error that names the rule, its number and what is wrong.

Amounts are decimal texts or whole numbers, times are dates or instants; a TOML float is refused.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from outlay.errors import PriceInvalid
from outlay.pricing.providers import canonical_provider
from outlay.pricing.variants import variant_key, variant_names

ANY: Final = "*"
_AMOUNT: Final = re.compile(r"\d{1,6}(\.\d{1,12})?", re.ASCII)
_MAX_WHOLE: Final = 999_999
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9998  # days and zones of later instants can't be reckoned with


class TomlFloat(str):
    """A TOML float, kept as its text so that it can be refused and never becomes a binary fraction."""

    __slots__ = ()


class RuleFields:
    """The keys of one rule, taken one by one; what is left over at the end is unknown."""

    def __init__(self, kind: str, number: int | None, table: object) -> None:
        """`number` is the rule's in its file; None for one that stands alone: then errors need not say which."""
        self._where = "" if number is None else f"[[{kind}]] {number}"
        if not isinstance(table, Mapping):
            raise PriceInvalid(f"{self._where} is no table of keys and values")
        self._left: dict[str, Any] = dict(table)
        name = next((table[key] for key in ("name", "service", "model", "provider") if key in table), None)
        if self._where and isinstance(name, str) and name:
            self._where += f" ({name[:80]})"

    def refuse(self, reason: str) -> PriceInvalid:
        return PriceInvalid(f"{self._where}: {reason}" if self._where else reason)

    def text(self, key: str) -> str:
        found = self.optional_text(key)
        if found is None:
            raise self.refuse(f"{key} is missing")
        return found

    def optional_text(self, key: str) -> str | None:
        value = self._left.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, str) or isinstance(value, TomlFloat) or not value.strip():
            raise self.refuse(f"{key} = {value!r} must be a text that is not empty")
        return value.strip()

    def provider(self, key: str) -> str:
        found = canonical_provider(self.text(key))
        if found is None or ANY in found:
            raise self.refuse(f"{key} names no provider that bills")
        return found

    def optional_provider(self, key: str) -> str | None:
        return self.provider(key) if key in self._left else None

    def optional_variant(self) -> str | None:
        stated = self.optional_text("variant")
        return variant_key(variant_names(stated))

    def amount(self, key: str) -> Decimal:
        found = self.optional_amount(key)
        if found is None:
            raise self.refuse(f"{key} is missing")
        return found

    def optional_amount(self, key: str) -> Decimal | None:
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, TomlFloat):
            raise self.refuse(f'{key} = {value} is a float; write it as a text, {key} = "{value}", so that it is exact')
        if isinstance(value, int) and not isinstance(value, bool):
            if not 0 <= value <= _MAX_WHOLE:
                raise self.refuse(f"{key} must be from 0 to {_MAX_WHOLE:,}")
            return Decimal(value)
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
            shown = repr(value)[:60]
            raise self.refuse(
                f'{key} = {shown} must be a decimal text such as "2.50": not negative, under a million, '
                "at most 12 decimals"
            )
        return Decimal(value)

    def period(self, since_ever: datetime | None = None) -> tuple[datetime, datetime | None]:
        """Return since and until when a rule holds; `since_ever` is the start of one that need not say any."""
        start, until = self._instant("from") or since_ever, self._instant("until")
        if start is None:
            raise self.refuse("from is missing; say since when it holds, for example from = 2026-01-01")
        if until is not None and until <= start:
            raise self.refuse("until must be later than from")
        return start, until

    def _instant(self, key: str) -> datetime | None:
        value = self._left.pop(key, None)
        if value is None:
            return None
        found = _as_instant(value)
        if found is None:
            raise self.refuse(
                f"{key} = {str(value)[:40]} must be a date (2026-01-01) or a time (2026-01-01T08:00:00+02:00)"
            )
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise self.refuse(f"{key} = {str(value)[:40]} must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
        return found

    def finish(self) -> None:
        if self._left:
            raise self.refuse(f"unknown key {min(self._left)!r}")


def _as_instant(value: object) -> datetime | None:
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    return None
