"""What people ask without an order, or with a number that is not theirs; answered by mail."""

from flask import abort, current_app, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.answers import begun
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting, role_of
from storefront.models import Question, SavedAnswer
from storefront.pages import go, now
from storefront.refusals import Refused

GONE = "This question is gone: it was erased, or it was past its period."
ONE = f"/messages/questions/<{NUMBER}:number>"


@desk.get(ONE)
@roles("fulfilment")
@noted_as("opened")
def question(number: int):
    noted("opened", found := _found(number))
    return _page(found)


def _found(number: int) -> Question:
    seen = Question.looked_at.is_null(False)
    return Question.get_or_none(Question.id == number, seen) or abort(404, GONE)


def _meant(number: int) -> Question:
    """The question that the form was drawn for: SQLite gives the number of one that has gone to
    the next that comes, and an answer to one person must never reach another."""
    found = _found(number)
    if request.form.get("asked") != found.asked_at.isoformat():
        abort(404, GONE)
    return found


def _page(found: Question, status: int = 200, **context):
    context = {"question": found, "saved": SavedAnswer.in_order(), "typed": ""} | context
    page, part = "desk/messages/question.html", "desk/messages/_question.html"
    return show(page, part, status=status, **context)


@desk.post(f"{ONE}/draft")
@roles("fulfilment")
@noted_as("opened")
def draft_answer(number: int):
    """Put a saved answer into the reply; nothing is kept, and nothing typed is lost."""
    noted("opened", found := _meant(number))
    return _page(found, **begun(None))


@desk.post(f"{ONE}/answer")
@roles("fulfilment")
@noted_as("answered")
def answer_question(number: int):
    found, text = _meant(number), request.form.get("text", "")
    try:
        with noting("answered", found):
            found.reply(text, role_of(current_app.view_functions[request.endpoint]), now())
    except Refused as refusal:
        return _page(found, 422, refusal=refusal, typed=text)
    current_app.extensions["wake_worker"]()
    return _done("Your answer is on its way by mail.")


def _done(said: str):
    session.keep("said", said)
    return go("/desk/messages")


@desk.post(f"{ONE}/settlement")
@roles("fulfilment")
@noted_as("settled")
def settle_question(number: int):
    found = _meant(number)
    with noting("settled", found):
        found.settle(now())
    return _done("Settled: nobody waits for an answer.")
