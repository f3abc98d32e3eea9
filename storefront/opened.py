"""An open database for a step of the command, closed again whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager

from storefront.config import Settings, read_settings, require_set_up
from storefront.db import database, open_database


@contextmanager
def opened_shop() -> Iterator[Settings]:
    """The settings and an open database of a shop that has been set up."""
    settings = set_up_already()
    with opened_database(settings):
        yield settings


def set_up_already() -> Settings:
    """The settings; raises `NotSetUp` where the shop was not set up."""
    settings = read_settings()
    require_set_up(settings)
    return settings


@contextmanager
def opened_database(settings: Settings) -> Iterator[None]:
    """The database of these settings."""
    database.initialize(open_database(settings.database_url))
    database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        database.close()
        database.close_all()
