"""All versions of the policy that were posted, each with its text, and what changed between two."""

from flask import Response, abort, request

from storefront import changes, chronicle
from storefront.blueprints.privacy import blueprint
from storefront.blueprints.privacy.page import about
from storefront.models import PolicyVersion
from storefront.pages import FOR_GOOD, now, public, show

PER_PAGE = 50
NUMBER = "<int(max=2147483647):number>"  # as large as PostgreSQL's integers


@blueprint.get("/privacy/versions")
@public
def versions():
    page = request.args.get("page", 1, type=int)
    if not 1 <= page <= 10**6:
        abort(404)
    return listed(page)


def listed(page: int = 1, trouble: str = "", status: int = 200) -> Response:
    """A page of the list of versions; with `trouble` it says what was not found."""
    spans = chronicle.spans()
    some = chronicle.newest(PER_PAGE, (page - 1) * PER_PAGE)
    context = {"versions": some, "spans": spans, "at": now(), "turned_to": page, "trouble": trouble}
    context |= {"is_last": page * PER_PAGE >= len(spans), "day": chronicle.day}
    context |= {"by_whom": chronicle.by_whom}
    return show("privacy/versions.html", status=status, until=until(), tags=["privacy"], **context)


def missing(number: int) -> Response:
    """The list, where somebody asked for a version that was never posted."""
    return listed(trouble=f"Version {number} has not been posted. These have been:", status=404)


def until():
    """The moment at which what pages say about versions changes by itself."""
    return PolicyVersion.next_in_force(now()) or FOR_GOOD


@blueprint.get(f"/privacy/versions/{NUMBER}")
@public
def version(number: int):
    found = chronicle.numbered(number)
    if found is None:
        return missing(number)
    span = chronicle.spans()[number]
    context = about(found) | {"span": span, "state": span.state(now()), "at": now()}
    return show("privacy/version.html", until=until(), tags=["privacy"], **context)


@blueprint.get("/privacy/changes")
@public
def changed():
    last = PolicyVersion.last()
    new = request.args.get("to", last.number if last else 0, type=int)
    old = request.args.get("from", new - 1, type=int)
    found, trouble = _between(old, new)
    context = {"old": old, "new": new, "changes": found, "trouble": trouble}
    context |= {"spans": chronicle.spans(), "at": now(), "day": chronicle.day}
    status = 404 if trouble and old != new else 200
    return show("privacy/changes.html", status=status, until=until(), tags=["privacy"], **context)


def _between(old: int, new: int) -> tuple[changes.Changes | None, str]:
    """What changed from one version to another, or a sentence why that cannot be said."""
    if old == new:
        return None, "Nothing changes from a version to itself; choose two that differ."
    found = []
    for number in (old, new):
        one = chronicle.numbered(number)
        if one is None:
            return None, f"There is no version {number} to compare; choose two of these."
        found.append(one)
    return changes.between(found[0].text, found[1].text), ""
