"""Posting a draft, in two steps: what will be posted is shown, and then posted exactly so."""

from flask import current_app, request, url_for

from storefront import changes, chronicle, policy
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.policy import no_draft, role
from storefront.door import takes_text
from storefront.drafting import posting
from storefront.drafting.look import look
from storefront.drafting.typed import tidied
from storefront.models import PolicyDraft, PolicyVersion
from storefront.models.policy_draft import Gone
from storefront.pages import go, now
from storefront.refusals import Refused


@desk.get(f"/policy/drafts/<{NUMBER}:number>/posting")
@roles("editor")
def draft_posting(number: int):
    try:
        return _page(PolicyDraft.find(number))
    except Gone:
        return no_draft()


@desk.post(f"/policy/drafts/<{NUMBER}:number>/posting")
@takes_text("seen")
@roles("editor")
def post_draft(number: int):
    try:
        version = _post(number)
    except Gone:
        return no_draft()
    except Refused as refusal:
        return _page(PolicyDraft.find(number), 422, refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("desk.policy_page", posted=version.number))


def _post(number: int) -> PolicyVersion:
    return posting.post(
        number,
        policy.read_key(current_app.extensions["settings"].keys),
        role=role(),
        digest=request.form.get("digest", ""),
        after=request.form.get("after", -1, int),
        off=request.form.getlist("off"),
        at=now(),
    )


def _page(draft: PolicyDraft, status: int = 200, refusal: Refused | None = None):
    """All that will be posted; where it cannot be, why. After a refusal, what has moved."""
    last = PolicyVersion.last()
    try:
        ready, hindrance = posting.prepared(draft, now()), None
    except Refused as trouble:
        ready, hindrance = None, trouble
    return show(
        "desk/policy/posting.html",
        status=status,
        draft=draft,
        refusal=refusal,
        ready=ready,
        hindrance=hindrance,
        last=last,
        next=last.number + 1 if last else 1,
        look=look(draft.text),
        difference=changes.between(last.text if last else "", draft.text),
        agreed=request.form.getlist("off"),
        moved=_moved(draft, last) if refusal else [],
    )


def _moved(draft: PolicyDraft, last: PolicyVersion | None) -> list[tuple[str, object]]:
    """What is not as it was when the form was drawn: a heading and a difference for each."""
    moved, seen = [], tidied(request.form.get("seen", ""))
    if seen and seen != draft.text:
        moved.append(("The draft, since you looked at it", changes.between(seen, draft.text)))
    before = chronicle.numbered(request.form.get("after", 0, int))
    if before and last and before != last:
        heading = f"Version {last.number}, against version {before.number}"
        moved.append((heading, changes.between(before.text, last.text)))
    return moved
