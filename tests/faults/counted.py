"""The shop as it is served, but that its minutes are over when a test says so.

It also tells the test what nobody else learns: the key of the day, and what visits are known by.
"""

import json
import threading

from storefront.traffic import writing

_over = threading.Event()


def _until_told() -> None:
    _over.wait()
    _over.clear()


writing._until_the_minute_is_over = _until_told

from wsgi import app as shop  # noqa: E402


def app(environ, start_response):
    """The shop; `/minute` ends one, `/secrets` tells what is to be found nowhere."""
    if environ["PATH_INFO"] == "/minute":
        _over.set()
        start_response("204 NO CONTENT", [])
        return []
    if environ["PATH_INFO"] == "/secrets":
        visits = shop.extensions["traffic"]._visits
        told = [visits._key.hex(), *(digest.hex() for digest in visits._visits)]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(told).encode()]
    return shop(environ, start_response)
