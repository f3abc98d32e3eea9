"""The public random values that draws are made with: rounds of drand, or dice thrown in public.

drand (https://drand.love) is run by some twenty organisations together; every three seconds its
chain `quicknet` gives a value that nobody knows before. The constants are those that
https://api.drand.sh/v2/beacons/quicknet/info gives, and drand's own list of its networks.
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storefront.refusals import Refused

NAME = "quicknet"
CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
GENESIS = datetime.fromtimestamp(1_692_803_367, UTC)  # of round 1
PERIOD = timedelta(seconds=3)
SIGNATURE = 48  # bytes: a point of G1, compressed (bls-unchained-g1-rfc9380)

LEAST_DICE = 50  # throws; of dice with six sides that is 129 bits
LONGEST_ANSWER = 4096


@dataclass(frozen=True)
class Value:
    """What the beacon says of a round: the value is the SHA-256 of the signature."""

    round: int
    signature: str
    randomness: str


def round_at(moment: datetime) -> int:
    """The first round that comes at that moment or later."""
    return max(1, math.ceil((moment - GENESIS) / PERIOD) + 1)


def time_of(number: int) -> datetime:
    """When a round comes."""
    return GENESIS + (number - 1) * PERIOD


def path_of(number: int) -> str:
    """Where a relay of drand has the round."""
    return f"/{CHAIN}/public/{number}"


def read(answer: str) -> Value:
    """The beacon's answer as it was copied from its page or fetched; raises `Refused`.

    That the value belongs to the signature is checked here. That the signature is the beacon's is
    not: pairings on BLS12-381 are more than a shop should bring along, and whoever checks a draw
    asks any of drand's relays for the round.
    """
    try:
        said = json.loads(answer[:LONGEST_ANSWER])
        number, signature = int(said["round"]), bytes.fromhex(said["signature"])
        randomness = said.get("randomness")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise Refused(answer=f"This is not an answer of the beacon, such as {EXAMPLE}.") from None
    if len(signature) != SIGNATURE:
        raise Refused(answer=f"A signature of {NAME} has {SIGNATURE * 2} hexadecimal digits.")
    value = hashlib.sha256(signature).hexdigest()
    if randomness is not None and randomness != value:
        raise Refused(answer="The value is not the SHA-256 of the signature: something is wrong.")
    return Value(number, signature.hex(), value)


EXAMPLE = '{"round": 1000, "randomness": "fe29…", "signature": "b446…"}'


def value_of_dice(digits: str) -> tuple[str, str]:
    """The digits thrown, without what stands between, and the value: their SHA-256.

    Raises `Refused` for too few of them, or for what no die shows.
    """
    thrown = re.sub(r"[\s,;.-]+", "", digits)
    if not re.fullmatch(r"[0-9]*", thrown):
        raise Refused(digits="Write the digits that the dice showed, and nothing else.")
    if len(thrown) < LEAST_DICE:
        raise Refused(
            digits=f"These are {len(thrown)} throws. {LEAST_DICE} or more are needed, so that "
            "nobody could have tried them all beforehand."
        )
    return thrown, hashlib.sha256(thrown.encode("ascii")).hexdigest()
