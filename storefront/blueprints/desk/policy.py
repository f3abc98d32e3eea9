"""The policy at the desk: its versions, and drafts of the next one."""

from flask import g, request, url_for

from storefront import changes, chronicle, coverage
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.policy_form import DraftForm, of_draft
from storefront.door import takes_text
from storefront.drafting import typed
from storefront.drafting.look import look
from storefront.models import PolicyDraft, PolicyVersion
from storefront.models.policy_draft import Gone, Overtaken
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

screen(
    "Policy",
    "/desk/policy",
    ("editor",),
    "The privacy policy: the version in force, drafts of the next one, and what they cover.",
)


def role() -> str:
    """The role in which somebody edits; never who it is."""
    return "editor" if "editor" in g.staff.roles else "manager"


@desk.get("/policy")
@roles("editor")
def policy_page():
    return _overview(DraftForm(formdata=None))


def _overview(form: DraftForm, status: int = 200, refusal: Refused | None = None):
    at = now()
    return show(
        "desk/policy/page.html",
        status=status,
        form=form,
        refusal=refusal,
        in_force=PolicyVersion.in_force(at),
        coming=PolicyVersion.coming(at),
        drafts=PolicyDraft.newest_first(),
        off=coverage.switched_off(at),
        posted=request.args.get("posted", type=int),
    )


def keeps_text(view):
    """Say of a view that who was signed out meanwhile gets back what they typed."""
    view.signed_out = signed_out
    return view


def signed_out():
    """Nothing is kept, and nothing typed is lost."""
    words = (
        "You were signed out, because nothing was sent for half an hour. Your text is still here: "
        "sign in at /desk in another window, then come back and save it."
    )
    if wants_part():
        return sentence(403, "Signed out", words)
    form = DraftForm()
    return show("desk/policy/signed_out.html", status=403, form=form, words=words)


# Drafts


@desk.post("/policy/drafts")
@keeps_text
@takes_text("text")
@roles("editor")
def begin_draft():
    form = DraftForm()
    try:
        draft = _begun(form)
    except Refused as refusal:
        form.tell(refusal)
        return _overview(form, 422, refusal)
    return go(url_for("desk.draft", number=draft.id))


def _begun(form: DraftForm) -> PolicyDraft:
    who = {"role": role(), "at": now()}
    if number := request.form.get("from", type=int):
        version = chronicle.numbered(number)
        if version is None:
            raise Refused("There is no version of that number.")
        return PolicyDraft.begin(typed.tidied(version.text), started_from=number, **who)
    form.take_file()
    return PolicyDraft.begin(**form.facts(now()), **who)


@desk.get(f"/policy/drafts/<{NUMBER}:number>")
@roles("editor")
def draft(number: int):
    try:
        return editor(of_draft(PolicyDraft.find(number)))
    except Gone:
        return no_draft()


def no_draft():
    """Where a draft was, for who did not come with a text."""
    words = "It has been posted or thrown away. The drafts that there are stand under Policy."
    return sentence(404, "This draft is gone", words)


@desk.post(f"/policy/drafts/<{NUMBER}:number>")
@keeps_text
@takes_text("text")
@roles("editor")
def save_draft(number: int):
    form = DraftForm()
    try:
        draft = PolicyDraft.find(number)
        draft.rewrite(form.number("revision"), role=role(), at=now(), **form.facts(now()))
    except Refused as refusal:
        return _refused(form, refusal)
    then = request.form.get("then", "")
    if then in ("marks", "posting"):
        return go(url_for(f"desk.draft_{then}", number=number))
    if not wants_part():
        return go(request.path)
    # What was refused before stands in the form, which is drawn anew without it.
    return _whole(of_draft(draft)) if "refused" in request.form else _saved(draft)


def _saved(draft: PolicyDraft):
    """What stands beside the text, and the new revision: nobody loses their place in the text."""
    return editor(of_draft(draft), saved=True)


def _refused(form: DraftForm, refusal: Refused):
    form.tell(refusal)
    return _whole(form, 422, refusal)


def _whole(form: DraftForm, status: int = 200, refusal: Refused | None = None):
    """The editor anew, with its form; for htmx, too."""
    response = editor(form, status, refusal, saved=refusal is None, part="editor")
    if wants_part():
        response.headers["HX-Retarget"] = "#editor"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


@desk.post("/policy/preview")
@keeps_text
@takes_text("text")
@roles("editor")
def preview_draft():
    form = DraftForm()
    try:
        form.look_over()
    except Refused as refusal:
        form.tell(refusal)
        return editor(form, 422, refusal)
    return editor(form)


@desk.post(f"/policy/drafts/<{NUMBER}:number>/removal")
@roles("editor")
def discard_draft(number: int):
    form = DraftForm()
    try:
        PolicyDraft.find(number).discard(form.number("revision"))
    except Overtaken as refusal:
        return editor(of_draft(refusal.draft), 422, Refused(SAVED_SINCE))
    except Gone:
        pass
    return go(url_for("desk.policy_page"))


SAVED_SINCE = (
    "Somebody has saved this draft since you opened it, so it was not thrown away. Look at it as "
    "it stands now."
)


def editor(form: DraftForm, status=200, refusal=None, saved=False, part="look"):
    """The editor with what stands beside the text, or that alone for htmx."""
    theirs = refusal.draft if isinstance(refusal, Overtaken) else None
    if theirs:
        form.revision.data = theirs.revision  # they see what differs, and may save over it
    last, text = PolicyVersion.last(), form.text.data
    seen = None if refusal and "text" in refusal.problems else look(text)
    return show(
        "desk/policy/draft.html",
        f"desk/policy/_{part}.html",
        status=status,
        form=form,
        draft=PolicyDraft.get_or_none(PolicyDraft.id == form.number("draft")),
        refusal=refusal,
        saved=saved,
        beside=part == "look",
        said=" ".join(filter(None, ["Saved." if saved else "", seen.summary if seen else ""])),
        look=seen,
        last=last,
        difference=changes.between(last.text if last else "", text) if seen else None,
        theirs=theirs,
        theirs_differs=theirs and changes.between(theirs.text, text),
        today=now().date(),
    )
