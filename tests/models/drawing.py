"""Contests without the web up to each step of their draw; for the tests."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

from storefront import beacon
from storefront.models import Contest, ContestEntry, Draw
from tests.models.test_contest import enter

# What the real beacon says of its thousandth round (drand's own client has it in its tests).
ROUND_1000 = {
    "round": 1000,
    "randomness": "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
    "signature": "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125"
    "e342b73a8dd2bacbe47e4b6b63ed5e39",
}


def signature_for(words: str) -> str:
    """48 bytes that stand for a signature of the beacon's."""
    return hashlib.sha384(words.encode()).hexdigest()


def said_of(number: int) -> str:
    """What a relay would say of a round, as JSON; the signature is none of the beacon's."""
    signature = signature_for(f"round {number}")
    value = hashlib.sha256(bytes.fromhex(signature)).hexdigest()
    return json.dumps({"round": number, "randomness": value, "signature": signature})


def answer_of(number: int) -> beacon.Value:
    """The same, read."""
    return beacon.read(said_of(number))


def confirmed(contest: Contest, at: datetime, count: int) -> list[ContestEntry]:
    """So many entries that count: person0@shop.test and on."""
    made = []
    for n in range(count):
        who = {"email": f"person{n}@shop.test", "name": f"Person {n}", "line1": f"{n} Ropewalk"}
        made.append(enter(contest, at, **who))
        made[-1].confirm(at)
    return made


def closed(contest: Contest, clock) -> Draw:
    """Its draw, half a minute after it has closed."""
    clock.moment = contest.closes_at + timedelta(seconds=30)
    return Draw.commit(contest, clock())


def drawn(contest: Contest, clock, entries: int = 3) -> Draw:
    """Its draw, a minute after the value came."""
    confirmed(contest, clock(), entries)
    draw = closed(contest, clock)
    clock.moment = draw.due_at + timedelta(minutes=1)
    draw.reveal(answer_of(draw.round), clock())
    return Draw.of(contest)


def full(client, folder: Path, draw: Draw) -> Path:
    """The folder, with the public file of the draw in it as draw.json."""
    answer = client.get(f"/contests/{draw.contest.slug}/draw.json")
    assert answer.status_code == 200
    (folder / "draw.json").write_bytes(answer.data)
    return folder
