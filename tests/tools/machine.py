"""Machines for tests of scripts that install things: each is the few programs that its PATH leads to."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT_USER: Final = "echo 0"
OTHER_USER: Final = "echo 1000"
FAILS: Final = 'echo "E: Unable to locate package $*" >&2; exit 100'
_COREUTILS: Final = ("bash", "chmod", "dirname", "env", "mkdir", "mktemp", "printf", "rm", "sh", "tail", "tee")


def machine(folder: Path, programs: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a machine that has coreutils and these programs, each a line of shell."""
    installed = folder / "apt-get-dir"
    installed.mkdir(parents=True)
    for name in _COREUTILS:
        path = shutil.which(name)
        assert path
        (folder / name).symlink_to(path)
    for name, line in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{installed}"}
