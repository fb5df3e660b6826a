"""What the page prints to copy works as it stands: each program calls a provider through a real server."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import pytest

from outlay.web.pages.gateway.programs import NO_KEY, Program, programs_for
from tests.control_engine import environment_for
from tests.live import OUTLAY, LiveOutlay, live_outlay, outlay
from tests.providing import Provider, saying_hello

RUN: Final = ("curl", "openai", "anthropic", "google-genai", "mistralai")
CREDENTIAL: Final = "sk-of-the-organisation-0123456789"
WITHIN_SECONDS: Final = 30  # is a call recorded, on a busy machine


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with saying_hello() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, there: Provider) -> Iterator[LiveOutlay]:
    data = tmp_path_factory.mktemp("data")
    for name in ("openai", "anthropic", "gemini", "mistral"):
        command = [OUTLAY, "upstreams", "add", name, "--private", "--credential-stdin", "--data", str(data)]
        command += ["--url", there.url]
        environment = environment_for(command)
        subprocess.run(command, env=environment, input=CREDENTIAL, text=True, check=True, capture_output=True)
    with live_outlay(data) as found:
        yield found


def program(server: LiveOutlay, name: str) -> Program:
    (found,) = (each for each in programs_for(server.url) if each.id == name)
    return found


def run(command: list[str], where: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=where, timeout=120, check=False, env=kept | variables
    )


@pytest.mark.parametrize("name", RUN)
def test_a_program_works_as_it_is_printed(server: LiveOutlay, there: Provider, tmp_path: Path, name: str) -> None:
    text = program(server, name).text
    assert NO_KEY in text
    file = tmp_path / "program"
    file.write_text(text.replace(NO_KEY, server.key), encoding="utf-8")
    before = len(there.asked)
    done = run(["bash" if name == "curl" else sys.executable, str(file)], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Hello!" in done.stdout
    (asked,) = there.asked[before:]
    assert CREDENTIAL in (*asked.headers.values(), asked.headers.get("authorization", "").removeprefix("Bearer "))
    assert server.key not in str(asked)


def test_what_was_used_is_recorded(server: LiveOutlay, tmp_path: Path) -> None:
    file = tmp_path / "program"
    key = outlay("keys", "create", "recorded", "--user", "recorded", "--data", str(server.data)).stdout.strip()
    file.write_text(program(server, "openai").text.replace(NO_KEY, key), encoding="utf-8")
    assert run([sys.executable, str(file)], tmp_path).returncode == 0
    until = monotonic() + WITHIN_SECONDS
    while (used := _used(server))["requests"] == 0 and monotonic() < until:
        sleep(0.1)
    assert used == {"requests": 1, "tokens": 14}


def _used(server: LiveOutlay) -> dict[str, Any]:
    asked = server.usage(measures="requests,tokens", by="model", r="1d", f="user:is:recorded")
    totals: dict[str, Any] = asked["totals"]
    return totals


def test_the_script_is_one_that_node_can_read(server: LiveOutlay, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    (tmp_path / "program.mjs").write_text(program(server, "openai-js").text, encoding="utf-8")
    done = run([node, "--check", "program.mjs"], tmp_path)
    assert done.returncode == 0, done.stderr


def test_codex_can_read_its_settings(server: LiveOutlay) -> None:
    settings = tomllib.loads(program(server, "codex").text)
    chosen = settings["model_providers"][settings["model_provider"]]
    assert chosen["base_url"] == f"{server.url}/openai/v1"
    assert chosen["wire_api"] == "responses"  # the only one it still takes


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("claude-code", {"ANTHROPIC_BASE_URL": "/anthropic", "ANTHROPIC_AUTH_TOKEN": NO_KEY}),
        ("gemini-cli", {"GOOGLE_GEMINI_BASE_URL": "/gemini", "GEMINI_API_KEY": NO_KEY}),
        ("variables", {"OPENAI_BASE_URL": "/openai/v1", "OPENAI_API_KEY": NO_KEY}),
    ],
)
def test_the_variables_are_set(server: LiveOutlay, tmp_path: Path, name: str, variables: dict[str, str]) -> None:
    text = program(server, name).text
    exports = "\n".join(line for line in text.splitlines() if line.startswith("export "))
    printed = "; ".join(f'echo "${variable}"' for variable in variables)
    done = run(["bash", "-c", f"{exports}\n{printed}"], tmp_path)
    wanted = [f"{server.url}{value}" if value.startswith("/") else value for value in variables.values()]
    assert done.stdout.split() == wanted


@pytest.mark.parametrize("gateway", ["http://x'$(id)`id`\"\\", "http://host/it's a path"])
def test_an_awkward_address_stays_text_in_every_language(tmp_path: Path, gateway: str) -> None:
    for each in programs_for(gateway):
        if each.id in {"openai", "anthropic", "google-genai", "mistralai"}:
            compile(each.text, each.id, "exec")
            assert repr(f"{gateway}/")[:-2].strip("'\"")[:8] in each.text
        elif each.id == "codex":
            assert tomllib.loads(each.text)["model_providers"]["outlay"]["base_url"] == f"{gateway}/openai/v1"
        elif each.id in {"variables", "claude-code", "gemini-cli"}:
            exports = each.text.replace("claude\n", "").replace("gemini\n", "")
            done = run(["bash", "-c", f"{exports}\nenv"], tmp_path)
            assert f"={gateway}/" in done.stdout
            assert "uid=" not in done.stdout
