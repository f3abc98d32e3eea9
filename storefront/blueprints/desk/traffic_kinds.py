"""What is listed about traffic, value by value, and what the pages call it."""

from typing import NamedTuple


class Kind(NamedTuple):
    """One list: its name in addresses, what the counters call it, its title, its two columns."""

    name: str
    what: str
    title: str
    value: str
    count: str


_PEOPLE = (
    ("page", "Pages", "Address", "Views"),
    ("entry", "Where visits begin", "Address", "Visits"),
    ("exit", "Where visits end", "Address", "Visits"),
    ("referrer", "Sites that led here", "Site", "Visits"),
    ("campaign", "Campaigns", "Campaign", "Visits"),
    ("device", "Devices", "Device", "Visits"),
    ("browser", "Browsers", "Browser", "Visits"),
    ("search", "Searches", "Words", "Searches"),
    ("in vain", "Searches that found nothing", "Words", "Searches"),
    ("followed", "Links followed from banners", "Name", "Views"),
    ("shown", "Banners shown", "Name", "Views"),
    ("from list", "Lists that led to products", "List", "Views"),
    ("not found", "Addresses that are not here", "Address", "Requests"),
)
_REMOVED = (
    ("bot", "Programs by name", "Program", "Views"),
    ("filtered", "Why views were not counted", "Why", "Views"),
)


def _kinds(rows) -> tuple[Kind, ...]:
    return tuple(Kind(what.replace(" ", "-"), what, *words) for what, *words in rows)


OF_PEOPLE, REMOVED = _kinds(_PEOPLE), _kinds(_REMOVED)
KINDS = {kind.name: kind for kind in OF_PEOPLE + REMOVED}
