"""The page of somebody who has won: take the prize or leave it, and say what may be shown."""

from flask import abort, current_app, request, url_for

from storefront.blueprints.contests import blueprint
from storefront.models import Winner
from storefront.pages import go, keep_from_caches, now, show
from storefront.refusals import Refused

PRIZE = "/contests/prizes/<link>"


def _behind(link: str) -> Winner:
    key = current_app.extensions["prize_links"].read(link)
    found = key and Winner.get_or_none(Winner.key == key)
    gone = "No prize is behind this link: the entry was taken back, or is erased."
    return found if found and found.entry else abort(404, gone)


@blueprint.get(PRIZE)
def prize(link: str):
    return _page(_behind(link), link)


def _page(winner: Winner, link: str, status: int = 200, refusal: Refused | None = None):
    return keep_from_caches(
        show(
            *("contests/prize.html", "contests/_prize.html"),
            status=status,
            winner=winner,
            entry=winner.entry,
            contest=winner.entry.contest,
            waits=winner.state == "told" and now() < winner.until,
            link=link,
            refusal=refusal,
        )
    )


@blueprint.post(f"{PRIZE}/acceptance")
def accept(link: str):
    winner = _behind(link)
    try:
        winner.accept(request.form.get("shows", ""), "town" in request.form, now())
    except Refused as refusal:
        return _page(_behind(link), link, 422, refusal)
    return go(url_for("contests.prize", link=link))


@blueprint.post(f"{PRIZE}/refusal")
def decline(link: str):
    winner = _behind(link)
    try:
        winner.decline(now())
    except Refused as refusal:
        return _page(_behind(link), link, 422, refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("contests.prize", link=link))
