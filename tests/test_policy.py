"""The privacy policy: read from a file, shown safely, with facts drawn from the register."""

from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from storefront import policy, register
from storefront.models import PolicyVersion
from storefront.refusals import Refused

POLICIES = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "policies"


def shown(text: str) -> str:
    return policy.shown(PolicyVersion(text=text))


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("Nothing.", []),
        ("A. {covers: orders}", ["orders"]),
        ("A. {covers:orders,  newsletter ,orders}\n\nB.{covers: cookies}", None),
        ("A. {covers: }", []),
        ("A. {covers: , ,}", []),
        ("A. {covers orders} {Covers: orders} {covers: orders", []),
    ],
)
def test_the_clauses_of_a_text_are_named_once_and_in_order(text, covered):
    assert policy.clauses(text) == (
        ["orders", "newsletter", "cookies"] if covered is None else covered
    )


def test_marks_are_not_shown():
    assert shown("Little. {covers: orders}\n") == '<p id="clause-orders">Little.</p>\n'


def test_a_table_tells_what_is_kept_why_and_how_long(app):
    html = shown("Before.\n\n{table: orders}\n\nAfter.")
    assert html.count("<table>") == 1
    assert "<p><table>" not in html
    assert "<td>e-mail address</td><td>to tell you the status of your order</td>" in html
    assert "name, address, second address line, town, state or region, postal code" in html
    assert "<td>7 years</td>" in html
    assert "card number and expiry, sealed and offline" in html
    assert shown("{table: nothing-of-the-kind}").strip() == ""


def test_a_period_is_told_in_words():
    assert shown("For {keep: order.email}.") == "<p>For 2 years.</p>\n"
    assert shown("For {keep: order.name}.") == "<p>For 7 years.</p>\n"
    assert "not on the register" in shown("For {keep: order.shoe_size}.")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        *[(1, "1 day"), (14, "14 days"), (400, "400 days")],
        *[(365, "1 year"), (366, "1 year"), (730, "2 years"), (2557, "7 years")],
    ],
)
def test_periods_in_words(days, words):
    assert register.in_words(timedelta(days=days)) == words


EVIL = """
# Title <img src="https://evil.example/pixel.gif" onerror="alert(1)">

<script>alert(1)</script>
<iframe src="https://evil.example"></iframe>
<style>body { background: url(https://evil.example) }</style>
<p style="background: url(https://evil.example)" onclick="alert(1)">x</p>
<form action="https://evil.example"><input name="email"><button>Go</button></form>
<object data="https://evil.example"></object><embed src="https://evil.example">
<svg onload="alert(1)"><use href="https://evil.example#x"/></svg>
<base href="https://evil.example"><meta http-equiv="refresh" content="0;url=https://evil.example">
<link rel="stylesheet" href="https://evil.example/x.css"><video src="https://evil.example"></video>

![pixel](https://evil.example/pixel.gif) [a](javascript:alert(1)) [b](JaVaScRiPt&colon;alert(1))
[c](data:text/html;base64,PHNjcmlwdD4=) <javascript:alert(1)> [d](vbscript:x "t\\" onclick=x")
<a href="java&#10;script:alert(1)">e</a> <a href="/x" title="{table: orders}">f</a>
{table: <script>alert(1)</script>} {keep: <script>alert(1)</script>} {covers: <script>}
"""


class Seen(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= set(attrs)


def test_what_an_editor_pastes_fetches_runs_and_sends_nothing(app):
    seen = Seen(shown(EVIL))
    assert seen.tags <= {"h1", "p", "a", "div"}
    assert {name for name, _ in seen.attributes} <= {"href", "id", "rel", "title"}
    assert {value for name, value in seen.attributes if name == "href"} <= {"/x"}
    assert ("title", "{table: orders}") in seen.attributes, "no table is drawn inside a tag"


def test_links_and_tables_of_an_honest_text_stay(app):
    html = shown("[us](https://shop.example/x) and <mailto:a@b.example>\n\n|a|b|\n|-|-|\n|1|2|\n")
    assert '<a href="https://shop.example/x" rel="noopener">us</a>' in html
    assert 'href="mailto:a@b.example"' in html
    assert "<td>2</td>" in html


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.md")), ids=lambda path: path.stem)
def test_real_policies_are_posted_and_shown(settings, clock, client, path):
    text, key = policy.read_text(path), policy.read_key(settings.keys)
    moments = {"in_force_at": clock(), "at": clock()}
    version = policy.publish(text, key, role="editor", changes="Said better.", **moments)
    page = client.get("/privacy").text
    assert f"Version {version.number}" in page
    for tag in ('<script src="http', "<iframe", "<img", "onclick="):
        assert tag not in policy.shown(version)
    words = [word for word in text.split() if word.isalpha() and len(word) > 6]
    assert sum(word in page for word in words) > 0.95 * len(words), "the text is there"
    assert policy.verify(PolicyVersion.last(), key.public_key())


# Reading a file


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not UTF-8"),
        (b"PK\x03\x04\x14\x00\x06\x00word", "bytes that no text has"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "is not UTF-8"),
        ("Datenschutz für alle".encode("utf-16"), "is not UTF-8"),
        ("Datenschutz".encode("utf-16-le"), "bytes that no text has"),
        ("für alle".encode("latin-1"), "is not UTF-8"),
        (b"a" * (1024 * 1024), "larger than 512 KiB"),
        (b"a" * (512 * 1024 + 1), "larger than 512 KiB"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_words(tmp_path, raw, words):
    path = tmp_path / "policy.md"
    path.write_bytes(raw)
    with pytest.raises(Refused, match=words) as refusal:
        policy.read_text(path)
    assert str(path) in refusal.value.sentence


def test_a_file_without_end_is_refused_and_not_read_to_its_end():
    with pytest.raises(Refused, match="larger than"):
        policy.read_text(Path("/dev/zero"))


def test_a_text_comes_in_as_it_stands_but_for_the_byte_order_mark(tmp_path):
    path = tmp_path / "policy.md"
    path.write_bytes("\ufeff# Für alle\r\n\n\tx {covers: orders}\f\n".encode())
    assert policy.read_text(path) == "# Für alle\r\n\n\tx {covers: orders}\f\n"


def test_the_starter_policy_covers_all_that_is_collected(app):
    assert set(register.clauses()) <= set(PolicyVersion.last().covers)
