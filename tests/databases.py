"""The databases of tests: one that was set up once, and a copy of it for each test.

DATABASE_URL of a PostgreSQL server (see tests/postgres.py) has them there; without it they are
SQLite files.
"""

import os
import secrets
import shutil
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from storefront.config import Settings
from storefront.db import database, open_database

SERVER = os.environ.get("DATABASE_URL", "")


class using_database:
    """Opens a database as the shop's, and closes it again whatever happens."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> None:
        database.initialize(open_database(self.url))
        database.connect()

    def __exit__(self, *_) -> None:
        database.close_all()
        database.initialize(None)


def copied_database(made: Settings, instance: Path) -> str:
    if SERVER:
        return new_postgresql(urlsplit(made.database_url).path[1:])
    shutil.copy(made.instance / "shop.sqlite", instance / "shop.sqlite")
    return f"sqlite:///{instance / 'shop.sqlite'}"


@cache
def postgresql() -> psycopg.Connection:
    """Connecting anew for every database that is made or dropped takes a third as long as that."""
    return psycopg.connect(SERVER, autocommit=True)


def new_postgresql(template: str = "template0") -> str:
    name = f"test_{secrets.token_hex(8)}"  # tests side by side share the server
    # The default since 15 writes a copy to the log page by page, which takes twice as long.
    how = "STRATEGY FILE_COPY" if postgresql().info.server_version >= 150_000 else ""
    postgresql().execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {how}')
    return urlsplit(SERVER)._replace(path=f"/{name}").geturl()


def drop(url: str) -> None:
    if SERVER:
        postgresql().execute(f'DROP DATABASE "{urlsplit(url).path[1:]}" WITH (FORCE)')
