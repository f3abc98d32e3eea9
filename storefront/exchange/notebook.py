"""What a reader must remember of a file of any size: kept on disk, in a file that has no name."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

PAGES = -8000  # KiB of it in memory; the rest goes to the system's folder for temporary files


@contextmanager
def notebook(*tables: str) -> Iterator[sqlite3.Connection]:
    """A private SQLite database with these tables, gone when the block is left."""
    notes = sqlite3.connect("", isolation_level=None)
    try:
        notes.execute(f"PRAGMA cache_size = {PAGES}")
        notes.execute("PRAGMA journal_mode = OFF")
        notes.execute("PRAGMA synchronous = OFF")
        for table in tables:
            notes.execute(f"CREATE TABLE {table}")
        notes.execute("BEGIN")
        yield notes
    finally:
        notes.close()
