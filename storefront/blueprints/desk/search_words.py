"""Words of searches at the desk: which mean the same, and which lead to a page."""

from flask import request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.typed import Form, line
from storefront.models import Collection, Page, SameWords, SearchRedirect
from storefront.models.promotion import target
from storefront.models.search_words import GONE, MOST_PHRASES, version
from storefront.pages import go, now, sentence
from storefront.refusals import Refused

HERE = "/desk/search-words"
screen(
    "Search words",
    HERE,
    ("editor",),
    "Words that mean the same, and searches that lead to a page.",
)

GROUP = f"/search-words/groups/<{NUMBER}:number>"
REDIRECT = f"/search-words/redirects/<{NUMBER}:number>"
LONGEST = 60  # characters of a phrase
WAYS = {"both": "All of them mean the same", "one": "The first one also finds the others"}
NOT_THERE = "This is not there any more"


@desk.get("/search-words")
@roles("editor")
def search_words():
    return _list(said=session.once("said"))


def _list(status: int = 200, refusal: Refused | None = None, form: str = "", said: str = ""):
    """The page of all; `form` names the one that a refusal concerns."""
    wrong = refusal.problems if refusal else {}
    return show(
        *("desk/search_words/list.html", "desk/search_words/_list.html"),
        status,
        groups=SameWords.in_order(),
        redirects=[(each, _trouble(each)) for each in SearchRedirect.in_order()],
        wrong={form: wrong},
        typed={form: request.form},
        trouble=wrong.get(""),
        said=said,
        **_offered(),
    )


def _offered() -> dict:
    """What can be chosen in the forms."""
    pages = list(Page.select().order_by(Page.title))
    return {
        "collections": Collection.in_order(),
        "pages": pages,
        "ways": WAYS,
        "most": MOST_PHRASES,
    }


def _trouble(redirect: SearchRedirect) -> str:
    """Why it leads nowhere, as a sentence; "" where it leads somewhere."""
    if not redirect.address:
        return "It leads nowhere, as what it led to was removed: it is a search again."
    return "" if redirect.path(now()) else "What it leads to is not shown now: it is a search."


def _phrases() -> tuple[list[str], bool]:
    """The phrases, one on each line, and whether they hold one way; raises `Refused`."""
    lines = request.form.get("phrases", "").replace("\0", "").splitlines()
    if len(lines) > 4 * MOST_PHRASES:
        raise Refused(phrases=f"Please keep this to {MOST_PHRASES}.")
    try:
        phrases = [line(each, longest=LONGEST) for each in lines if each.strip()]
    except Refused as refusal:
        raise Refused(phrases=refusal.sentence) from None
    return phrases, request.form.get("way") == "one"


def _redirect() -> tuple[str, dict]:
    """The words, and the row they lead to; raises `Refused`."""
    with Form(request.form) as form:
        words = form.line("words", "Give the words that are searched for.", 100)
        address = form.line("leads_to", "Say where it leads.", 2000)
        try:
            found = target(address) if address else {}
        except Refused as refusal:
            form.problems |= refusal.problems
    return words, found


def _kept(said: str):
    session.keep("said", said)
    return go(HERE)


@desk.post("/search-words/groups")
@roles("editor")
def make_group():
    try:
        SameWords.put(*_phrases())
    except Refused as refusal:
        return _list(422, refusal, "group")
    return _kept("The words are kept.")


@desk.post("/search-words/redirects")
@roles("editor")
def make_redirect():
    try:
        made = SearchRedirect.put(*_redirect())
    except Refused as refusal:
        return _list(422, refusal, "redirect")
    return _kept(f"The search for “{made.words}” leads there from now on.")


@desk.get(GROUP)
@roles("editor")
def same_words(number: int):
    return _group(number)


def _group(number: int, status: int = 200, refusal: Refused | None = None):
    held = SameWords.get_or_none(SameWords.id == number)
    if held is None:
        return sentence(404, NOT_THERE, GONE)
    known = {"phrases": "\n".join(held.phrases), "way": "one" if held.one_way else "both"}
    typed = request.form if refusal else known
    return _page("group", held, held.phrases[0], typed, status, refusal)


def _page(form: str, held, title: str, typed, status: int, refusal: Refused | None):
    """The page of one: `form` is what it is. Who was told of a change saves over it."""
    wrong = refusal.problems if refusal else {}
    return show(
        *("desk/search_words/page.html", "desk/search_words/_page.html"),
        status,
        form=form,
        held=held,
        title=title,
        typed=typed,
        wrong=wrong,
        seen=request.form.get("seen", "") if wrong and "" not in wrong else version(held),
        **_offered(),
    )


@desk.post(GROUP)
@roles("editor")
def edit_group(number: int):
    try:
        SameWords.put(*_phrases(), number, request.form.get("seen", ""))
    except Refused as refusal:
        return _group(number, 422, refusal)
    return _kept("The words are kept.")


@desk.post(f"{GROUP}/removal")
@roles("editor")
def remove_group(number: int):
    try:
        SameWords.remove(number)
    except Refused as refusal:
        return _list(422, refusal)
    return _kept("It is removed. Each of the words means itself again.")


@desk.get(REDIRECT)
@roles("editor")
def search_redirect(number: int):
    return _one_redirect(number)


def _one_redirect(number: int, status: int = 200, refusal: Refused | None = None):
    held = next((each for each in SearchRedirect.in_order() if each.id == number), None)
    if held is None:
        return sentence(404, NOT_THERE, GONE)
    typed = request.form if refusal else {"words": held.words, "leads_to": held.address}
    return _page("redirect", held, held.words, typed, status, refusal)


@desk.post(REDIRECT)
@roles("editor")
def edit_redirect(number: int):
    try:
        changed = SearchRedirect.put(*_redirect(), number, request.form.get("seen", ""))
    except Refused as refusal:
        return _one_redirect(number, 422, refusal)
    return _kept(f"The search for “{changed.words}” leads there from now on.")


@desk.post(f"{REDIRECT}/removal")
@roles("editor")
def remove_redirect(number: int):
    try:
        SearchRedirect.remove(number)
    except Refused as refusal:
        return _list(422, refusal)
    return _kept("It is removed. Its words are searched for again.")
