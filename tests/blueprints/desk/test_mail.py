"""The page about mail: what waits, what is in doubt, what failed, and what staff do about it."""

import re

import pytest
from playhouse.test_utils import count_queries

from storefront.mail import Postman
from storefront.models import OutgoingMail, StaffAction
from storefront.models.outbox import DOUBT_AFTER
from tests.mails import delivered
from tests.models.placing import ANN, cart_of, place


@pytest.fixture
def order(plenty, clock):
    return place(cart_of((plenty, 1)), clock())


@pytest.fixture
def mail(order) -> OutgoingMail:
    return OutgoingMail.get()


@pytest.fixture
def doubtful(mail, clock) -> OutgoingMail:
    mail.claim(clock())
    clock.moment += DOUBT_AFTER
    OutgoingMail.doubt(clock())
    return mail


def listed(browser, name: str) -> str:
    return browser.get(f"/desk/mail?list={name}").text


def test_the_page_says_when_there_is_nothing(browser):
    assert "Nothing is in doubt, and nothing has failed." in browser.get("/desk/mail").text
    assert "Nothing waits to be sent." in listed(browser, "waiting")
    assert "Nothing was sent yet" in listed(browser, "sent")
    assert "There are no older ones." in listed(browser, "sent&before=1")


def test_each_mail_stands_in_its_list_with_what_became_of_it(browser, mail, clock):
    assert "Waits since" in listed(browser, "waiting")
    mail.claim(clock())
    assert "On its way since" in listed(browser, "waiting")
    mail.failed("ConnectionRefusedError", clock())
    assert "Not taken so far (1 try)" in listed(browser, "waiting")
    assert "ConnectionRefusedError" in listed(browser, "waiting")
    mail.claim(clock())
    mail.refused("SMTPRecipientsRefused 550")
    assert "The mail server will not take it" in browser.get("/desk/mail").text
    OutgoingMail.update(state="given up", tries=17).execute()
    assert "Given up after 17 tries in three days" in browser.get("/desk/mail").text
    mail.sent(clock())
    moment = clock().isoformat(timespec="seconds")
    assert f'Sent <time datetime="{moment}"' in listed(browser, "sent")
    assert "Nothing is in doubt" in browser.get("/desk/mail").text


def test_the_page_names_the_order_and_nobody(browser, order, doubtful):
    page = browser.get("/desk/mail").text
    assert order.number in page
    assert "nobody knows whether it arrived" in page
    assert ANN.name not in page
    assert order.email not in page
    assert StaffAction.select().count() == 0


def test_a_mail_in_doubt_is_sent_again_when_somebody_says_so(packer, settings, doubtful, clock):
    postman = Postman(settings)
    assert postman.deliver_due(clock) == 0, "not blindly"
    answer = packer.post(f"/desk/mail/{doubtful.id}/tries", {"list": "stopped"})
    shown = answer.text if packer.fragments else packer.get(answer.location).text
    assert "It is on its way again." in shown
    assert postman.deliver_due(clock) == 1
    [message] = delivered(settings)
    assert message["Message-ID"].startswith(f"<{doubtful.message_id}@")
    done = StaffAction.get()
    assert (done.role, done.what, done.table, done.row) == (
        *("fulfilment", "resent", "outgoing_mail"),
        doubtful.id,
    )


def test_a_mail_that_arrived_is_settled_and_not_sent_again(packer, settings, doubtful, clock):
    answer = packer.post(f"/desk/mail/{doubtful.id}/arrival", {"list": "stopped"})
    shown = answer.text if packer.fragments else packer.get(answer.location).text
    assert "Settled: it counts as sent." in shown
    assert "Nothing is in doubt" in shown
    assert OutgoingMail.get().sent_at == clock() - DOUBT_AFTER
    assert Postman(settings).deliver_due(clock) == 0
    assert StaffAction.get().what == "settled"


def test_what_was_sent_is_written_anew_once_however_often_it_is_pressed(
    packer, settings, mail, clock
):
    Postman(settings).deliver_due(clock)
    for _ in range(2):
        assert packer.post(f"/desk/mail/{mail.id}/tries", {}).status_code in (200, 303)
    assert Postman(settings).deliver_due(clock) == 1
    first, second = delivered(settings)
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Subject"] == second["Subject"]


def test_a_mail_that_is_sent_once_only_is_refused_in_words(packer, clock):
    mail = OutgoingMail.write("rights_link", "ann@example.com", clock())
    mail = OutgoingMail.get()
    mail.sent(clock())
    answer = packer.post(f"/desk/mail/{mail.id}/tries", {"list": "sent"})
    assert answer.status_code == 422
    assert "asks for it anew" in answer.text
    assert "Link to what we hold" in answer.text
    assert StaffAction.select().count() == 0
    assert "Send it again" not in listed(packer.client, "sent")


def test_a_mail_that_was_erased_is_gone(packer, mail):
    OutgoingMail.delete().execute()
    for noun in ("tries", "arrival"):
        answer = packer.post(f"/desk/mail/{mail.id}/{noun}", {})
        assert answer.status_code == 404
        assert "This mail is gone" in answer.text


def test_many_mails_come_a_page_at_a_time_with_a_few_queries(browser, order, clock):
    for _ in range(120):
        OutgoingMail.write("order_charged", order.email, clock(), order=order)
    with count_queries() as counted:
        page = listed(browser, "waiting")
    assert counted.count <= 4
    seen, pages = set(), 0
    while page:
        pages += 1
        found = re.findall(r"<li>\s*<p><strong>(\w+ \w+)", page)
        seen.add(len(found))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        page = older and browser.get(older[1].replace("&amp;", "&")).text
    assert (pages, seen) == (3, {50, 21})
    assert "<small>121</small>" in listed(browser, "waiting")


@pytest.mark.parametrize(
    "query", ["list=nothing", "list=sent&before=x", "before=-5", "before=" + "9" * 40]
)
def test_what_cannot_be_asked_for_is_left_out(browser, mail, query):
    assert browser.get(f"/desk/mail?{query}").status_code == 200
