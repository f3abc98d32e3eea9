"""Lists of addresses: brought in as a shell does it, asked once, and written out again."""

import csv
import re
from io import StringIO

import pytest
from playhouse.test_utils import count_queries

from storefront import policy, privacy
from storefront.erasures import Erasures
from storefront.exchange import insider_load, insiders
from storefront.jobs import Jobs
from storefront.models import GoneInsider, Insider, OutgoingMail, PolicyVersion
from storefront.models.insider import INVITED_AT_ONCE
from tests.exchange.test_exchange_commands import storefront  # noqa: F401

HELD = "Ticked on paper at our market stall, 2024"


@pytest.fixture
def run(storefront):  # noqa: F811
    return storefront


@pytest.fixture
def listed(tmp_path):
    """A file with these lines in it."""

    def write(*lines: str):
        path = tmp_path / "list.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def reader(settings, email: str, clock) -> Insider:
    digest = Erasures(settings).digest
    Insider.ask(email, "page", PolicyVersion.last(), digest, clock())
    one = Insider.about(email).get()
    one.confirm(clock())
    return one


def test_who_is_imported_is_asked_by_mail_a_few_at_a_time_and_is_no_reader_yet(
    run, listed, settings, clock
):
    path = listed("Email", *(f"{n}@example.com" for n in range(INVITED_AT_ONCE + 1)))
    assert run("import-insiders", path) == (
        *(0, f"added={INVITED_AT_ONCE + 1} known=0 left=0 erased=0 skipped=0\n"),
        "",
    )
    assert not Insider.reading().exists()
    assert not OutgoingMail.select().exists()
    Jobs(settings).look_after()
    assert OutgoingMail.select().count() == INVITED_AT_ONCE
    assert {mail.kind for mail in OutgoingMail.select()} == {"insider_invited"}


def test_a_stated_consent_is_recorded_with_each_and_nobody_is_asked(run, listed, settings):
    path = listed("ann@example.com", "bob@example.com")
    said = run("import-insiders", path, "--consent", f"  {HELD} ")
    assert said[:2] == (0, "added=2 known=0 left=0 erased=0 skipped=0\n")
    assert [(one.email, one.statement, one.way) for one in Insider.reading()] == [
        ("ann@example.com", HELD, "import"),
        ("bob@example.com", HELD, "import"),
    ]
    Jobs(settings).look_after()
    assert not OutgoingMail.select().exists()


@pytest.mark.parametrize("consent", ["", "  yes ", "x" * 501])
def test_a_consent_that_says_nothing_is_refused_and_nothing_comes_in(run, listed, consent):
    code, said, complained = run("import-insiders", listed("ann@example.com"), "--consent", consent)
    assert (code, said) == (1, "")
    assert complained.startswith("Please say ")
    assert not Insider.select().exists()


def test_who_left_is_erased_or_known_is_passed_over_however_they_are_spelled(
    run, listed, settings, clock
):
    reader(settings, "left@gmail.com", clock).leave(clock())
    reader(settings, "gone@example.com", clock)
    privacy.erase("gone@example.com", settings, clock())
    reader(settings, "known@example.com", clock)
    path = listed(
        *("email", "L.eft+x@googlemail.com", "LEFT@gmail.com", "Gone@example.com"),
        *("known+b@example.com", "known@EXAMPLE.com", "new@example.com", "New+2@example.com"),
    )
    for _ in range(2):
        code, said, complained = run("import-insiders", path, "--consent", HELD)
        assert (code, complained) == (0, "")
    assert said == "added=0 known=5 left=1 erased=1 skipped=0\n"
    assert sorted(one.email for one in Insider.reading()) == [
        "known@example.com",
        "new@example.com",
    ]
    assert GoneInsider.select().count() == 1


def test_junk_is_named_by_its_line_and_never_quoted(run, listed):
    path = listed(
        *("Name;E-Mail;Status", "Ann;ann@example.com;subscribed", "Bob;bob@;subscribed"),
        *("Cyd;cyd@example.com;Unsubscribed", "Dee", ";=HYPERLINK(1);active", f";{'a' * 300};1"),
        *('"Eve";"eve@example.com\r\nBcc: x@example.com";active', "Fay;'+fay@example.com;active"),
    )
    code, said, complained = run("import-insiders", path)
    assert (code, said) == (0, "added=2 known=0 left=0 erased=0 skipped=6\n")
    lines = complained.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        f"line {n}: skip" for n in (3, 4, 5, 6, 7, 8)
    ]
    assert "it does not say that they are subscribed there" in lines[1]
    for word in ("bob", "cyd", "eve", "HYPERLINK"):
        assert word not in complained
    assert sorted(one.email for one in Insider.select()) == ["+fay@example.com", "ann@example.com"]


def test_who_left_where_the_list_comes_from_is_left_out(listed):
    path = listed(
        *("Email Address,UNSUB_TIME,OPTIN_TIME", "ann@example.com,,2024-01-01"),
        "bob@example.com,2024-02-02,2024-01-01",
    )
    ann, bob = insiders.Addresses(path)
    assert (ann.email, bob.line, bob.why) == (
        *("ann@example.com", 3),
        "they have left there, or no mail reached them",
    )


def test_a_dry_run_says_what_would_come_in_and_writes_nothing(run, listed):
    code, said, complained = run("import-insiders", listed("ann@example.com", "x"), "--dry-run")
    assert (code, complained) == (0, "")
    assert said == (
        "line 2: skip, it holds no e-mail address that can be written to\nline 1: add\n"
        "added=1 known=0 left=0 erased=0 skipped=1\n"
    )
    assert not Insider.select().exists()


@pytest.mark.parametrize("text", ["", "Handle,Title\nmug,Mug\n", "PK\x03\x04", '"never closed'])
def test_what_is_no_list_is_refused_in_words(run, tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_text(text)
    code, said, complained = run("import-insiders", path)
    assert (code, said) == (1, "")
    assert re.search("lists of e-mail addresses are read|it is cut short", complained)
    assert not Insider.select().exists()


def test_a_file_that_breaks_off_changes_nothing(run, listed):
    path = listed("email", *(f"{n}@example.com" for n in range(1200)), '"cut')
    assert run("import-insiders", path)[0] == 1
    assert not Insider.select().exists()


def test_many_come_in_with_few_questions_to_the_database(settings, listed, clock):
    path = listed("email", *(f"{n}@example.com" for n in range(2000)))
    with count_queries() as counted:
        report = insider_load.load(
            insiders.Addresses(path), Erasures(settings), clock(), tell=len, warn=len
        )
    assert report.added == 2000
    assert counted.count <= 16


def test_nothing_is_imported_while_the_policy_does_not_cover_it(run, listed, settings, clock):
    words = {"role": "editor", "changes": "Less.", "in_force_at": clock(), "at": clock()}
    text = "# Less\n\nOrders. {covers: orders}\n"
    policy.publish(text, policy.read_key(settings.keys), **words)
    code, _, complained = run("import-insiders", listed("ann@example.com"))
    assert code == 1
    assert "Nobody can sign up to the Insider Update now" in complained
    assert not Insider.select().exists()


def test_readers_are_written_with_what_proves_it_and_nothing_that_runs(
    run, settings, clock, tmp_path, listed
):
    one = reader(settings, "+run@example.com", clock)
    held = "=HYPERLINK says it all, really"
    run("import-insiders", listed("ann@example.com"), "--consent", held)
    path = tmp_path / "out.csv"
    assert run("export-insiders", path) == (0, "addresses=2\n", "")
    head, first, second = csv.reader(StringIO(path.read_text(), newline=""))
    assert tuple(head) == insiders.HEAD
    assert first[0] == "'+run@example.com"
    assert first[3:6] == ["page", str(one.policy.number), one.in_words(Insider.wording)]
    assert second[6] == f"'{held}"
    _, said, complained = run("export-insiders", "-")
    assert said.count("@example.com") == 2
    assert complained == "addresses=2\n"
    Insider.delete().execute()
    assert run("import-insiders", path)[1] == "added=2 known=0 left=0 erased=0 skipped=0\n"
