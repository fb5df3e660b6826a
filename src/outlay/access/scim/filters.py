"""SCIM filters (RFC 7644, 3.4.2.2): text in, a tree out. How an attribute is searched is not known here.

Nesting and length are bounded: filters come from outside.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.errors import ScimInvalid

OPERATORS: Final = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_LONGEST: Final = 2000
_DEEPEST: Final = 20
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])|(?P<word>[A-Za-z0-9_$:.+-]+))""", re.ASCII | re.DOTALL
)
_PATH: Final = re.compile(
    r"(?:urn:[A-Za-z0-9:._-]+:)?[A-Za-z$][A-Za-z0-9_$-]*(?:\.[A-Za-z$][A-Za-z0-9_$-]*)?", re.ASCII
)


class Compare(Struct, frozen=True):
    """One comparison. `path` is an attribute in small letters; `operator` one of OPERATORS, or `pr` (value None)."""

    path: str
    operator: str
    value: str | float | bool | None


class Both(Struct, frozen=True):
    left: "Filter"
    right: "Filter"


class Either(Struct, frozen=True):
    left: "Filter"
    right: "Filter"


class Opposite(Struct, frozen=True):
    inner: "Filter"


class Within(Struct, frozen=True):
    """A filter on the parts of an attribute with several values: `emails[type eq "work"]`."""

    path: str
    inner: "Filter"


Filter = Compare | Both | Either | Opposite | Within


def parse_filter(text: str) -> Filter:
    """Return the filter; ScimInvalid with the type invalidFilter when the text is none."""
    if len(text) > _LONGEST:
        raise _invalid(f"is longer than {_LONGEST:,} characters")
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens_of(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Filter:
        found = self._either()
        if self._at != len(self._tokens):
            raise _invalid(f"goes on with {self._tokens[self._at][:40]!r} where it could end")
        return found

    def _either(self) -> Filter:
        return self._chain("or", self._both, Either)

    def _both(self) -> Filter:
        return self._chain("and", self._one, Both)

    def _chain(self, word: str, inner: Callable[[], Filter], joined: Callable[[Filter, Filter], Filter]) -> Filter:
        found = inner()
        while self._peek().lower() == word:
            self._at += 1
            self._deeper()  # a long chain is a deep tree
            found = joined(found, inner())
        return found

    def _one(self) -> Filter:
        if self._peek().lower() == "not":
            self._at += 1
            return Opposite(self._group("(", ")"))
        if self._peek() == "(":
            return self._group("(", ")")
        path = self._path()
        if self._peek() == "[":
            return Within(path, self._group("[", "]"))
        return self._compare(path)

    def _group(self, start: str, end: str) -> Filter:
        self._expect(start)
        self._deeper()
        found = self._either()
        self._expect(end)
        return found

    def _compare(self, path: str) -> Filter:
        operator = self._next().lower()
        if operator == "pr":
            return Compare(path, "pr", None)
        if operator not in OPERATORS:
            raise _invalid(f"has {operator[:40]!r} where an operator stands: {', '.join(sorted(OPERATORS))}, pr")
        return Compare(path, operator, _value(self._next()))

    def _path(self) -> str:
        path = self._next()
        if not _PATH.fullmatch(path):
            raise _invalid(f"has {path[:40]!r} where an attribute stands")
        return path.lower()

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _invalid("ends too early")
        self._at += 1
        return token

    def _expect(self, mark: str) -> None:
        if self._next() != mark:
            raise _invalid(f"lacks a {mark!r}")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _invalid(f"has more than {_DEEPEST} parts")


def _tokens_of(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise _invalid(f"has {text[at : at + 20].strip()!r}, which can't be read")
        found.append(token[0].strip() if token["text"] is None else token["text"])
        at = token.end()
    if not found:
        raise _invalid("is empty")
    return found


def _value(token: str) -> str | float | bool | None:
    known: dict[str, Any] = {"true": True, "false": False, "null": None}
    if token.lower() in known:
        return bool(known[token.lower()]) if token.lower() != "null" else None
    try:
        value = msgspec.json.decode(token.encode(), type=str | int | float)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise _invalid(
            f"has {token[:40]!r} where a value stands: text in double quotes, a number, true, false"
        ) from None
    return value


def _invalid(reason: str) -> ScimInvalid:
    return ScimInvalid("invalidFilter", f"the filter {reason}")
