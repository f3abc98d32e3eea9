"""The words that somebody agreed to: each wording that ever stood beside a field, by its digest."""

import hashlib

# What stands beside the field, and beside the box at the checkout. Words that were ever shown
# stay in these rows, so that what somebody agreed to can still be read from its digest. Who
# changes one adds a row, and leaves the others as they are.
BESIDE_THE_FIELD = (
    "Send me the Insider Update by e-mail: what is new here, now and then. I can leave it with "
    "one click, in every mail.",
)
BESIDE_THE_BOX = (
    "Send me the Insider Update too: what is new here, by e-mail, now and then. We ask you by "
    "mail first, and you can leave with one click.",
)


def digest_of(words: str) -> str:
    """The SHA-256 of a wording, in hexadecimal."""
    return hashlib.sha256(words.encode()).hexdigest()


# The ways in, and the words that are shown there now.
NOW = {
    "page": BESIDE_THE_FIELD[-1],
    "footer": BESIDE_THE_FIELD[-1],
    "checkout": BESIDE_THE_BOX[-1],
}
_BY_DIGEST = {digest_of(words): words for words in (*BESIDE_THE_FIELD, *BESIDE_THE_BOX)}


def words_of(digest: str) -> str:
    """The wording with that digest; "" of none that was ever shown."""
    return _BY_DIGEST.get(digest, "")
