"""The colours can be read: contrast as WCAG 2.2 asks for text (4.5 to 1) and for the edges of controls (3 to 1)."""

import re
from itertools import product

import pytest

from registry.house import HOUSE

GROUNDS = ("ground", "panel", "panel-sunk", "panel-raised")
TEXTS = ("ink", "ink-soft", "ink-faint", "action", "good", "warn", "bad", "note")
CSS = (HOUSE / "registry" / "static" / "tokens.css").read_text(encoding="utf-8")


def colours(theme: str) -> dict[str, str]:
    block = re.search(rf"\.{theme} \{{(.*?)\}}", CSS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_every_ground(theme: str) -> None:
    named = colours(theme)
    pairs = [*product(TEXTS, GROUNDS), *((tone, f"{tone}-ground") for tone in TEXTS[4:]), ("on-action", "action")]
    assert {pair for pair in pairs if contrast(named[pair[0]], named[pair[1]]) < 4.5} == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_edge_of_a_control_and_the_focus_can_be_seen(theme: str) -> None:
    named = colours(theme)
    for edge in ("line-strong", "focus"):
        assert all(contrast(named[edge], named[ground]) >= 3 for ground in ("panel", "panel-raised")), edge
