"""The mail about a privacy page that changes."""

from storefront.config import Settings
from storefront.models import OutgoingMail

SUBJECTS = {"policy_changed": "Our privacy page {news}"}

CALLED = {"policy_changed": "change of our privacy page"}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """What changes, from when, and where both versions and what is held can be read."""
    version, origin = mail.policy, settings.shop_origin
    later, day = version.in_force_at > mail.made_at, version.in_force_at
    return {
        "later": later,
        "news": f"changes on {day.day} {day:%B %Y}" if later else "has changed",
        "changes": version.changes,
        "compared": f"{origin}/privacy/changes?from={version.number - 1}&to={version.number}",
        "mine": f"{origin}/privacy/mine",
    }
