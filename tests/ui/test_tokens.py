"""The colours of the house, read in its style sheet: what is written on what must be readable, by day and by night."""

from __future__ import annotations

import re
from pathlib import Path

import brotli
import pytest

import maison.ui

STATIC = Path(maison.ui.__file__).parent / "static" / "maison"
CSS = (STATIC / "maison.css").read_text()
TOKEN_LAYER = CSS.split("@layer base {", 1)[0]
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKEN_LAYER)
}
THEMES = pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])


def luminance(colour: str) -> float:
    def linear(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


READING = [("ink", "paper"), ("ink", "ground"), ("ink-2", "paper"), ("pro", "paper"), ("usager", "paper"), ("stone", "paper")]  # fmt: skip
STATES = ["ok", "warn", "danger", "pro", "usager", "stone"]
TEXT = [
    ("ink-2", "ground"),
    ("stale", "stale-ground"),
    ("stale", "paper"),
    ("stale", "ground"),
    *[(state, ground) for state in STATES for ground in ("paper", "ground", f"{state}-ground")],
    *[("ink", f"{state}-ground") for state in STATES],
    *[("paper", state) for state in (*STATES, "ink", "stale")],
    *[("ink-2", f"{state}-ground") for state in ("pro", "usager", "stone")],
]


@THEMES
@pytest.mark.parametrize("pair", READING, ids=" on ".join)
def test_text_that_is_read_has_seven_to_one(pair: tuple[str, str], theme: int) -> None:
    assert contrast(TOKENS[pair[0]][theme], TOKENS[pair[1]][theme]) >= 7


@THEMES
@pytest.mark.parametrize("pair", TEXT, ids=" on ".join)
def test_every_text_has_four_and_a_half_to_one(pair: tuple[str, str], theme: int) -> None:
    assert contrast(TOKENS[pair[0]][theme], TOKENS[pair[1]][theme]) >= 4.5


@THEMES
def test_the_edge_of_a_field_is_seen(theme: int) -> None:
    assert contrast(TOKENS["line-ui"][theme], TOKENS["paper"][theme]) >= 3


def test_no_colour_is_written_outside_the_tokens() -> None:
    _, after = CSS.split("@layer base {", 1)
    allowed = re.sub(r"--[\w-]+: light-dark\([^;]*;", "", after)  # an unconfirmed row inverts the tokens themselves
    assert re.findall(r"#[0-9a-f]{3,8}\b", allowed) == []


def test_the_whole_style_sheet_weighs_under_twelve_kilobytes() -> None:
    assert len(brotli.compress(CSS.encode())) < 12_000


def test_no_page_asks_anything_of_a_third_party() -> None:
    for file in STATIC.rglob("*"):
        if file.is_file():
            addresses = re.findall(r"https?://[^\"' )]+", file.read_text())
            assert [address for address in addresses if "www.w3.org" not in address] == [], file.name
