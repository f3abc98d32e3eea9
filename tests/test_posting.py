"""Posting the policy at the command line: what is said before, what is refused, in what words."""

from datetime import UTC, datetime

import pytest

from storefront import coverage, policy, proofread
from storefront.coverage import listed
from storefront.db import database
from storefront.models import PolicyVersion
from storefront.policy import moment_of
from storefront.posting import Posting
from storefront.refusals import Refused
from tests.models.placing import at_once

WHOLE = "# Privacy\n\nWe ask for little. {{covers: {}}}\n"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def whole(settings) -> str:
    """A text that covers everything."""
    return WHOLE.format(", ".join(coverage.clauses()))


@pytest.fixture
def write(tmp_path):
    """Write a file for the command: text, or bytes as they are."""

    def write(text: str | bytes):
        path = tmp_path / "policy.md"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def post(runner, write):
    """Post a text by the command; gives what it said, or the sentence it refused with."""

    def post(text, *options, changes="Shorter."):
        result = runner("publish-policy", write(text), "--changes", changes, *options)
        assert isinstance(result.exception, Refused | None), result.exception
        return f"{result.output}{result.exception or ''}"

    return post


def count() -> int:
    return PolicyVersion.select().count()


def test_a_text_that_covers_everything_is_posted_and_in_force_at_once(post, whole, client, clock):
    said = post(whole)
    assert said == (
        f"It covers {listed(coverage.clauses())}.\nNobody has to be told by mail.\n"
        "version 2 is posted, in force at once\n"
    )
    clock.forward(minutes=1)
    page = client.get("/privacy").text
    assert "Version 2" in page
    assert "Shorter." in page


def test_a_text_that_switches_something_off_is_refused_with_the_list_unless_that_is_meant(
    post, clock
):
    all_but_cookies = [clause for clause in coverage.clauses() if clause != "cookies"]
    text = WHOLE.format(", ".join([*all_but_cookies, "raffles"]))
    said = post(text)
    assert said == (
        f"It covers {listed(all_but_cookies)}.\n"
        "It leaves out cookies.\n"
        "That would switch off cookies: the cart.\n"
        "Nothing is gathered under: “raffles”.\n"
        "Nobody has to be told by mail.\n"
        "This text does not cover cookies, which would be switched off: the cart. Mark the "
        "paragraphs that cover it, such as {covers: cookies}, or say that it shall be switched "
        "off; nothing was posted."
    )
    assert count() == 1
    assert post(text, "--switch-off").endswith("version 2 is posted, in force at once\n")
    assert PolicyVersion.last().covers == [*all_but_cookies, "raffles"]
    again = text.replace("little", "less")
    assert "version 3 is posted" in post(again), "what is off already needs no asking"


def test_a_text_for_later_is_in_force_from_its_date(post, whole):
    said = post(whole, "--in-force", "2999-03-01")
    assert said.endswith("version 2 is posted, in force from 1 March 2999\n")
    version = PolicyVersion.last()
    assert version.in_force_at == datetime(2999, 3, 1, tzinfo=UTC)
    assert PolicyVersion.in_force(datetime.now(UTC)).number == 1
    said = post(whole.replace("little", "less"), "--in-force", "2999-02-28T23:59")
    assert said.endswith(
        "Version 2 is posted already and comes into force on 1 March 2999; the next one cannot do "
        "so before it."
    )


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("today", NOW),
        ("TODAY ", NOW),
        ("", NOW),
        ("2026-11-23", NOW),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("20270301", datetime(2027, 3, 1, tzinfo=UTC)),
        ("2027-03-01 09:00", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01T09:00", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01T09:00Z", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01T09:00+02:00", datetime(2027, 3, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_as_it_is_meant(words, moment):
    assert moment_of(words, NOW) == moment


@pytest.mark.parametrize(
    "words", ["soon", "2026-13-01", "01.03.2027", "2027-02-29", "1e9", "now\x00", "٢٠٢٧-٠٣-٠١" * 9]
)
def test_what_is_no_date_is_refused_in_words(post, whole, words):
    with pytest.raises(Refused, match="is no date: write today"):
        moment_of(words, NOW)
    if "\x00" not in words:  # which no command line can hold
        assert "is no date: write today" in post(whole, "--in-force", words)
    assert count() == 1


def test_a_date_that_is_past_is_refused(post, whole):
    said = post(whole, "--in-force", "2026-01-31")
    assert said.endswith("31 January 2026 is past: a policy holds from now on.")
    assert count() == 1


def test_the_reader_is_told_what_has_changed_or_nothing_is_posted(post, whole):
    for empty in ("", "  \t"):
        said = post(whole, changes=empty)
        assert said.endswith("Please say in a sentence, for the reader, what has changed.")
    assert count() == 1


def test_the_same_text_again_is_refused(post, whole):
    post(whole)
    for same in (whole, whole.rstrip(), whole.replace("\n", "\r\n") + "\n\n"):
        assert "The text is the same as version 2; nothing was posted." in post(same)
    assert count() == 2


BAD = {
    "723 KB": (b"We ask for little. " * 39_000, "larger than 512 KiB"),
    "29 bytes": (b"We do not collect personal it", "would be switched off"),
    "one line": ("All. " * 3000, "would be switched off"),
    "nothing": (b"", "is empty"),
    "UTF-16": ("# Für alle".encode("utf-16"), "is not UTF-8 text"),
    "a zero byte": (b"# Privacy\n\nA\0B", "bytes that no text has"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "is not UTF-8 text"),
    "an unknown mark": ("A. {{cover: orders}}", "{cover: orders} is no mark of this shop"),
    "a mark in capitals": ("A. {{Covers: orders}}", "{Covers: orders} is no mark of this shop"),
    "a mark with a space": ("A. {{ covers: orders}}", "{ covers: orders} is no mark of this shop"),
    "a clause that is none": ("A. {{covers: <b>}}", "{covers: <b>} names no clause"),
    "no clause": ("A. {{covers: ,}}", "{covers: ,} names no clause"),
    "an empty table": ("{{table: shoes}}", "{table: shoes} would draw nothing"),
    "no period": ("{{keep: order.shoes}}", "{keep: order.shoes} names nothing on the register"),
    "nine unknown marks": ("".join(f"{{{{x{n}: y}}}}" for n in range(9)), "And 4 more."),
    "a mark that nobody sees": ("<!-- {{covers: orders}} -->\n", "nobody would see"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_in_a_sentence_and_the_version_before_stays(post, client, clock, what):
    text, words = BAD[what]
    said = post(text if isinstance(text, bytes) else text.format())
    assert words in said
    assert "Traceback" not in said
    assert len(said) < 1500
    clock.forward(minutes=1)
    assert "Version 1, in force" in client.get("/privacy").text
    assert count() == 1


def test_scripts_and_data_pictures_are_left_out_and_that_is_said(post, whole, client, clock):
    evil = (
        f"{whole}\n\n<script>alert(1)</script>\n\n![x](data:image/png;base64,AAAA)\n\n"
        '<p onclick="x()" style="color: red">Ours.</p>\n\n<a href="javascript:x()">deal</a>\n\n'
        "<table><tr><td>Raw <b>cell</b></td></tr></table>\n"
    )
    said = post(evil)
    for words in ("1 script is left out", "1 picture is not shown", "onclick", "do not lead there"):
        assert words in said, words
    assert "version 2 is posted" in said
    clock.forward(minutes=1)
    page = client.get("/privacy").text
    assert "Raw <b>cell</b>" in page
    for gone in ("alert(1)</script>", "data:image", 'href="javascript', "onclick="):
        assert gone not in page


def test_windows_line_ends_tabs_and_marks_of_order_come_in_plain(post, whole):
    post(("\ufeff" + whole + "- a\n\t- b\n\f\nEnd\u2028.").replace("\n", "\r\n").encode())
    assert PolicyVersion.last().text == whole + "- a\n    - b\n\n\nEnd\n."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 600_000, "larger than"),
        ("a\0", "no text has"),
        ("a\ud800", "no text has"),
        (" ", "empty"),
    ],
)
def test_what_comes_from_a_form_is_looked_over_as_a_file_is(text, words):
    with pytest.raises(Refused, match=words):
        proofread.checked(text)


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "book-site-2025-08-11",
        "book-site-2025-10-23",
        "electronics-maker-2022",
        "homeware-retailer-2012",
        "outdoor-retailer-2014",
    ],
)
def test_a_real_policy_is_asked_about_and_then_posted_as_it_is(runner, shared, name):
    path = shared / "policies" / f"{name}.md"
    options = ("publish-policy", path, "--changes", "Ours.")
    refused = runner(*options)
    off = [clause for clause in coverage.clauses() if clause not in coverage.ALWAYS_OPEN]
    assert "It covers nothing." in refused.output
    assert f"That would switch off {listed(off)}" in refused.output
    assert "nothing was posted" in str(refused.exception)
    assert "version 2 is posted" in runner(*options, "--switch-off").output


# Two at once


def test_of_two_who_post_after_the_same_version_one_wins_and_the_other_is_told(
    settings, clock, whole
):
    key = policy.read_key(settings.keys)

    def post(n: int) -> PolicyVersion:
        text = whole.replace("little", f"little, says {n}")
        return Posting(text, "today", "Mine.", clock(), after=1).publish(key, "editor", False)

    for _ in range(3):  # the second and third time all are too late
        outcomes = at_once(4, post)
        assert all(isinstance(one, PolicyVersion | Refused) for one in outcomes), outcomes
    assert count() == 2
    assert key.archive.numbers() == [1, 2]
    with pytest.raises(Refused, match=r"Version 2 was posted meanwhile. Read what it changed"):
        post(9)


def test_more_switched_off_than_was_agreed_to_is_refused(settings, clock, whole):
    key = policy.read_key(settings.keys)
    words = {"role": "editor", "changes": "Less.", "in_force_at": clock(), "at": clock()}
    agreed = [clause for clause in coverage.clauses() if clause != "orders"]
    with pytest.raises(Refused, match="does not cover orders, which would be switched off"):
        policy.publish("Nothing.", key, **words, switch_off=agreed)
    policy.publish("Nothing.", key, **words, switch_off=[*agreed, "orders"])
    assert count() == 2


def test_nothing_is_posted_by_halves(settings, clock, whole, monkeypatch):
    key = policy.read_key(settings.keys)

    def fail(self, **_):
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr(PolicyVersion, "save", fail)
    with pytest.raises(RuntimeError):
        Posting(whole, "today", "x", clock()).publish(key, "editor", False)
    assert count() == 1
    assert not database.in_transaction()
    assert key.archive.numbers() == [1]
