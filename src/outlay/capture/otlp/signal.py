"""The three kinds of telemetry, as their addresses name them."""

from typing import Literal

Signal = Literal["traces", "logs", "metrics"]
