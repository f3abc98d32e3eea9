"""An issue as mail: what it says, its headers, its signature, and what comes back."""

import mailbox
import re
import threading
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage

import dkim
import pytest
from playhouse.test_utils import count_queries

from storefront import bounces, dkim_key
from storefront.issues import in_html, in_text
from storefront.mail import Postman
from storefront.models import GoneInsider, Insider, InsiderIssue, OutgoingMail, Product
from storefront.rounds import Round
from storefront.textual import as_text
from tests.issues import TEXT, begun, drafted, readers
from tests.mail_server import Inbox, by_smtp, parts
from tests.models.placing import at_once, cart_of, place

ORIGIN = "https://shop.example"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def going(settings, serving, inbox):
    """The settings of a shop whose mail that server takes."""
    return replace(settings, mail_url=f"smtp://127.0.0.1:{serving(inbox)}", shop_origin=ORIGIN)


def send_all(settings, clock) -> None:
    Round(settings, clock, threading.Event()).go()


def test_an_issue_arrives_with_words_product_and_the_way_out(going, inbox, clock):
    readers(1, clock())
    begun(clock())
    send_all(going, clock)
    [message] = inbox.taken
    assert inbox.envelopes == [("orders@larchandlane.example", ["reader1@shop.test"])]
    assert (message["To"], message["Subject"]) == ("reader1@shop.test", "Autumn coats")
    leave = message["List-Unsubscribe"].strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["List-Id"], message["List-Archive"]) == (
        *("<insider.shop.example>",),
        f"<{ORIGIN}/insider/archive>",
    )
    for text in parts(message).values():
        assert "Second-Day Merino T-shirt" in text
        assert f"{ORIGIN}/products/second-day-merino-t-shirt" in text
        assert leave in text
        assert "12 Ropewalk, Portland" in text
        assert f"{ORIGIN}/insider/archive/autumn-coats" in text
        assert f"{ORIGIN}/pages/delivery" in text
    assert "<em>rain</em>" in parts(message)["text/html"]
    assert InsiderIssue.get().state == "sent"


def test_the_header_to_leave_by_is_one_line_as_it_is(going, inbox, clock):
    readers(1, clock())
    begun(clock())
    send_all(going, clock)
    head = inbox.raw[0].partition(b"\r\n\r\n")[0]
    found = re.search(
        rb"^List-Unsubscribe: <(https://shop\.example/insider/leave/[\w.-]+)>$",
        head.replace(b"\r\n", b"\n"),
        re.M,
    )
    assert found, "neither folded nor encoded"


def test_one_click_on_that_link_leaves_at_once(app, going, inbox, clock, client):
    readers(2, clock())
    begun(clock())
    send_all(going, clock)
    way = inbox.taken[0]["List-Unsubscribe"].strip("<>").removeprefix(ORIGIN)
    assert client.get(way).status_code == 200
    assert Insider.reading().count() == 2, "looking changes nothing"
    assert client.post(way, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Insider.reading().count() == 1
    assert InsiderIssue.get().left_since() == 1


def test_links_in_a_mail_are_plain_and_nothing_tells_who_opens_it(going, inbox, clock):
    readers(2, clock())
    text = TEXT + "\n![A picture](https://track.example/p.gif) <img src='https://t.example/x'>"
    begun(clock(), text=text)
    send_all(going, clock)
    one, two = (parts(message) for message in inbox.taken)
    for kind in one:
        ways = [set(re.findall(r'https?://[^\s"<>]+', mail[kind])) for mail in (one, two)]
        others = {way for way in ways[0] ^ ways[1] if "/insider/leave/" not in way}
        assert others == set(), "the same to everybody, but for the way out"
    assert not re.search(r"<img|<[^>]*src=|track\.example", one["text/html"])
    assert "https://wool.example/a?b=1&c=2" in one["text/plain"]


def test_words_as_text_are_what_somebody_would_type():
    links = []
    said = as_text(
        "# One\n\nTwo *three* `four`,\nfive  \nsix [seven](/a) and [eight](https://b.example).\n\n"
        "> quoted\n\n1. first\n2. second\n   - deeper\n\n---\n\n```\ncode\n```\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n[again](/a) [bad](javascript:x)",
        ORIGIN,
        links,
    )
    assert said == (
        "One\n===\n\nTwo three four, five\nsix seven [1] and eight [2].\n\n> quoted\n\n"
        "1. first\n2. second\n   - deeper\n\n* * *\n\n    code\n\na | b\n1 | 2\n\n"
        "again [1] [bad](javascript:x)"
    )
    assert links == [f"{ORIGIN}/a", "https://b.example"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<a href="x" onclick="y()">z</a>',
        "[x](data:text/html,<script>)",
        "<iframe src=//evil.example></iframe>",
        "![x](https://evil.example/a.gif)",
    ],
)
def test_nothing_in_a_text_runs_or_loads(settings, hostile):
    [(_, html)] = in_html(hostile, ORIGIN)
    assert not re.search(r"<(script|iframe|img|a [^>]*(onclick|javascript:|data:))", html)


def test_a_product_that_is_gone_is_named_as_gone(settings, clock):
    Product.update(published=False).execute()
    pieces = in_html(TEXT, ORIGIN)
    assert [said.address for kind, said in pieces if kind == "product"] == [""]
    assert in_text(TEXT, ORIGIN)[1] == [
        f"{ORIGIN}/pages/delivery",
        "https://wool.example/a?b=1&c=2",
    ]


def test_a_product_gone_meanwhile_is_named_in_the_mail(going, inbox, clock):
    readers(1, clock())
    begun(clock())
    Product.update(published=False).execute()
    send_all(going, clock)
    for text in parts(inbox.taken[0]).values():
        assert "second-day-merino-t-shirt: no longer in the shop." in text


def test_a_trial_goes_to_who_writes_it_and_says_so(settings, clock):
    drafted(clock()).send_test("Ed@shop.test", clock())
    message = Postman(settings).write(OutgoingMail.get(), clock())
    assert (message["To"], message["Subject"]) == ("ed@shop.test", "Trial: Autumn coats")
    assert message["List-Unsubscribe"] is None
    assert "This is a trial" in parts(message)["text/plain"]


def test_a_server_that_is_gone_keeps_the_whole_issue_and_is_not_asked_for_each(settings, clock):
    readers(50, clock())
    issue = begun(clock())
    gone = replace(settings, mail_url="smtp://127.0.0.1:1")
    assert not Round(gone, clock, threading.Event()).handful(issue)
    assert issue.queue()["waiting"] == 50
    assert OutgoingMail.select().where(OutgoingMail.tries > 0).count() == 1


def test_one_reader_whom_the_server_refuses_stops_nobody_else(settings, serving, clock):
    class Particular(Inbox):
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address == "reader2@shop.test":
                return "550 5.1.1 nobody here"
            return await super().handle_RCPT(server, session, envelope, address, options)

    inbox = Particular()
    readers(3, clock())
    begun(clock())
    send_all(by_smtp(settings, serving(inbox))._settings, clock)
    assert [to for _, (to,) in inbox.envelopes] == ["reader1@shop.test", "reader3@shop.test"]
    issue = InsiderIssue.get()
    assert (issue.state, issue.sent, issue.queue()["refused"]) == ("sent", 2, 1)


def test_an_orders_mail_does_not_wait_behind_an_issue(going, inbox, clock, plenty):
    readers(20, clock())
    begun(clock())
    place(cart_of((plenty, 1)), clock())
    assert Postman(going).deliver_due(clock) == 1
    assert [str(message["To"]) for message in inbox.taken] == ["ann@example.com"]


# Signed


@pytest.fixture
def signing(going):
    dkim_key.make(going)
    return going


def of_dns(settings):
    """Answers as the DNS would where the record is entered."""
    name, told = dkim_key.Signer.of(settings).record()
    return lambda asked, timeout=5: told.encode() if asked == name.encode() else None


def test_what_is_signed_is_verified_with_its_headers(signing, inbox, clock):
    readers(1, clock())
    begun(clock(), title="Für den Herbst", text=f"{TEXT}\nSüß " + "und lang " * 200)
    send_all(signing, clock)
    raw = inbox.raw[0]
    assert dkim.verify(raw, dnsfunc=of_dns(signing))
    signature = message_from_bytes(raw)["DKIM-Signature"].replace("\r\n", "")
    named = re.search(r"h=([^;]+);", re.sub(r"\s", "", signature))[1].lower().split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post", "from", "subject"} <= set(named)
    assert "d=larchandlane.example" in signature
    for change in (
        raw.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        raw.replace(b"/insider/leave/", b"/insider/leaves/", 1),
        raw.replace(b"Ropewalk", b"Elsewhere", 1),
        b"From: evil@evil.example\r\n" + raw,
        b"Subject: Other\r\n" + raw,
    ):
        assert change != raw
        assert not dkim.verify(change, dnsfunc=of_dns(signing))


def test_selector_and_domain_come_from_the_settings(signing, clock):
    shop = signing.shop | {"dkim_selector": "autumn", "dkim_domain": "mail.shop.example"}
    named = replace(signing, shop=shop)
    readers(1, clock())
    [mail] = begun(clock()).next_mails(clock(), 1)
    postman = Postman(named)
    raw = postman.raw(postman.write(mail, clock()))
    assert dkim.verify(raw, dnsfunc=of_dns(named))
    assert dkim_key.Signer.of(named).record()[0] == "autumn._domainkey.mail.shop.example."
    assert b"s=autumn;" in raw


def test_without_a_key_nothing_is_signed(going, inbox, clock):
    readers(1, clock())
    begun(clock())
    send_all(going, clock)
    assert inbox.taken[0]["DKIM-Signature"] is None


def test_the_command_prints_the_record_and_makes_the_key_once(runner, settings):
    first, again = runner("dkim-key"), runner("dkim-key")
    assert first.exit_code == again.exit_code == 0
    assert first.stdout == again.stdout
    assert first.stdout.startswith('shop._domainkey.larchandlane.example. 3600 IN TXT ( "v=DKIM1')
    assert all(len(part) <= 255 for part in re.findall('"([^"]*)"', first.stdout))
    assert (
        "".join(re.findall('"([^"]*)"', first.stdout)) == dkim_key.Signer.of(settings).record()[1]
    )
    assert dkim_key.path_of(settings).stat().st_mode & 0o777 == 0o600


# What comes back


def report(mail: OutgoingMail, status="5.1.1", action="failed", to="", **given) -> bytes:
    """As a mail server reports; `message_id` of another mail, `whole` with the mail itself."""
    name = given.get("message_id", mail.message_id)
    inner = f"Message-ID: <{name}@larchandlane.example>\r\nSubject: Autumn coats\r\n\r\n"
    back = "message/rfc822" if given.get("whole") else "text/rfc822-headers"
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: orders@larchandlane.example\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to or mail.to}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--x\r\nContent-Type: {back}\r\n\r\n{inner}--x--\r\n"
    ).encode()


@pytest.fixture
def sent(going, clock) -> OutgoingMail:
    """A mail of an issue that was sent to reader1."""
    readers(2, clock())
    begun(clock())
    send_all(going, clock)
    return OutgoingMail.select().order_by(OutgoingMail.id).first()


@pytest.mark.parametrize("whole", [True, False])
def test_a_hard_bounce_ends_the_address_and_all_mails_to_it(sent, whole):
    assert bounces.take(report(sent, whole=whole)) == "ended"
    assert [one.email for one in Insider.reading()] == ["reader2@shop.test"]
    assert OutgoingMail.about("reader1@shop.test").count() == 0
    issue = InsiderIssue.get()
    assert (issue.bounced, issue.sent, issue.left_since()) == (1, 2, 0)
    assert GoneInsider.select().count() == 0, "they have not left: they may come back"
    assert bounces.take(report(sent, whole=whole)) == ""


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("4.2.2", "delayed"),
        ("4.4.1", "failed"),
        ("5.2.2", "failed"),
        ("5.7.1", "failed"),
        ("nonsense", "failed"),
    ],
)
def test_a_soft_bounce_is_counted_once_and_ends_nothing(sent, status, action):
    assert bounces.take(report(sent, status, action)) == "delayed"
    assert bounces.take(report(sent, status, action)) == "again"
    assert Insider.reading().count() == 2
    assert InsiderIssue.get().delayed == 1
    assert bounces.take(report(sent)) == "ended", "it may get worse"


def test_a_report_about_what_was_not_sent_to_that_address_changes_nothing(sent, clock, order_mail):
    forged = [
        report(sent, to="reader2@shop.test"),
        report(sent, message_id="0" * 32),
        report(sent, message_id=f"{sent.message_id}0"),
        report(order_mail),
        report(sent, action="delivered", status="2.0.0"),
        report(sent).replace(b"rfc822; ", b"x400; "),
        report(sent)[:300],
        b"",
        b"\xff\0\r\n" * 50,
        EmailMessage().as_bytes(),
    ]
    assert [bounces.take(each) for each in forged] == [""] * len(forged)
    OutgoingMail.update(state="waiting").where(OutgoingMail.id == sent.id).execute()
    assert bounces.take(report(sent)) == "", "nothing was sent there yet"
    assert Insider.reading().count() == 2
    assert InsiderIssue.get().bounced == 0


@pytest.fixture
def order_mail(plenty, clock) -> OutgoingMail:
    order = place(cart_of((plenty, 1)), clock())
    mail = order.mails.get()
    mail.claim(clock())
    mail.sent(clock())
    return mail


def test_the_command_reads_one_report_from_its_standard_input(runner, sent):
    said = {}
    for name in ("first", "again"):
        result = runner("bounce", given=report(sent))
        assert result.exit_code == 0, result.output
        said[name] = result.output
    assert said["first"] == "It ends an address: nothing can be brought there.\n"
    assert "nothing is changed" in said["again"]


def test_the_command_empties_a_maildir_of_what_it_took(runner, sent, tmp_path):
    box = mailbox.Maildir(tmp_path / "back")
    for raw in (
        report(sent, "4.2.2", "delayed"),
        report(sent),
        b"Subject: Hello\r\n\r\nWhere is it?",
    ):
        box.add(raw)
    told = runner("bounce", "--maildir", tmp_path / "back").output
    assert told == "ended an address: 1, counted: 1, known already: 0, none of ours: 1\n"
    assert "reader1" not in told
    [left] = mailbox.Maildir(tmp_path / "back", factory=None)
    assert left["Subject"] == "Hello"
    again = runner("bounce", "--maildir", tmp_path / "back").output
    assert again == "ended an address: 0, counted: 0, known already: 0, none of ours: 0\n"


NESTED = b"Content-Type: message/rfc822\n\n"


def hostile(sent: OutgoingMail) -> list[bytes]:
    """Reports that nobody's mail server writes."""
    bounds = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
    )
    names = b"".join(
        b"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%032x@a>\r\n\r\n" % n
        for n in range(2000)
    )
    return [
        NESTED * 20_000,
        bounds,
        report(sent, to="a\0b@shop.test"),
        report(sent, "5.1.1\0"),
        report(sent, message_id="0" * 31 + "\0"),
        report(sent).replace(b"--x\r\nContent-Type: text/rfc822-headers", names + b"--x", 1),
    ]


def test_a_report_that_no_server_writes_changes_nothing_and_holds_up_no_other(
    runner, sent, tmp_path
):
    folder = tmp_path / "back"
    box = mailbox.Maildir(folder)
    odd = hostile(sent)
    for n, raw in enumerate([*odd, report(sent)]):
        (folder / "new" / f"{n}.a.b").write_bytes(raw)
    result = runner("bounce", "--maildir", folder)
    assert result.output == (
        f"ended an address: 1, counted: 0, known already: 0, none of ours: {len(odd)}\n"
    )
    assert len(list((folder / "cur").glob("*:2,S"))) == len(odd)
    assert not list((folder / "new").iterdir())
    assert len(box) == len(odd)


def test_a_report_names_so_many_readers_and_no_more_are_looked_up(sent):
    block = b"Final-Recipient: rfc822; %d@shop.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    blocks = b"".join(block % n for n in range(5000))
    raw = report(sent).replace(b"Final-Recipient", blocks + b"Final-Recipient", 1)
    with count_queries() as counted:
        assert bounces.take(raw) == ""
    assert counted.count <= bounces.MOST_READERS


@pytest.mark.parametrize("words", ["*" * 4000 + "a" + "*" * 4000, "[a](http://[::zz]/) b"])
def test_marks_that_no_reader_understands_stay_words_in_the_text(words):
    links: list[str] = []
    assert "a" in as_text(words, ORIGIN, links)
    assert links == []


@pytest.mark.parametrize(
    ("told", "did"),
    [
        (("5.1.1", "failed"), ["", "", "", "ended"]),
        (("4.2.2", "delayed"), ["again", "again", "again", "delayed"]),
    ],
)
def test_the_same_report_four_times_at_once_counts_once(sent, told, did):
    raw = report(sent, *told)
    assert sorted(at_once(4, lambda n: bounces.take(raw))) == did
    issue = InsiderIssue.get()
    assert issue.bounced + issue.delayed == 1
    assert Insider.reading().count() == 2 - issue.bounced
