"""Descriptions of products: safe to show, and safe to make so."""

import pytest

from storefront.exchange.facts import DEEPEST, clean


@pytest.mark.parametrize(
    "deep",
    [
        "<div>" * 100_000,
        "<b>" * 100_000 + "</i>" * 100_000,
        "<div></section>" * 100_000,
        "<SPAN class=a>" * 100_000 + "</span>" * 100_000,
    ],
)
def test_what_is_nested_too_deeply_comes_as_text_at_once(deep):
    shown = clean(f"<script>alert(1)</script>{deep}words")
    assert shown.startswith("&lt;script&gt;alert(1)")
    assert "<" not in shown
    assert clean(shown) == shown, "and stays so, however often it is imported"


def test_a_long_text_of_many_paragraphs_stays_what_it_is():
    long = "".join(
        f"<p>One<br>two <b>three</b></p><ul><li>{n}<li>{n}</ul>" for n in range(2 * DEEPEST)
    )
    assert clean(long).count("<b>three</b>") == 2 * DEEPEST
