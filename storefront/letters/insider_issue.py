"""An issue of the Insider Update, to those who asked for it; and trials, to those who write it."""

from urllib.parse import urlsplit

from storefront import issues
from storefront.config import Settings
from storefront.links import InsiderLinks
from storefront.models import OutgoingMail

SUBJECTS = {"insider_issue": "{title}", "insider_trial": "Trial: {title}"}

CALLED = {"insider_issue": "Insider Update", "insider_trial": "trial of the Insider Update"}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """Title and pieces of the issue, where everybody may read it, and the way out."""
    issue, origin = mail.issue or mail.trial_of, settings.shop_origin
    in_text, links = issues.in_text(issue.text, origin)
    return {
        "title": " ".join(issue.title.split()),
        "pieces": issues.in_html(issue.text, origin),
        "text_pieces": in_text,
        "links": links,
        "trial": mail.trial_of is not None,
        "archive": f"{origin}/insider/archive/{issue.slug}",
        "leave": _way_out(mail, settings),
    }


def headers(mail: OutgoingMail, settings: Settings) -> dict[str, str]:
    """By which mail programs show a button to leave (RFC 2369, RFC 8058), and sort by list."""
    host = urlsplit(settings.shop_origin).hostname
    told = {
        "List-Id": f"<insider.{host}>",
        "List-Archive": f"<{settings.shop_origin}/insider/archive>",
    }
    if mail.insider is None:
        return told
    return told | {
        "List-Unsubscribe": f"<{_way_out(mail, settings)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _way_out(mail: OutgoingMail, settings: Settings) -> str:
    """The link by which who gets it leaves; of a trial, where anybody may sign up."""
    if mail.insider is None:
        return f"{settings.shop_origin}/insider"
    link = InsiderLinks(settings.cookie_keys).write(mail.insider.key)
    return f"{settings.shop_origin}/insider/leave/{link}"
