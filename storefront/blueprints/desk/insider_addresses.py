"""The addresses of the Insider Update: lists brought in and taken away, and one looked up."""

import tempfile
from pathlib import Path

from flask import Response, abort, current_app, request, url_for

from storefront import privacy
from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting
from storefront.door import takes_files
from storefront.erasures import Erasures
from storefront.models import Insider, PolicyVersion
from storefront.pages import go, now, require
from storefront.privacy.erasing import erase_again
from storefront.refusals import Refused

screen(
    "Insider addresses",
    "/desk/insider/addresses",
    ("editor",),
    "How many get the Insider Update; bring lists in, take them away, look one address up.",
)

MOST = 8 * 2**20  # bytes of a file
MOST_LINES = 20  # of what was skipped, that are named
PATH = "/insider/addresses"


@desk.get(PATH)
@roles("editor")
def insider_addresses():
    return _page(said=session.once("said"))


def _page(status: int = 200, refusal: Refused | None = None, said: str = "", **found):
    return show(
        "desk/insider/addresses.html",
        "desk/insider/_address.html",
        status=status,
        counts=Insider.counts(),
        wrong=refusal.problems if refusal else {},
        refusal=refusal,
        said=said,
        most=MOST >> 20,
        typed=request.form,
        **{"looked": False, "one": None} | found,
    )


@desk.post(PATH)
@takes_files(MOST + 1, MOST + 2**16)
@roles("editor")
@noted_as("added")
def bring_addresses():
    try:
        require("insider")
        said = _brought()
    except Refused as refusal:
        return _page(422, refusal)
    noted("added", Insider)
    session.keep("said", said)
    return go(url_for("desk.insider_addresses"))


def _brought() -> str:
    """Bring the file in, and say what came of it. Raises `Refused`, with nothing written."""
    from storefront.exchange.catalogue import BadCatalogue  # loaded by who asks for it only
    from storefront.exchange.insider_load import load, statement_of
    from storefront.exchange.insiders import Addresses

    settings, lines = current_app.extensions["settings"], []
    statement = statement_of(request.form["consent"]) if request.form.get("consent") else ""
    with tempfile.NamedTemporaryFile(dir=settings.instance) as file:
        _save(file)
        addresses, erasures = Addresses(Path(file.name)), Erasures(settings)
        before = erasures.last()
        try:
            report = load(addresses, erasures, now(), statement=statement, warn=lines.append)
        except BadCatalogue as trouble:
            raise Refused(file=f"Nothing was brought in: {trouble}.") from trouble
    if erasures.last() != before:  # somebody had themselves erased while the file was read
        erase_again(erasures, now())
    return " ".join([report.words, *_named(lines)])


def _save(file) -> None:
    given = request.files.get("file")
    if not given or not given.filename:
        raise Refused(file="Choose a file.")
    given.save(file)
    file.flush()
    if file.tell() > MOST:
        raise Refused(file=f"{MOST >> 20} MB at most: bring it in several files.")


def _named(lines: list[str]) -> list[str]:
    left = len(lines) - MOST_LINES
    told = [f"{line.capitalize()}." for line in lines[:MOST_LINES]]
    return told + ([f"And {left} more lines were skipped."] if left > 0 else [])


@desk.post(f"{PATH}/searches")
@roles("editor")
@noted_as("searched", "opened")
def find_address():
    found = Insider.about(request.form.get("email", ""))
    one = found.select(Insider, PolicyVersion).join(PolicyVersion).first()
    noted("opened", one) if one else noted("searched", Insider)
    return _page(looked=True, one=one)


@desk.post(f"{PATH}/<{NUMBER}:number>/removal")
@roles("editor")
@noted_as("removed")
def remove_address(number: int):
    """Take somebody off who asked for it in another way than by the link, such as by letter."""
    one = Insider.get_or_none(Insider.id == number) or abort(404, "They are not on the list.")
    with noting("removed", one):
        privacy.take_back(one, current_app.extensions["settings"], now())
    current_app.extensions["wake_scourer"]()
    session.keep("said", "They are off the list, and no import brings them back.")
    return go(url_for("desk.insider_addresses"))


@desk.get(f"{PATH}.csv")
@roles("manager", fresh=True)
@noted_as("exported")
def export_addresses():
    """All who get it, as a file; whole before its first byte goes out."""
    from storefront.exchange.insiders import write_down

    noted("exported", Insider)
    file = tempfile.TemporaryFile()  # noqa: SIM115 what is sent closes it
    sent = _Sent(file)
    write_down(file)
    response = Response(sent, mimetype="text/csv")
    response.content_length = file.seek(0, 2)
    file.seek(0)
    name = f"insiders-{now():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Sent:
    """The bytes of a file, which is gone once they are sent or nobody reads them any more."""

    def __init__(self, file) -> None:
        self._file = file

    def __iter__(self):
        return iter(lambda: self._file.read(2**16), b"")

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    __del__ = close
