"""The mail that answers what somebody asked through the contact form."""

from storefront.config import Settings
from storefront.models import OutgoingMail, Question

SUBJECTS = {"question_answered": "What you asked {shop[name]}"}

CALLED = {"question_answered": "answer to a question"}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """When it was asked, and what the desk wrote. Nothing of what was asked, or by whom: the
    address may be another's, and a stranger's words are not for it."""
    question = Question.get(Question.mail == mail.message_id)
    return {
        "asked_at": question.asked_at,
        "answer": question.answer,
        "address": f"{settings.shop_origin}/contact",
    }
