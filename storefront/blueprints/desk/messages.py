"""What customers ask, what they are answered about their orders, and what staff note."""

from flask import current_app, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.answers import begun
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting, role_of
from storefront.blueprints.desk.orders_one import context_of, order_of
from storefront.models import Message, Note, Order, Question
from storefront.pages import go, now, require, wants_part
from storefront.refusals import Refused

HERE = "/desk/messages"
MOST = 50  # orders of one page, and as many questions


def _unanswered() -> list[tuple[str, str]]:
    waiting = (Message.count_waiting(), "order"), (Question.count_waiting(), "question")
    waiting = [each for each in waiting if each[0]]
    many = [f"{n} {what}s wait" if n > 1 else f"1 {what} waits" for n, what in waiting]
    return [(f"{words} for an answer", HERE) for words in many]


WORDS = "What customers ask, about their orders and besides."
screen("Messages", HERE, ("fulfilment",), WORDS, _unanswered)


@desk.get("/messages")
@roles("fulfilment")
@noted_as("listed")
def messages():
    waiting, questions = Message.waiting(MOST), Question.waiting(MOST)
    for rows, record in ((waiting, Message), (questions, Question)):
        if rows:
            noted("listed", record)
    context = {"waiting": waiting, "questions": questions, "said": session.once("said")}
    context["count"] = Message.count_waiting() if len(waiting) == MOST else len(waiting)
    asked = Question.count_waiting() if len(questions) == MOST else len(questions)
    return show("desk/messages/page.html", count_questions=asked, **context)


@desk.get(f"/orders/<{NUMBER}:number>/messages")
@roles("fulfilment")
@noted_as("opened")
def conversation(number: int):
    """What was written about an order, beside all that became of it."""
    noted("opened", order := order_of(number))
    return _page(order, "messages")


PAGES = {"messages": "desk/messages/conversation.html", "notes": "desk/orders/page.html"}


def _page(order: Order, part: str, status: int = 200, **context):
    """The page on which the part stands, or for htmx the part alone: what is typed elsewhere stays.

    `typed` and `refusal` are what was sent and cannot be, of that part.
    """
    context = context_of(order) | {"about": part} | context
    return show(PAGES[part], f"desk/orders/_{part}.html", status=status, **context)


def _done(order: Order, part: str, said: str):
    if wants_part():
        return _page(order, part, said=said)
    session.keep("said", said)
    way = f"/desk/orders/{order.id}"
    return go(f"{way}/messages" if part == "messages" else f"{way}#{part}")


def _text() -> str:
    return request.form.get("text", "")


def _up_to() -> int:
    """The last message that stood on the page when it was answered."""
    return max(0, min(request.form.get("up_to", 0, int), 2**31 - 1))


def _role() -> str:
    return role_of(current_app.view_functions[request.endpoint])


@desk.post(f"/orders/<{NUMBER}:number>/messages")
@roles("fulfilment")
@noted_as("answered")
def answer_message(number: int):
    order = order_of(number)
    try:
        with noting("answered", order):
            Message.answer(order, _text(), _up_to(), _role(), now())
    except Refused as refusal:
        return _page(order, "messages", 422, refusal=refusal, typed=_text())
    current_app.extensions["wake_worker"]()
    return _done(order, "messages", "Your answer is on its way by mail.")


@desk.post(f"/orders/<{NUMBER}:number>/messages/draft")
@roles("fulfilment")
@noted_as("opened")
def draft_message(number: int):
    """Put a saved answer into the reply; nothing is kept, and nothing typed is lost."""
    noted("opened", order := order_of(number))
    return _page(order, "messages", **begun(order))


@desk.post(f"/orders/<{NUMBER}:number>/messages/settlement")
@roles("fulfilment")
@noted_as("settled")
def settle_messages(number: int):
    order = order_of(number)
    with noting("settled", order):
        Message.settle(order, _up_to(), now())
    return _done(order, "messages", "Settled: nobody waits for an answer.")


@desk.post(f"/orders/<{NUMBER}:number>/notes")
@roles("fulfilment")
@noted_as("noted")
def write_note(number: int):
    order = order_of(number)
    try:
        require("orders")
        with noting("noted", order):
            Note.write(order, _text(), _role(), now())
    except Refused as refusal:
        return _page(order, "notes", 422, refusal=refusal, typed=_text())
    return _done(order, "notes", "Noted.")


@desk.post(f"/orders/<{NUMBER}:number>/notes/<{NUMBER}:note>/removal")
@roles("fulfilment")
@noted_as("removed")
def remove_note(number: int, note: int):
    order = order_of(number)
    with noting("removed", order):
        Note.remove(order, note)
    return _done(order, "notes", "The note is gone.")
