"""The privacy policy: append-only, signed, chained; shown safely, with facts from the register."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import peewee
import pytest

from storefront import policy
from storefront.db import database, is_sqlite
from storefront.models import PolicyVersion
from storefront.refusals import Refused
from tests.models.placing import at_once

POLICIES = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "policies"


@pytest.fixture
def now(clock):
    return clock()


@pytest.fixture
def key(settings):
    return policy.read_key(settings.keys)


@pytest.fixture
def post(key, now):
    """Post a text as the next version, in force at once."""

    def post(text: str, changes: str = "", in_force_at: datetime = now, at: datetime = now):
        return policy.publish(
            text, key, role="editor", changes=changes, in_force_at=in_force_at, at=at
        )

    return post


def shown(text: str) -> str:
    return policy.shown(PolicyVersion(text=text))


# Posting


def test_a_version_is_added_to_the_ones_before(post, key, now):
    first, second = PolicyVersion.last(), post("We ask for little. {covers: orders}", "Shorter.")
    assert (first.number, second.number) == (1, 2)
    assert PolicyVersion.in_force(now) == second
    assert second.previous == first.digest
    assert second.covers == ["orders"]
    for version in PolicyVersion.select():
        assert policy.verify(version, key.public_key()), version.number


def test_the_same_text_again_is_refused(post):
    post("We ask for little.")
    with pytest.raises(Refused, match="same as version 2"):
        post("We ask for little.")
    assert PolicyVersion.select().count() == 2


def test_a_version_posted_for_later_is_in_force_later(post, now):
    before, day = PolicyVersion.last(), timedelta(days=1)
    later = post("We ask for less.", in_force_at=now + day)
    assert PolicyVersion.in_force(now) == before
    assert PolicyVersion.in_force(now + day) == later


def test_a_moment_in_another_zone_is_signed_as_it_will_be_read(post, key, now):
    post("We ask for less.", at=now.astimezone(timezone(timedelta(hours=2))))
    fresh = PolicyVersion.last()
    assert fresh.posted_at == now
    assert policy.verify(fresh, key.public_key())


def test_four_editors_at_once_leave_an_unbroken_chain(post, key):
    outcomes = at_once(4, lambda n: post(f"Version of editor {n}."))
    assert all(isinstance(each, PolicyVersion | Refused) for each in outcomes), outcomes
    versions = list(PolicyVersion.select().order_by(PolicyVersion.number))
    assert [v.number for v in versions] == list(range(1, len(versions) + 1))
    assert len(versions) >= 2
    for before, after in pairwise(versions):
        assert after.previous == before.digest


def test_the_signed_note_says_all_there_is(post, now):
    note = policy.signed_note(post("# A\n\nB. {covers: orders, cookies}\n", 'What\n"changed"'))
    head, text, signature = (
        note.split("\n\n", 1)[0],
        note.split("\n\n", 1)[1],
        note.splitlines()[-1],
    )
    assert head.splitlines()[0] == "policy version 2"
    assert head.splitlines()[1] == f"posted {now.astimezone(UTC).isoformat()} by editor"
    assert "covers orders, cookies" in head.splitlines()
    assert r'changes "What\n\"changed\""' in head.splitlines()
    assert text.startswith("# A\n\nB. {covers: orders, cookies}\n\n")
    assert signature.startswith("— storefront-policy ")


# Never changed

CHANGES = [
    "UPDATE policy_version SET text = 'We sell everything.'",
    "UPDATE policy_version SET number = number",
    "DELETE FROM policy_version",
]
COLUMNS = (
    "id, number, text, covers, changes, posted_by, posted_at, in_force_at, previous, signature, "
    "digest"
)
REPLACE = f"INSERT OR REPLACE INTO policy_version ({COLUMNS}) SELECT {{}} FROM policy_version"
SQLITE_CHANGES = [
    *CHANGES,
    "UPDATE OR REPLACE policy_version SET text = 'We sell everything.'",
    REPLACE.format(COLUMNS.replace(" text", " 'We sell everything.'")),
    REPLACE.format(COLUMNS.replace("id,", "NULL,").replace(" digest", " 'other'")),
    REPLACE.format(COLUMNS.replace("id,", "NULL,").replace(" number", " 77")),
    REPLACE.format(COLUMNS.replace(" number", " 77").replace(" digest", " 'other'")),
    "REPLACE" + REPLACE.removeprefix("INSERT OR REPLACE").format(COLUMNS),
    f"INSERT INTO policy_version ({COLUMNS}) SELECT {COLUMNS} FROM policy_version WHERE 1"
    " ON CONFLICT (id) DO UPDATE SET text = 'We sell everything.'",
]
POSTGRESQL_CHANGES = [
    *CHANGES,
    "TRUNCATE policy_version CASCADE",
    'TRUNCATE "order", policy_version CASCADE',
    f"INSERT INTO policy_version ({COLUMNS}) SELECT {COLUMNS} FROM policy_version"
    " ON CONFLICT (id) DO UPDATE SET text = 'We sell everything.'",
]


@pytest.fixture
def unchanged(post):
    post("We ask for little.")
    before = list(PolicyVersion.select().order_by(PolicyVersion.id).dicts())
    yield
    assert list(PolicyVersion.select().order_by(PolicyVersion.id).dicts()) == before


def test_sql_of_the_shop_cannot_change_what_was_posted(unchanged):
    for sql in SQLITE_CHANGES if is_sqlite() else POSTGRESQL_CHANGES:
        with pytest.raises(peewee.DatabaseError, match="never changed"):
            database.execute_sql(sql)


def test_a_plain_sqlite_shell_cannot_change_it_either(settings, unchanged):
    if not is_sqlite():
        pytest.skip("this is about SQLite's own shell")
    shell = sqlite3.connect(database.database, isolation_level=None)
    try:
        for sql in SQLITE_CHANGES:
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                shell.execute(sql)
    finally:
        shell.close()


TAMPERED = {
    "text": "We sell everything. {covers: orders}",
    "number": 7,
    "covers": ["orders", "everything"],
    "changes": "Nothing.",
    "posted_by": "nobody",
    "posted_at": datetime(2001, 1, 1, tzinfo=UTC),
    "in_force_at": datetime(2001, 1, 1, tzinfo=UTC),
    "previous": "0" * 64,
    "signature": "AAAA",
    "digest": "0" * 64,
}


@pytest.mark.parametrize("column", [*TAMPERED, "signature that is none"])
def test_tampering_past_the_triggers_shows(post, key, column):
    column, value = column.split()[0], TAMPERED.get(column, "é is no base64")
    post("We sell nothing. {covers: orders}")
    drop_triggers()
    PolicyVersion.update({column: value}).where(PolicyVersion.id == PolicyVersion.last()).execute()
    first, tampered = PolicyVersion.select().order_by(PolicyVersion.id)
    assert not policy.verify(tampered, key.public_key())
    assert policy.verify(first, key.public_key())


def drop_triggers() -> None:
    on = "" if is_sqlite() else " ON policy_version"
    names = ["never_UPDATE", "never_DELETE", "never_replaced"]
    for name in names if is_sqlite() else ["never_changed", "never_emptied"]:
        database.execute_sql(f"DROP TRIGGER policy_version_{name}{on}")


def test_a_version_signed_by_another_key_shows(post):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = Ed25519PrivateKey.generate().public_key()
    assert not policy.verify(PolicyVersion.last(), other)


# What it covers, and how it is shown


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
    assert shown("Little. {covers: orders}\n") == "<p>Little.</p>\n"


def test_a_table_tells_what_is_kept_why_and_how_long(app):
    html = shown("Before.\n\n{table: orders}\n\nAfter.")
    assert html.count("<table>") == 1
    assert "<p><table>" not in html
    assert "<td>e-mail address</td><td>to tell you the status of your order</td>" in html
    assert "name, address, second address line, town, state or region, postal code" in html
    assert "<td>7 years</td>" in html
    assert "card number and expiry, sealed and off line" in html
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
    assert policy.in_words(timedelta(days=days)) == words


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
<a href="java&#10;script:alert(1)">e</a> <a href="x" title="{table: orders}">f</a>
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
    assert seen.tags <= {"h1", "p", "a"}
    assert {name for name, _ in seen.attributes} <= {"href", "rel", "title"}
    assert {value for name, value in seen.attributes if name == "href"} <= {"x"}
    assert ("title", "{table: orders}") in seen.attributes, "no table is drawn inside a tag"


def test_links_and_tables_of_an_honest_text_stay(app):
    html = shown("[us](https://shop.example/x) and <mailto:a@b.example>\n\n|a|b|\n|-|-|\n|1|2|\n")
    assert '<a href="https://shop.example/x" rel="noopener">us</a>' in html
    assert 'href="mailto:a@b.example"' in html
    assert "<td>2</td>" in html


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.md")), ids=lambda path: path.stem)
def test_real_policies_are_posted_and_shown(post, client, key, path):
    text = policy.read_text(path)
    version = post(text)
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
    assert set(policy.collected()) <= set(PolicyVersion.last().covers)
