"""The ways to call a model that have a price of their own (batch, flex, priority …), as sources name them.

A variant is one name or several joined by `+` (`batch+us`). The names below all mean the standard price; any other
name must be known to the price that is used, or the call is unpriced: a guess would be wrong by half or double.
The two names of a context are no price: they say in which tier of one the calls lie that an event sums up.
"""

from typing import Final

from outlay.usage import LONG_CONTEXT, SHORT_CONTEXT

_STANDARD: Final = frozenset(
    {"", "standard", "default", "auto", "none", "null", "normal", "regular", "standard_only", "on_demand", "ondemand"}
    | {"on-demand", "global", "not_available", "traffic_type_unspecified"}
)
_CONTEXTS: Final = frozenset({SHORT_CONTEXT, LONG_CONTEXT})


def variant_names(stated: str | None) -> frozenset[str]:
    """Return the names of a variant in small letters; empty is the standard price."""
    if stated is None:
        return frozenset()
    return frozenset(name.strip().lower() for name in stated.split("+")) - _STANDARD - _CONTEXTS


def stated_context(stated: str | None) -> str | None:
    """Return which context a variant names, if one."""
    if stated is None or "context" not in stated:
        return None
    return next((name for name in stated.split("+") if name in _CONTEXTS), None)


def variant_key(names: frozenset[str]) -> str | None:
    """Return the one spelling of a set of names; None is the standard price."""
    return "+".join(sorted(names)) or None
