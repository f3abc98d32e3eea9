"""What the tests of widgets have in common."""

import pytest

from tests.resellers import reseller


@pytest.fixture
def nobody(app):
    """A visitor whose browser keeps no cookies."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def hill(settings, clock):
    """A reseller of everything."""
    return reseller(clock())
