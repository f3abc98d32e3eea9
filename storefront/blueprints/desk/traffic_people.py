"""From where people order and which languages visitors read, told such that nobody is found."""

from collections.abc import Iterable

from flask import request

from storefront import demographics
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import bringing, roles
from storefront.blueprints.desk.traffic_files import as_file
from storefront.disclosure import Quarter
from storefront.pages import now


def _asked() -> tuple[Quarter, list[Quarter]]:
    """The quarter that is asked for, of those that may be."""
    every = demographics.quarters(now())
    return next((q for q in every if q.name == request.args.get("quarter")), every[0]), every


@desk.get("/traffic/people")
@roles("editor")
@bringing("traffic", instead=True)
def traffic_people():
    quarter, every = _asked()
    return show(
        "desk/traffic/people.html",
        quarter=quarter,
        quarters=every,
        places=demographics.places(quarter),
        languages=demographics.languages(quarter),
    )


@desk.get("/traffic/people.csv")
@roles("editor")
def traffic_people_file():
    quarter, _ = _asked()
    return as_file(f"traffic-people-{quarter.name}.csv", _rows(quarter))


def _rows(quarter: Quarter) -> Iterable[Iterable]:
    yield "What", "Name", "Part", "About"
    for place in demographics.places(quarter):
        yield "people", place.name, "", place.people
        for region, people in place.regions.items():
            yield "people", place.name, region, people
    for language, visits in demographics.languages(quarter).items():
        yield "visits", language, "", visits
