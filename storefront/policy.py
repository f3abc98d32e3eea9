"""The privacy policy: what a text covers, how it is shown, how a version is signed and posted.

Editors write Markdown. A block may end in `{covers: orders, newsletter}`; a block `{table: orders}`
stands for the register's rows of that clause, `{keep: order.email}` for a period in words.
"""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from markupsafe import Markup
from peewee import IntegrityError

from storefront.db import database
from storefront.models import PolicyVersion
from storefront.reading import clauses, read
from storefront.refusals import Refused

NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
LARGEST = 512 * 1024  # bytes of Markdown


def shown(version: PolicyVersion) -> Markup:
    """The version as safe HTML, its title first, its tables drawn from the register."""
    reading = read(version.text)
    title = Markup("<h1>{}</h1>\n").format(reading.title) if reading.title else Markup()
    return title + reading.html


def read_text(path: Path) -> str:
    """The Markdown in a file; raises `Refused` in words when it is none."""
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Refused(
            f"{path} is larger than {LARGEST // 1024} KiB; a policy is a text to be read."
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8 text. Save it as UTF-8 and try again.") from None
    if NOT_IN_TEXT.search(text):
        raise Refused(f"{path} holds bytes that no text has. Save it as UTF-8 and try again.")
    if not text.strip():
        raise Refused(f"{path} is empty; there is no text to post.")
    return text


def publish(
    text: str,
    key: Ed25519PrivateKey,
    *,
    role: str,
    changes: str,
    in_force_at: datetime,
    at: datetime,
) -> PolicyVersion:
    """Sign the text, chain it to the version before, and post it. Raises `Refused` on no change."""
    try:
        return _post(text, key, role, changes, in_force_at, at)
    except IntegrityError as trouble:
        raise Refused(
            "Another version was posted at the same moment. Read that one first, then try again."
        ) from trouble


def _post(text, key, role, changes, in_force_at, at) -> PolicyVersion:
    with database.atomic():
        before = PolicyVersion.last()
        if before and before.text == text:
            raise Refused(f"The text is the same as version {before.number}; nothing was posted.")
        version = PolicyVersion(
            number=before.number + 1 if before else 1,
            text=text,
            covers=clauses(text),
            changes=changes,
            posted_by=role,
            posted_at=at,
            in_force_at=in_force_at,
            previous=before.digest if before else "",
        )
        version.signature = base64.b64encode(key.sign(statement(version).encode())).decode()
        version.digest = hashlib.sha256(signed_note(version).encode()).hexdigest()
        version.save(force_insert=True)
        return version


def statement(version: PolicyVersion) -> str:
    """What is signed of a version: its facts, a line each, and its text."""
    return (
        f"policy version {version.number}\n"
        f"posted {_utc(version.posted_at)} by {version.posted_by}\n"
        f"in force {_utc(version.in_force_at)}\n"
        f"previous {version.previous or '-'}\n"
        f"covers {', '.join(version.covers) or '-'}\n"
        f"changes {json.dumps(version.changes)}\n\n"
        f"{version.text.rstrip()}\n"
    )


def _utc(moment: datetime) -> str:
    # As it comes back from the database, whatever zone it was given in.
    return moment.astimezone(UTC).isoformat()


def signed_note(version: PolicyVersion) -> str:
    """The statement, a blank line, and a signature line: an em dash, who signed, the signature."""
    return f"{statement(version)}\n\N{EM DASH} storefront-policy {version.signature}\n"


def verify(version: PolicyVersion, key: Ed25519PublicKey) -> bool:
    """Whether the row still is what was signed when it was posted."""
    try:
        key.verify(base64.b64decode(version.signature), statement(version).encode())
    except (InvalidSignature, ValueError):  # the latter where it is no base64
        return False
    return version.digest == hashlib.sha256(signed_note(version).encode()).hexdigest()


def read_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs versions, from the shop's key folder."""
    return serialization.load_pem_private_key((folder / "policy.key").read_bytes(), None)


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
