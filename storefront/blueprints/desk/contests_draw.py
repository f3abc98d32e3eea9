"""The draw at the desk: close the list, enter the value, and where the prizes go."""

from flask import abort, current_app, request

from storefront import beacon
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.contests import ONE, changed, of_number, page
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as
from storefront.door import takes_text
from storefront.models import Draw, Winner
from storefront.pages import now
from storefront.refusals import Refused

CEREMONY = {
    "who": "Say who threw them, by what they are: a manager and two customers.",
    "when": "Say when they were thrown.",
    "which": "Say which dice they were.",
}
LONGEST = 300


def _draw(number: int) -> Draw:
    found = Draw.of(of_number(number))
    if found is None:
        raise Refused("The list of this contest is not closed yet.")
    return found


@desk.post(f"{ONE}/list")
@roles("editor")
def close_list(number: int):
    """What the worker does by itself within a minute."""
    if Draw.commit(of_number(number), now()) is None:
        words = "The list is closed already, or the contest is not over yet."
        return page(number, 422, Refused(words))
    current_app.extensions["wake_worker"]()
    return changed(number, "The list is closed, and everybody in it gets a mail.")


@desk.post(f"{ONE}/value")
@takes_text("answer")
@roles("editor")
def enter_value(number: int):
    try:
        _draw(number).reveal(beacon.read(request.form.get("answer", "")), now())
    except Refused as refusal:
        return page(number, 422, refusal)
    return _drawn(number)


def _drawn(number: int):
    current_app.extensions["wake_worker"]()
    return changed(number, "Drawn. Who has won is told by mail.")


@desk.post(f"{ONE}/value/fetched")
@roles("editor")
def fetch_value(number: int):
    from storefront import relay  # nobody else asks anybody outside

    try:
        draw = _draw(number)
        if draw.round is None or now() < draw.due_at:
            raise Refused("There is no value to fetch now.")
        draw.reveal(relay.fetch(draw.round, current_app.extensions["settings"]), now())
    except Refused as refusal:
        return page(number, 422, refusal)
    return _drawn(number)


@desk.post(f"{ONE}/dice")
@takes_text("digits")
@roles("editor")
def enter_dice(number: int):
    said = {name: " ".join(request.form.get(name, "").split())[:LONGEST] for name in CEREMONY}
    try:
        draw = _draw(number)
        if missing := {name: words for name, words in CEREMONY.items() if not said[name]}:
            raise Refused(**missing)
        draw.throw(request.form.get("digits", "")[:10_000], said, now())
    except Refused as refusal:
        return page(number, 422, refusal)
    return _drawn(number)


@desk.get(f"{ONE}/winners/<{NUMBER}:winner>")
@roles("editor")
@noted_as("opened")
def winner(number: int, winner: int):
    """Where the prize goes: of nobody else's entry is anything seen."""
    found = Winner.get_or_none(Winner.id == winner)
    if found is None or found.draw.contest_id != number or found.state != "accepted":
        abort(404, "Nobody has accepted this prize.")
    if found.entry is None:
        abort(404, "The entry is erased, and the address with it.")
    noted("opened", found.entry)
    contest = found.draw.contest
    return show("desk/contests/winner.html", winner=found, entry=found.entry, contest=contest)
