"""Asks a relay of drand for one round, through the gate."""

import http.client
import ssl
from urllib.parse import urlsplit

from storefront import beacon
from storefront.config import Settings
from storefront.refusals import Refused

SECONDS = 10
ELSEWHERE = "Open the round's page yourself and paste what it says, or try again later."


def fetch(number: int, settings: Settings) -> beacon.Value:
    """What the beacon says of a round; raises `Refused` where it says nothing of use."""
    where = urlsplit(settings.beacon)
    secure = where.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    safe = {"context": ssl.create_default_context()} if secure else {}
    line = kind(where.hostname, where.port, timeout=SECONDS, **safe)
    try:
        line.request("GET", beacon.path_of(number), headers={"Accept": "application/json"})
        answer = line.getresponse()
        said = answer.read(beacon.LONGEST_ANSWER + 1)
        status = answer.status
    except (OSError, http.client.HTTPException) as trouble:
        why = type(trouble).__name__
        raise Refused(f"The beacon's relay does not answer ({why}). {ELSEWHERE}") from None
    finally:
        line.close()
    if status != 200:
        raise Refused(f"The beacon's relay answered {status}. {ELSEWHERE}")
    return beacon.read(said.decode("utf-8", "replace"))
