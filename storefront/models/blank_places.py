"""What a saved answer leaves open, such as {name}, and what of it a mail must never carry."""

import re
from collections.abc import Mapping

from storefront.refusals import Refused

#: What can be left open, and what stands there in the end.
PLACES = {
    "order": "the order’s number",
    "name": "the customer’s name",
    "tracking": "the carrier’s page for each parcel",
}
OPEN = re.compile(r"\{\s*(\w{1,30})\s*\}")


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with what is known put in; what is not known stays as it is, to be seen.

    What was put in is not looked at again: a customer may be called “{order}”.
    """
    return OPEN.sub(lambda found: facts.get(found[1].lower()) or found[0], text)


def open_places(text: str) -> list[str]:
    """What is left open in it, as it stands there, each once."""
    return list(dict.fromkeys(found[0] for found in OPEN.finditer(text)))


def refuse_unknown(text: str) -> None:
    """Raise `Refused` where something is left open that nothing could be put into."""
    unknown = [found[0] for found in OPEN.finditer(text) if found[1].lower() not in PLACES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACES)
        raise Refused(text=f"Nothing can be put in for {unknown[0]}. There are {known}.")


def refuse_open(text: str) -> None:
    """Raise `Refused` where anything is left open: no customer is to read it."""
    if found := OPEN.search(text):
        sentence = (
            f"{found[0]} still stands there. Write what belongs in its place, or take it out."
        )
        raise Refused(text=sentence)
