"""What mails say: a file for each noun, with the kinds of mail that tell of it.

A file here has `SUBJECTS`, a line for each kind, `CALLED`, what people call such a mail, and
`facts(mail, settings)`, what the subject and the two templates `mail/<kind>.txt` and
`mail/<kind>.html` tell; it may have `headers(mail, settings)` besides. Nothing else has to know
of it.
"""

from importlib import import_module
from pkgutil import iter_modules

from storefront.config import Settings
from storefront.models import OutgoingMail

NOUNS = {each.name: import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)}
SUBJECTS = {kind: line for noun in NOUNS.values() for kind, line in noun.SUBJECTS.items()}
NOUN_OF = {kind: noun for noun in NOUNS.values() for kind in noun.SUBJECTS}
CALLED = {kind: words for noun in NOUNS.values() for kind, words in noun.CALLED.items()}
OutgoingMail.called_kinds |= CALLED


def facts_of(mail: OutgoingMail, settings: Settings) -> dict:
    """What the mail's subject and templates tell."""
    shared = {"shop": settings.shop, "privacy": f"{settings.shop_origin}/privacy"}
    return shared | NOUN_OF[mail.kind].facts(mail, settings)


def headers_of(mail: OutgoingMail, settings: Settings) -> dict[str, str]:
    """The headers that a mail of its kind has besides those of every mail."""
    noun = NOUN_OF[mail.kind]
    return noun.headers(mail, settings) if hasattr(noun, "headers") else {}
