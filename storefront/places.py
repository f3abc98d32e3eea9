"""Where facts lie besides the database: mail kept as files, backups, logs.

Declared from the settings, by shop, worker and commands alike, so that all know the same register.
"""

from urllib.parse import urlsplit

from storefront.config import Settings
from storefront.personal import days, declare, withdraw

MAIL_DAYS = 90
BACKUP_DAYS = 30
LOGS = (
    "The programs write to their logs what went wrong and where, with the number of the order or "
    "of the mail it happened to: no name, no e-mail or postal address, no internet address, "
    "nothing that was typed."
)


def declare_from(settings: Settings) -> None:
    """Enter what these settings have the shop keep outside its database."""
    if urlsplit(settings.mail_url).scheme == "maildir":
        declare(
            "mail archive",
            "mail",
            clause="orders",
            why="to be able to show what we wrote to you",
            basis="interest",
            keep=days(MAIL_DAYS),
            words="mails that were written to you",
        )
    else:
        withdraw("mail archive", "mail")
    declare(
        "backup",
        "backups",
        clause="orders",
        why="to bring the shop back when a machine or a program has failed",
        basis="interest",
        keep=days(BACKUP_DAYS),
        words="copies of the shop's database",
    )
