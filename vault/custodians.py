"""Sharing the desk's secret between three custodians, any two of whom can bring it back.

The shares are SLIP-39 words (SatoshiLabs, SLIP-0039), written and read by the standard's reference
library, so that any other program that knows SLIP-39 can join them, too.
"""

from collections.abc import Sequence

import shamir_mnemonic
from shamir_mnemonic import MnemonicError

from storefront.handoff.envelope import HandoffError

from .lock import SECRET_BYTES

NEEDED, SHARES = 2, 3


class BadWords(HandoffError):
    """Words that are no shares of one secret, or too few of them."""


def split(secret: bytes) -> list[str]:
    """Three lines of 33 words; any two bring the secret back, one alone tells nothing of it."""
    [group] = shamir_mnemonic.generate_mnemonics(1, [(NEEDED, SHARES)], secret)
    return group


def join(lines: Sequence[str]) -> bytes:
    """The secret that two or more of the lines share. Raises BadWords."""
    shares = sorted({" ".join(line.lower().split()) for line in lines if line.strip()})
    if len(shares) < NEEDED:
        raise BadWords(f"The words of {NEEDED} custodians are needed, and these are fewer.")
    try:
        # The library wants exactly as many as are needed; a third may not be asked in vain.
        secret = shamir_mnemonic.combine_mnemonics(shares[:NEEDED])
    except MnemonicError as error:
        raise BadWords(f"These words do not fit together: {error}") from None
    if len(secret) != SECRET_BYTES:
        raise BadWords("These words share something else than a desk's secret.")
    return secret
