"""Mail as it goes out: into a maildir, and through a real mail server that may misbehave."""

import mailbox
import ssl
from dataclasses import replace
from datetime import UTC, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.smtp import AuthResult

from storefront import gate
from storefront.mail import SUBJECTS, Postman
from storefront.models import OrderEvent, OutgoingMail, TaxRate
from tests.mail_server import Inbox, by_smtp, parts
from tests.models.placing import ANN, cart_of, place, stock

LATER = timedelta(days=1)


@pytest.fixture
def order(plenty, clock):
    return place(cart_of((stock(plenty, 10), 2)), clock())


@pytest.fixture
def mail(order):
    return OutgoingMail.get()


def test_an_order_is_confirmed_in_text_and_html_by_a_mail_in_the_maildir(
    settings, mail, order, clock
):
    assert Postman(settings).deliver_due(clock) == 1
    [raw] = [m.as_bytes() for m in mailbox.Maildir(settings.instance / "mail", create=False)]
    message = message_from_bytes(raw, policy=policy.default)
    assert message["To"] == "ann@example.com"
    assert message["From"] == "Larch & Lane <orders@larchandlane.example>"
    assert message["Subject"] == f"We have your order {order.number}"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == clock().astimezone(UTC).replace(microsecond=0)
    assert list(parts(message)) == ["text/plain", "text/html"]
    for text in parts(message).values():
        assert order.number in text
        assert str(order.total) in text
        assert f"{settings.shop_origin}/orders/{order.number}." in text
        assert f"{settings.shop_origin}/privacy" in text
        assert "2 × " in text or "2 x " in text
    assert OutgoingMail.get().sent_at == clock()


def test_every_mail_about_an_order_can_be_written_taxed_or_not(settings, order, plenty, clock):
    TaxRate.update(basis_points=700).execute()
    taxed = place(cart_of((plenty, 1)), clock())
    kinds = [kind for kind in SUBJECTS if kind.startswith("order_")]
    for each in (order, taxed):
        each.charge(clock())
        each.ship(None, clock(), carrier="DHL", tracking="JD14")
        sent = each.events.where(OrderEvent.what == "shipped").get()
        for kind in set(kinds) - {mail.kind for mail in each.mails}:
            OutgoingMail.write(kind, each.email, clock(), order=each, event=sent)
    assert Postman(settings).deliver_due(clock) == 2 * len(kinds)
    assert Postman(settings).deliver_due(lambda: clock() + LATER) == 0, "once is enough"


def test_a_mail_goes_through_a_mail_server_to_its_reader_alone(settings, mail, serving, clock):
    inbox = Inbox()
    assert by_smtp(settings, serving(inbox)).deliver_due(clock) == 1
    assert inbox.envelopes == [("orders@larchandlane.example", ["ann@example.com"])]
    assert list(parts(inbox.taken[0])) == ["text/plain", "text/html"]


def test_the_gate_lets_mail_out_to_the_server_named_in_the_settings(
    settings, mail, serving, clock, request
):
    inbox = Inbox()
    settings = replace(settings, mail_url=f"smtp://localhost:{serving(inbox)}")
    gate.admit_from(settings)
    gate.close()
    request.addfinalizer(gate.open_again)
    assert Postman(settings).deliver_due(clock) == 1


def test_a_server_that_takes_nothing_is_tried_again_later_with_the_same_message_id(
    settings, mail, serving, clock, caplog
):
    refusing = Inbox(data="451 ann@example.com has to wait")
    postman = by_smtp(settings, serving(refusing))
    assert postman.deliver_due(clock) == 0
    assert postman.deliver_due(clock) == 0, "not at once"
    fresh = OutgoingMail.get()
    assert (fresh.tries, fresh.trouble, fresh.sent_at) == (1, "SMTPDataError 451", None)
    clock.forward(minutes=1)
    taking = Inbox()
    assert by_smtp(settings, serving(taking)).deliver_due(clock) == 1
    assert taking.taken[0]["Message-ID"] == f"<{mail.message_id}@larchandlane.example>"
    assert "ann@" not in caplog.text


@pytest.mark.parametrize(
    ("answers", "trouble"),
    [
        ({"rcpt": "550 no such person {}"}, "SMTPRecipientsRefused 550"),
        ({"data": "554 we do not like ann@example.com"}, "SMTPDataError 554"),
    ],
)
def test_what_a_server_said_is_not_kept_because_it_may_repeat_the_address(
    settings, mail, serving, clock, caplog, answers, trouble
):
    by_smtp(settings, serving(Inbox(**answers))).deliver_due(clock)
    assert OutgoingMail.get().trouble == trouble
    assert "ann@" not in caplog.text


def test_a_server_that_is_not_there_keeps_the_mail(settings, mail, clock):
    assert by_smtp(settings, 1).deliver_due(clock) == 0
    assert OutgoingMail.get().trouble == "ConnectionRefusedError"


def test_a_server_that_says_goodbye_badly_has_the_mail_all_the_same(settings, mail, serving, clock):
    inbox = Inbox(quit="421 I am going down")
    postman = by_smtp(settings, serving(inbox))
    assert postman.deliver_due(clock) == 1
    assert postman.deliver_due(lambda: clock() + LATER) == 0
    assert len(inbox.taken) == 1


def test_a_sender_killed_after_claiming_leaves_no_second_mail_and_is_in_doubt(
    settings, mail, serving, clock, caplog
):
    inbox = Inbox()
    mail.claim(clock())
    assert by_smtp(settings, serving(inbox)).deliver_due(lambda: clock() + LATER) == 0
    assert inbox.taken == []
    assert OutgoingMail.get().state == "doubtful"
    assert "in doubt, because their sender died: 1 mails" in caplog.text
    assert "ann@" not in caplog.text


@pytest.mark.parametrize(
    "address",
    ["a@b.example\nBcc: all@c.example", "a@b.example\r\n\r\nhello", "a@b.example\0", "", "nobody"],
)
def test_a_mail_that_cannot_be_written_stands_in_nobodys_way(
    settings, order, serving, clock, address, caplog
):
    OutgoingMail.delete().execute()
    bad = OutgoingMail.write("order_placed", "a@b.example", clock(), order=order)
    if "\0" in address and "postgresql" in settings.database_url:
        pytest.skip("PostgreSQL keeps no such text")
    OutgoingMail.update(to=address).where(OutgoingMail.id == bad.id).execute()
    OutgoingMail.write("order_placed", "b@b.example", clock(), order=order)
    inbox = Inbox()
    by_smtp(settings, serving(inbox)).deliver_due(clock)
    assert [("b@b.example" in to) for _, to in inbox.envelopes][-1]
    for _, to in inbox.envelopes:
        assert len(to) == 1
        assert "all@c.example" not in to
    assert "all@c.example" not in str([message.items() for message in inbox.taken])
    assert "Bcc" not in caplog.text


def test_what_somebody_calls_himself_stays_words(settings, plenty, clock):
    name = "<script>alert(1)</script> {{ shop }} Ann\u2028"
    place(cart_of((plenty, 1)), clock(), customer=replace(ANN, name=name))
    mail = OutgoingMail.get()
    message = Postman(settings).write(mail, clock())
    assert "<script" not in parts(message)["text/html"]
    assert parts(message)["text/plain"].startswith("Thank you.\n")
    assert not [value for value in message.values() if "script" in value]


def test_a_shops_name_with_commas_and_accents_stays_one_sender(settings, mail, clock):
    shop = settings.shop | {"name": 'Müller, Söhne & "Co" <x@y.example>'}
    message = Postman(replace(settings, shop=shop)).write(mail, clock())
    sent = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert [a.addr_spec for a in sent["From"].addresses] == ["orders@larchandlane.example"]
    assert sent["From"].addresses[0].display_name == shop["name"]


def accept_all(server, session, envelope, mechanism, data):
    return AuthResult(success=True)


def test_a_user_logs_in_with_a_password_from_the_address(settings, mail, serving, clock):
    seen = []

    def authenticate(server, session, envelope, mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    port = serving(Inbox(), authenticator=authenticate, auth_require_tls=False)
    assert by_smtp(settings, port, "shop%40x:p%2Fw@").deliver_due(clock) == 1
    assert seen == [(b"shop@x", b"p/w")]


def test_no_password_crosses_the_network_in_the_open(settings, mail, serving, clock):
    port = serving(Inbox(), hostname="127.0.0.2", authenticator=accept_all, auth_require_tls=False)
    postman = Postman(replace(settings, mail_url=f"smtp://shop:secret@127.0.0.2:{port}"))
    assert postman.deliver_due(clock) == 0
    assert OutgoingMail.get().trouble == "SMTPNotSupportedError"


def test_a_server_with_a_certificate_nobody_knows_gets_no_mail(settings, mail, serving, clock):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = settings.instance / "vault"
    context.load_cert_chain(folder / "line.pem", folder / "line.key")
    inbox = Inbox()
    port = serving(inbox, tls_context=context)
    assert by_smtp(settings, port).deliver_due(clock) == 0
    assert OutgoingMail.get().trouble == "SSLCertVerificationError"
    assert inbox.taken == []


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"rcpt": "550 nobody here"}, "refused"),
        ({"data": "554 spam"}, "refused"),
        ({"rcpt": "450 later"}, "waiting"),
        ({"data": "451 later"}, "waiting"),
        ({"mail": "451 later"}, "waiting"),
        ({"mail": "550 we do not know you"}, "waiting"),
        ({"rcpt": "530 who are you"}, "waiting"),
    ],
)
def test_what_is_refused_for_good_is_not_tried_again_and_the_rest_is(
    settings, mail, serving, clock, answers, state
):
    by_smtp(settings, serving(Inbox(**answers))).deliver_due(clock)
    assert OutgoingMail.get().state == state
    taking = Inbox()
    clock.forward(minutes=2)
    by_smtp(settings, serving(taking)).deliver_due(clock)
    assert len(taking.taken) == (state == "waiting")


def test_a_server_that_takes_a_mail_and_does_not_say_so_leaves_it_in_doubt(
    settings, mail, serving, clock
):
    inbox = Inbox(hangup="yes")
    postman = by_smtp(settings, serving(inbox))
    assert postman.deliver_due(clock) == 0
    assert (OutgoingMail.get().state, OutgoingMail.get().trouble) == ("doubtful", "Unanswered")
    assert postman.deliver_due(lambda: clock() + LATER) == 0
    assert len(inbox.taken) == 1
