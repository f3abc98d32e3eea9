"""A mail of an issue as it goes out, for those who write it."""

from dataclasses import dataclass
from datetime import datetime

from storefront.config import Settings
from storefront.mail import Postman
from storefront.models import Insider, InsiderIssue, OutgoingMail

NOBODY = "0" * 32
SHOWN = ("From", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "List-Archive")


@dataclass(frozen=True)
class AsMail:
    """Both parts, and the headers that are its own."""

    html: str
    text: str
    headers: list[tuple[str, str]]


def as_mail(issue: InsiderIssue, settings: Settings, at: datetime) -> AsMail:
    """To nobody, whose link to leave leads nowhere."""
    mail = OutgoingMail.of(
        "insider_issue", f"reader@{settings.shop['mail_from'].split('@')[1]}", at
    )
    mail.issue, mail.insider = issue, Insider(key=NOBODY)
    message = Postman(settings).write(mail, at)
    text, html = (part.get_content() for part in message.iter_parts())
    return AsMail(html, text, [(name, str(message[name])) for name in SHOWN])
