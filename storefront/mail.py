"""Renders and sends what the outbox holds, to a maildir or through SMTP."""

import logging
import mailbox
import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import SplitResult, quote, unquote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from storefront.config import LOOPBACK, Settings
from storefront.links import EntryLinks, OrderLinks, WaitingLinks, secret_of
from storefront.models import ContestEntry, OutgoingMail, Waiting
from storefront.models.statement import refunded

TIMEOUT = 20  # seconds for each step with the mail server

SUBJECTS = {
    "order_placed": "We have your order {number}",
    "order_card_held": "Order {number}: your card is safely with our vault",
    "order_charged": "Order {number} is paid",
    "order_declined": "Order {number}: your card was not accepted",
    "order_card_again": "Order {number}: please give your card again",
    "order_cancelled": "Order {number} is cancelled",
    "order_refunded": "Order {number}: money is on its way back to you",
    "contest_entry": "Your entry to “{title}”",
    "policy_changed": "Our privacy page {news}",
    "stock_wanted": "Shall we tell you when “{thing}” is back?",
    "stock_back": "“{thing}” is back",
    "rights_link": "Your link to what we hold about you",
}

log = logging.getLogger(__name__)


class Postman:
    """Sends mail by `settings.mail_url`: maildir:///folder, smtp://host:port, smtps://…"""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._links = OrderLinks(settings.cookie_keys)
        self._templates = Environment(
            loader=PackageLoader("storefront"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def deliver_due(self, clock) -> int:
        """Send everything that is due; how many went out. `clock()` gives the moment, UTC."""
        return sum(self._deliver(mail, clock) for mail in list(OutgoingMail.due(clock())))

    def _deliver(self, mail: OutgoingMail, clock) -> bool:
        if not mail.claim(clock()):
            return False
        try:
            self._send(self.write(mail, clock()), mail.to)
        except Exception as trouble:
            # Whatever it was, it was not sent, and the mails behind it shall not wait for it.
            # The class and code alone: a server's words may repeat the address.
            code = getattr(trouble, "smtp_code", "")
            mail.failed(f"{type(trouble).__name__} {code}".strip(), clock())
            log.warning("mail %s was not taken: %s", mail.message_id, type(trouble).__name__)
            return False
        mail.sent(clock())
        return True

    def write(self, mail: OutgoingMail, at: datetime) -> EmailMessage:
        """The message: text and HTML, the same Message-ID however often it is tried."""
        sender = self._settings.shop["mail_from"]
        facts = self._facts(mail)
        message = EmailMessage()
        message["From"] = Address(self._settings.shop["name"], addr_spec=sender)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = SUBJECTS[mail.kind].format(**facts)
        message["Message-ID"] = f"<{mail.message_id}@{sender.rpartition('@')[2]}>"
        message["Date"] = format_datetime(at)
        message["Auto-Submitted"] = "auto-generated"
        text = self._templates.get_template(f"mail/{mail.kind}.txt").render(facts)
        message.set_content(text, cte="8bit")  # so that links stay whole for who reads the file
        html = self._templates.get_template(f"mail/{mail.kind}.html").render(facts)
        message.add_alternative(html, subtype="html")
        return message

    def _facts(self, mail: OutgoingMail) -> dict:
        """What its subject and its templates tell; the first word of a kind says what it is of."""
        of = {
            "order": self._of_order,
            "policy": self._of_policy,
            "contest": self._of_contest,
            "rights": self._of_rights,
            "stock": self._of_stock,
        }
        origin = self._settings.shop_origin
        shared = {"shop": self._settings.shop, "privacy": f"{origin}/privacy"}
        return shared | of[mail.kind.partition("_")[0]](mail, origin)

    def _of_order(self, mail: OutgoingMail, origin: str) -> dict:
        order = mail.order
        return {
            "number": order.number,
            "order": order,
            "lines": order.in_order(),
            "refunded": refunded(order),
            "address": f"{origin}/orders/{self._links.write(order.number)}",
        }

    def _of_policy(self, mail: OutgoingMail, origin: str) -> dict:
        version = mail.policy
        later, day = version.in_force_at > mail.made_at, version.in_force_at
        return {
            "later": later,
            "news": f"changes on {day.day} {day:%B %Y}" if later else "has changed",
            "changes": version.changes,
            "compared": f"{origin}/privacy/changes?from={version.number - 1}&to={version.number}",
            "mine": f"{origin}/privacy/mine",
        }

    def _of_contest(self, mail: OutgoingMail, origin: str) -> dict:
        entry = ContestEntry.get(ContestEntry.key == mail.message_id)
        link = EntryLinks(self._settings.cookie_keys).write(entry.key)
        return {
            "title": entry.contest.title,
            "entry": entry,
            "address": f"{origin}/contests/entries/{link}",
        }

    def _of_rights(self, mail: OutgoingMail, origin: str) -> dict:
        secret = secret_of(mail.message_id, self._settings.wake_key)
        return {"address": f"{origin}/privacy/mine/{secret}"}

    def _of_stock(self, mail: OutgoingMail, origin: str) -> dict:
        same = (Waiting.key == mail.message_id) | (Waiting.told == mail.message_id)
        wish = Waiting.get(same)
        link = WaitingLinks(self._settings.cookie_keys).write(wish.key)
        return {
            "wish": wish,
            "thing": " ".join(wish.thing.split())[:200],
            "address": f"{origin}/waiting/{link}",
            "product": f"{origin}/products/{quote(wish.variant.product.handle)}",
        }

    def _send(self, message: EmailMessage, to: str) -> None:
        where = urlsplit(self._settings.mail_url)
        if where.scheme == "maildir":
            mailbox.Maildir(unquote(where.path), create=True).add(message)
        else:
            self._send_by_smtp(message, to, where)

    def _send_by_smtp(self, message: EmailMessage, to: str, where: SplitResult) -> None:
        server = _connected(where)
        try:
            server.send_message(message, to_addrs=[to])
        finally:
            # The mail is taken or refused by now; how the goodbye goes changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()


def _connected(where: SplitResult) -> smtplib.SMTP:
    """A mail server, over TLS where it can, and logged in where the address has a user."""
    host = where.hostname or "localhost"
    context = ssl.create_default_context()
    if where.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, where.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, where.port or 25, timeout=TIMEOUT)
    try:
        server.ehlo()
        if where.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        if where.username:
            if not isinstance(server.sock, ssl.SSLSocket) and host not in LOOPBACK:
                raise smtplib.SMTPNotSupportedError("no password is sent without TLS")
            server.login(unquote(where.username), unquote(where.password or ""))
    except BaseException:
        server.close()
        raise
    return server
