"""Clauses are marked in a text that knows nothing of them, and nothing else of it changes."""

import pytest

from storefront import policy
from storefront.drafting.marks import marked, suggestions
from storefront.reading.blocks import Block, blocks

RETAILER = """# Privacy

We care. Please
read on.

## What we gather

  * When you order, we need your name.
  * When you enter a contest, we may ask for
    your address.

    We tell the winners.



| Cookie | Why |
|--------|-----|
| cart   | it holds your things |

Title underlined
----------------

<div>
<p>As <b>HTML</b>.</p>
<script>lost()</script>
</div>

> Quoted.
"""


def by_words(text: str, words: str) -> Block:
    return next(block for block in blocks(text) if words in block.words)


def mark(text: str, words: str, *clauses: str) -> str:
    """The text with one block marked, all others as they are."""
    now = {block.name: block.clauses for block in blocks(text)}
    return marked(text, now | {by_words(text, words).name: clauses})


def test_the_blocks_of_a_text_are_told_apart_as_markdown_does():
    assert [(block.kind, block.words) for block in blocks(RETAILER)] == [
        ("heading", "Privacy"),
        ("paragraph", "We care. Please read on."),
        ("heading", "What we gather"),
        ("item", "When you order, we need your name."),
        ("item", "When you enter a contest, we may ask for your address."),
        ("item", "We tell the winners."),
        ("table", "Cookie · Why · cart · it holds your things"),
        ("heading", "Title underlined"),
        ("html", "As HTML ."),
        ("quote", "Quoted."),
    ]


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("We care", "read on.\n", "read on. {covers: orders}\n"),
        ("When you order", "your name.\n", "your name. {covers: orders}\n"),
        ("enter a contest", "    your address.\n", "    your address. {covers: orders}\n"),
        ("What we gather", "## What we gather\n", "## What we gather {covers: orders}\n"),
        ("Title under", "underlined\n---", "underlined {covers: orders}\n---"),
        ("Cookie", "your things |\n\n", "your things |\n\n{covers: orders}\n\n"),
        ("As HTML", "</div>\n\n", "</div>\n\n{covers: orders}\n\n"),
        ("Quoted", "> Quoted.\n", "> Quoted. {covers: orders}\n"),
    ],
)
def test_a_mark_goes_to_the_end_of_its_block_and_comes_out_again(words, before, after):
    text = mark(RETAILER, words, "orders")
    assert text == RETAILER.replace(before, after)
    assert by_words(text, words).clauses == ("orders",)
    assert [block.words for block in blocks(text)] == [block.words for block in blocks(RETAILER)]
    assert policy.clauses(text) == ["orders"]
    assert mark(text, words, "cookies", "orders").count("{covers: cookies, orders}") == 1
    assert mark(text, words) == RETAILER


def test_marks_that_are_right_already_are_left_as_they_were_written():
    text = "A. {covers:orders,cookies}\n\nB.{covers: orders}"
    now = {block.name: reversed(block.clauses) for block in blocks(text)}
    assert marked(text, now) == text


def test_a_heading_with_closing_hashes_stays_a_heading():
    text = mark("## Orders ##\n\nA.\n", "Orders", "orders")
    assert text == "## Orders {covers: orders} ##\n\nA.\n"
    assert blocks(text)[0].words == "Orders"


def test_a_mark_over_several_lines_or_in_several_places_becomes_one():
    text = mark("A {covers:\norders} b.\nC. {covers: x}\n", "A", "orders", "cookies")
    assert text == "A b.\nC. {covers: orders, cookies}\n"


def test_equal_paragraphs_are_told_apart_by_their_order():
    text = "Same.\n\nSame.\n"
    first, second = blocks(text)
    assert marked(text, {second.name: ["orders"]}) == "Same.\n\nSame. {covers: orders}\n"
    assert first.name != second.name


def test_a_block_keeps_its_name_wherever_it_stands():
    moved = "New.\n\n" + mark(RETAILER, "We care", "orders")
    assert by_words(moved, "We care").name == by_words(RETAILER, "We care").name


def test_html_without_an_empty_line_behind_it_gets_its_mark_in_a_paragraph_of_its_own():
    text = mark("<pre>\nx\n</pre>\nAfter.\n", "x", "orders")
    assert text == "<pre>\nx\n</pre>\n\n{covers: orders}\n\nAfter.\n"
    assert [block.clauses for block in blocks(text)] == [("orders",), ()]


def test_words_suggest_clauses_that_are_not_marked_yet():
    known = ["contests", "cookies", "orders", "unheard-of"]
    said = [suggestions(block, known) for block in blocks(RETAILER)]
    assert said[3] == ["orders"]
    assert said[4] == ["contests"]
    assert said[6] == ["cookies"]
    text = mark(RETAILER, "enter a contest", "contests")
    assert suggestions(by_words(text, "enter a contest"), known) == []


@pytest.mark.parametrize(
    "text", ["", "\n\n", "***\n", "<!-- x -->", "{covers: orders}", "<br>", "\\", "`a {covers: x}`"]
)
def test_odd_texts_have_blocks_or_none_and_can_be_marked(text):
    names = {block.name: ["orders"] for block in blocks(text)}
    assert bool(names) == bool(blocks(marked(text, names)))
    assert marked(text, {block.name: block.clauses for block in blocks(text)}) == text
