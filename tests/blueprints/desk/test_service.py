"""The desk's side of customer service: questions, saved answers, and an order's own story."""

import re

import pytest
from playhouse.test_utils import count_queries

from storefront.blueprints.desk import messages as screen
from storefront.jobs import Jobs
from storefront.models import (
    RECORDS,
    Message,
    Order,
    OutgoingMail,
    Parcel,
    Question,
    SavedAnswer,
    StaffAction,
    Variant,
)
from storefront.models.order_story import story_of
from tests.journey import order_path, place_order
from tests.mails import delivered
from tests.models.placing import cart_of, place
from tests.models.questions import asked
from tests.staff import signed_in

NEW = {"name": "Where is it?", "text": "Hello {name}, it is here: {tracking}"}


@pytest.fixture
def order(plenty, clock) -> Order:
    return place(cart_of((plenty, 1)), clock())


@pytest.fixture
def question(settings, clock) -> Question:
    return asked(settings, clock(), "Is <it> warm?", number="22222-22222")


@pytest.fixture
def saved(app, clock) -> SavedAnswer:
    return SavedAnswer.make(*NEW.values(), clock())


def meant(question: Question, **given) -> dict:
    """What a form about a question sends."""
    return {"asked": question.asked_at.isoformat()} | given


def went(packer, answer, way: str) -> str:
    """The page that a change leads on to."""
    assert answer.status_code == (204 if packer.fragments else 303)
    assert answer.headers["HX-Redirect" if packer.fragments else "Location"].endswith(way)
    return packer.client.get(way).text


def typed_in(page: str) -> str:
    return re.search(r'<textarea id="answer"[^>]*>\n(.*?)</textarea>', page, re.S)[1]


def last_action() -> tuple:
    last = StaffAction.select().order_by(StaffAction.id.desc()).get()
    return last.role, last.what, last.clause, last.table, last.row


# Questions


def test_questions_stand_on_the_list_beside_those_about_orders(browser, order, question, clock):
    Message.ask(order, "Where is it?", clock())
    page = browser.get("/desk/messages").text
    assert f'<a href="/desk/messages/questions/{question.id}">ann@example.com</a>' in page
    assert "One question through the contact form." in page
    assert "Is &lt;it&gt; warm?" in page
    assert {action.table for action in StaffAction.select()} == {"message", "question"}
    home = browser.get("/desk").text
    assert "1 order waits for an answer" in home
    assert "1 question waits for an answer" in home


def test_of_too_many_questions_the_first_are_shown_and_all_are_counted(
    browser, settings, clock, monkeypatch
):
    monkeypatch.setattr(screen, "MOST", 2)
    for n in range(3):
        asked(settings, clock(), f"Hello {n}")
    page = browser.get("/desk/messages").text
    assert "3 questions through the contact form. These are the first 2." in page
    assert "Hello 2" not in page
    assert "3 questions wait for an answer" in browser.get("/desk").text


def test_a_question_is_read_answered_by_mail_and_waits_no_more(packer, question, settings):
    at = f"/desk/messages/questions/{question.id}"
    page = packer.client.get(at).text
    assert last_action() == ("fulfilment", "opened", "contact", "question", question.id)
    assert "Is &lt;it&gt; warm?" in page
    assert "Either no order of this address has it" in page
    page = went(
        packer, packer.post(f"{at}/answer", meant(question, text="Very.")), "/desk/messages"
    )
    assert "on its way by mail" in page
    assert "Nobody waits for an answer." in page
    assert last_action() == ("fulfilment", "answered", "contact", "question", question.id)
    Jobs(settings).send_mail()
    [mail] = delivered(settings)
    text = mail.get_body(("plain",)).get_content()
    assert mail["To"] == "ann@example.com"
    assert "Very." in text
    assert "warm" not in text, "what a stranger wrote goes to nobody"
    page = packer.client.get(at).text
    assert "Very." in page
    assert "<textarea" not in page


def test_a_question_that_needs_no_answer_is_settled(packer, question):
    at = f"/desk/messages/questions/{question.id}"
    page = went(packer, packer.post(f"{at}/settlement", meant(question)), "/desk/messages")
    assert "Settled" in page
    assert "no answer was needed" in packer.client.get(at).text
    assert not OutgoingMail.select().exists()


def test_what_needs_no_answer_is_settled_from_the_list_so_that_a_flood_buries_nobody(
    browser, settings, clock
):
    for n in range(3):
        asked(settings, clock(), f"Buy pills {n}")
    asked(settings, clock(), "Where is my hat?")
    for _ in range(3):
        page = browser.get("/desk/messages").text
        at = re.search(r'action="(/desk/messages/questions/\d+/settlement)"', page)[1]
        sent = re.search(r'name="asked" value="([^"]+)"', page)[1]
        assert browser.post(at, data={"asked": sent}).location.endswith("/desk/messages")
    page = browser.get("/desk/messages").text
    assert "pills" not in page
    assert "Where is my hat?" in page


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "Please write something first."), ("Hi {name}", "{name} still")]
)
def test_an_answer_that_cannot_be_is_refused_with_what_was_typed(packer, question, text, sentence):
    sent = meant(question, text=text)
    answer = packer.post(f"/desk/messages/questions/{question.id}/answer", sent)
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 1
    assert typed_in(answer.text) == text
    assert not OutgoingMail.select().exists()


def test_what_somebody_else_has_answered_meanwhile_is_shown_with_what_was_typed(
    packer, question, clock
):
    question.reply("Very.", "fulfilment", clock())
    sent = meant(question, text="Not at all.")
    answer = packer.post(f"/desk/messages/questions/{question.id}/answer", sent)
    assert answer.status_code == 422
    assert "answered or settled meanwhile" in answer.text
    assert "Very." in answer.text
    assert typed_in(answer.text) == "Not at all."


def test_a_question_that_is_gone_or_not_sorted_is_not_there(packer, question):
    Question.update(looked_at=None).execute()
    for number in (question.id, 999):
        at = f"/desk/messages/questions/{number}"
        assert packer.get(at).status_code == 404
        for noun in ("answer", "draft", "settlement"):
            assert packer.post(f"{at}/{noun}", {"text": "x"}).status_code == 404


def test_what_is_written_for_one_person_never_goes_to_the_next_with_the_same_number(
    packer, question, settings, clock
):
    form = meant(question, text="Your parcel is at 1 Elm Street.")
    assert form["asked"] in packer.client.get(f"/desk/messages/questions/{question.id}").text
    question.delete_instance()  # erased, while somebody writes the answer
    clock.forward(minutes=1)
    other = asked(settings, clock(), email="eve@example.com")
    # SQLite has given it the number already; PostgreSQL would not.
    Question.update(id=question.id).where(Question.id == other.id).execute()
    for noun in ("answer", "draft", "settlement"):
        at = f"/desk/messages/questions/{question.id}/{noun}"
        assert packer.post(at, form).status_code == 404
    assert Question.count_waiting() == 1
    assert not OutgoingMail.select().exists()


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_who_does_not_fulfil_reads_and_answers_nothing(app, question, saved, order, role):
    other = signed_in(app, role)
    for path in (f"messages/questions/{question.id}", "answers", f"answers/{saved.id}"):
        assert other.get(f"/desk/{path}").status_code == 403
    assert other.get(f"/desk/orders/{order.id}/messages").status_code == 403
    for path in (
        f"messages/questions/{question.id}/answer",
        "answers",
        f"answers/{saved.id}/removal",
    ):
        assert other.post(f"/desk/{path}", data=NEW).status_code == 403
    assert (Question.count_waiting(), SavedAnswer.select().count()) == (1, 1)


# Saved answers


def test_a_saved_answer_is_kept_changed_and_removed(packer):
    assert "There are none yet." in packer.client.get("/desk/answers").text
    page = went(packer, packer.post("/desk/answers", NEW), "/desk/answers")
    assert "“Where is it?” is kept." in page
    at = f"/desk/answers/{SavedAnswer.get().id}"
    assert "Hello {name}" in packer.client.get(at).text
    page = went(
        packer,
        packer.post(at, NEW | {"name": "Parcel", "seen": SavedAnswer.get().version}),
        "/desk/answers",
    )
    assert "“Parcel” is changed." in page
    page = went(packer, packer.post(f"{at}/removal", {}), "/desk/answers")
    assert "“Parcel” is removed." in page
    assert packer.get(at).status_code == 404


def test_who_was_overtaken_at_a_saved_answer_keeps_what_was_typed_and_may_save_it(
    packer, saved, clock
):
    at, seen = f"/desk/answers/{saved.id}", saved.version
    clock.forward(minutes=1)
    saved.change("Where is it?", "Soon there.", seen, clock())
    answer = packer.post(at, {"name": "Where?", "text": "Lost <it>.", "seen": seen})
    assert answer.status_code == 422
    assert "Somebody else has changed this" in answer.text
    assert "Lost &lt;it&gt;." in answer.text
    assert SavedAnswer.get().text == "Soon there."
    seen = re.search(r'name="seen" value="([^"]+)"', answer.text)[1]
    went(packer, packer.post(at, {"name": "Where?", "text": "Lost.", "seen": seen}), "/answers")
    assert SavedAnswer.get().text == "Lost."


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Please give it a name"),
        ({"text": ""}, "Please write something first."),
        ({"text": "<&" * 2001}, "2 too many"),
        ({"text": "Ring {phone}"}, "Nothing can be put in for {phone}."),
    ],
)
def test_a_saved_answer_that_cannot_be_is_refused_with_what_was_typed(
    packer, saved, wrong, sentence
):
    for at in ("/desk/answers", f"/desk/answers/{saved.id}"):
        answer = packer.post(at, {"name": "Other", "text": "Hello"} | wrong)
        assert answer.status_code == 422
        assert answer.text.count(sentence) == 1
        assert answer.text.count('aria-invalid="true"') == 1
        for typed in wrong.values():
            assert typed.replace("&", "&amp;").replace("<", "&lt;") in answer.text
    assert [each.text for each in SavedAnswer.in_order()] == [NEW["text"]]


def test_a_saved_answer_is_put_in_after_what_was_typed_to_be_read_over_and_sent(
    packer, order, saved, clock, settings
):
    at = f"/desk/orders/{order.id}/messages"
    draft = {"text": "Sorry!\r\n", "saved": str(saved.id)}
    page = packer.post(f"{at}/draft", draft).text
    assert typed_in(page) == "Sorry!\n\nHello Ann Walker, it is here: {tracking}"
    assert (
        "Nothing is known to put in here, so write it yourself or take it out: {tracking}." in page
    )
    answer = packer.post(at, {"text": typed_in(page)})
    assert answer.status_code == 422
    assert "{tracking} still stands there." in answer.text
    assert (Message.select().count(), last_action()[1]) == (0, "opened")
    Parcel.create(order=order, shipped_at=clock(), carrier="UPS", tracking="1Z9")
    page = packer.post(f"{at}/draft", draft | {"text": ""}).text
    assert "Nothing is known" not in page
    packer.post(at, {"text": typed_in(page)})
    Jobs(settings).send_mail()
    [mail] = [each for each in delivered(settings) if "answered" in each["Subject"]]
    text = mail.get_body(("plain",)).get_content()
    assert "Hello Ann Walker, it is here: https://www.ups.com/track?tracknum=1Z9" in text


@pytest.mark.parametrize("chosen", ["", "x", "-1", "999", "9" * 30])
def test_whatever_is_chosen_what_was_typed_stays(packer, order, question, saved, chosen):
    for at in (f"/desk/orders/{order.id}/messages", f"/desk/messages/questions/{question.id}"):
        sent = meant(question, text="Sorry <you>!", saved=chosen)
        page = packer.post(f"{at}/draft", sent).text
        assert typed_in(page) == "Sorry &lt;you&gt;!"


def test_into_the_answer_of_a_question_nothing_is_put_of_any_order(packer, question, saved):
    page = packer.post(
        f"/desk/messages/questions/{question.id}/draft", meant(question, saved=str(saved.id))
    ).text
    assert typed_in(page) == NEW["text"]
    assert (
        "Nothing is known to put in here, so write it yourself or take it out: {name}, {tracking}."
        in page
    )


# The order's history


def test_beside_the_conversation_stands_all_that_became_of_the_order(browser, order, clock):
    clock.forward(minutes=1)
    Message.ask(order, "Where is it?", clock(), unconfirmed=True)
    clock.forward(minutes=1)
    Message.answer(order, "On its way.", 99, "fulfilment", clock())
    page = browser.get(f"/desk/orders/{order.id}/messages").text
    told = re.findall(r"<br>(.*?)</li>", page[page.index('id="history"') :])
    words = [re.sub(r"<.*?>", "", each).strip() for each in told]
    assert words == [
        "Placed",
        "Mail “order received” waiting",
        "A message came through the contact form",
        "Message answered by fulfilment",
        "Mail “answer to a message” waiting",
    ]
    talk = page[page.index('id="talk"') : page.index("Where is it?")]
    assert "<b>Somebody through the contact form</b>" in talk
    assert "Not confirmed" in talk, "before its words, which may be anybody's"
    assert order.name not in talk
    assert last_action()[1:] == ("opened", "orders", "order", order.id)


def test_a_long_story_costs_no_more_than_a_short_one(browser, order, clock):
    at = f"/desk/orders/{order.id}/messages"
    browser.get(at)
    with count_queries() as short:
        browser.get(at)
    for n in range(5):
        Message.ask(order, f"Hello {n}", clock())
    with count_queries() as long:
        browser.get(at)
    assert long.count == short.count
    assert story_of([], [], []) == []


# Nothing of where somebody has been

WANDERED = ("qzagent", "qzreferrer", "qzcampaign", "qzsearched", "fr-qz")
OF_A_VISIT = {
    *("ip", "network", "agent", "user_agent", "browser_family", "device", "language", "referrer"),
    *("visit", "visitor", "trail", "looked_at_products", "entry_page", "exit_page", "campaign"),
}


def about_people() -> set[type]:
    """Tables that hold something about people, and all that name a row of one of them."""
    found = {record for record in RECORDS if record.personal_fields()}
    while more := {
        record
        for record in set(RECORDS) - found
        if any(key.rel_model in found for key in record._meta.refs)
    }:
        found |= more
    return found


def test_no_table_that_knows_a_person_or_an_order_has_a_column_about_visits():
    known = about_people()
    assert {Order, Message, Question, OutgoingMail, Parcel} <= known
    for record in known:
        assert not OF_A_VISIT & set(record._meta.fields), record
        assert "traffic" not in record.__module__, "counts of visits name nobody and no order"


def test_of_where_a_customer_has_been_the_desk_and_the_mails_know_nothing(
    client, browser, plenty, settings
):
    other = Variant.select().where(Variant.product != plenty.product).first()
    client.environ_base |= {
        "HTTP_USER_AGENT": "Mozilla/5.0 qzagent/7",
        "HTTP_REFERER": "https://qzreferrer.example/?q=qzsearched",
        "HTTP_ACCEPT_LANGUAGE": "fr-qz",
    }
    client.get("/products?q=qzsearched&utm_campaign=qzcampaign")
    assert (
        client.get(f"/products/{other.product.handle}?utm_campaign=qzcampaign").status_code == 200
    )
    path = order_path(place_order(client, plenty))
    client.post(f"{path}/messages", data={"text": "Where is it?"})
    number = Order.get().number
    form = {"text": "Hello?", "email": "ann@example.com", "number": number}
    client.post("/contact", data=form)
    client.post("/contact", data=form | {"number": ""})
    client.post("/orders", data=form)
    Jobs(settings).send_mail()
    at = f"/desk/orders/{Order.get().id}"
    ways = (at, f"{at}/messages", f"/desk/messages/questions/{Question.get().id}", "/desk/messages")
    said = [browser.get(way).text for way in (*ways, "/desk/orders", "/desk/mail")]
    said += [mail.as_string() for mail in delivered(settings)]
    said += [str(row).lower() for each in about_people() for row in each.select().tuples()]
    assert len(delivered(settings)) == 3
    for text in said:
        assert not [words for words in WANDERED if words in text]
        assert other.product.title not in text
