"""Runs the shell and Python blocks of a page as a reader would, and compares what they print with what the page shows.

A block that ends in `make run` or `outlay serve` is a server: it goes on beside the next ones, and is stopped with
Ctrl-C by the next server or by `outlay verify`, as pages tell. The block after it, if it is text or JSON, is what must
be printed; `…` stands for anything. What differs from a reader's machine is here, and nowhere else:

- port 8400 becomes a free one;
- where tests keep the control database on Postgres, it is there;
- the folder holds the Makefile and links to this checkout's environment, which is not installed again.

JSON may be laid out on the page; white space makes no difference in it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from tests.control_engine import ON_POSTGRES, URL_VARIABLE, control_url
from tests.live import free_port, wait_until_ready
from tests.shape.tree import ROOT

_FENCED: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RUN: Final = ("sh", "python")
_SHOWN: Final = ("text", "json")
_SERVER: Final = re.compile(r"(make run|outlay serve\b.*)$")
_ENDS_SERVER: Final = "outlay verify"
_READERS_PORT: Final = "8400"
_INSTALLED_ALREADY: Final = 'make() { command make -s -o .venv/.run "$@"; }'


class Block(Struct, frozen=True):
    """Commands, and what the page says they print (None: nothing is shown)."""

    commands: str
    shown: str | None
    language: str = "sh"
    laid_out: bool = False

    def shows(self, printed: str) -> bool:
        """Whether the page shows what was printed, or nothing."""
        if self.shown is None:
            return True
        texts = [re.sub(r"\s+", "", text) if self.laid_out else text for text in (self.shown, printed)]
        return as_pattern(texts[0]).fullmatch(texts[1]) is not None


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a page that can be run, in order."""
    found = _FENCED.findall(text)
    follows = [*found[1:], ("", "")]
    return [
        Block(body, after if kind in _SHOWN else None, language, kind == "json")
        for (language, body), (kind, after) in zip(found, follows, strict=True)
        if language in _RUN
    ]


def as_pattern(shown: str) -> re.Pattern[str]:
    """Return what matches the output that is shown: as it stands, `…` being anything, white space at the end none."""
    return re.compile(".*".join(map(re.escape, shown.rstrip().split("…"))) + r"\s*", re.DOTALL)


class Reader:
    """A person with a folder and two terminals, who types what the page says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._variables = folder / ".variables"
        self._output = folder / ".server-output"
        self._server: subprocess.Popen[bytes] | None = None

    def type(self, block: Block) -> str:
        """Run a block and return what it printed; AssertionError where it failed or the page shows something else."""
        commands = block.commands.rstrip().replace(_READERS_PORT, str(self.port))
        if block.language == "python":
            (self.folder / "example.py").write_text(commands, encoding="utf-8")
            printed = self._run("python3 example.py")
        elif _SERVER.search(commands):
            printed = self._serve(commands)
        else:
            if commands.startswith(_ENDS_SERVER):
                self.stop_server()
            printed = self._run(commands)
        printed = printed.replace(str(self.port), _READERS_PORT)
        assert block.shows(printed), f"$ {commands}\nprinted:\n{printed}\nbut the page says:\n{block.shown}"
        return printed

    def stop_server(self) -> None:
        if self._server is None:
            return
        if self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGINT)
            self._server.wait(timeout=30)
        self._server = None

    def _run(self, commands: str) -> str:
        # What a block sets and defines is there in the next one, as in one terminal.
        kept = f"{{ export -p; declare -f; }} > {self._variables}"
        done = subprocess.run(
            ["/bin/bash", "-c", f"set -a\n{self._remembered()}\n{commands}\nstatus=$?\n{kept}\nexit $status"],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"$ {commands}\nended with {done.returncode}: {done.stderr}{done.stdout}"
        return done.stdout

    def _serve(self, commands: str) -> str:
        self.stop_server()
        with self._output.open("wb") as output:
            server = subprocess.Popen(
                ["/bin/bash", "-c", f"{self._remembered()}\n{_INSTALLED_ALREADY}\n{commands}"],
                cwd=self.folder,
                env=self._environment(),
                stdout=output,
                start_new_session=True,
            )
        self._server = server
        wait_until_ready(self.url, lambda: server.poll() is None)
        return self._output.read_text(encoding="utf-8")

    def _remembered(self) -> str:
        return f"[ ! -f {self._variables} ] || . {self._variables}"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTLAY_")}
        found = {**kept, "OUTLAY_PORT": str(self.port)}
        return {**found, URL_VARIABLE: control_url(self.folder)} if ON_POSTGRES else found


@contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """Yield a reader in a folder that looks like a checkout where Outlay is installed."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / ".venv").symlink_to(sys.prefix)
    person = Reader(folder)
    try:
        yield person
    finally:
        person.stop_server()
