"""The mail that the shop has delivered into its folder; for the tests."""

import email
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit


def delivered(settings) -> list[EmailMessage]:
    """Every mail in the maildir, the oldest first."""
    files = Path(urlsplit(settings.mail_url).path, "new").glob("*")
    in_turn = sorted(files, key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in in_turn]
