"""Origins, as people write them and as browsers compare them: `https://firm.example:8443`.

They are kept as browsers serialise them (HTML, 7.1.1; RFC 6454, 6.2) and as a content policy may
name them: by a host name, because it matches no numeric address but 127.0.0.1 (CSP level 3,
6.7.2.8).
"""

import re
from urllib.parse import urlsplit

import idna  # UTS #46, as browsers have it; Python's own codec makes other names of some

from storefront.refusals import Refused

MOST = 20
TOLD = 3  # lines that are wrong, named at once
LOOPBACK = ("localhost", "127.0.0.1")
PORTS = {"https": 443, "http": 80}
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
SUCH = "Write it such as https://firm.example."


def origins(lines: list[str]) -> list[str]:
    """What is written one a line, each once, in its order; empty lines are passed over.

    Of the address of a page its origin is taken. Raises `Refused`, of the field `origins`, with
    the lines that are wrong.
    """
    found, wrong = {}, []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found[origin(line)] = True
        except Refused as refusal:
            wrong.append(f"Line {number}, “{line.strip()[:60]}”: {refusal.sentence}")
    if wrong:
        more = f" And {len(wrong) - TOLD:,} more." if len(wrong) > TOLD else ""
        raise Refused(origins=" ".join(wrong[:TOLD]) + more)
    if len(found) > MOST:
        raise Refused(origins=f"Please keep this to {MOST} sites; these are {len(found):,}.")
    return list(found)


def origin(text: str) -> str:
    """The origin of an address, whether that is one of a page or of a site.

    Raises `Refused` for what is no address of a site that a browser could be told of.
    """
    parts, port = _parts(text.strip())
    host = _host(parts.hostname or "")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise Refused(f"Only sites by https are let in. Write https://{host} if it is one.")
    if port == PORTS[parts.scheme] or port is None:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def _parts(text: str):
    try:
        parts = urlsplit(_with_scheme(text))
        port = parts.port
    except ValueError:
        raise Refused(f"This is not the address of a site. {SUCH}") from None
    if parts.scheme not in PORTS or port == 0 or not parts.hostname:
        raise Refused(f"This is not the address of a site. {SUCH}")
    if "*" in parts.netloc:
        raise Refused("A star would let in sites that we do not know. Write each on its own line.")
    if "@" in parts.netloc:
        raise Refused(f"Leave out the part before the @. {SUCH}")
    return parts, port


def _with_scheme(text: str) -> str:
    """The address with the scheme that somebody meant who wrote none."""
    if SCHEME.match(text):
        return text
    bare = text.removeprefix("//")
    return f"{'http' if re.match('|'.join(LOOPBACK), bare) else 'https'}://{bare}"


def _host(name: str) -> str:
    """The name of a host in ASCII."""
    try:
        # Without the last dot once it is in ASCII: others turn into one.
        host = idna.encode(name, uts46=True).decode().removesuffix(".")
    except UnicodeError:
        raise Refused(f"This is no name that a site can have. {SUCH}") from None
    # Browsers read a name whose last part is a number as an address (URL Standard, 3.5).
    _, dot, last = host.rpartition(".")
    if host not in LOOPBACK and (last.isdigit() or last.startswith("0x")):
        raise Refused(f"Browsers know a site by its name here, not by a number. {SUCH}")
    if host not in LOOPBACK and not dot:
        raise Refused(f"This is no name that a site can have. {SUCH}")
    return host
