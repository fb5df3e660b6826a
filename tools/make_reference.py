"""Write the pages of docs/reference that are made from the code, so that they can't say anything else than it does.

    python -m tools.make_reference

Each page is a function without arguments that returns its text; a new one is one function and one line in PAGES.
tests/docs holds every page equal to what this makes.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import inspect

from outlay.config import Settings
from outlay.errors import OutlayError, every_error
from tools.api_reference import api_page
from tools.command_reference import command_page
from tools.events_reference import events_page
from tools.metrics_reference import metrics_page
from tools.queries_reference import queries_page

ROOT: Final = Path(__file__).resolve().parents[1]

_SETTINGS_HEAD: Final = """\
# Settings

Every setting has a default. It is taken from the first of these that names it:

1. the command line, where the command has an option for it (`outlay serve --help`);
2. the environment: `OUTLAY_` and the name in capitals, such as `OUTLAY_PORT`;
3. a TOML file: the one that `OUTLAY_CONFIG` names, else `outlay.toml` in the working directory; names as below, one
   `name = value` a line.

A setting that is out of bounds, or unknown in the file, stops the start with a message that names it and where it was
set. A variable that begins with `OUTLAY_` and is no setting is named in a warning and not used.

| Setting | Takes | Default | Meaning |
| --- | --- | --- | --- |
"""

_ERRORS_HEAD: Final = """\
# Errors

An error answers with its HTTP status and a body of type `application/problem+json`; `code` is what programs match on
and never changes, the message is for people. The events that one batch refuses carry the same codes, each with its
index.

| Code | Status | Meaning |
| --- | --- | --- |
"""


def settings_page() -> str:
    """Return docs/reference/settings.md."""
    described = inspect.type_info(Settings)
    if not isinstance(described, inspect.StructType):
        raise TypeError("Settings is no struct")
    return _SETTINGS_HEAD + "".join(_settings_row(field) for field in described.fields)


def errors_page() -> str:
    """Return docs/reference/errors.md: an error that shares its parent's code stands in the parent's row."""
    return _ERRORS_HEAD + "".join(_errors_row(error) for error in every_error() if "code" in vars(error))


def _settings_row(field: inspect.Field) -> str:
    kind, meaning = field.type, ""
    if isinstance(kind, inspect.Metadata):
        meaning = (kind.extra_json_schema or {}).get("description", "")
        kind = kind.type
    if not meaning:
        raise ValueError(f"the setting {field.name} does not say what it means")
    default = msgspec.json.encode(field.default).decode()
    return f"| `{field.name}` | {_bounds(kind)} | `{default}` | {_cell(meaning)} |\n"


def _bounds(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType):
        if kind.le is None:
            return f"a whole number, at least {kind.ge}"
        return f"a whole number, {kind.ge} to {kind.le}"
    if isinstance(kind, inspect.BoolType):
        return "`true` or `false`"
    if isinstance(kind, inspect.StrType):
        return f"text, at most {kind.max_length} characters" if kind.max_length else "text"
    raise TypeError(f"no words yet for a setting of {kind}")


def _errors_row(error: type[OutlayError]) -> str:
    meaning = " ".join((error.__doc__ or "").split())
    if not meaning:
        raise ValueError(f"the error {error.__name__} does not say what it means")
    return f"| `{error.code}` | {error.status} | {_cell(meaning)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/settings.md": settings_page,
    "docs/reference/errors.md": errors_page,
    "docs/reference/queries.md": queries_page,
    "docs/reference/api.md": api_page,
    "docs/reference/events.md": events_page,
    "docs/reference/command-line.md": command_page,
    "docs/reference/metrics.md": metrics_page,
}


def main() -> None:
    for path, page in PAGES.items():
        (ROOT / path).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
