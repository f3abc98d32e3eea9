"""How a contest is drawn, for people and for the script that checks it; versions of the rules."""

from flask import abort, current_app

from storefront import beacon, lots
from storefront.blueprints.contests import blueprint
from storefront.config import ROOT
from storefront.markdown import rendered
from storefront.models import Contest, ContestRules, Draw, DrawLeaf, Winner
from storefront.pages import keep, public, show, show_machines

SCRIPT = ROOT / "docs" / "verify_draw.py"


def find(slug: str) -> Contest:
    """The contest of that name, or the page that says there is none."""
    return Contest.get_or_none(Contest.slug == slug) or abort(404)


def draw_facts(contest: Contest) -> dict:
    """What the contest's page shows of its draw and of the versions of its rules."""
    draw = Draw.of(contest) if contest.committed_at else None
    return {
        "draw": draw,
        "winners": Winner.of(draw) if draw else [],
        "versions": ContestRules.of(contest),
        "chain": beacon.NAME,
        "relay": f"https://api.drand.sh{beacon.path_of(draw.round)}" if draw and draw.round else "",
        "formula": lots.WORDS,
    }


@blueprint.get("/contests/<slug>/rules/<int(max=2147483647):number>")
@public
def rules(slug: str, number: int):
    contest = find(slug)
    versions = ContestRules.of(contest)
    version = next((each for each in versions if each.number == number), None) or abort(404)
    text = rendered(version.text)
    return show("contests/rules.html", contest=contest, version=version, text=text)


@blueprint.get("/contests/<slug>/draw.json")
@public
def draw_file(slug: str):
    """All that is needed to check the draw, and nothing about anybody."""
    contest = find(slug)
    draw = Draw.of(contest) or abort(404, "The list of this contest is not closed yet.")
    return show_machines(_told(contest, draw))


def _told(contest: Contest, draw: Draw) -> dict:
    winners = [{"index": each.place, "state": each.state} for each in Winner.of(draw)]
    return {
        "format": "storefront-draw/1",
        "contest": contest.slug,
        "entries": draw.size,
        "root": draw.root,
        "committed": f"{draw.committed_at:%Y-%m-%dT%H:%M:%SZ}",
        "late": draw.late,
        "due": f"{draw.due_at:%Y-%m-%dT%H:%M:%SZ}",
        "way": contest.way,
        "beacon": _beacon_of(draw) if draw.round else None,
        "ceremony": draw.ceremony,
        "value": draw.value or None,
        "formula": {"version": draw.formula, "words": lots.WORDS},
        "winners": winners,
        "leaves": DrawLeaf.of(draw),
    }


def _beacon_of(draw: Draw) -> dict:
    return {
        "name": f"drand {beacon.NAME}",
        "chain": beacon.CHAIN,
        "round": draw.round,
        "at": f"{beacon.time_of(draw.round):%Y-%m-%dT%H:%M:%SZ}",
        "signature": draw.signature or None,
    }


@blueprint.get("/contests/verify_draw.py")
@public
def script():
    """The script that checks a draw, to be read and run."""
    response = current_app.response_class(SCRIPT.read_bytes(), mimetype="text/x-python")
    response.headers["Cache-Control"] = "public, max-age=3600"
    keep()
    return response
