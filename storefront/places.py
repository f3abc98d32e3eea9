"""Where facts lie besides the database: mail kept as files, backups, logs.

Declared from the settings, by shop, worker and commands alike, so that all know the same register.
"""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from storefront.config import Settings
from storefront.models import OutgoingMail, Testimonial
from storefront.personal import days, declare, withdraw

BACKUPS = days(30)
# As they are named when they are made: by the moment, in UTC; what a restore put aside, to the
# millionth of a second.
MADE_AT = re.compile(r"(?:^|-)(\d{8}-\d{6})(?:\.sqlite|\.sql|-\d{6})$")
LOGS = (
    "The programs write to their logs what went wrong and where, with the number of the order or "
    "of the mail it happened to: no name, no e-mail or postal address, no internet address, "
    "nothing that was typed."
)
declare(
    "file",
    "pictures of testimonials",
    **{name: Testimonial.pictures.personal[name] for name in ("clause", "why", "basis", "keep")},
    words="the pictures you added, made anew without what a camera wrote into them",
)


def declare_from(settings: Settings) -> None:
    """Enter what these settings have the shop keep outside its database."""
    withdraw("mail archive", "mail")
    if urlsplit(settings.mail_url).scheme == "maildir":
        declare(
            "mail archive",
            "mail",
            clause="orders",
            why="to be able to show what we wrote to you",
            basis="interest",
            keep=OutgoingMail.to.personal["keep"],  # as long as the outbox knows of them
            words="mails that were written to you",
        )
    declare(
        "backup",
        "backups",
        clause="orders",
        why="to bring the shop back when a machine or a program has failed",
        basis="interest",
        keep=BACKUPS,
        words="copies of the shop's database",
    )


def let_go_of_backups(settings: Settings, at: datetime) -> int:
    """Delete the copies in instance/backups that are past their period; how many.

    Only those that bear their moment in their name: whatever else lies there is somebody's own.
    """
    count = 0
    for path in (settings.instance / "backups").glob("*"):
        named = MADE_AT.search(path.name)
        if named and _moment(named[1]) < at - BACKUPS:
            path.unlink(missing_ok=True)
            count += 1
    return count


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:  # digits that are no moment
        return datetime.max.replace(tzinfo=UTC)
