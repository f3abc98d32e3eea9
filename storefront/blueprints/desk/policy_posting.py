"""Posting a draft, in two steps: what will be posted is shown, and then posted exactly so."""

from flask import current_app, request, url_for

from storefront import coverage, policy
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import roles
from storefront.blueprints.desk.policy import no_draft, role
from storefront.door import takes_text
from storefront.drafting import posting
from storefront.drafting.look import compared, look
from storefront.models import PolicyDraft, PolicyVersion
from storefront.models.policy_draft import Gone
from storefront.pages import go, now
from storefront.refusals import Refused


@desk.get("/policy/drafts/<int:number>/posting")
@roles("editor")
def draft_posting(number: int):
    try:
        draft = PolicyDraft.find(number)
    except Gone:
        return no_draft()
    return _page(draft, look_refusal=posting.refusal_of(draft, now()))


@desk.post("/policy/drafts/<int:number>/posting")
@takes_text("seen")
@roles("editor")
def post_draft(number: int):
    try:
        version = posting.post(
            number,
            current_app.extensions["policy_key"],
            role=role(),
            digest=request.form.get("digest", ""),
            after=request.form.get("after", -1, int),
            switch_off=request.form.getlist("off"),
            at=now(),
        )
    except Gone:
        return no_draft()
    except Refused as refusal:
        return _page(PolicyDraft.find(number), 422, refusal)
    current_app.extensions["wake_worker"]()
    return go(url_for("desk.policy_page", posted=version.number))
