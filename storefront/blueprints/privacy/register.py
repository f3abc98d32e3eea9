"""The data map: what is held about people, why and how long, drawn from the register."""

from storefront import data_map, places
from storefront.blueprints.privacy import blueprint
from storefront.models import PolicyVersion
from storefront.pages import FOR_GOOD, now, public, show, show_machines


@blueprint.get("/privacy/data-map")
@public
def map_for_people():
    version = PolicyVersion.in_force(now())
    return show(
        "privacy/data_map.html",
        until=_until(),
        tags=["privacy"],
        version=version,
        clauses=data_map.clauses(version.covers if version else ()),
        logs=places.LOGS,
    )


@blueprint.get("/privacy/data-map.json")
@public
def map_for_machines():
    version = PolicyVersion.in_force(now())
    covered, number = (version.covers, version.number) if version else ((), None)
    return show_machines(data_map.for_machines(covered, number), until=_until())


def _until():
    return PolicyVersion.next_in_force(now()) or FOR_GOOD
