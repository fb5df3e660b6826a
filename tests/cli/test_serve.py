"""`outlay serve` as a user starts and ends it: what it prints, and with which exit code it ends."""

import signal
import socket
import subprocess
from pathlib import Path

from tests.control_engine import environment_for
from tests.live import OUTLAY, free_port, outlay, wait_until_ready


def greeted(data: Path) -> tuple[str, str]:
    """Start a server and end it; return its address and what it printed, which holds no complaint."""
    port = free_port()
    command = [OUTLAY, "serve", "--data", str(data), "--port", str(port)]
    environment = environment_for(command)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until_ready(f"http://127.0.0.1:{port}", lambda: process.poll() is None)
        process.send_signal(signal.SIGINT)
        told, complaints = process.communicate(timeout=60)
    assert process.returncode == 0
    assert complaints == ""
    return f"http://127.0.0.1:{port}/", told


def test_it_prints_a_link_and_ends_without_a_word(tmp_path: Path) -> None:
    address, told = greeted(tmp_path)
    assert address in told


def test_it_starts_beside_a_first_organisation_that_is_suspended(tmp_path: Path) -> None:
    outlay("organisations", "list", "--data", str(tmp_path))
    outlay("organisations", "suspend", "default", "--data", str(tmp_path))
    address, told = greeted(tmp_path)
    assert address not in told
    assert "is suspended" in told


def test_a_port_that_is_taken_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = outlay("serve", "--data", str(tmp_path), "--port", str(taken.getsockname()[1]), check=False)
    assert ended.returncode == 1
    assert "address already in use" in ended.stderr
    assert ended.stderr.splitlines()[-1].endswith("another port: --port or OUTLAY_PORT")
    assert not (tmp_path / "serving.json").exists()
