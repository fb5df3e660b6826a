"""Which rows stand open, as one parameter of the URL: `open=u1,u2~a1`, the agent a1 below the user u2.

A row is named by the values that lead to it. A value can hold any character, so those that divide are written
percent-encoded inside the parameter; what has no value is written `-`.
"""

from hashlib import blake2s
from typing import Final
from urllib.parse import unquote

Path = tuple[str | None, ...]

MOST_OPEN: Final = 12
MOST_DEPTH: Final = 3
_NONE: Final = "-"
_DIVIDERS: Final = str.maketrans({"%": "%25", ",": "%2C", "~": "%7E"})


def read_open(text: str) -> tuple[Path, ...]:
    """Return the open rows; what can name none is left out."""
    paths = (tuple(_value(part) for part in each.split("~")) for each in text.split(",") if each)
    return tuple(dict.fromkeys(each for each in paths if len(each) <= MOST_DEPTH))


def write_open(paths: tuple[Path, ...]) -> str:
    return ",".join("~".join(_text(value) for value in path) for path in sorted(paths, key=_in_order))


def toggled(paths: tuple[Path, ...], path: Path) -> tuple[Path, ...]:
    """Return what stands open after a click on a row. What is closed takes along all that is open inside it."""
    if path in paths:
        return tuple(each for each in paths if each[: len(path)] != path)
    return (*paths, path)


def element_id(path: Path) -> str:
    """Return the id of the element that holds the inside of a row."""
    return f"in-{blake2s(write_open((path,)).encode('utf-8', 'replace'), digest_size=4).hexdigest()}"


def _text(value: str | None) -> str:
    if value is None:
        return _NONE
    return "%2D" if value == _NONE else value.translate(_DIVIDERS)


def _value(text: str) -> str | None:
    return None if text == _NONE else unquote(text)


def _in_order(path: Path) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in path]
