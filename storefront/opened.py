"""The shop as a step of the `storefront` command finds it: its settings, and its database open."""

from collections.abc import Iterator
from contextlib import contextmanager

from storefront.config import Settings, read_settings, require_set_up
from storefront.db import database, open_database


@contextmanager
def open_shop() -> Iterator[Settings]:
    """The settings and an open database of a shop that has been set up."""
    settings = read_settings()
    require_set_up(settings)
    with open_base(settings):
        yield settings


@contextmanager
def open_base(settings: Settings) -> Iterator[None]:
    """The database that the settings name, open meanwhile."""
    database.initialize(open_database(settings.database_url))
    database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        database.close()
        database.close_all()
