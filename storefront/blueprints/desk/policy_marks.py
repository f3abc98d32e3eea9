"""Marking clauses: which paragraph of a draft covers what, ticked instead of typed."""

from flask import request, url_for

from storefront import coverage, reading
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.policy import no_draft, role
from storefront.door import takes_text
from storefront.drafting import marks
from storefront.drafting.look import coverage_table
from storefront.models import PolicyDraft
from storefront.models.policy_draft import Gone, Overtaken
from storefront.pages import go, now
from storefront.reading.blocks import blocks
from storefront.refusals import Refused


@desk.get(f"/policy/drafts/<{NUMBER}:number>/marks")
@roles("editor")
def draft_marks(number: int):
    try:
        return _page(PolicyDraft.find(number))
    except Gone:
        return no_draft()


@desk.post(f"/policy/drafts/<{NUMBER}:number>/marks")
@takes_text()  # long, where a text has many paragraphs
@roles("editor")
def mark_draft(number: int):
    revision = request.form.get("revision", 0, int)
    try:
        draft = PolicyDraft.find(number)
        text = marks.marked(draft.text, _ticked(draft))
        if draft.revision != revision:
            raise Overtaken(draft)
        draft.rewrite(revision, role=role(), at=now(), text=text)
    except Overtaken as refusal:
        return _page(refusal.draft, 422, Refused(SAVED_SINCE))
    except Gone:
        return no_draft()
    return go(url_for("desk.draft", number=number))


SAVED_SINCE = (
    "Somebody has saved this draft since you opened it. This is the text as it stands now, with "
    "your ticks where its paragraphs are the same. Look them over, then write the marks again."
)


def _ticked(draft: PolicyDraft) -> dict[str, list[str]]:
    """The clauses of each block: as ticked, or as they are where it was not in the form."""
    known = set(request.form.getlist("block"))
    return {
        block.name: request.form.getlist(block.name) if block.name in known else block.clauses
        for block in blocks(draft.text)
    }


def _page(draft: PolicyDraft, status: int = 200, refusal: Refused | None = None):
    parts = blocks(draft.text)
    return show(
        "desk/policy/marks.html",
        status=status,
        draft=draft,
        refusal=refusal,
        blocks=parts[: marks.MOST],
        suggestions=marks.suggestions,
        more=len(parts) > marks.MOST,
        ticked=_ticked(draft),
        clauses=list(dict.fromkeys([*coverage.clauses(), *reading.marked(draft.text)])),
        rows=coverage_table(draft.text, parts),
    )
