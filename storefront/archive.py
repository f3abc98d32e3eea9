"""Posted versions as signed notes, and the folder that keeps them outside the database.

What a note says is all that a row says, so a version that the database has lost (an older backup
was restored, a row was removed) can be put back as it was, signature and all.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from storefront import notes
from storefront.config import write_private
from storefront.models import PolicyVersion

STATEMENT = re.compile(
    r"policy version (?P<number>[0-9]{1,9})\n"
    r"posted (?P<posted>\S+) by (?P<role>[^\n]+)\n"
    r"in force (?P<in_force>\S+)\n"
    r"previous (?P<previous>[0-9a-f]{64}|-)\n"
    r"covers (?P<covers>[^\n]+)\n"
    r"changes (?P<changes>[^\n]+)\n\n"
    r"(?P<text>.*)",
    re.DOTALL,
)


def statement(version: PolicyVersion) -> str:
    """What is signed of a version: its facts, a line each, a blank line, and its text."""
    text = version.text if version.text.endswith("\n") else f"{version.text}\n"
    return (
        f"policy version {version.number}\n"
        f"posted {_utc(version.posted_at)} by {version.posted_by}\n"
        f"in force {_utc(version.in_force_at)}\n"
        f"previous {version.previous or '-'}\n"
        f"covers {', '.join(version.covers) or '-'}\n"
        f"changes {json.dumps(version.changes)}\n\n"
        f"{text}"
    )


def _utc(moment: datetime) -> str:
    # As it comes back from the database, whatever zone it was given in.
    return moment.astimezone(UTC).isoformat()


def sign(version: PolicyVersion, key: Ed25519PrivateKey) -> None:
    """Give a version its signature and the digest by which the next one names it."""
    version.signature = notes.signature(statement(version), key)
    version.digest = _digest(signed_note(version))


def signed_note(version: PolicyVersion) -> str:
    """The statement with its signature, as those get it who check it."""
    return notes.note(statement(version), version.signature)


def _digest(note: str) -> str:
    return hashlib.sha256(note.encode()).hexdigest()


def verify(version: PolicyVersion, key: Ed25519PublicKey) -> bool:
    """Whether the row still is what was signed when it was posted."""
    signed = notes.is_signed(statement(version), version.signature, key)
    return signed and version.digest == _digest(signed_note(version))


def from_note(note: str) -> PolicyVersion:
    """The version that a note tells of, not saved; raises ValueError where it is none."""
    told, signature = notes.apart(note)
    found = STATEMENT.fullmatch(told)
    if not found:
        raise ValueError("not the note of a policy version")
    return PolicyVersion(
        number=int(found["number"]),
        text=found["text"],
        covers=[] if found["covers"] == "-" else found["covers"].split(", "),
        changes=json.loads(found["changes"]),
        posted_by=found["role"],
        posted_at=datetime.fromisoformat(found["posted"]),
        in_force_at=datetime.fromisoformat(found["in_force"]),
        previous=found["previous"].removeprefix("-"),
        signature=signature,
        digest=_digest(note),
    )


@dataclass(frozen=True)
class Archive:
    """The folder of notes: N.note for each version that was ever posted."""

    folder: Path

    def numbers(self) -> list[int]:
        """The versions that have a note here, in order."""
        found = (path.stem for path in self.folder.glob("*.note"))
        return sorted(int(stem) for stem in found if re.fullmatch("[1-9][0-9]{0,8}", stem))

    def last(self) -> int:
        """The number of the last version posted, 0 before the first."""
        return max(self.numbers(), default=0)

    def read(self, number: int) -> str:
        """The note of a version."""
        return (self.folder / f"{number}.note").read_bytes().decode("utf-8", "replace")

    def keep(self) -> None:
        """Write the notes of the versions that have none here yet: their posting was cut short."""
        missing = PolicyVersion.number.not_in(self.numbers())
        for version in PolicyVersion.select().where(missing).order_by(PolicyVersion.number):
            write_private(self.folder / f"{version.number}.note", signed_note(version))


@dataclass(frozen=True)
class PolicyKey:
    """The key that signs versions, and the folder with their notes."""

    private: Ed25519PrivateKey
    archive: Archive

    def public_key(self) -> Ed25519PublicKey:
        """What its signatures are checked with."""
        return self.private.public_key()


def read_key(folder: Path) -> PolicyKey:
    """The key that signs versions, from the shop's key folder; their notes lie beside that."""
    private = serialization.load_pem_private_key((folder / "policy.key").read_bytes(), None)
    return PolicyKey(private, Archive(folder.parent / "policy"))


def make_key(folder: Path, write) -> None:
    """Make that key where there is none; `write(path, text)` writes for the owner alone."""
    path = folder / "policy.key"
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write(path, pem.decode())
