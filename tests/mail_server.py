"""A real mail server for the tests, that may misbehave."""

from dataclasses import replace
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from storefront.mail import Postman


class Inbox:
    """What a mail server took; `answers` are given to RCPT, to DATA and to QUIT instead of 250."""

    def __init__(self, **answers: str) -> None:
        self.answers, self.taken, self.raw, self.envelopes = answers, [], [], []

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "mail" in self.answers:
            return self.answers["mail"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "rcpt" in self.answers:
            return self.answers["rcpt"].format(address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "data" in self.answers:
            return self.answers["data"]
        self.take(envelope)
        if "hangup" in self.answers:
            session.transport = None
            server.transport.abort()
        return "250 OK"

    def take(self, envelope) -> None:
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.raw.append(envelope.content)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))

    async def handle_QUIT(self, server, session, envelope):
        return self.answers.get("quit", "221 Bye")


class Server(Controller):
    """A mail server on a free port, which it tells in `port`."""

    def __init__(self, inbox: Inbox, hostname: str = "127.0.0.1", **options) -> None:
        super().__init__(inbox, hostname=hostname, port=0, **options)

    def _trigger_server(self) -> None:
        # aiosmtpd connects to try itself out, and does not know which port it was given.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def by_smtp(settings, port: int, before: str = "") -> Postman:
    """A postman who brings mail to the server on that port; `before` has user and password."""
    return Postman(replace(settings, mail_url=f"smtp://{before}127.0.0.1:{port}"))


def parts(message) -> dict[str, str]:
    """What a mail says, by the kind of part."""
    return {part.get_content_type(): part.get_content() for part in message.iter_parts()}
