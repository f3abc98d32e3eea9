"""Reports of mail that could not be delivered (RFC 3464): whose they are, and what they end.

Anybody can send a report. One counts where it names a mail that we did send, by its Message-ID,
which nobody knows but who got it, to the very address that it is about.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parseaddr
from itertools import islice
from pathlib import Path

from storefront.db import database, locked
from storefront.models import InsiderIssue, OutgoingMail

LARGEST = 2**20  # bytes of a report that are read
MOST_READERS = 100  # of one mail, that are looked up; ours have one each
OURS = re.compile(r"<([0-9a-f]{32})@[^<>@\s]+>")
STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})")
# A full mailbox empties; a policy (5.7) is about us, and not about the address (RFC 3463).
NOT_FOR_GOOD = (("2", "2"),)
ABOUT_US = "7"
SAID = {
    "ended": "It ends an address: nothing can be brought there.",
    "delayed": "It is counted: the address may take mail again.",
    "again": "It is known already.",
    "": "It is no report of a mail of an issue that was sent to that address; nothing is changed.",
}


def take(raw: bytes) -> str:
    """What a report did: "ended", "delayed", "again", or "" where it is none of ours."""
    try:
        report = message_from_bytes(raw[:LARGEST], policy=policy.compat32)
        named, statuses = _named(report), set(islice(_statuses(report), MOST_READERS))
    except RecursionError:  # mails within mails, deeper than any server sends
        return ""
    if len(named) != 1:  # a report is about one mail (RFC 3464, 2)
        return ""
    told = [_take(status, to, *named) for status, to in sorted(statuses)]
    return next((each for each in SAID if each in told), "")


def _named(report: Message) -> set[str]:
    """The Message-IDs of ours in what comes back of the mail."""
    found = set()
    for part in report.walk():
        if part.get_content_type() == "message/rfc822":
            found |= {str(inner.get("Message-ID", "")) for inner in part.get_payload()[:1]}
        elif part.get_content_type() == "text/rfc822-headers":
            inner = message_from_bytes(part.get_payload(decode=True) or b"")
            found.add(str(inner.get("Message-ID", "")))
    matches = [OURS.fullmatch(name.strip()) for name in found]
    return {match[1] for match in matches if match}


def _statuses(report: Message) -> Iterator[tuple[str, str]]:
    """What became of it, for each reader: "hard" or "soft", and the address."""
    for part in report.walk():
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else []
        for block in blocks if isinstance(blocks, list) else []:
            action = str(block.get("Action", "")).strip().lower()
            if action in ("failed", "delayed"):
                is_hard = action == "failed" and _is_for_good(str(block.get("Status", "")))
                for name in ("Original-Recipient", "Final-Recipient"):
                    yield "hard" if is_hard else "soft", _address(str(block.get(name, "")))


def _is_for_good(status: str) -> bool:
    found = STATUS.match(status)
    if not found or found[1] != "5":
        return False
    return found[2] != ABOUT_US and found.groups()[1:] not in NOT_FOR_GOOD


def _address(told: str) -> str:
    """As in "rfc822; ann@example.com"."""
    kind, _, address = told.partition(";")
    is_mail = kind.strip().lower() == "rfc822" and "\0" not in address  # which no column holds
    return parseaddr(address.strip())[1].lower() if is_mail else ""


def _take(status: str, to: str, name: str) -> str:
    mail, sent = OutgoingMail, ("sent", "doubtful", "sending")
    with database.atomic():
        about = (mail.message_id == name) & (mail.to == to) & mail.issue.is_null(False)
        one = locked(mail.select().where(about, mail.state.in_(sent))).first()
        if one is None or not to:
            return ""
        if status == "hard":
            InsiderIssue.count(one.issue_id, bounced=1)
            one.insider.bounced()
            return "ended"
        if one.trouble.startswith("delayed"):
            return "again"
        InsiderIssue.count(one.issue_id, delayed=1)
        mail.update(trouble="delayed").where(mail.id == one.id).execute()
        return "delayed"


def take_all(folder: Path) -> dict[str, int]:
    """Take every report in a maildir, and remove those that did something; how many did what.

    What is none of ours stays, as read, for a person to look at. Files are dealt with as such:
    one that `mailbox` cannot take apart would be in the way of all others.
    """
    counts = dict.fromkeys(SAID, 0)
    files = [*(folder / "new").glob("[!.]*"), *(folder / "cur").glob("[!.]*")]
    for file in sorted(files, key=lambda file: file.name):  # as they came
        name, _, flags = file.name.partition(":2,")
        if "S" in flags:
            continue
        with file.open("rb") as report:
            counts[did := take(report.read(LARGEST))] += 1
        if did:
            file.unlink()
        else:
            file.rename(folder / "cur" / f"{name}:2,{''.join(sorted(flags + 'S'))}")
    return counts
