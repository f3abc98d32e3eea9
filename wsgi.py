"""The shop as a WSGI app, for granian or any other server."""

import logging
import os
from datetime import UTC, datetime

import storefront.sparing  # noqa: F401  (first, before what it spares is asked for)
from storefront import gate, tally, view_counts
from storefront.app import create_app
from storefront.traffic.writing import write_each_minute

os.umask(0o077)  # what the shop writes is its owner's alone
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
app = create_app()
gate.close()
traffic = app.extensions["traffic"]
others = [view_counts.write_down, lambda: tally.write_down(datetime.now(UTC))]
traffic.start()
write_each_minute(traffic.write_down, *others, at_the_end=[traffic.end, *others])
