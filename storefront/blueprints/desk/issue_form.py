"""What is typed about an issue of the Insider Update, taken apart."""

import re
import unicodedata
from datetime import datetime

from storefront.blueprints.desk.typed import CARD, Form, moment
from storefront.cards import holds_card
from storefront.models import InsiderIssue
from storefront.models.insider_issue import FASTEST, LONGEST_TITLE
from storefront.refusals import Refused

ADDRESS = re.compile(r"https?://\S+")  # archived pages have long numbers in theirs
NUMBER = re.compile("[0-9]{1,12}")
NO_MOMENT = "Please choose day and time, in UTC."


def facts_of(typed) -> tuple[dict, int]:
    """What is to be kept, and the revision it was made out of. Raises `Refused` by field."""
    with Form(typed) as form:
        facts = {
            "title": form.line("title", longest=LONGEST_TITLE * 10) or "",
            "slug": form.line("slug") or "",
            "per_minute": form.count("per_minute", 1, FASTEST) or 0,
            "text": _text(typed.get("text", "")),
        }
        if line := _line_with_card(facts["text"]):
            form.problems["text"] = f"Line {line}: {CARD}"
    revision = typed.get("revision", "")
    return facts, int(revision) if NUMBER.fullmatch(revision) else 0


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").rstrip()


def _line_with_card(text: str) -> int:
    lines = enumerate(text.split("\n"), 1)
    return next((n for n, line in lines if holds_card(ADDRESS.sub("", line))), 0)


def moment_of(typed, at: datetime) -> datetime:
    """When it is to go out: now, or at a moment in UTC. Raises `Refused`."""
    if typed.get("when") != "later":
        return at
    try:
        read = moment(typed.get("moment", ""), NO_MOMENT)
    except Refused as refusal:
        raise Refused(moment=refusal.sentence) from None
    if read <= at:
        raise Refused(moment="This is past. Choose a later moment, or send it now.")
    return read


def slug_of(title: str, at: datetime) -> str:
    """An address made of a title, that no issue has; it can be changed until it is sent."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    made = "-".join(re.findall("[a-z0-9]+", plain))[:60].strip("-") or f"issue-{at:%Y-%m-%d}"
    taken = {one.slug for one in InsiderIssue.select(InsiderIssue.slug)}
    return next(s for s in (made, *(f"{made}-{n}" for n in range(2, 10**6))) if s not in taken)


def typed_of(issue: InsiderIssue, typed, overtaken: bool) -> dict:
    """The form as it is drawn: as it was sent, or as the issue is kept.

    Who is told of somebody else's change saves over it the next time.
    """
    if typed is None:
        kept = {name: getattr(issue, name) for name in ("title", "slug", "text", "revision")}
        return kept | {"per_minute": issue.per_minute, "when": "now", "moment": ""}
    shown = {name: typed.get(name, "") for name in ("title", "slug", "text", "per_minute")}
    shown |= {"when": typed.get("when", "now"), "moment": typed.get("moment", "")}
    as_kept = overtaken or _is_kept(issue, typed)
    return shown | {"revision": issue.revision if as_kept else typed.get("revision", "")}


def _is_kept(issue: InsiderIssue, typed) -> bool:
    """Whether it was saved, and something after that was refused."""
    try:
        facts, _ = facts_of(typed)
    except Refused:
        return False
    return all(getattr(issue, name) == value for name, value in facts.items())
