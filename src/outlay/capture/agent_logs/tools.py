"""The coding agents whose logs are known: where each keeps them, which files they are, and who reads those."""

import os
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Final, Literal

from msgspec import Struct

from outlay.capture.agent_logs import (
    claude_code,
    codex,
    dsh,
    gemini_cli,
    open_design,
    opencode,
    pi,
    qwen_code,
    swe_agent,
)
from outlay.capture.agent_logs.logged import Family, Reader
from outlay.errors import ImportFailed

Way = Literal["grows", "rewritten", "database"]
Clash = Literal["larger", "later", "first"]


class LogFile(Struct, frozen=True):
    """Files with names like `pattern`, how their tool writes them, and who reads them."""

    pattern: str
    way: Way
    read: Reader


class Home(Struct, frozen=True):
    """A folder of logs: `below` it, in the folder that a variable names (several with commas), else in `usual`.

    The usual place is below the user's home; `{config}` and `{data}` in it are those of the XDG standard.
    """

    variable: str | None
    usual: tuple[str, ...]
    below: tuple[str, ...]


class Tool(Struct, frozen=True):
    """A coding agent. `clash` says which of two tellings of a call counts: the larger, the later or the first."""

    name: str
    title: str
    files: tuple[LogFile, ...]
    homes: tuple[Home, ...] = ()
    clash: Clash = "larger"
    family_of: Callable[[bytes], Family | None] | None = None  # whose log begins like this
    independent: bool = False  # a stretch of a log can be read without those before it, and without other logs
    passed_over: frozenset[str] = frozenset()  # folders that hold no calls, and much else

    def file_named(self, name: str) -> LogFile | None:
        """Return how a file of this name in a folder of logs is read; None where it is no log."""
        return next((each for each in self.files if fnmatchcase(name, each.pattern)), None)

    def file_given(self, path: Path) -> LogFile | None:
        """Return how a file is read that a person names: by its ending alone."""
        alike = (each for each in self.files if path.suffix == PurePath(each.pattern).suffix)
        return self.file_named(path.name) or next(alike, None)


TOOLS: Final = (
    Tool(
        "claude-code",
        "Claude Code",
        (LogFile("*.jsonl", "grows", claude_code.read),),
        (Home("CLAUDE_CONFIG_DIR", ("{config}/claude", ".claude"), ("projects",)),),
        independent=True,
    ),
    Tool(
        "codex",
        "Codex",
        (LogFile("*.jsonl", "grows", codex.read),),
        (Home("CODEX_HOME", (".codex",), ("sessions", "archived_sessions")),),
        family_of=codex.family_of,
    ),
    Tool(
        "gemini-cli",
        "Gemini CLI",
        (LogFile("*.jsonl", "grows", gemini_cli.read), LogFile("*.json", "rewritten", gemini_cli.read_whole)),
        (Home(None, (".gemini",), ("tmp",)),),
        clash="later",
    ),
    Tool(
        "opencode",
        "OpenCode",
        (
            LogFile("opencode*.db", "database", opencode.read_database),
            LogFile("msg_*.json", "rewritten", opencode.read_file),
        ),
        (Home("OPENCODE_DATA_DIR", ("{data}/opencode",), (".",)),),
        clash="later",
        passed_over=frozenset({"part", "session_diff", "snapshot", "tool-output", "log", "bin", "repos"}),
    ),
    Tool(
        "pi",
        "pi",
        (LogFile("*.jsonl", "grows", pi.read),),
        (Home("PI_CODING_AGENT_DIR", (".pi/agent", ".omp/agent"), ("sessions",)),),
    ),
    Tool(
        "qwen-code",
        "Qwen Code",
        (LogFile("*.jsonl", "grows", qwen_code.read),),
        (Home(None, (".qwen",), ("projects", "tmp")),),
    ),
    Tool("dsh", "dsh", (LogFile("*.jsonl", "grows", dsh.read),)),
    Tool("open-design", "Open Design", (LogFile("events.jsonl", "grows", open_design.read),), clash="first"),
    Tool(
        "swe-agent",
        "SWE-agent",
        (LogFile("*.traj", "rewritten", swe_agent.read), LogFile("*.traj.json", "rewritten", swe_agent.read)),
        clash="later",
    ),
)


def tool_named(name: str) -> Tool | None:
    return next((tool for tool in TOOLS if tool.name == name), None)


def usual_places(tool: Tool, environ: Mapping[str, str], home: Path) -> list[Path]:
    """Return the folders that a tool keeps its logs in, those that are there."""
    xdg = {
        "config": environ.get("XDG_CONFIG_HOME") or str(home / ".config"),
        "data": environ.get("XDG_DATA_HOME") or str(home / ".local" / "share"),
    }
    found: list[Path] = []
    for each in tool.homes:
        named = environ.get(each.variable, "") if each.variable else ""
        roots = [Path(part.strip()).expanduser() for part in named.split(",") if part.strip()]
        roots = roots or [home / usual.format(**xdg) for usual in each.usual]
        found += [root / below for root in roots for below in each.below]
    return [place for place in dict.fromkeys(found) if place.is_dir()]


def logs_at(tool: Tool, places: list[Path]) -> Iterator[Path]:
    """Yield the tool's files in these folders, or these files themselves. ImportFailed where a place is not there."""
    for place in places:
        if place.is_file():
            yield place
        elif place.is_dir():
            yield from _files_below(tool, place)
        else:
            raise ImportFailed(f"there is no file or folder {place}")


def _files_below(tool: Tool, folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - tool.passed_over)
        for name in sorted(names):
            if tool.file_named(name) is not None:
                yield Path(parent, name)
