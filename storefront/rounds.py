"""Brings issues of the Insider Update to their readers, at the pace that each has.

What waits stands in the outbox, and is claimed there one mail at a time: whoever dies on the way
leaves the one mail in doubt that they had in hand, and whoever comes next goes on after it.
"""

from math import ceil
from threading import Event

from storefront.config import Settings
from storefront.mail import Postman
from storefront.models import InsiderIssue, OutgoingMail

SECOND = 1.0  # between two handfuls
TROUBLED = 30.0  # seconds to wait where the mail server takes nothing from us
# What a server says of one mail or of one reader; anything else is about all of them.
OF_ONE = ("SMTPRecipientsRefused", "SMTPDataError", "Unanswered")


class Round:
    """Sends what is to be sent; `clock()` gives the moment, UTC, `ending` is set to stop it."""

    def __init__(self, settings: Settings, clock, ending: Event) -> None:
        self._postman, self._clock, self._ending = Postman(settings), clock, ending

    def go(self) -> None:
        """Begin what is due, and send until nothing goes out any more."""
        while not self._ending.is_set():
            InsiderIssue.begin_due(self._clock())
            issues = list(InsiderIssue.select().where(InsiderIssue.state == "sending"))
            if not issues:
                return
            went_well = [self.handful(issue) for issue in issues]
            self._ending.wait(SECOND if all(went_well) else TROUBLED)

    def handful(self, issue: InsiderIssue) -> bool:
        """Send of an issue what goes in a second; False where the server took nothing."""
        for mail in issue.next_mails(self._clock(), ceil(issue.per_minute / 60)):
            if self._ending.is_set():
                return True
            if not self._postman.deliver(mail, self._clock) and _is_about_us(mail):
                return False
        issue.finish(self._clock())
        return True


def _is_about_us(mail: OutgoingMail) -> bool:
    fresh = OutgoingMail.get_or_none(OutgoingMail.id == mail.id)
    tried = fresh is not None and fresh.state == "waiting" and fresh.trouble != ""
    return tried and not fresh.trouble.startswith(OF_ONE)
