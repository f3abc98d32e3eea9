"""What was erased or swept leaves the database's own file, and the folder of delivered mail."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from peewee import OperationalError

from storefront.config import Settings
from storefront.db import database, is_sqlite
from storefront.erasures import Erasures, normal
from storefront.models import OutgoingMail, Upkeep

NUMBER = re.compile(r"<([0-9a-f]{32})@")

log = logging.getLogger(__name__)


def scour(settings: Settings, at: datetime) -> bool:
    """Where anything has gone since the last time, have it leave the files too; True if it did.

    However much went, the file is written anew once; its text index knows products alone. On
    PostgreSQL that is vacuum's work.
    """
    seen = Upkeep.now()
    if seen.scoured >= seen.changed:
        return False
    clear_mail(settings, at)
    if is_sqlite() and not _scoured():
        return False
    Upkeep.note(scoured=seen.changed)
    return True


def _scoured() -> bool:
    try:
        if database.obj.scour():
            return True
        trouble = "somebody is still reading it"
    except OperationalError as said:  # there is no room for a second copy, or it is busy
        trouble = str(said)
    log.warning("traces of what was erased are still in the database's file: %s", trouble)
    return False


def clear_mail(settings: Settings, at: datetime) -> int:
    """Delete delivered mail that is to be kept no longer; how many.

    It is past its period, the outbox knows of it no more, or its reader had it erased. Where mail
    goes to a server there is none: what it has delivered is its reader's own.
    """
    files = list(_delivered(settings.mail_url))  # looked for first: each has had its row by then
    known = {row[0] for row in OutgoingMail.select(OutgoingMail.message_id).tuples()}
    erased, erasures = Erasures(settings).moments(), Erasures(settings)
    oldest = at - OutgoingMail.to.personal["keep"]
    count = 0
    for path in files:
        to, sent, number = _envelope(path)
        moment = erased.get(erasures.mark(to)) if erased and to else None
        if (number and number not in known) or _is_over(sent, oldest, moment):
            path.unlink(missing_ok=True)
            count += 1
    return count


def _is_over(sent: datetime | None, oldest: datetime, erased: datetime | None) -> bool:
    return bool(sent and (sent < oldest or (erased and sent <= erased)))


def delivered_to(email: str, settings: Settings) -> int:
    """How many delivered mails to an address lie in a folder of the shop's."""
    wanted = normal(email)
    return sum(normal(_envelope(path)[0]) == wanted for path in _delivered(settings.mail_url))


def _delivered(mail_url: str) -> Iterator[Path]:
    where = urlsplit(mail_url)
    if where.scheme == "maildir":
        for folder in ("new", "cur", "tmp"):
            yield from Path(unquote(where.path), folder).glob("*")


def _envelope(path: Path) -> tuple[str, datetime | None, str]:
    """To whom a mail went, when, and by what number; blank where it is none of ours, or gone."""
    try:
        with path.open("rb") as file:
            headers = BytesHeaderParser(policy=default).parse(file)
        to, date = parseaddr(headers.get("To", ""))[1], headers.get("Date")
        number = NUMBER.match(str(headers.get("Message-ID", "")))
        sent = date.datetime.astimezone(UTC) if date else None
        return to, sent, number[1] if number else ""
    except (OSError, ValueError, AttributeError):
        return "", None, ""
