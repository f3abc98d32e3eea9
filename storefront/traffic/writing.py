"""Writes down each minute what was counted in memory: a killed process loses the open minute."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.util import Finalize

from peewee import PeeweeException

from storefront.db import database

log = logging.getLogger(__name__)


def write_each_minute(
    *writers: Callable[[], None], at_the_end: Iterable[Callable[[], None]] = ()
) -> None:
    """Have this process call the writers at the end of each minute, and those others when it ends.

    A database that refuses is asked again a minute later.
    """
    writing = threading.Lock()

    def write(those: Iterable[Callable[[], None]]) -> None:
        with writing:  # at the end it waits for what the thread has begun
            _write(those)

    def again_and_again() -> None:
        while True:
            _until_the_minute_is_over()
            write(writers)

    threading.Thread(target=again_and_again, name="counts", daemon=True).start()
    # Not atexit, which the processes that granian forks do not reach.
    Finalize(None, write, args=(at_the_end,), exitpriority=10)


def _until_the_minute_is_over() -> None:
    time.sleep(60 - time.time() % 60)


def _write(writers: Iterable[Callable[[], None]]) -> None:
    for write in writers:
        try:
            with database.connection_context():
                write()
        except PeeweeException as trouble:
            log.warning("what was counted is not written down yet: %s", type(trouble).__name__)
        except Exception as trouble:  # what it was about may be somebody's: not told
            log.error("counting failed: %s", type(trouble).__name__)
