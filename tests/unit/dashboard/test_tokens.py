"""The design tokens: contrast as WCAG 2.2 asks, and colours that colour-blind readers can tell apart.

Contrast: relative luminance as in WCAG 2.2; text 4.5, marks and borders of controls 3. Colour blindness: full
protanopia, deuteranopia and tritanopia, simulated with the matrices of Machado, Oliveira and Fernandes (2009) in linear
RGB; distance is 100 times the Euclidean distance in OKLab, where about 2 is just noticeable.
"""

from __future__ import annotations

import itertools
import math

import pytest

from feedback_analytics.dashboard.themes import ThemeName, tokens

Colour = tuple[float, float, float]
THEMES: tuple[ThemeName, ...] = ("light", "dark")
SIGHT: dict[str, tuple[Colour, Colour, Colour]] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
SURFACES = ("bg", "surface", "sunken")
TEXT = [(ink, on) for ink in ("ink", "ink-2", "ink-3") for on in SURFACES] + [
    *[("accent", on) for on in ("surface", "bg", "accent-bg")],
    ("on-accent", "accent"),
    *[(name, on) for name in ("better", "worse", "unsure", "failed", "stale") for on in ("surface", f"{name}-bg")],
    ("ink", "failed-bg"),
    ("ink", "stale-bg"),
]
MARKS = [
    *[(name, "surface") for name in ("line-strong", "axis", "data", "data-before", "typical")],
    ("line-strong", "bg"),
    ("data", "data-band"),
    *[(f"cat-{number}", "surface") for number in range(1, 6)],
]


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_from_what_it_is_on(theme: ThemeName) -> None:
    assert {pair: round(ratio, 2) for pair in TEXT if (ratio := contrast(theme, *pair)) < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_marks_and_borders_of_controls_stand_out(theme: ThemeName) -> None:
    assert {pair: round(ratio, 2) for pair in MARKS if (ratio := contrast(theme, *pair)) < 3} == {}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
def test_categories_can_be_told_apart_in_every_kind_of_sight(theme: ThemeName, sight: str) -> None:
    colours = [linear(tokens(theme)[f"cat-{number}"]) for number in range(1, 6)]
    assert min(apart(one, other, sight) for one, other in itertools.combinations(colours, 2)) >= 12


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
def test_better_and_worse_can_be_told_apart_in_every_kind_of_sight(theme: ThemeName, sight: str) -> None:
    assert apart(linear(tokens(theme)["better"]), linear(tokens(theme)["worse"]), sight) >= 12


def contrast(theme: ThemeName, one: str, other: str) -> float:
    low, high = sorted(luminance(linear(tokens(theme)[name])) for name in (one, other))
    return (high + 0.05) / (low + 0.05)


def linear(colour: str) -> Colour:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def luminance(colour: Colour) -> float:
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), colour, strict=True))


def apart(one: Colour, other: Colour, sight: str) -> float:
    return 100 * math.dist(oklab(seen(one, sight)), oklab(seen(other, sight)))


def seen(colour: Colour, sight: str) -> Colour:
    red, green, blue = (sum(w * v for w, v in zip(row, colour, strict=True)) for row in SIGHT[sight])
    return red, green, blue


def oklab(colour: Colour) -> Colour:
    red, green, blue = (min(1.0, max(0.0, value)) for value in colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )
