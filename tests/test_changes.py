"""What changed between two texts, as a person would say it."""

import time
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from storefront import changes
from storefront.changes.align import aligned
from storefront.changes.blocks import blocks

OLD = """# Privacy

We ask for little. {covers: orders}

## Cookies

The cart is kept in a cookie that holds what you chose.

- Your name
- Your address

We sell nothing to anybody.
"""


def told(old: str, new: str) -> list[tuple[str, str]]:
    """What changed: the kind of each block, and its words with [-gone-] and {+come+} in them."""
    return [(block.kind, words(block)) for block in changes.between(old, new).changed]


def words(block) -> str:
    signs = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    pieces = "".join(signs[piece.kind].format(piece.shown.strip()) for piece in block.pieces)
    return pieces or block.shown


def test_a_text_is_not_changed_from_itself():
    assert not changes.between(OLD, OLD)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("We sell nothing to anybody.\n", "", [("removed", "We sell nothing to anybody.")]),
        ("## Cookies", "We keep logs.\n\n## Cookies", [("added", "We keep logs.")]),
        ("- Your name\n- Your address", "- Your address\n- Your name", None),
        ("holds what you", "holds all you", None),
        ("- Your address", "- Your address\n- Your age", [("added", "Your age")]),
        ("{covers: orders}", "", []),
    ],
)
def test_a_block_is_said_to_be_added_removed_moved_or_reworded(before, after, said):
    assert before in OLD
    found = told(OLD, OLD.replace(before, after))
    if before.startswith("- Your name"):
        assert [kind for kind, _ in found] == ["moved"]
    elif said is None:
        whole = "The cart is kept in a cookie that holds[-what-]{+all+}you chose."
        assert found == [("reworded", whole)]
    else:
        assert found == said


def test_what_is_reworded_and_stands_elsewhere_is_one_change():
    paragraph = "The cart is kept in a cookie that holds what you chose."
    new = OLD.replace(paragraph, "") + "\nThe cart is kept in a cookie that holds all you chose.\n"
    (block,) = changes.between(OLD, new).changed
    assert (block.kind, block.has_moved) == ("reworded", True)


def test_a_change_is_told_under_its_heading():
    (block,) = changes.between(OLD, OLD.replace("holds what", "holds all")).changed
    assert block.under == "Cookies"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A line\nand another", "A line and\nanother"),
        ("Some *words* of __it__", "Some _words_ of **it**"),
        ("Title\n=====\n\nSub\n---", "# Title\n\n## Sub ##"),
        ("## Title\n\nText", "#### Title\n\nText"),
        ("* one\n* two", "1. one\n\n2. two"),
        ("it &amp; them &mdash; caf&eacute;", "it & them — café"),
        ('it\'s "so" - yes', "it’s “so” – yes"),
        ("We keep it. {covers: orders}", "We keep it.{covers:orders}"),
        ("One. Two.\n\nThree.", "One.\n\nTwo. Three."),
        ("A\r\nB\r\n\r\nC\r\n", "A\nB\n\nC"),
        ("|a|b|\n|-|-|\n|c|d|", "<table><tr><th>a<th>b<tr><td>c<td>d</table>"),
        ("<https://x.example/>", "[https://x.example/](https://x.example/ 'Title')"),
        ("<a@b.example>", "[a@b.example](mailto:a@b.example)"),
        ("a  \nb", "a\\\nb"),
        ("<div><p>Raw</p></div>", "Raw"),
        ("soft\u00adware", "software"),
    ],
)
def test_how_a_text_is_marked_up_is_no_change(one, other):
    assert one != other
    assert told(one, other) == []
    assert not changes.between(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We do share.", "We do not share."),
        ("For 7 years.", "For 8 years."),
        ("[here](https://a.example/)", "[here](https://b.example/)"),
        ("Write to [us](mailto:a@b.example)", "Write to [us](mailto:c@b.example)"),
        ("We share it.", "We share it!"),
        ("{table: orders}", "{table: cookies}"),
        ("No. Never.", "No, never."),
        ("<b>not</b> us", "us"),
    ],
)
def test_what_changes_the_meaning_is_a_change(one, other):
    assert changes.between(one, other).changed


def test_a_text_of_one_line_and_the_same_in_paragraphs_are_told_apart_by_their_words_only():
    paragraphs = [f"Sentence number {n} says a thing about letter {n * 7}." for n in range(300)]
    one_line, other = " ".join(paragraphs), "\n\n".join(paragraphs)
    assert not changes.between(one_line, other)
    (block,) = changes.between(
        one_line, other.replace("number 150 says", "number 150 hides")
    ).changed
    assert [piece.kind for piece in block.pieces] == ["same", "removed", "added", "same"]
    assert [piece.shown for piece in block.pieces[1:3]] == [" says", " hides"]
    assert len(words(block)) < 1000, "what stayed is shown by its edges"


def test_marks_that_come_and_go_are_told():
    found = changes.between("A. {covers: orders, cookies}", "A. {covers: cookies, newsletter}")
    assert (found.now_covers, found.no_longer_covers) == (("newsletter",), ("orders",))
    assert found.changed == []
    assert found


@pytest.mark.shared
def test_two_versions_of_a_real_policy_differ_in_two_sentences(shared):
    texts = [path.read_text("utf-8") for path in sorted(shared.glob("policies/book-site-*.md"))]
    found = told(*texts)
    assert [kind for kind, _ in found] == ["reworded", "reworded"]
    assert "As of[-June 30, 2020-]{+October 23, 2025+}, we have never" in found[0][1]
    assert "export your[-library-]{+books+}(https://" in found[1][1]


# Whatever the texts are

WORDS = some.sampled_from(
    "we you keep sell it not the a your name, address. 7 years (and) –".split()
)
PARAGRAPH = some.lists(WORDS, min_size=1, max_size=12).map(" ".join)
TEXT = some.lists(PARAGRAPH, max_size=14).map("\n\n".join)
ANY = some.text(some.sampled_from("ab \n*_#->|`[](){}<&;:.!=~\t0"), max_size=200) | TEXT


def assert_whole(found, old: str, new: str) -> None:
    """Both texts can be put together again from what is told of them."""
    befores = sorted((block for block in found if block.old), key=lambda block: block.old_at)
    afters = [block for block in found if block.new]
    assert [text for block in befores for text in block.old] == blocks(old)
    assert [text for block in afters for text in block.new] == blocks(new)
    for block in found:
        assert bool(block.old) == (block.kind != "added")
        assert bool(block.new) == (block.kind != "removed")
        if block.kind == "reworded":
            for side, kind in (("old", "added"), ("new", "removed")):
                kept = [piece for piece in block.pieces if piece.kind != kind]
                said = "".join(word for piece in kept for word in getattr(piece, side))
                assert said == "".join(f" {text}" for text in getattr(block, side))


@settings(max_examples=100, deadline=None)
@given(ANY, ANY)
def test_both_texts_can_be_put_together_again(old, new):
    assert_whole(changes.between(old, new).blocks, old, new)


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_no_text_is_changed_from_itself(text):
    assert not changes.between(text, text)


@settings(max_examples=50, deadline=None)
@given(some.lists(PARAGRAPH, max_size=10), some.randoms())
def test_wrapping_emphasis_and_bullets_are_never_a_change(paragraphs, chance):
    def dressed(paragraph: str) -> str:
        lines = "".join(f"{word}{chance.choice([' ', chr(10)])}" for word in paragraph.split())
        form = chance.choice(["{}", "- {}", "> {}", "<p>{}</p>", "**{}**"])
        return form.format(lines.strip() if form != "- {}" else " ".join(lines.split()))

    # A line of "7" or "–" would begin a list or underline a heading.
    paragraphs = [f"And {p.replace('–', '-n').replace('.', '')} so" for p in paragraphs]
    dressed_ones = "\n\n".join(map(dressed, paragraphs))
    assert told("\n\n".join(paragraphs), dressed_ones) == []


@settings(max_examples=100, deadline=None)
@given(some.lists(some.integers(0, 6), max_size=90), some.lists(some.integers(0, 6), max_size=90))
def test_pairs_are_equal_and_rise_on_both_sides(one, other):
    pairs = aligned(one, other)
    assert all(one[i] == other[j] for i, j in pairs)
    for (i, j), (k, m) in pairwise(pairs):
        assert i < k
        assert j < m


# Large and odd ones: seconds would be a few tenths of one; the bounds allow for a busy machine.


def many(n: int) -> list[str]:
    return [f"Item {k} of {k % 97} things we keep, said {k * 31 % 1009} times." for k in range(n)]


HELD = [line.replace("keep", "hold") for line in many(9000)]
LARGE = {
    "each reworded": (many(9000), HELD),
    "backwards": (many(9000), many(9000)[::-1]),
    "all alike": (["We keep it."] * 10000, ["We keep it."] * 5000 + ["We sell it."] * 5000),
    "in turn": (["a", "b"] * 5000, ["b", "b", "a"] * 3333),
    "one line": ([" ".join(many(9000))], [" ".join(many(9000)[::-1])]),
    "one line to many": (
        [" ".join(many(9000))],
        [line.replace("keep", "hold") for line in many(9000)],
    ),
    "one word": (["x" * 500_000], ["x" * 500_001]),
    "signs": (["!" * 250_000], ["?" * 250_000]),
    "two words in turn": (["a b " * 60_000], ["b a b " * 40_000]),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_text_is_compared_in_bounded_time(name):
    old, new = ("\n\n".join(side) for side in LARGE[name])
    start = time.process_time()
    found = changes.between(old, new)
    took = time.process_time() - start
    assert took < 15, took
    assert found.changed
    if name == "each reworded":
        assert found.counts == Counter(reworded=9000)
    assert_whole(found.blocks, old, new)
