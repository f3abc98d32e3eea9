"""The desk's pages: `show()` with who is signed in, the navigation and the forms' token."""

from dataclasses import dataclass

from flask import Response, g, request, session
from flask_wtf.csrf import generate_csrf

from storefront import pages


@dataclass(frozen=True)
class Screen:
    """One part of the desk as the navigation names it; `words` say what is done there."""

    title: str
    path: str
    roles: tuple[str, ...]
    words: str


SCREENS: list[Screen] = []


def screen(title: str, path: str, roles: tuple[str, ...], words: str) -> None:
    """Enter a part of the desk in the navigation of those whose it is."""
    SCREENS.append(Screen(title, path, roles, words))


def show(page: str, part: str | None = None, status: int = 200, **context) -> Response:
    """A template of the desk, or its partial for htmx; see `storefront.pages.show`.

    Every form of the desk carries `token` as `csrf_token`: text browsers do not say where a form
    comes from.
    """
    staff = g.staff
    frame = {
        "staff": staff,
        "screens": [each for each in SCREENS if staff and staff.may(each.roles)],
        "here": request.path,
        "token": generate_csrf() if session else "",  # one that has ended is still one
    }
    return pages.show(page, part, status=status, **frame | context)
