"""Questions through the contact form, without the web; for the tests."""

from datetime import datetime

from storefront.erasures import Erasures
from storefront.models import OutgoingMail, Question


def asked(settings, at: datetime, text: str = "Is it warm?", **given) -> Question | None:
    """A question that the worker has looked at; None where it went to an order."""
    given = {"email": "ann@example.com", "number": ""} | given
    Question.ask(given["email"], text, given["number"], Erasures(settings).digest, at)
    Question.file_all(at)
    return Question.select().order_by(Question.id.desc()).first()


def answered(settings, at: datetime) -> OutgoingMail:
    """The mail that answers one."""
    asked(settings, at).reply("It is very warm.", "fulfilment", at)
    return OutgoingMail.get(OutgoingMail.kind == "question_answered")
