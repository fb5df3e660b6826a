"""tests/install-browser on machines that are described by the few programs its PATH leads to."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.shape.tree import ROOT
from tests.tools.machine import FAILS, OTHER_USER, ROOT_USER, machine

_INSTALLS: Final = 'case "$*" in *install*) printf "#!/bin/sh\\n" >"$0-dir/chromium"; chmod +x "$0-dir/chromium";; esac'


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    assert bash
    command = [bash, str(ROOT / "tests" / "install-browser")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)


def test_a_browser_that_is_there_is_used(tmp_path: Path) -> None:
    done = run(machine(tmp_path / "bin", {"google-chrome": "true", "apt-get": FAILS, "id": ROOT_USER}))
    assert done.returncode == 0
    assert "google-chrome" in done.stdout


def test_a_browser_can_be_named(tmp_path: Path) -> None:
    environment = machine(tmp_path / "bin", {"my-chrome": "true"})
    done = run(environment | {"OUTLAY_TEST_CHROMIUM": str(tmp_path / "bin" / "my-chrome"), "CI": "true"})
    assert done.returncode == 0
    assert "my-chrome" in done.stdout


@pytest.mark.parametrize(
    "programs",
    [{"id": ROOT_USER}, {"id": OTHER_USER, "sudo": '[ "$2" = true ] || { shift; "$@"; }'}],
    ids=["as root", "with sudo"],
)
def test_a_missing_browser_is_installed(tmp_path: Path, programs: dict[str, str]) -> None:
    done = run(machine(tmp_path / "bin", programs | {"apt-get": _INSTALLS}) | {"CI": "true"})
    assert done.returncode == 0, done.stderr
    assert "apt-get-dir/chromium" in done.stdout


@pytest.mark.parametrize(
    ("programs", "reason"),
    [
        ({"id": ROOT_USER}, "no apt-get"),
        ({"id": OTHER_USER, "apt-get": _INSTALLS}, "takes root"),
        ({"id": OTHER_USER, "apt-get": _INSTALLS, "sudo": "exit 1"}, "takes root"),
        ({"id": ROOT_USER, "apt-get": FAILS}, "Unable to locate package"),
    ],
    ids=["no apt", "no root", "sudo asks for a password", "apt fails"],
)
@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)], ids=["in CI", "locally"])
def test_where_none_can_be_had_the_reason_is_told(
    tmp_path: Path, programs: dict[str, str], reason: str, ci: str, status: int
) -> None:
    done = run(machine(tmp_path / "bin", programs) | {"CI": ci})
    assert done.returncode == status
    assert reason in done.stderr
    assert ("will be skipped" in done.stderr) is (status == 0)
