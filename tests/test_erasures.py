"""The log of erased addresses: keyed digests outside the database, for the owner alone."""

from datetime import timedelta

import pytest

from storefront import privacy
from storefront.erasures import KEPT, Erasures
from storefront.models import Upkeep
from storefront.refusals import Refused

ANN = "ann@example.com"


@pytest.fixture
def log(settings) -> Erasures:
    return Erasures(settings)


def test_the_log_holds_no_address_and_is_its_owners_alone(settings, log, clock):
    privacy.erase(ANN, settings, clock())
    path = settings.instance / "erasures.log"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "ann" not in path.read_text().lower()
    assert (settings.keys / "erasures.key").stat().st_mode & 0o777 == 0o600


def test_an_address_is_the_same_however_it_is_typed(log):
    assert log.mark(" ANN@Example.com ") == log.mark(ANN) != log.mark("bob@example.com")


def test_numbers_go_on_where_the_log_was_lost(settings, log, clock):
    for _ in range(3):
        privacy.erase(ANN, settings, clock())
    (settings.instance / "erasures.log").unlink()
    privacy.erase("bob@example.com", settings, clock())
    assert (log.last(), Upkeep.now().applied) == (4, 4)


def test_a_lost_key_is_not_made_anew_while_the_log_needs_it(settings, log, clock):
    privacy.erase(ANN, settings, clock())
    (settings.keys / "erasures.key").unlink()
    with pytest.raises(Refused, match="cannot be read without it"):
        log.make_key()


def test_old_lines_are_left_out_but_the_last_number_stays(settings, log, clock):
    privacy.erase(ANN, settings, clock())
    privacy.erase("bob@example.com", settings, clock())
    assert log.tidy(clock() + timedelta(days=1)) == 0
    assert log.tidy(clock() + KEPT) == 1
    assert (log.last(), len(log.moments())) == (2, 1)
