"""Catalogues at the desk: a file is brought, tried, and then imported, all by the worker."""

from flask import abort, current_app, request, url_for

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.door import takes_files
from storefront.models import CatalogueImport
from storefront.pages import closed, go, now, require, wants_part
from storefront.refusals import Refused

screen(
    "Imports",
    "/desk/imports",
    ("editor",),
    "Bring in a catalogue from Shopify or WooCommerce, or take the shop's own away as a file.",
)

MOST = 256 * 2**20  # bytes of a file, and of the form that brings it
RUN = f"/imports/<{NUMBER}:number>"


def place():
    """Where the files lie. What reads catalogues is loaded by who asks for it only."""
    from storefront.brought import Place

    return Place(current_app.extensions["settings"])


@desk.get("/imports")
@roles("editor")
def imports():
    return _list()


def _list(status: int = 200, refusal: Refused | None = None):
    return show(
        "desk/imports/page.html",
        status=status,
        runs=CatalogueImport.newest_first(),
        wrong=refusal.problems if refusal else {},
        most=MOST >> 20,
    )


@desk.post("/imports")
@takes_files(MOST + 1, MOST + 2**20)
@roles("editor")
def bring_catalogue():
    file = request.files.get("file")
    if not file or not file.filename:
        return _list(422, Refused(file="Choose the file that you exported."))
    name = "".join(sign for sign in file.filename if sign.isprintable())[-80:]
    try:
        run = place().receive(name, file.stream, now())
    except Refused as refusal:
        return _list(422, refusal)
    current_app.extensions["wake_importer"]()
    return go(url_for("desk.import_run", number=run.id))


@desk.get(RUN)
@roles("editor")
def import_run(number: int):
    return _page(_run(number))


def _run(number: int) -> CatalogueImport:
    found = CatalogueImport.get_or_none(CatalogueImport.id == number)
    return found or abort(404, "There is no such import; it was thrown away, or is long ago.")


def _page(run: CatalogueImport, status: int = 200, refusal: Refused | None = None):
    """How it stands; a run whose worker has died is shown as what it is before anybody notes it."""
    where = place()
    state = run.state
    if state == "running" and not where.is_alive(run):
        run = _run(run.id)  # it may have ended between two looks
        state = "broken" if run.state == "running" else run.state
    return show(
        "desk/imports/run.html",
        "desk/imports/_run.html",
        status=status,
        run=run,
        state=state,
        progress=where.progress(run),
        has_file=where.has(run),
        unfetched=closed("catalogue"),
        refusal=refusal,
        said=_announced(run, state),
    )


def _announced(run: CatalogueImport, state: str) -> str:
    """What is read out when a run has come to an end while somebody looks on."""
    told = {"trial": "The trial", "import": "The import", "pictures": "Fetching pictures"}
    ends = {"done": "is done", "refused": "was refused", "stopped": "was stopped"}
    if not wants_part() or state in ("waiting", "running"):
        return ""
    return f"{told[run.step]} {ends.get(state, 'was broken off')}."


@desk.post(f"{RUN}/import")
@roles("editor")
def begin_import(number: int):
    run = _run(number)
    fetches = "fetch" in request.form
    try:
        if fetches:
            require("catalogue")
        if not place().has(run):
            raise Refused("The file is gone: files are kept for a day. Bring it again.")
        run.begin("keep-stock" in request.form, fetches, now())
    except Refused as refusal:
        return _page(_run(number), 422, refusal)
    return _woken(run)


@desk.post(f"{RUN}/trial")
@roles("editor")
def try_import_again(number: int):
    run = _run(number)
    where = place()
    where.settle(now())
    try:
        if run.step != "pictures" and not where.has(run):
            raise Refused("The file is gone: files are kept for a day. Bring it again.")
        run.try_again(now())
    except Refused as refusal:
        return _page(_run(number), 422, refusal)
    return _woken(run)


def _woken(run: CatalogueImport):
    current_app.extensions["wake_importer"]()
    return _shown(run)


@desk.post(f"{RUN}/stop")
@roles("editor")
def stop_import(number: int):
    run = _run(number)
    place().stop(run, now())
    return _shown(run)


@desk.post(f"{RUN}/removal")
@roles("editor")
def discard_import(number: int):
    run = _run(number)
    try:
        run.discard()
    except Refused as refusal:
        return _page(_run(number), 422, refusal)
    place().clear(run)
    return go("/desk/imports")


def _shown(run: CatalogueImport):
    return _page(_run(run.id)) if wants_part() else go(url_for("desk.import_run", number=run.id))
