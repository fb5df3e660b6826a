"""What is written can be read: the colours of texts, controls and focus against what they stand on, by WCAG 2.2 AA."""

import re
from importlib.resources import files
from typing import Final

import pytest

TEXTS: Final = ("text", "muted", "accent", "bad", "good", "warn")
GROUNDS: Final = (
    *("bg", "surface", "raised", "hover", "chosen"),
    *("tint-accent", "tint-bad", "tint-good", "tint-warn"),
)
BEHIND_CONTROLS: Final = ("bg", "surface", "raised")
TEXT_RATIO: Final = 4.5
CONTROL_RATIO: Final = 3.0
_TOKEN: Final = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)")


@pytest.fixture(scope="module", params=[0, 1], ids=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> dict[str, str]:
    css = files("outlay.web").joinpath("static", "app.css").read_text(encoding="utf-8")
    return {name: sides[request.param] for name, *sides in _TOKEN.findall(css)}


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_can_be_read_on_every_ground(colours: dict[str, str], text: str, ground: str) -> None:
    assert ratio(colours[text], colours[ground]) >= TEXT_RATIO


def test_the_main_button_can_be_read(colours: dict[str, str]) -> None:
    assert ratio(colours["on-accent"], colours["accent"]) >= TEXT_RATIO


@pytest.mark.parametrize("ground", BEHIND_CONTROLS)
@pytest.mark.parametrize("edge", ["control", "accent"])
def test_the_edge_of_a_control_and_of_the_focus_stands_out(colours: dict[str, str], edge: str, ground: str) -> None:
    assert ratio(colours[edge], colours[ground]) >= CONTROL_RATIO


def test_the_ratio_is_that_of_the_standard() -> None:
    assert ratio("#000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


def ratio(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, as WCAG 2.2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    whole = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(whole[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
