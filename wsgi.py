"""The shop as a WSGI app, for granian or any other server."""

import logging

from storefront import gate
from storefront.app import create_app

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
app = create_app()
gate.close()
