"""What is asked through the contact form: filed with its order, or answered by itself."""

import pytest

from storefront import privacy
from storefront.erasures import Erasures
from storefront.models import Guess, Message, OutgoingMail, Question
from storefront.models.message import LONGEST, MOST_UNREAD
from storefront.models.order_search import MOST_A_DAY
from storefront.models.question import MOST_AN_HOUR, MOST_FROM_ONE
from storefront.refusals import Refused
from tests.models.placing import cart_of, place
from tests.models.questions import asked


@pytest.fixture
def order(plenty, clock):
    return place(cart_of((plenty, 1)), clock())


def mails(kind: str) -> list[OutgoingMail]:
    return list(OutgoingMail.select().where(OutgoingMail.kind == kind))


def test_a_number_and_an_address_that_belong_together_put_it_with_the_order(order, settings, clock):
    asked(settings, clock(), "Where is it?", number=order.number, email=" Ann@Example.com")
    [message] = Message.of_order(order)
    assert (message.text, message.role, message.unconfirmed) == ("Where is it?", "", True)
    assert Question.select().count() == 0
    [mail] = mails("order_asked")
    assert (mail.to, mail.order_id) == ("ann@example.com", order.id)


@pytest.mark.parametrize(
    "given", [{"email": "eve@example.com"}, {"number": "22222-22222"}, {"number": ""}]
)
def test_whatever_does_not_belong_together_stays_a_question_and_nobody_is_written_to(
    order, settings, clock, given
):
    one = asked(settings, clock(), **{"number": order.number} | given)
    assert Question.waiting(9) == [one]
    assert Message.select().count() == 0
    assert {mail.kind for mail in OutgoingMail.select()} == {"order_placed"}


def test_an_erased_address_is_nobodys(order, settings, clock):
    type(order).update(email="").execute()
    assert asked(settings, clock(), number=order.number)
    assert Message.select().count() == 0


def test_the_desk_sees_nothing_before_it_is_known_where_it_belongs(settings, clock):
    Question.ask("ann@example.com", "Hello", "", Erasures(settings).digest, clock())
    assert (Question.waiting(9), Question.count_waiting()) == ([], 0)
    assert Question.file_all(clock()) == 1
    assert Question.file_all(clock()) == 0
    assert Question.count_waiting() == 1


def test_the_same_twice_is_one_and_asked_again_after_an_answer_another(order, settings, clock):
    for _ in range(2):
        one = asked(settings, clock())
        asked(settings, clock(), "About mine", number=order.number)
    assert Question.count_waiting() == Message.count_waiting() == 1
    one.settle(clock())
    asked(settings, clock())
    assert Question.count_waiting() == 1


def test_where_too_many_wait_with_the_order_it_stays_a_question(order, settings, clock):
    for n in range(MOST_UNREAD):
        Message.ask(order, f"Hello {n}", clock())
    assert asked(settings, clock(), number=order.number)
    assert Message.select().count() == MOST_UNREAD
    assert mails("order_asked") == []


def test_nobodys_mailbox_is_filled_by_what_others_write_in_their_name(order, settings, clock):
    for n in range(MOST_A_DAY + 2):
        asked(settings, clock(), f"Hello {n}", number=order.number)
    assert len(mails("order_asked")) == MOST_A_DAY
    assert Message.select().count() == MOST_A_DAY + 2, "what was written is kept all the same"
    clock.forward(days=1, minutes=1)
    asked(settings, clock(), "Hello again", number=order.number)
    assert len(mails("order_asked")) == MOST_A_DAY + 1


def test_one_address_writes_so_often_in_an_hour_whether_it_is_filed_or_not(order, settings, clock):
    for number in (order.number, "22222-22222"):
        email = "ann@example.com" if number == order.number else "bob@example.com"
        for n in range(MOST_FROM_ONE):
            asked(settings, clock(), f"Hello {n}", number=number, email=email)
        with pytest.raises(Refused, match="very many"):
            asked(settings, clock(), "One more", number=number, email="+x@".join(email.split("@")))
    clock.forward(hours=1)
    asked(settings, clock(), "Later")
    keys = {guess.key for guess in Guess.select()}
    assert not any("example" in key for key in keys), "whose it was is a keyed digest"
    Guess.let_go(clock.moment.replace(year=clock.moment.year + 1))
    assert Guess.select().count() == 0


def test_all_together_write_so_often_in_an_hour(settings, clock):
    Guess.create(key="messages to the shop", count=MOST_AN_HOUR, last_at=clock())
    with pytest.raises(Refused, match="very many"):
        asked(settings, clock())
    assert Question.select().count() == 0


@pytest.mark.parametrize("text", ["", " \n\u200b", "x" * (LONGEST + 1)])
def test_what_is_no_message_is_refused_and_nothing_is_kept_or_counted(settings, clock, text):
    with pytest.raises(Refused) as refusal:
        asked(settings, clock(), text)
    assert list(refusal.value.problems) == ["text"]
    assert (Question.select().count(), Guess.select().count()) == (0, 0)


def test_it_is_answered_once_by_mail(settings, clock):
    one, again = asked(settings, clock()), Question.get()
    for _ in range(2):
        one.reply("Very.", "fulfilment", clock())
    with pytest.raises(Refused, match="meanwhile"):
        again.reply("Not at all.", "fulfilment", clock())
    [mail] = mails("question_answered")
    kept = Question.get()
    assert (kept.answer, kept.role, kept.mail) == ("Very.", "fulfilment", mail.message_id)
    assert mail.to == "ann@example.com"
    assert Question.count_waiting() == 0


@pytest.mark.parametrize("text", ["", "Hello {name}", "See { Tracking }", "{whatever}"])
def test_no_answer_goes_out_with_a_place_left_open(order, settings, clock, text):
    one = asked(settings, clock())
    with pytest.raises(Refused) as refusal:
        one.reply(text, "fulfilment", clock())
    assert list(refusal.value.problems) == ["text"]
    with pytest.raises(Refused):
        Message.answer(order, text, 0, "fulfilment", clock())
    assert Question.count_waiting() == 1
    assert {mail.kind for mail in OutgoingMail.select()} == {"order_placed"}


def test_it_is_found_by_its_address_and_erased_with_the_mail_that_answers_it(settings, clock):
    asked(settings, clock()).reply("Very.", "fulfilment", clock())
    other = asked(settings, clock(), email="bob@example.com")
    assert [one.text for one in Question.about(" Ann@example.com")] == ["Is it warm?"]
    clock.forward(minutes=1)
    privacy.erase("ann@example.com", settings, clock())
    assert list(Question.select()) == [other]
    assert mails("question_answered") == []
    with pytest.raises(Refused, match="erased"):
        Question(id=10**6).reply("Very.", "fulfilment", clock())


def test_it_goes_by_itself_after_a_year(settings, clock):
    asked(settings, clock())
    clock.forward(days=364)
    privacy.sweep(settings, clock())
    assert Question.select().count() == 1
    clock.forward(days=2)
    privacy.sweep(settings, clock())
    assert Question.select().count() == 0
