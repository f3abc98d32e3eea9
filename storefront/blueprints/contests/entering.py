"""Contests: what can be won, the form to enter, and the mailed link that makes an entry count."""

from flask import abort, current_app, request, url_for

from storefront import privacy
from storefront.blueprints.contests import blueprint
from storefront.blueprints.contests.draws import draw_facts, find
from storefront.door import limiter
from storefront.forms import addressed, home_country
from storefront.kept import PUBLIC, SHORT
from storefront.markdown import rendered
from storefront.models import Contest, ContestEntry, PolicyVersion
from storefront.pages import FOR_GOOD, go, keep_from_caches, now, public, show
from storefront.refusals import Refused

CLAUSE = {"clause": "contests", "basis": "consent"}
TOLD = CLAUSE | {
    "why": "to confirm your entry, to tell you of rules and draw, and to notify winners"
}
SENT = CLAUSE | {"why": "to send a prize, and to see that nobody enters twice"}


class EntryForm(addressed(TOLD, SENT)):
    """What an entry asks for."""

    def given(self) -> dict[str, str]:
        """What was typed, by the columns of an entry; after `validate`."""
        columns = "email name line1 line2 city region postal_code country".split()
        return {name: self[name].data or "" for name in columns}


@blueprint.get("/contests")
@public
def index():
    until = Contest.next_change(now()) or FOR_GOOD
    return show("contests/index.html", until=until, contests=Contest.shown(now()), at=now())


@blueprint.get("/contests/<slug>")
@public
def page(slug: str):
    return _page(find(slug), EntryForm(formdata=None, country=home_country()))


def _page(
    contest: Contest, form: EntryForm, status=200, refusal: Refused | None = None, part="form"
):
    policy = PolicyVersion.in_force(now())
    form.show_policy(policy)
    return show(
        "contests/page.html",
        f"contests/_{part}.html",
        status=status,
        until=Contest.next_change(now()) or FOR_GOOD,
        tags=[f"contest-{contest.slug}"],
        public=SHORT if contest.committed_at else PUBLIC,  # it may name winners
        contest=contest,
        state=contest.state(now()),
        text=rendered(contest.text),
        **draw_facts(contest),
        form=form,
        rules=form.rules,
        policy=policy,
        closed=form.closed,
        refusal=refusal,
    )


@blueprint.post("/contests/<slug>/address")
def address_parts(slug: str):
    """The same page with the address fields of the chosen country; nothing is kept or sent."""
    form = EntryForm()
    form.take_kept(request.form)
    return _page(find(slug), form, part="address")


@blueprint.post("/contests/<slug>/entries")
@limiter.limit("20 per hour")
def enter(slug: str):
    contest, form = find(slug), EntryForm()
    try:
        if not form.validate():
            raise Refused("Please look over what is marked below; then send it again.")
        policy = PolicyVersion.in_force(now())
        form.check_policy(policy)
        ContestEntry.enter(contest, form.given(), policy, now())
    except Refused as refusal:
        for name, sentence in refusal.problems.items():
            if name:
                form[name].errors = [*form[name].errors, sentence]
        return _page(contest, form, 422, refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("contests.entered", slug=slug))


@blueprint.get("/contests/<slug>/entered")
def entered(slug: str):
    return show("contests/entered.html", contest=find(slug))


@blueprint.get("/contests/entries/<link>")
def entry(link: str):
    return _entry(_behind(link), link)


def _behind(link: str) -> ContestEntry:
    key = current_app.extensions["entry_links"].read(link)
    found = key and ContestEntry.get_or_none(ContestEntry.key == key)
    return found or abort(
        404,
        "No entry is behind this link: it was taken back, not confirmed in time, or is erased. "
        "If the contest is still open, you can enter again.",
    )


def _entry(entry: ContestEntry, link: str, status: int = 200, refusal: Refused | None = None):
    context = {"contest": entry.contest, "state": entry.contest.state(now()), "refusal": refusal}
    return keep_from_caches(
        show(
            *("contests/entry.html", "contests/_entry.html"),
            status=status,
            entry=entry,
            link=link,
            **context,
        )
    )


@blueprint.post("/contests/entries/<link>/confirmation")
def confirm(link: str):
    found = _behind(link)
    try:
        found.confirm(now())
    except Refused as refusal:
        return _entry(found, link, 422, refusal)
    return go(url_for("contests.entry", link=link))


@blueprint.post("/contests/entries/<link>/withdrawal")
def withdraw(link: str):
    found = _behind(link)
    privacy.take_back(found, current_app.extensions["settings"], now())
    current_app.extensions["wake_scourer"]()
    return go(url_for("contests.withdrawn", slug=found.contest.slug))


@blueprint.get("/contests/<slug>/withdrawn")
def withdrawn(slug: str):
    return show("contests/withdrawn.html", contest=find(slug))
