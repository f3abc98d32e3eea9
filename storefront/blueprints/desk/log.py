"""The log of what staff do with people's data: written by the desk's views, read by managers.

A view that shows or changes what is held about somebody says with `noted_as(…)` what it does, and
does it in `noting(…)`, or calls `noted(…)` where it only shows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import current_app, g, request

from storefront import coverage
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import roles
from storefront.db import Record, database
from storefront.models import StaffAction
from storefront.models.staff import ROLES
from storefront.models.staff_action import WHAT
from storefront.pages import now

MOST = 50  # rows of one page

screen("Log", "/desk/log", ("manager",), "What was done with people's data, and in which role.")


def noted_as(*what: str):
    """Say of a view what it writes into the log, in words of `staff_action.WHAT`."""
    if unknown := set(what) - set(WHAT):
        raise ValueError(f"{unknown} is none of {', '.join(WHAT)}")

    def say(view):
        view.noted_as = what
        return view

    return say


def noted(what: str, of: Record | type[Record], clause: str = "") -> None:
    """Write into the log that this was done to a row, or to many rows of a table.

    `clause` only where it is another than that of the row's first personal column. Raises
    `ValueError` where the view has not said that it does this.
    """
    view = current_app.view_functions[request.endpoint]
    if what not in getattr(view, "noted_as", ()):
        raise ValueError(f"{request.endpoint} is not noted_as({what!r})")
    StaffAction.note(role_of(view), what, of, now(), clause)


@contextmanager
def noting(what: str, of: Record | type[Record], clause: str = "") -> Iterator[None]:
    """What is done within is done together with its line in the log, or not at all."""
    with database.atomic():
        noted(what, of, clause)
        yield


def role_of(view) -> str:
    """The role that let the person in; never who it is."""
    return next((role for role in view.roles if role in g.staff.roles), "manager")


def _day(text: str) -> date:
    found = date.fromisoformat(text)
    if found == date.max:
        raise ValueError("no day comes after it, where it would end")
    return found


@dataclass(frozen=True)
class Wanted:
    """What is asked for of the log: a day, a role, a word and a clause, and up to which row."""

    day: date | None
    role: str
    what: str
    clause: str
    before: int

    @classmethod
    def read(cls) -> "Wanted":
        """As the address says; what cannot be is left out."""
        given = request.args
        return cls(
            day=given.get("day", None, _day),
            role=_one_of(ROLES, given.get("role")),
            what=_one_of(WHAT, given.get("what")),
            clause=_one_of(coverage.clauses(), given.get("clause")),
            before=min(given.get("before", 0, int), 2**31 - 1),
        )

    def rows(self) -> list[StaffAction]:
        """The newest of them, and one more than a page has."""
        log, conditions = StaffAction, []
        for name in ("role", "what", "clause"):
            if value := getattr(self, name):
                conditions.append(getattr(log, name) == value)
        if self.day:
            begins = datetime.combine(self.day, time(), UTC)
            conditions += [log.at >= begins, log.at < begins + timedelta(days=1)]
        if self.before > 0:
            conditions.append(log.id < self.before)
        query = log.select().where(*conditions) if conditions else log.select()
        return list(query.order_by(log.id.desc()).limit(MOST + 1))

    def address(self, before: int) -> str:
        """Of the rows before that one."""
        asked = {"day": self.day, "role": self.role, "what": self.what, "clause": self.clause}
        return "/desk/log?" + urlencode({k: v for k, v in asked.items() if v} | {"before": before})


def _one_of(known, given: str | None) -> str:
    return given if given in known else ""


@desk.get("/log")
@roles("manager")
def staff_log():
    wanted = Wanted.read()
    rows = wanted.rows()
    older = wanted.address(rows[MOST - 1].id) if len(rows) > MOST else ""
    choices = {"role": ROLES, "what": WHAT, "clause": coverage.clauses()}
    context = {"asked": wanted, "rows": rows[:MOST], "older": older, "choices": choices}
    return show("desk/log/page.html", "desk/log/_rows.html", **context)
