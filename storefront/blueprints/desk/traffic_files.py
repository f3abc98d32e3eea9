"""What the pages about traffic show, as CSV files; small counts are told as they are there."""

import csv
import io
from collections.abc import Callable, Iterable

from flask import Response, abort, request

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.guard import roles
from storefront.blueprints.desk.traffic import DAYS_OF_WEEK, funnel, series, summed
from storefront.blueprints.desk.traffic_kinds import KINDS, Kind
from storefront.blueprints.desk.traffic_lists import values
from storefront.blueprints.desk.traffic_period import Asked
from storefront.models import usage
from storefront.pages import go, now
from storefront.refusals import Refused

MOST = 10_000  # rows of one file


@desk.get("/traffic/<name>.csv")
@roles("editor")
def traffic_file(name: str):
    rows = FILES.get(name) or (_values_of(KINDS[name]) if name in KINDS else abort(404))
    try:
        asked = Asked.read(request.args, now())
    except Refused:
        return go(f"/desk/traffic?{request.query_string.decode()}")
    days = f"{asked.days.first}-to-{asked.days.last}"
    return as_file(f"traffic-{name}-{days}.csv", rows(asked))


def as_file(name: str, rows: Iterable[Iterable]) -> Response:
    """Rows as a CSV file (RFC 4180), with an apostrophe before what a spreadsheet would run."""
    from storefront.exchange.cells import guarded  # loaded by who asks for it only

    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    response = Response(out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def cell(count: int) -> int | str:
    """A count of one value, as it is told on the page."""
    return count if count >= usage.FEW else f"fewer than {usage.FEW}"


def _values_of(kind: Kind) -> Callable[[Asked], Iterable[Iterable]]:
    def rows(asked: Asked) -> Iterable[Iterable]:
        yield kind.value, kind.count, "Before"
        for value, count, before in values(kind, asked, "count", 0, MOST):
            yield value, cell(count), cell(before)

    return rows


def _charts(asked: Asked) -> Iterable[Iterable]:
    columns = {"Views": "views", "Visits": "visits", "Orders": "order", "Searches": "searches"}
    yield "When", *columns, *(f"{title} before" for title in columns)
    for row in series(asked):
        counts = [row.counts[what] for what in columns.values()]
        yield row.name, *counts, *(row.before[what] for what in columns.values())


def _week(asked: Asked) -> Iterable[Iterable]:
    counts = usage.week(asked.days.start, asked.days.end)
    yield "Hour", *DAYS_OF_WEEK
    for hour in range(24):
        yield hour, *(counts.get((day, hour), 0) for day in range(7))


def _way(asked: Asked) -> Iterable[Iterable]:
    yield "Visits that", "Number", "Of all", "Of those before"
    yield from funnel(summed(series(asked))[0])


FILES = {"charts": _charts, "week": _week, "way": _way}
