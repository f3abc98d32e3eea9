"""A person's rights, without an account: what is held about an address, behind a mailed link."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, current_app, jsonify, url_for

from storefront import copies, privacy
from storefront.blueprints.privacy import blueprint
from storefront.config import Settings
from storefront.door import limiter
from storefront.erasures import Erasures
from storefront.forms import EmailForm, email_field
from storefront.links import secret_of
from storefront.models import PolicyVersion, RightsRequest, Testimonial
from storefront.pages import go, keep_from_caches, now, show, show_testimonial_picture

OVER = "This link is over, or was never one of ours. A new one is quickly asked for."


class WhoForm(EmailForm):
    """Whose data it is."""

    email = email_field(
        "Your e-mail address",
        clause="rights",
        why="to send you the link, and look up what is held",
        basis="law",
    )

    no_email = "Please give the e-mail address that you gave us."
    looked_up = True


@blueprint.get("/privacy/mine")
def mine():
    return _ask(WhoForm(formdata=None))


def _ask(form: WhoForm, status: int = 200) -> Response:
    policy = PolicyVersion.in_force(now())
    page, part = "privacy/mine/ask.html", "privacy/mine/_ask.html"
    return private(show(page, part, status=status, form=form, policy=policy))


@blueprint.post("/privacy/mine")
@limiter.limit("6 per minute;40 per hour")
def ask_for_mine():
    form = WhoForm()
    if not form.validate():
        return _ask(form, 422)
    key = _settings().wake_key
    RightsRequest.ask(form.email.data, lambda number: secret_of(number, key), now())
    current_app.extensions["wake_worker"]()
    return go(url_for("privacy.mine_asked"))


@blueprint.get("/privacy/mine/asked")
def mine_asked():
    """The same for everybody: nothing was looked up."""
    return private(show("privacy/mine/asked.html"))


@blueprint.get("/privacy/mine/<secret>")
def mine_held(secret: str):
    asked_for = behind(secret)
    if asked_for.answer:
        return _answer(asked_for)
    holdings = held(asked_for, now())
    return private(
        show(
            "privacy/mine/held.html",
            secret=secret,
            email=asked_for.email,
            clauses=by_clause(holdings, privacy.looks(holdings)),
            elsewhere=privacy.elsewhere(asked_for.email, holdings, _settings(), now()),
            tables=list(copies.tables(holdings)),
            valid_until=asked_for.valid_until,
            at=now(),
        )
    )


def behind(secret: str) -> RightsRequest:
    """The request with that secret, or a page that says it is over."""
    return RightsRequest.behind(secret, now()) or abort(404, OVER)


def held(asked_for: RightsRequest, at: datetime) -> list[privacy.Holding]:
    """What is held about who asked."""
    if not asked_for.email:
        abort(404, OVER)
    return privacy.held(asked_for.email, Erasures(_settings()), at)


@dataclass(frozen=True)
class Shown:
    """What stands on the page for one row under one clause, or for several that say the same.

    `alike` has values that are kept alike, together, and the one of them that speaks for all.
    """

    one: privacy.Holding
    called: list[str]
    alike: list[tuple[list[privacy.Value], privacy.Value]]
    to_correct: bool
    looks: list[privacy.Look]


def by_clause(
    holdings: list[privacy.Holding], looks: dict[tuple, list[privacy.Look]]
) -> dict[str, list[Shown]]:
    """Rows by the clause their values are held under."""
    found: dict[str, dict[tuple, Shown]] = defaultdict(dict)
    for one in holdings:
        for clause in dict.fromkeys(value.clause for value in one.values):
            values = [value for value in one.values if value.clause == clause]
            seen = looks[one.table, one.row.get_id()]
            same = (one.table, *((v.name, v.text, v.until and v.until.date()) for v in values))
            same += tuple(str(look) for look in seen)
            same += tuple(picture["digest"] for picture in one.pictures)
            same += (one.row.get_id(),) if one.need else ()
            if same in found[clause]:
                found[clause][same].called.append(one.called)
            else:
                to_correct = _can_be_corrected(one.row)
                found[clause][same] = Shown(one, [one.called], _alike(values), to_correct, seen)
    return {clause: list(rows.values()) for clause, rows in sorted(found.items())}


def _alike(values: list[privacy.Value]) -> list[tuple[list[privacy.Value], privacy.Value]]:
    groups = defaultdict(list)
    for value in values:
        groups[value.why, value.basis, value.until, value.hold].append(value)
    return [(group, group[0]) for group in groups.values()]


def _can_be_corrected(row) -> bool:
    return hasattr(row, "can_be_corrected") and row.can_be_corrected(now())


@blueprint.get(f"/privacy/mine/<secret>/pictures/<int(max={2**31 - 1}):number>/<name>")
@limiter.exempt
def my_picture(secret: str, number: int, name: str):
    email = behind(secret).email or abort(404, OVER)  # without one it would be about anybody
    mine = Testimonial.about(email).where(Testimonial.id == number)
    found = mine.first() or abort(404)
    return show_testimonial_picture(name, found.pictures)


@blueprint.get("/privacy/mine/<secret>/copy.json")
def mine_as_json(secret: str):
    asked_for = behind(secret)
    response = jsonify(copies.as_json(asked_for.email, held(asked_for, now()), now()))
    return _download(response, "what-is-held-about-me.json")


@blueprint.get("/privacy/mine/<secret>/<table>.csv")
def mine_as_csv(secret: str, table: str):
    rows = copies.tables(held(behind(secret), now())).get(table)
    if not rows:
        abort(404)
    response = current_app.response_class(copies.as_csv(rows), mimetype="text/csv")
    return _download(response, f"{table}.csv")


def _download(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return private(response)


@blueprint.get("/privacy/mine/<secret>/erasure")
def mine_to_erase(secret: str):
    asked_for = behind(secret)
    if asked_for.answer:
        return _answer(asked_for)
    outcome = privacy.plan(held(asked_for, now()), now())
    return private(show("privacy/mine/erase.html", secret=secret, outcome=outcome))


@blueprint.post("/privacy/mine/<secret>/erasure")
def erase_mine(secret: str):
    asked_for = behind(secret)
    if not asked_for.answer:
        asked_for.answered(privacy.erase(asked_for.email, _settings(), now()).as_json)
        current_app.extensions["wake_scourer"]()
    return go(url_for("privacy.mine_held", secret=secret))


def _answer(asked_for: RightsRequest) -> Response:
    outcome = privacy.Outcome.from_json(asked_for.answer)
    return private(show("privacy/mine/erased.html", outcome=outcome))


def _settings() -> Settings:
    return current_app.extensions["settings"]


def private(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)
