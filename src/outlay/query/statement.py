"""Pieces of SQL with the parameters of their question marks. Every value is a parameter."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct


class Sql(Struct, frozen=True):
    """A piece of SQL with the parameters of its question marks, in their order."""

    text: str
    parameters: tuple[Any, ...] = ()


def joined(pieces: Iterable[Sql], separator: str) -> Sql:
    """Return the pieces one after the other, with their parameters."""
    pieces = list(pieces)
    return Sql(
        separator.join(piece.text for piece in pieces), tuple(value for each in pieces for value in each.parameters)
    )


def known_sum(terms: Sequence[str]) -> str:
    """Return the sum of those terms that are known; unknown when none is."""
    if len(terms) == 1:
        return terms[0]
    known = " + ".join(f"coalesce({each}, 0)" for each in terms)
    return f"CASE WHEN coalesce({', '.join(terms)}) IS NOT NULL THEN {known} END"
