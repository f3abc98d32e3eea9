"""What looks like card data: the names of fields, and numbers in what was typed."""

import re
from functools import lru_cache

from storefront.handoff.seal import passes_luhn

# Names of fields, without case and punctuation, that shops and browsers give to card data.
CARD_NAME = re.compile(
    r"cardnumber|creditcard|cardexp|cardcode|securitycode|cvv|cvc|csc|cvn|cvd|ccv|cav2"
    r"|cardverification|verificationvalue|cvx2|^cc(num|exp|cid)|^cardcid|^cid$|^pan$|^cav$"
)
# Between the parts of a name such as card[cid] or card.cid. Not the underscore: mail services put
# mc_cid into the links of a newsletter.
NESTING = re.compile(r"[\[\].:/]+")
DIGITS = re.compile(r"\d+(?:[ -]\d+)*")


def means_card(name: str) -> bool:
    """Whether a field of that name asks for card data, as shops and browsers call it."""
    return any(CARD_NAME.search(_plain_once(part)) for part in {name, *NESTING.split(name)})


def _plain_once(name: str) -> str:
    # Not remembered if it is long: a stranger's names would fill the memory.
    return _plain(name) if len(name) <= 100 else _plain.__wrapped__(name)


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def holds_card(value: str) -> bool:
    """Whether a card number stands in what was typed, such as in a line of the address."""
    for run in DIGITS.findall(value):
        groups = re.split("[ -]", run)[:20]
        for start in range(len(groups)):
            for end in range(start, len(groups)):
                digits = "".join(groups[start : end + 1])
                if 13 <= len(digits) <= 19 and passes_luhn(digits):
                    return True
    return False
