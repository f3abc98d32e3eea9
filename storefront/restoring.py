"""`storefront restore`: a backup takes the database's place, and is erased and swept before use."""

from datetime import datetime
from pathlib import Path

from playhouse.migrations import Migration

from storefront import backups, privacy
from storefront import setup as set_up
from storefront.catching_up import versions_back
from storefront.config import Settings
from storefront.db import database, open_database
from storefront.models import Account, Staff
from storefront.opened import open_base
from storefront.privacy.sweeping import in_words
from storefront.programs import alone
from storefront.refusals import Refused


def restore(copy: Path, settings: Settings, at: datetime, tell: backups.Tell) -> None:
    """Put a backup in the database's place. Raises `Refused`, with nothing changed, where the file
    is none, or a program of the shop runs.

    What was erased since the backup is erased again, and what was posted as the policy is put back,
    by the log and the notes that stand outside of it.
    """
    with alone(settings.instance):
        aside = _change_places(copy, settings, at)
        tell(f"restored {copy}; what was there before is in {aside}")
        with open_base(settings):
            _make_fit(settings, at, tell)


def _change_places(copy: Path, settings: Settings, at: datetime) -> Path:
    """The copy becomes the database; gives the file that holds what was there."""
    aside = settings.instance / "backups" / f"before-restore-{at:%Y%m%d-%H%M%S-%f}"
    # Connected by the steps that need it: what is there may be damaged beyond opening.
    database.initialize(open_database(settings.database_url))
    try:
        known = {migration.name for migration in Migration.load_directory(set_up.MIGRATIONS)}
        backups.check(copy, known)
        backups.refuse_while_used()
        backups.put_back(copy, settings.database_url, aside)
    finally:
        database.close()
        database.close_all()
    return aside


def _make_fit(settings: Settings, at: datetime, tell: backups.Tell) -> None:
    """What has to be done before anybody sees it."""
    set_up.upgrade_schema(settings, at, tell)
    again = privacy.catch_up(settings, at)
    tell(f"{again} rows erased again, as their people had asked")
    if Staff.after_restoring():
        tell(
            "Those who work here are those of the backup, with the roles and passwords of then: "
            "look them over with `storefront list-staff`. All sign in anew, and links made before "
            "open nothing."
        )
    if Account.after_restoring():
        tell("Customers sign in anew, and links mailed to them before open nothing.")
    tell(f"swept: {in_words(privacy.sweep(settings, at))}")
    privacy.scour(settings, at)
    _have_versions_back(settings, tell)


def _have_versions_back(settings: Settings, tell: backups.Tell) -> None:
    try:
        for number in versions_back(settings):
            tell(f"version {number} of the policy is back, which was posted since")
    except Refused as refusal:
        tell(f"{refusal} `storefront verify-policy` says more.")
