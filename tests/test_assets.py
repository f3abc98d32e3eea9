"""The style sheet as it stands in every page."""

import re

from storefront.assets import SOURCE, Assets


def test_the_tokens_of_the_style_sheet_differ_in_their_first_letters(tmp_path):
    names = set(re.findall(r"--([a-z-]+)", (SOURCE / "style.css").read_text(encoding="utf-8")))
    assert len({name[0] for name in names}) == len(names), sorted(names)
    style = Assets(tmp_path).style
    used, made = set(re.findall(r"var\(--(.)\)", style)), set(re.findall(r"--(.):", style))
    assert used == made


def test_the_style_sheet_ends_where_it_stands_in_a_page(tmp_path):
    assert "</" not in Assets(tmp_path).style
    assert "</" not in Assets(tmp_path).start
