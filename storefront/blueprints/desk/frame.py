"""The desk's pages: `show()` with who is signed in, the navigation and the forms' token."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Response, g, request, session
from flask_wtf.csrf import generate_csrf

from storefront import pages


@dataclass(frozen=True)
class Screen:
    """One part of the desk as the navigation names it; `words` say what is done there.

    `waiting()` gives what waits there for somebody, as pairs: "3 orders to pack" and where.
    """

    title: str
    path: str
    roles: tuple[str, ...]
    words: str
    waiting: Callable[[], Iterable[tuple[str, str]]] | None = None


SCREENS: list[Screen] = []

# What belongs together, in the order of a day; what is not named here comes at the end.
ROOMS = {
    "Orders": ("orders", "messages", "answers", "returns", "pick-list", "mail"),
    "Goods": (
        *("products", "collections", "pins", "search-words"),
        *("stock", "waiting", "testimonials", "imports"),
    ),
    "Selling": (
        *("traffic", "promotions", "trials", "discounts", "contests"),
        *("insider", "insider/addresses"),
        *("shipping", "taxes", "terms", "resellers"),
    ),
    "House": ("policy", "staff", "log", "account"),
}
LAST = "House"


def screen(title: str, path: str, roles: tuple[str, ...], words: str, waiting=None) -> None:
    """Enter a part of the desk in the navigation of those whose it is; see `Screen`."""
    SCREENS.append(Screen(title, path, roles, words, waiting))


def screens_of(staff) -> dict[str, list[Screen]]:
    """The parts of the desk that are theirs, by room; no room is empty."""
    theirs = [each for each in SCREENS if staff and staff.may(each.roles)]
    named = {f"/desk/{name}": (room, n) for room in ROOMS for n, name in enumerate(ROOMS[room])}
    elsewhere = (LAST, len(named))
    rooms = {
        room: sorted(
            (each for each in theirs if named.get(each.path, elsewhere)[0] == room),
            key=lambda each: named.get(each.path, elsewhere)[1],
        )
        for room in ROOMS
    }
    return {room: screens for room, screens in rooms.items() if screens}


def _screen_at(path: str) -> str:
    """The path of the screen that a page belongs to: one may stand below another."""
    around = [s.path for s in SCREENS if path == s.path or path.startswith(f"{s.path}/")]
    return max(around, key=len, default=path)


def show(page: str, part: str | None = None, status: int = 200, **context) -> Response:
    """A template of the desk, or its partial for htmx; see `storefront.pages.show`.

    Every form of the desk carries `token` as `csrf_token`: text browsers do not say where a form
    comes from.
    """
    staff = g.staff
    frame = {
        "staff": staff,
        "rooms": screens_of(staff),
        "here": _screen_at(request.path),
        "token": generate_csrf() if session else "",  # one that has ended is still one
    }
    return pages.show(page, part, status=status, **frame | context)
