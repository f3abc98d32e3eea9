"""The same thing done many times at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from storefront.db import database
from storefront.refusals import Refused


def at_once(what, times: int = 12) -> list:
    """What came of calling it so often at the same moment, each on a connection of its own."""
    start = threading.Barrier(times)

    def call(_):
        with database.connection_context():
            start.wait(10)
            try:
                return what()
            except Refused as refusal:
                return type(refusal)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(call, range(times)))
