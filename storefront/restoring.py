"""`storefront restore`: a backup takes the database's place, and is erased and swept before use."""

from datetime import datetime
from pathlib import Path

from playhouse.migrations import Migration

from storefront import backups, privacy
from storefront import setup as set_up
from storefront.config import Settings
from storefront.db import database
from storefront.privacy.sweeping import in_words
from storefront.programs import alone


def restore(copy: Path, settings: Settings, at: datetime, tell: backups.Tell) -> None:
    """Put a backup in the database's place. Raises `Refused`, with nothing changed, where the file
    is none, or a program of the shop runs.

    What was erased since the backup is erased again, by the log that stands outside of it.
    """
    with alone(settings.instance):
        known = {migration.name for migration in Migration.load_directory(set_up.MIGRATIONS)}
        backups.check(copy, known)
        backups.refuse_while_used()
        ending = copy.suffix.lstrip(".") or "backup"
        aside = settings.instance / "backups" / f"before-restore-{at:%Y%m%d-%H%M%S}.{ending}"
        backups.put_back(copy, settings.database_url, aside)
        database.connect(reuse_if_open=True)
        tell(f"restored {copy}; what was there before is in {aside}")
        set_up.upgrade_schema(settings, at, tell)
        again = privacy.catch_up(settings, at)
        tell(f"{again} rows erased again, as their people had asked")
        tell(f"swept: {in_words(privacy.sweep(settings, at))}")
        privacy.scour(settings, at)
