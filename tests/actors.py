"""Who acts in tests, where it does not matter who."""

from typing import Final

from outlay.control.trail import Actor

ADA: Final = Actor("member", "mem_ada", "Ada", "192.0.2.7")
TESTER: Final = Actor("terminal", "1000", "tester")
