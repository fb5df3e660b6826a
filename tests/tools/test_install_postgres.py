"""tests/install-postgres on machines that are described by the few programs their PATH leads to."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.shape.tree import ROOT
from tests.tools.machine import FAILS, OTHER_USER, ROOT_USER, machine

_MAKES: Final = 'mkdir -p "{bin}" && printf "#!/bin/sh\\n" >"{bin}/initdb" && chmod +x "{bin}/initdb"'
_INSTALLS: Final = (
    f'case "$*" in *install*) {_MAKES} && printf "" >"{{bin}}/postgres" && chmod +x "{{bin}}/postgres";; esac'
)
_SUDO: Final = '[ "$2" = true ] || { shift; "$@"; }'


def run(folder: Path, programs: dict[str, str], ci: str = "true") -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    assert bash
    versions = folder / "versions"
    made = {name: line.replace("{bin}", str(versions / "17" / "bin")) for name, line in programs.items()}
    environment = machine(folder / "bin", made) | {
        "CI": ci,
        "OUTLAY_TEST_POSTGRES": str(versions),
        "OUTLAY_TEST_POSTGRES_COMMON": str(folder / "common"),
    }
    command = [bash, str(ROOT / "tests" / "install-postgres")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)


def test_programs_on_the_path_are_used(tmp_path: Path) -> None:
    done = run(tmp_path, {"initdb": "true", "postgres": "true", "apt-get": FAILS, "id": ROOT_USER})
    assert (done.returncode, f"{tmp_path / 'bin'}/postgres" in done.stdout) == (0, True)


def test_those_of_debian_are_used_where_the_path_has_none(tmp_path: Path) -> None:
    programs = tmp_path / "versions" / "15" / "bin"
    programs.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (programs / name).touch(0o755)
    done = run(tmp_path, {"apt-get": FAILS, "id": ROOT_USER})
    assert (done.returncode, f"{programs}/postgres" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "programs", [{"id": ROOT_USER}, {"id": OTHER_USER, "sudo": _SUDO}], ids=["as root", "with sudo"]
)
def test_a_missing_one_is_installed_without_a_server_of_its_own(tmp_path: Path, programs: dict[str, str]) -> None:
    done = run(tmp_path, programs | {"apt-get": _INSTALLS})
    assert done.returncode == 0, done.stderr
    assert "versions/17/bin/postgres" in done.stdout
    assert (tmp_path / "common" / "createcluster.conf").read_text() == "create_main_cluster = false\n"


@pytest.mark.parametrize(
    ("programs", "reason"),
    [
        ({"id": ROOT_USER}, "no apt-get"),
        ({"id": OTHER_USER, "apt-get": _INSTALLS}, "takes root"),
        ({"id": ROOT_USER, "apt-get": FAILS}, "Unable to locate package"),
        ({"id": ROOT_USER, "apt-get": "true"}, "could not install one"),
    ],
    ids=["no apt", "no root", "apt fails", "apt does nothing"],
)
@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)], ids=["in CI", "locally"])
def test_where_none_can_be_had_the_reason_is_told(
    tmp_path: Path, programs: dict[str, str], reason: str, ci: str, status: int
) -> None:
    done = run(tmp_path, programs, ci)
    assert done.returncode == status
    assert reason in done.stderr
    assert ("will be skipped" in done.stderr) is (status == 0)
