"""What an older copy of the database lacks, made good before the first page is served.

However the copy came into its place: what was erased since is erased again, and versions of the
policy that were posted since are put back.
"""

import logging
from datetime import datetime

from peewee import IntegrityError

from storefront import archive, chain, privacy
from storefront.config import Settings
from storefront.db import database
from storefront.models import PolicyNotice
from storefront.refusals import Refused

log = logging.getLogger(__name__)


def catch_up(settings: Settings, at: datetime) -> None:
    """Make good what the instance knows of and the database does not; the log tells of it."""
    privacy.catch_up(settings, at)
    fresh = database.connect(reuse_if_open=True)
    try:
        versions_back(settings)
    except Refused as refusal:  # `verify-policy` tells it all, and the shop serves what it has
        log.error("the policy is not as it was posted: %s", refusal)
    finally:
        if fresh:  # not back into the pool: whoever serves begins with a connection of its own
            database.manual_close()


def versions_back(settings: Settings) -> list[int]:
    """Put back the versions of the policy that the database has lost at its end; their numbers.

    Raises `Refused` where a note does not continue what is there.
    """
    if not PolicyNotice.table_exists():  # `init` brings the database up to this program first
        return []
    try:
        brought = chain.bring_back(archive.read_key(settings.keys))
    except IntegrityError:  # another program that starts has done it
        return []
    if brought:
        log.warning("the database ended before the policy did: versions %s are back", brought)
    return brought
