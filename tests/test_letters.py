"""What mails say: both parts the same, in no stranger's words, and headers that stay headers."""

import re
from dataclasses import replace
from html import unescape

import pytest

from storefront.letters import SUBJECTS
from storefront.mail import Postman
from storefront.models import Order, OrderEvent, OutgoingMail, PolicyVersion, RightsRequest, Waiting
from storefront.models.contest_changes import change_rules
from tests.issues import drafted
from tests.mail_server import Inbox, by_smtp, parts
from tests.models.drawing import answer_of, closed, confirmed
from tests.models.placing import ANN, cart_of, place, stock
from tests.models.questions import answered
from tests.models.test_contest import SOMEBODY, announced, enter
from tests.models.test_insider import asking
from tests.models.testimonials import written

HOSTILE = [
    "Ann\r\nBcc: all@c.example",
    "Ann\nSubject: won\n\nhello",
    "Ann\x0b\x0c\x1c\x85\u2028Bcc: all@c.example",
    "A" * 300,
    "Jos\u00e9 \u9ad8\u6a4b \U0001f984 \u202egnp.exe",
    "=?utf-8?q?=0d=0aBcc:_all@c.example?=",
    "Ann <all@c.example>, Bob",
    "\ud83d half of a sign".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_make_a_header_or_a_reader_through_a_real_server(
    settings, plenty, serving, clock, words
):
    """As the shop's name, as the title of a contest, and as all that a shopper types."""
    fields = ("name", "line1", "line2", "city", "region", "postal_code")
    place(cart_of((plenty, 1)), clock(), customer=replace(ANN, **dict.fromkeys(fields, words)))
    typed = {name: words for name in fields if name in SOMEBODY}
    enter(announced(clock(), title=words, prize=words, text=words), clock(), **typed)
    inbox = Inbox()
    settings = replace(settings, shop=settings.shop | {"name": words})
    assert by_smtp(settings, serving(inbox)).deliver_due(clock) == 2
    assert sorted(to for _, (to,) in inbox.envelopes) == ["ada@shop.test", "ann@example.com"]
    for raw in inbox.raw:
        head = raw.partition(b"\r\n\r\n")[0]
        names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
        assert sorted(names) == sorted(HEADERS)
        assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw)


HEADERS = [
    *(b"From", b"To", b"Subject", b"Message-ID", b"Date", b"Auto-Submitted"),
    *(b"MIME-Version", b"Content-Type"),
]


@pytest.mark.parametrize(
    "name",
    [
        "Claim your prize at evil.example/win",
        "https://evil.example",
        "WWW.EVIL Example",
        "evil.example",
        "You have won a new telephone today",
        "Call 0800 12345",
        "Ann\r\nClick here",
        "Ann @evil",
        "A" * 61,
        "\u202eevil",
        "",
    ],
)
def test_what_is_hardly_a_name_is_in_no_mail_to_an_address_nobody_confirmed(
    settings, plenty, clock, name
):
    order = place(cart_of((plenty, 1)), clock(), customer=replace(ANN, name=name))
    sent = sending(order, clock())
    for kind in SUBJECTS:
        if kind.startswith("order_"):
            mail = OutgoingMail.of(kind, order.email, clock(), order=order, event=sent)
            for text in parts(Postman(settings).write(mail, clock())).values():
                assert not name or name not in text, kind
                assert re.search(r"^(<p>)?(Hello,|Thank you\.)", text, re.M), kind


@pytest.mark.parametrize(
    "name",
    [
        "Ann Walker",
        "Dr. Ann O’Neil-Smith",
        "José Ortega y Gasset",
        "高橋 花子",
        "Øyvind",
        "प्रिया शर्मा",
    ],
)
def test_who_has_a_name_is_greeted_by_it(settings, plenty, clock, name):
    place(cart_of((plenty, 1)), clock(), customer=replace(ANN, name=name))
    for text in parts(Postman(settings).write(OutgoingMail.get(), clock())).values():
        assert f"Thank you, {name}." in text


@pytest.fixture
def every_mail(settings, plenty, clock) -> dict[str, OutgoingMail]:
    """One of every kind there is. Whoever adds a kind adds it here, in a line."""
    order = place(cart_of((plenty, 1)), clock())
    enter(announced(clock()), clock())
    RightsRequest.ask("ann@example.com", lambda number: number, clock())
    mails = {mail.kind: mail for mail in OutgoingMail.select()}
    mails["policy_changed"] = OutgoingMail.of("policy_changed", "ann@example.com", clock())
    mails["policy_changed"].policy = PolicyVersion.last()
    for kind in ("account_link", "account_move", "account_moved"):
        mails[kind] = OutgoingMail.of(kind, "ann@example.com", clock())
    Waiting.ask(stock(plenty, 0), "ann@example.com", PolicyVersion.last(), clock())
    mails["stock_wanted"] = OutgoingMail.get(OutgoingMail.kind == "stock_wanted")
    mails["stock_back"] = OutgoingMail.get(OutgoingMail.kind == "stock_wanted")
    mails["stock_back"].kind = "stock_back"
    insider = asking("ann@example.com", clock())
    mails["insider_trial"] = drafted(clock()).send_test("ann@example.com", clock())
    mails["insider_issue"] = OutgoingMail.of("insider_issue", "ann@example.com", clock())
    mails["insider_issue"].issue = mails["insider_trial"].trial_of
    mails["insider_issue"].insider = insider
    for kind in ("insider_confirm", "insider_known", "insider_invited"):
        mails[kind] = OutgoingMail.of(kind, "ann@example.com", clock())
        mails[kind].insider = insider
    written(plenty.product, clock())
    mails["testimonial_confirm"] = OutgoingMail.get(OutgoingMail.kind == "testimonial_confirm")
    for kind in ("testimonial_approved", "testimonial_refused", "testimonial_replied"):
        mails[kind] = OutgoingMail.get(OutgoingMail.kind == "testimonial_confirm")
        mails[kind].kind = kind
    mails |= mails_of_a_draw(clock)
    mails["question_answered"] = answered(settings, clock())
    sent = sending(order, clock())
    for kind in SUBJECTS:
        if kind.startswith("order_"):
            mails[kind] = OutgoingMail.of(kind, order.email, clock(), order=order, event=sent)
    return mails


def mails_of_a_draw(clock) -> dict[str, OutgoingMail]:
    """What those get who entered a contest whose rules changed, and who has won."""
    contest, before = announced(clock(), slug="sea"), clock.moment
    confirmed(contest, clock(), 1)
    change_rules(contest, "New words.", "They are shorter.", "1", clock())
    draw = closed(contest, clock)
    clock.moment = draw.due_at
    draw.reveal(answer_of(draw.round), clock())
    clock.moment = before
    return {
        mail.kind: mail for mail in OutgoingMail.select().where(OutgoingMail.entry.is_null(False))
    }


def sending(order: Order, at) -> OrderEvent:
    """What stands in the order's history when it is paid for and has left."""
    order.charge(at)
    order.ship(None, at, carrier="DHL", tracking="JD14")
    return order.events.where(OrderEvent.what == "shipped").get()


def test_every_kind_has_two_parts_that_lead_to_the_same_places(settings, every_mail, clock):
    assert set(every_mail) == set(SUBJECTS)
    for kind, mail in every_mail.items():
        text, html = parts(Postman(settings).write(mail, clock())).values()
        in_text = set(re.findall(r"https?://\S+", text))
        in_html = {unescape(link) for link in re.findall(r'href="([^"]+)"', html)}
        assert in_text == in_html, kind
        assert len(in_text) >= (1 if kind == "account_moved" else 2), kind
        assert "{{" not in text + html, kind


def test_every_kind_is_called_something_that_people_say(every_mail):
    called = {kind: mail.about_what for kind, mail in every_mail.items()}
    assert set(OutgoingMail.called_kinds) == set(SUBJECTS) == set(called)
    assert len(set(called.values())) == len(SUBJECTS), "two kinds go by one name"
    for kind, words in called.items():
        assert "_" not in words, kind
        assert words == words.strip(" .")[:60], kind


def test_a_mail_asks_nobody_for_anything_and_can_be_read_in_the_dark(settings, every_mail, clock):
    for kind, mail in every_mail.items():
        html = parts(Postman(settings).write(mail, clock()))["text/html"]
        asked = re.findall(
            r"<(?:img|link|script|iframe|object|form|base)\b|\bsrc=|url\(|@import", html
        )
        assert asked == [], kind
        assert '<meta name="color-scheme" content="light dark">' in html, kind
        assert "prefers-color-scheme: dark" in html, kind
        assert not re.search(r'style="[^"]*color', html), "a color that stays in the dark"


def test_a_mail_whose_headers_would_be_read_otherwise_is_not_sent(
    settings, plenty, serving, clock, monkeypatch
):
    place(cart_of((plenty, 1)), clock())
    monkeypatch.setitem(SUBJECTS, "order_placed", "=?utf-8?q?=0aBcc:_all@c.example?=")
    monkeypatch.setattr("storefront.mail.one_line", str)
    inbox = Inbox()
    assert by_smtp(settings, serving(inbox)).deliver_due(clock) == 0
    assert OutgoingMail.get().trouble == "Malformed"
    assert inbox.taken == []


def test_a_long_line_is_broken_on_the_way_and_whole_for_its_reader(
    settings, every_mail, serving, clock
):
    changes = "Wir ändern etwas. " * 200
    mail = every_mail["policy_changed"]
    mail.policy.changes = changes
    message = Postman(settings).write(mail, clock())
    assert max(map(len, message.as_bytes().split(b"\n"))) <= 998
    assert changes.strip() in parts(message)["text/plain"]
