"""What is counted of visits, in public: how, and the numbers of the last full days."""

from datetime import UTC, datetime, time, timedelta

from storefront.blueprints.privacy import blueprint
from storefront.demographics import FEW, TOLD_IN_PUBLIC, Summary
from storefront.pages import closed, now, public, show, show_machines


@blueprint.get("/privacy/traffic")
@public
def traffic():
    return show(
        "privacy/traffic.html",
        until=_midnight(),
        tags=["privacy"],
        closed=closed("traffic"),
        summary=Summary.of(now()),
        titles=TOLD_IN_PUBLIC,
        few=FEW,
    )


@blueprint.get("/privacy/traffic.json")
@public
def traffic_json():
    """The same for machines: counts rounded down to tens, 0 for fewer than ten."""
    summary = Summary.of(now())
    told = {
        "first": summary.first.isoformat(),
        "last": summary.last.isoformat(),
        "rounded_down_to": 10,
        "totals": summary.totals,
        "values": {what: dict(rows) for what, rows in summary.lists.items()},
        "languages": {
            "first": summary.quarter.first.isoformat(),
            "last": summary.quarter.last.isoformat(),
            "visits": summary.languages,
        },
    }
    return show_machines(told, until=_midnight())


def _midnight() -> datetime:
    """When the next day of UTC begins, and yesterday is another day."""
    return datetime.combine(now().date() + timedelta(days=1), time(), UTC)
