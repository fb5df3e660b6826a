"""The bundled data: small, sound, with its origin beside it, and rebuilt byte for byte from the traces."""

import gzip
import importlib.util
from importlib import resources
from pathlib import Path

import pytest

from outlay.demo.excerpt import read_excerpt
from tests.real_data import shared_data

ROOT = Path(__file__).resolve().parents[2]
DATA = resources.files("outlay.demo").joinpath("data")
LIMIT = 3 * 1024 * 1024


def test_it_is_small() -> None:
    assert len(DATA.joinpath("excerpt.json.gz").read_bytes()) <= LIMIT // 10


def test_its_origin_and_licence_are_stated() -> None:
    readme = DATA.joinpath("README.md").read_text(encoding="utf-8")
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for origin in ("ServeGen", "Mooncake", "Apache-2.0"):
        assert origin in readme
        assert origin in notice
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_it_holds_sound_measurements() -> None:
    excerpt = read_excerpt()
    for client in excerpt.clients:
        assert client.share_ppm > 0
        assert (len(client.hours), len(client.days), len(client.input), len(client.output)) == (24, 14, 32, 32)
        assert len(client.reason_permille) in {0, 32}
        assert list(client.input) == sorted(client.input)
        assert list(client.output) == sorted(client.output)
        assert min(client.input) >= 0
        assert all(0 <= ratio <= 1000 for ratio in client.reason_permille)
    for calls in excerpt.calls.values():
        assert all(0 <= cached <= total and output >= 0 for total, output, cached in calls)


def test_a_few_clients_are_heavy_and_most_are_not() -> None:
    shares = [client.share_ppm for client in read_excerpt().of_model("m-large")]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares[:10]) > 0.6 * sum(shares)
    assert shares[len(shares) // 2] < 0.01 * shares[0]


def test_the_tool_builds_the_same_bytes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    traces = shared_data("traces")
    spec = importlib.util.spec_from_file_location("build_demo_excerpt", ROOT / "tools" / "build_demo_excerpt.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    target = tmp_path / "excerpt.json.gz"
    monkeypatch.setattr(tool, "TARGET", target)
    monkeypatch.setattr("sys.argv", ["build_demo_excerpt.py", str(traces)])
    tool.main()
    # Unpacked, because compressors differ between builds of zlib.
    assert gzip.decompress(target.read_bytes()) == gzip.decompress(DATA.joinpath("excerpt.json.gz").read_bytes())
