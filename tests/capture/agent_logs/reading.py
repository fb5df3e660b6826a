"""Reads logs as an import does, in one stretch or several, for the tests of the readers."""

from collections.abc import Collection
from pathlib import Path

from outlay.capture.agent_logs.logged import Found, LoggedCall, Stretch
from outlay.capture.agent_logs.tools import TOOLS, Tool, tool_named

NOWHERE = Path("/logs/session.jsonl")


def tool(name: str) -> Tool:
    found = tool_named(name)
    assert found is not None, f"{name} is none of {[each.name for each in TOOLS]}"
    return found


def nothing_known(ids: Collection[str]) -> Collection[str]:
    del ids
    return ()


def read_file(name: str, path: Path) -> Found:
    form = tool(name).file_given(path)
    assert form is not None
    data = b"" if form.way == "database" else path.read_bytes()
    return form.read(Stretch(path, data, 0, None, settled=True, known=nothing_known))


def read_bytes(name: str, data: bytes, path: Path = NOWHERE, *, settled: bool = True) -> Found:
    form = tool(name).file_given(path)
    assert form is not None
    return form.read(Stretch(path, data, 0, None, settled=settled, known=nothing_known))


def read_lines(name: str, *lines: str, path: Path = NOWHERE) -> list[LoggedCall]:
    found = read_bytes(name, "".join(f"{line}\n" for line in lines).encode(), path)
    assert not found.refused
    return found.calls
