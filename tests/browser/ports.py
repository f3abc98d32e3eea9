"""Free ports for a shop's programs."""

import secrets

from storefront import programs


def four_free_ports() -> int:
    """The first of four neighbours that nobody uses."""
    while True:
        port = 20000 + secrets.randbelow(12000)  # below those Linux gives to outgoing connections
        if programs.why_ports_are_refused(port) is None:
            return port
