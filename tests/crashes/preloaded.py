"""Starts Outlay servers quickly, one after another: everything is imported once, each server is a fork of that.

Reads a line from standard input for each server to start and prints its process id; the server is `outlay serve` with
the arguments given. Nothing is opened before the fork, so a server shares only code with its predecessors.
"""

import os
import signal
import sys

from outlay.cli import main


def fork_server(arguments: list[str]) -> int:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        devnull = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(devnull, stream)
        main(["serve", *arguments])
    return child


signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a killed server leaves no zombie, which would look alive
for _ in sys.stdin:
    sys.stdout.write(f"{fork_server(sys.argv[1:])}\n")
    sys.stdout.flush()
