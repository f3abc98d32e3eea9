"""A product without a photograph gets a drawing: recognisable, small, harmless, always the same."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storefront.garments import SILHOUETTES
from storefront.pictures import (
    COLOURS,
    GARMENTS,
    QUIET,
    draw,
    garment_of,
    mirrored,
    shades,
    tint,
)

DRAWN = {"svg", "title", "path", "g", "text"}
PRESENTED = {"fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap"} | {
    "stroke-linejoin",
    "opacity",
    "d",
    "transform",
}
TYPESET = {"x", "y", "font-family", "font-size", "text-anchor", "viewBox", "role"}


@pytest.mark.parametrize(
    ("words", "garment"),
    [
        ("Weatherside Rain Jacket", "jacket"),
        ("Merino T-shirt", "t-shirt"),
        ("Tees", "t-shirt"),
        ("T Shirts", "t-shirt"),
        ("Dress Shirt", "shirt"),
        ("Shirt Dress", "dress"),
        ("Dresses", "dress"),
        ("Whitney Pullover", "sweater"),
        ("Ski Pants", "trousers"),
        ("Board Shorts", "swim shorts"),
        ("Swim Trunks", "swim shorts"),
        ("Boxer Trunks", "underwear"),
        ("Wrap Dress", "wrap dress"),
        ("Wrap", "scarf"),
        ("Fleece Pullover", "fleece"),
        ("Insulated Jacket", "quilted jacket"),
        ("Packing Cubes, Set of Three", "cubes"),
        ("Sleep Mask", "eye mask"),
        ("Face Mask", None),
        ("Repair Kit", None),
        ("5 Panel Camp Cap", "cap"),
        ("Jacket with Hat Clip", "jacket"),
        ("Travel Socks, 3-Pack", "socks"),
        ("Three Pack Boxer Briefs", "underwear"),
        ("Derby Tier Backpack", "backpack"),
        ("Scarves", "scarf"),
        ("Iron Boots", "boots"),
        ("Mud Scrub Soap", None),
        ("Capsule Shorthand", None),
        ("", None),
    ],
)
def test_the_last_garment_named_is_what_is_drawn(words, garment):
    assert garment_of(words) == garment


def test_the_title_speaks_before_the_type():
    assert draw("Lodge Scarf", "Shirts", "Red") != draw("Lodge Scarf", "", None)
    assert draw("Lodge Scarf", "Shirts", "Red") == draw("Lodge Scarf", "Hats", "Red")
    assert draw("Lodge", "Shirts", "Red") != draw("Lodge", "Hats", "Red")


def test_what_is_no_garment_gets_a_label_with_its_initials():
    assert ">MS</text>" in draw("The Mud Scrub Soap", "Home", None)
    assert "<text" not in draw("Mud Scrub Scarf", "Home", None)
    assert ">·</text>" in draw("", "", None)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("Navy", "navy"),
        ("True Black", "black"),
        ("Black/Red", "black"),
        ("off-white", "off white"),
        ("Forest Green", "forest"),
        ("SKY BLUE", "sky"),
    ],
)
def test_a_colour_is_found_inside_its_shop_name(colour, name):
    assert tint(colour, "Coat") == COLOURS[name]


def test_washed_is_paler_and_dark_is_darker():
    plain, washed, dark = (tint(name, "") for name in ("Indigo", "Washed Indigo", "Dark Indigo"))
    assert int(dark[1:3], 16) < int(plain[1:3], 16) < int(washed[1:3], 16)


def test_an_unknown_colour_is_quiet_and_stays_what_it_was():
    assert tint("Aurora", "Coat") in QUIET
    assert tint(None, "Coat") == tint("", "Coat") == tint(None, "Coat")
    assert len({tint(None, f"Coat {number}") for number in range(40)}) == len(QUIET)
    assert tint("Bored", "Coat") != COLOURS["red"]


@pytest.mark.parametrize("colour", COLOURS)
def test_cloth_of_every_colour_stands_out_from_its_ground(colour):
    tones = shades(COLOURS[colour])
    cloth, ground = (bytes.fromhex(tones[name][1:]) for name in ("cloth", "ground"))
    assert sum(abs(one - other) for one, other in zip(cloth, ground, strict=True)) > 50


@pytest.mark.parametrize("colour", COLOURS)
def test_a_darker_part_of_the_cloth_stands_out_too(colour):
    tones = shades(COLOURS[colour])
    shade, ground = (bytes.fromhex(tones[name][1:]) for name in ("shade", "ground"))
    assert sum(abs(one - other) for one, other in zip(shade, ground, strict=True)) > 20


def test_a_half_outline_is_mirrored_on_the_middle():
    assert mirrored("M200 10 L150 20 L200 30") == "M200 10 L150 20 L200 30 L200 30L250 20L200 10Z"


def test_every_silhouette_is_drawn_for_some_word():
    assert {*GARMENTS.values(), "label"} == set(SILHOUETTES)
    assert all(garment_of(word.replace("-", " ")) for word in GARMENTS)


@pytest.mark.parametrize("name", SILHOUETTES)
def test_every_silhouette_begins_and_ends_its_halves_on_the_middle(name):
    for role, path in SILHOUETTES[name]:
        if role in ("body", "flap"):
            numbers = re.findall(r"[\d.]+", path)
            assert (numbers[0], numbers[-2]) == ("200", "200")


WORDS = st.text(max_size=300)


@given(WORDS, st.sampled_from(["", "Bags", *SILHOUETTES]), st.none() | WORDS)
@example('<script>alert("1")</script>', "", "</svg>")
@example("\x00\x1b\ud800", "", "\ud800")
@example("&" * 300, "jacket", None)
@example("🧥" * 300, "jacket", "🧥")
def test_any_words_give_a_small_harmless_well_formed_picture(title, kind, colour):
    svg = draw(title, kind, colour)
    assert len(svg.encode()) <= 3072
    assert draw(title, kind, colour) == svg
    root = ElementTree.fromstring(svg)
    assert root.get("viewBox") == "0 0 400 500"
    for element in root.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in DRAWN
        assert set(element.attrib) <= PRESENTED | TYPESET
        assert "url" not in "".join(element.attrib.values())
