"""A process that serves the shop loads what it needs to serve it."""

import json
import os
import subprocess
import sys

import pytest

from storefront import darkroom, prints
from storefront.db import is_sqlite
from storefront.supervisor import ROOT

LOADED = """
import json, sys, wsgi
print(json.dumps([name for name, module in sys.modules.items() if module]))
"""
# The darkroom's decoders, the sender's mail, what guesses at mistyped words, all of the CLDR,
# what those who work here prove who they are with, and lists of programs.
NEVER_AT_THE_START = (
    *("PIL", "mailbox", "smtplib", "rapidfuzz", "babel"),
    *("webauthn", "argon2", "pyotp", "segno", "zxcvbn", "dkim", "pymemcache"),
    *("is_bot", "ua_parser", "regex"),
)
OURS = ("storefront.darkroom", "storefront.mail", "storefront.exchange", "storefront.fetching")


@pytest.fixture
def loaded(settings) -> set[str]:
    """The modules of a process that has imported `wsgi` and done nothing else."""
    more = {"STOREFRONT_INSTANCE": str(settings.instance), "DATABASE_URL": settings.database_url}
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", [*NEVER_AT_THE_START, *OURS])
def test_what_serving_does_not_need_is_not_loaded(loaded, name):
    assert "storefront.models.order" in loaded
    assert name not in loaded


def test_the_driver_of_postgresql_is_loaded_where_it_is_used(loaded):
    assert ("psycopg" in loaded) is not is_sqlite()


def test_the_shop_looks_for_all_that_the_darkroom_makes():
    assert tuple(darkroom.ENCODERS) == prints.ENDINGS
