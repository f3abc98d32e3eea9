"""All values of one kind that traffic was counted by, in an order that one chooses."""

from flask import abort, request

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import bringing, roles
from storefront.blueprints.desk.traffic_kinds import KINDS, OF_PEOPLE, Kind
from storefront.blueprints.desk.traffic_period import A_DAY, AGAINST, PERIODS, Asked
from storefront.blueprints.desk.traffic_words import change
from storefront.models import usage
from storefront.pages import go, now
from storefront.refusals import Refused

MOST = 100  # rows of one page
LAST_PAGE = 1000


@desk.get("/traffic/<name>")
@roles("editor")
@bringing("traffic", instead=True)
def traffic_list(name: str):
    kind = KINDS.get(name) or abort(404)
    try:
        asked = Asked.read(request.args, now())
    except Refused:  # the page with the fields says what is wrong
        return go(f"/desk/traffic?{request.query_string.decode()}")
    sort = request.args.get("sort", "")
    return _list(kind, asked, sort if sort in usage.SORTS else "count")


def _list(kind: Kind, asked: Asked, sort: str):
    number = min(max(request.args.get("page", 1, int), 1), LAST_PAGE)
    rows = values(kind, asked, sort, (number - 1) * MOST, MOST + 1)
    own = {"sort": "" if sort == "count" else sort}
    pages = {
        "prev": f"?{asked.query(**own, page=str(number - 1))}" if number > 1 else "",
        "next": f"?{asked.query(**own, page=str(number + 1))}" if len(rows) > MOST else "",
    }
    return show(
        "desk/traffic/list.html",
        kind=kind,
        asked=asked,
        sort=sort,
        rows=[(*row, _change(*row[1:])) for row in rows[:MOST]],
        pages=pages,
        periods=PERIODS,
        against=AGAINST,
        typed=asked.typed,
        wrong={},
    )


def values(kind: Kind, asked: Asked, sort: str, offset: int, most: int):
    """Values with their counts in the time that is asked for and in the one before; of so few
    visits that a list would show the way of one, none.
    """
    days, before = asked.days, (asked.before.first, asked.before.last)
    if kind in OF_PEOPLE:
        spans = ((each.start, each.end) for each in (days, asked.before))
        few, were_few = (usage.are_few(count) for count in usage.visits(*spans))
        if few:
            return []
        before = (days.first, days.first - A_DAY) if were_few else before  # no day
    return usage.listed(kind.what, days.first, days.last, before, sort, offset, most)


def _change(count: int, before: int) -> str:
    """What has become of it, where neither count is too small to be told."""
    return change(count, before) if min(count, before) >= usage.FEW else ""
