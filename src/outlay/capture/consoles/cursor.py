"""Cursor's usage events, one a row: what was read from and written to its models' caches stands beside the input.

What the plan includes costs nothing more, whatever figure stands in the cost column; its figure is kept beside. Only
what is charged on top (on-demand, usage-based) has a cost, and a row with neither is unpriced.
"""

from typing import Final

from outlay.capture.cells import as_text, parse_number
from outlay.capture.consoles.console import Console, Made, instant, truth, word
from outlay.errors import FieldInvalid

_COVERED: Final = ("included", "free", "no_charge", "user_api_key")


def _figure(cost: object) -> str | None:
    """Return the figure in the cost column without its sign; None where it says a word (`Included`, `NaN`, `-`)."""
    text = (as_text("cost", cost) or "").removeprefix("$")
    try:
        return text if parse_number("cost", text) is not None else None
    except FieldInvalid:
        return None


def _cost(kind: object, cost: object) -> str | None:
    stated = f"{word(kind) or ''} {word(cost) or ''}"
    return "0" if any(covered in stated for covered in _COVERED) else _figure(cost)


def _status(kind: object) -> str:
    stated = word(kind) or ""
    return "error" if "error" in stated else "cancelled" if "abort" in stated else "ok"


def _max_mode(cell: object) -> str | None:
    return "yes" if truth(cell) else None


CURSOR: Final = Console(
    told_by=("Date", "Model", "Input (w/o Cache Write)", "Output Tokens"),
    spelled={"Cost": ("Cost ($)", "API Cost"), "Cache Read": ("Cache Read Tokens",)},
    columns={
        "time": "=time",
        "user": "User",
        "run_id": "Cloud Agent ID",
        "model": "Model",
        "status": "=status",
        "tokens.input_uncached": "Input (w/o Cache Write)",
        "tokens.cache_write_other": "Input (w/ Cache Write)",
        "tokens.cache_read": "Cache Read",
        "tokens.output": "Output Tokens",
        "tokens.total": "Total Tokens",
        "cost": "=cost",
    },
    made={
        "=time": Made(("Date",), instant),
        "=status": Made(("Kind",), _status),
        "=cost": Made(("Kind", "Cost"), _cost),
        "=figure": Made(("Cost",), _figure),
        "=kind": Made(("Kind",), word),
        "=max_mode": Made(("Max Mode",), _max_mode),
    },
    identity=(
        "Date",
        "User",
        "Cloud Agent ID",
        "Automation ID",
        "Model",
        "Max Mode",
        "Input (w/ Cache Write)",
        "Input (w/o Cache Write)",
        "Cache Read",
        "Output Tokens",
    ),
    defaults={"provider": "cursor", "agent": "cursor", "agent_type": "framework"},
    tags={"billing": "=kind"},
    metadata={"figure_usd": "=figure", "max_mode": "=max_mode", "automation": "Automation ID"},
)
