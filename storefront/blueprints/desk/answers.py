"""Answers that staff keep to begin from, and putting one into what is being written."""

from flask import abort, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.models import Order, SavedAnswer
from storefront.models.blank_places import PLACES, open_places
from storefront.models.saved_answer import GONE
from storefront.pages import go, now
from storefront.refusals import Refused

HERE = "/desk/answers"
FIELDS = ("name", "text")
screen("Saved answers", HERE, ("fulfilment",), "Words to begin an answer from.")


@desk.get("/answers")
@roles("fulfilment")
def saved_answers():
    return _list()


def _list(status: int = 200, refusal: Refused | None = None):
    context = {"answers": SavedAnswer.in_order(), "places": PLACES, "refusal": refusal}
    context |= {"typed": request.form if refusal else {}, "said": session.once("said")}
    return show("desk/answers/page.html", "desk/answers/_list.html", status=status, **context)


@desk.post("/answers")
@roles("fulfilment")
def keep_answer():
    try:
        answer = SavedAnswer.make(*_sent(), now())
    except Refused as refusal:
        return _list(422, refusal)
    return _saved(f"“{answer.name}” is kept.")


def _sent() -> list[str]:
    return [request.form.get(name, "") for name in FIELDS]


def _saved(words: str):
    session.keep("said", words)
    return go(HERE)


@desk.get(f"/answers/<{NUMBER}:number>")
@roles("fulfilment")
def saved_answer(number: int):
    return _one(_found(number))


def _found(number: int) -> SavedAnswer:
    found = SavedAnswer.get_or_none(SavedAnswer.id == number)
    return found or abort(404, GONE)


def _one(answer: SavedAnswer, status: int = 200, refusal: Refused | None = None):
    typed = request.form if refusal else {name: getattr(answer, name) for name in FIELDS}
    keeps_seen = refusal and "" not in refusal.problems  # who was told of a change saves over it
    seen = request.form.get("seen", "") if keeps_seen else answer.version
    context = {"answer": answer, "typed": typed, "places": PLACES, "refusal": refusal, "seen": seen}
    return show("desk/answers/one.html", "desk/answers/_one.html", status=status, **context)


@desk.post(f"/answers/<{NUMBER}:number>")
@roles("fulfilment")
def change_answer(number: int):
    answer = _found(number)
    try:
        answer.change(*_sent(), request.form.get("seen", ""), now())
    except Refused as refusal:
        return _one(_found(number), 422, refusal)
    return _saved(f"“{answer.name}” is changed.")


@desk.post(f"/answers/<{NUMBER}:number>/removal")
@roles("fulfilment")
def remove_answer(number: int):
    answer = _found(number)
    answer.remove()
    return _saved(f"“{answer.name}” is removed. What was sent with it stays as it was sent.")


def begun(order: Order | None) -> dict:
    """A reply as it was typed, with the saved answer that was chosen after it, for its page.

    `gaps` are places that nothing is known to put into.
    """
    chosen = request.form.get("saved", 0, int)
    known = SavedAnswer.id == (chosen if 0 < chosen < 2**31 else 0)
    answer = SavedAnswer.get_or_none(known)
    parts = request.form.get("text", "").rstrip(), answer and answer.about(order)
    text = "\n\n".join(filter(None, parts))
    return {"typed": text, "gaps": open_places(text), "chosen": chosen}
