"""The catalogue tells its version without its data, which takes long to load."""

import subprocess
import sys

from outlay.pricing.catalogue import load_catalogue

_TOLD = """
import sys
from outlay.pricing.catalogue import load_catalogue
catalogue = load_catalogue()
print(catalogue.version, "genai_prices" in sys.modules)
catalogue.load()
print(catalogue.version, "genai_prices" in sys.modules)
"""


def test_the_version_is_known_before_the_data_is_loaded() -> None:
    told = subprocess.run([sys.executable, "-c", _TOLD], check=True, capture_output=True, text=True).stdout
    version = load_catalogue().version
    assert told.splitlines() == [f"{version} False", f"{version} True"]
