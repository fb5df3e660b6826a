"""Finds the real data that may lie beside the checkout; where it must be there (CI), its absence is a failure."""

import os
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_data(name: str) -> Path:
    """Return a file or folder of the real data; skip the test, with the reason, where there is none."""
    path = REAL_DATA / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real data {name} must lie beside the checkout in CI")
        pytest.skip(f"the real data {name} does not lie beside this checkout")
    return path
