"""Renders and sends what the outbox holds, to a maildir or through SMTP."""

import logging
import mailbox
import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from storefront import dkim_key
from storefront.config import LOOPBACK, Settings
from storefront.greeting import one_line
from storefront.letters import SUBJECTS, facts_of, headers_of
from storefront.models import OutgoingMail

TIMEOUT = 20  # seconds for each step with the mail server
LONGEST_LINE = 990  # bytes; RFC 5321, 4.5.3.1.6 has 998
# These refuse us, not the mail: without a password, with a wrong one, without TLS (RFC 4954, 6).
REFUSES_US = (530, 534, 535, 538)

log = logging.getLogger(__name__)


class _Unbroken(UnstructuredHeader):
    """A header with an address in it, which Python would encode where it is long."""

    def fold(self, *, policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


WHOLE = ("list-unsubscribe", "list-archive", "list-id")
HEADERS = HeaderRegistry()
for _name in WHOLE:
    HEADERS.map_to_type(_name, _Unbroken)
POLICY = EmailPolicy(header_factory=HEADERS)


class Unanswered(Exception):
    """A mail server got all of a mail, and its answer did not come: perhaps it took it."""


class Malformed(Exception):
    """A mail whose headers would not be read as they were written."""


class Postman:
    """Sends mail by `settings.mail_url`: maildir:///folder, smtp://host:port, smtps://…"""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._signer = settings, dkim_key.Signer.of(settings)
        self._templates = Environment(
            loader=PackageLoader("storefront"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def deliver_due(self, clock) -> int:
        """Send everything that is due; how many went out. `clock()` gives the moment, UTC."""
        if doubtful := OutgoingMail.doubt(clock()):
            log.warning("in doubt, because their sender died: %d mails", doubtful)
        return sum(self.deliver(mail, clock) for mail in list(OutgoingMail.due(clock())))

    def deliver(self, mail: OutgoingMail, clock) -> bool:
        """Send one mail, unless another sender has it; whether it went out."""
        if not mail.claim(clock()):
            return False
        try:
            self._send(self.write(mail, clock()), mail.to)
        except Exception as trouble:
            # Whatever it was, the mails behind this one shall not wait for it.
            self._not_sent(mail, trouble, clock())
            return False
        mail.sent(clock())
        return True

    def _not_sent(self, mail: OutgoingMail, trouble: Exception, at: datetime) -> None:
        # The class and code alone: a server's words may repeat the address.
        code = _code_of(trouble)
        words = f"{type(trouble).__name__} {code or ''}".strip()
        log.warning("mail %s was not taken: %s", mail.message_id, words)
        if isinstance(trouble, Unanswered):
            mail.unanswered(words)
        elif _is_for_good(trouble, code):
            mail.refused(words)
        else:
            mail.failed(words, at)

    def write(self, mail: OutgoingMail, at: datetime) -> EmailMessage:
        """The message: text and HTML, the same Message-ID however often it is tried."""
        sender = self._settings.shop["mail_from"]
        facts = facts_of(mail, self._settings)
        message = EmailMessage(POLICY)
        message["From"] = Address(one_line(self._settings.shop["name"]), addr_spec=sender)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = one_line(SUBJECTS[mail.kind].format(**facts))
        message["Message-ID"] = f"<{mail.message_id}@{sender.rpartition('@')[2]}>"
        message["Date"] = format_datetime(at)
        message["Auto-Submitted"] = "auto-generated"
        for name, value in headers_of(mail, self._settings).items():
            message[name] = value
        text = self._templates.get_template(f"mail/{mail.kind}.txt").render(facts)
        html = self._templates.get_template(f"mail/{mail.kind}.html").render(facts)
        # As it is, where it can be: so that links stay whole for who reads the file. What is
        # signed may be encoded anew by no server on its way.
        as_it_is = _is_short(text) and not self._signer
        message.set_content(text, cte="8bit" if as_it_is else "quoted-printable")
        cte = {"cte": "quoted-printable"} if self._signer else {}
        message.add_alternative(html, subtype="html", **cte)
        if message_from_bytes(message.as_bytes()).keys() != message.keys():
            raise Malformed
        return message

    def raw(self, message: EmailMessage) -> bytes:
        """As it goes out: signed, where the shop has a key for that; with CRLF."""
        whole = message.as_bytes(policy=POLICY.clone(linesep="\r\n"))
        return self._signer.signed(whole) if self._signer else whole

    def _send(self, message: EmailMessage, to: str) -> None:
        where, raw = urlsplit(self._settings.mail_url), self.raw(message)
        if where.scheme == "maildir":
            box = mailbox.Maildir(unquote(where.path), create=True)
            box.add(raw.replace(b"\r\n", b"\n"))
        else:
            self._send_by_smtp(raw, to, where)

    def _send_by_smtp(self, raw: bytes, to: str, where: SplitResult) -> None:
        server = _connected(where)
        try:
            server.sendmail(self._settings.shop["mail_from"], [to], raw)
        finally:
            # The mail is taken or refused by now; how the goodbye goes changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()


def _is_short(text: str) -> bool:
    return all(len(line.encode()) <= LONGEST_LINE for line in text.splitlines())


def _code_of(trouble: Exception) -> int:
    """The number of a mail server's answer, or 0."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        return next(iter(trouble.recipients.values()))[0]  # there is one
    return getattr(trouble, "smtp_code", 0)


def _is_for_good(trouble: Exception, code: int) -> bool:
    """Whether the server will never take this mail, or not for this reader.

    What it says against the sender, or against us, can be put right; until then no mail is lost.
    """
    against_it = isinstance(trouble, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    return against_it and 500 <= code < 600 and code not in REFUSES_US


class _Listening:
    """Knows whether a mail had been handed over whole when the line went dead."""

    _whole = False

    def send(self, data) -> None:
        super().send(data)
        self._whole = data[-5:] == b"\r\n.\r\n"

    def data(self, message):
        try:
            return super().data(message)
        except smtplib.SMTPDataError:
            raise
        except OSError as trouble:
            if self._whole:
                raise Unanswered from trouble
            raise


class _Plain(_Listening, smtplib.SMTP):
    pass


class _Enciphered(_Listening, smtplib.SMTP_SSL):
    pass


def _connected(where: SplitResult) -> smtplib.SMTP:
    """A mail server, over TLS where it can, and logged in where the address has a user."""
    host = where.hostname or "localhost"
    context = ssl.create_default_context()
    if where.scheme == "smtps":
        server = _Enciphered(host, where.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = _Plain(host, where.port or 25, timeout=TIMEOUT)
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
