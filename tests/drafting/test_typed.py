"""A text as it was typed, pasted or uploaded: taken as it is meant, or refused in words."""

import pytest

from storefront import policy
from storefront.drafting import typed
from storefront.drafting.directives import noted
from storefront.refusals import Refused


def test_line_ends_become_ours_and_nothing_else_changes():
    assert typed.tidied("\ufeffA\r\n\r\nB\rC\n\tD ") == "A\n\nB\nC\n\tD "


def test_a_text_of_the_largest_size_may_be_kept_and_one_byte_more_may_not():
    text = "ä" * (policy.LARGEST // 2)
    assert typed.checked(text) == text
    with pytest.raises(Refused, match="has 513 KiB, and a policy may have 512"):
        typed.checked(f"{text}b")


def test_half_a_character_is_refused_as_something_no_text_has():
    with pytest.raises(Refused, match="line 2 that no text has"):
        typed.checked("A\n\udc80")


def test_a_short_text_may_be_kept():
    assert typed.checked("We keep nothing about anyone.") == "We keep nothing about anyone."


# What is not understood


def lines(text: str) -> list[tuple[int, str]]:
    return [(note.line, note.sentence) for note in noted(text)]


@pytest.mark.parametrize(
    "text",
    [
        "A. {covers: orders, cookies}",
        "A. {covers:orders}\n\n{table: orders}\n\nFor {keep: order.email}.",
        "Dear {first name}, {} { } {1} { x }",
        "A. \\{covers: orders\\}",
        "{table: orders}",
    ],
)
def test_what_is_understood_and_what_means_nothing_is_not_remarked_upon(app, text):
    assert lines(text) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{covers: ordres}", "Did you mean orders?"),
        ("A {covers: orders, nothing-like-it} B", "under “nothing-like-it”"),
        ("A {covers: }", "names no clause"),
        ("A {Covers: orders}", "Write it as {covers: …}"),
        ("A {cover: orders}", "Write it as {covers: …}"),
        ("A {covers orders}", "Write it as {covers: …}"),
        ("A {covers: orders", "is not understood"),
        ("{tabel: orders}", "Write it as {table: …}"),
        ("{table: order}", "Did you mean orders?"),
        ("In {table: orders} here", "paragraph of its own"),
        ("{keep: order.emial}", "Did you mean order.email?"),
        ("{keep: order email}", "is not understood"),
        ("{include: terms}", "Known are {covers: …}, {table: …}, {keep: …}."),
        ("{covers: " + "x" * 99 + "}", "…”"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(app, line, words):
    ((number, sentence),) = lines(f"# P\n\n{line}\n")
    assert number == 3
    assert words in sentence


def test_a_table_in_the_middle_of_a_paragraph_is_remarked_upon(app):
    assert [n for n, _ in lines("A.\n{table: orders}\n\nB.\n\n{table: cookies}\nC.")] == [2, 6]


def test_only_so_many_remarks_are_made(app):
    assert len(noted("{x: y}\n" * 200)) == 50
