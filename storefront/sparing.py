"""Keeps out of the served process what it would never use. `wsgi` imports it before all else.

peewee loads the PostgreSQL driver wherever it is installed, 11 MiB and a tenth of a second, and
Flask-WTF loads babel, whose translations the shop does not ask for (see `cldr`). Both go without
where there is none; None in `sys.modules` is Python's own way of saying so (The import system,
"The module cache").
"""

import os
import sys

if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    sys.modules.setdefault("psycopg", None)
sys.modules.setdefault("babel", None)
