"""Runs `outlay` commands quickly, one after another: everything is imported once, each command is a fork of that.

The process reads the control database and the arguments of a command as one JSON array a line, prints its process id,
and when it has ended its exit code (negative: the signal that killed it). Nothing is opened before the fork, so a
command shares only code with its predecessors, that of the templates among it. `Preloaded` is the other end, for tests.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import msgspec
import pytest

from outlay.cli import COMMANDS, main
from outlay.web.render import Renderer
from tests.control_engine import URL_VARIABLE, environment_for
from tests.made_once import make_once


class Preloaded:
    """Starts commands and ends them; one runs at a time."""

    def __init__(self, starter: subprocess.Popen[str]) -> None:
        self._starter = starter
        self._pid = 0

    def start(self, *arguments: str) -> None:
        assert self._starter.stdin
        told = [environment_for(arguments).get(URL_VARIABLE, ""), *arguments]
        self._starter.stdin.write(f"{msgspec.json.encode(told).decode()}\n")
        self._starter.stdin.flush()
        self._pid = self._read()

    def kill(self, sent: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal, unless it has ended by itself; return the exit code, negative where the signal ended it."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, sent)
        return self.wait()

    def wait(self) -> int:
        """Let the command end by itself; return its exit code."""
        code = self._read()
        self._pid = 0
        return code

    def run(self, *arguments: str) -> int:
        self.start(*arguments)
        return self.wait()

    def lives(self) -> bool:
        return self._pid != 0 and Path(f"/proc/{self._pid}").exists()

    def end(self) -> None:
        if self._pid:
            self.kill()

    def _read(self) -> int:
        assert self._starter.stdout
        return int(self._starter.stdout.readline())


@contextmanager
def preloaded() -> Iterator[Preloaded]:
    command = [sys.executable, "-m", "tests.crashes.preloaded"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        commands = Preloaded(starter)
        try:
            yield commands
        finally:
            commands.end()


def _fork(control_url: str, arguments: Sequence[str]) -> int:
    child = os.fork()
    if child == 0:
        os.environ[URL_VARIABLE] = control_url
        devnull = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(devnull, stream)
        main(arguments)
    return child


def _run_each_line() -> None:
    for name in COMMANDS:
        main.get_command(click.Context(main), name)  # imports it
    make_once(pytest.MonkeyPatch())
    Renderer()
    for line in sys.stdin:
        control_url, *arguments = msgspec.json.decode(line, type=list[str])
        child = _fork(control_url, arguments)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _run_each_line()
