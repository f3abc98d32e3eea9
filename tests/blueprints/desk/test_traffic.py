"""The desk sees how the shop is used: a page of charts and lists, for a time one chooses."""

import pytest

from tests.staff import signed_in
from tests.traffics import fill

MOST = 40_000


@pytest.fixture
def editor(app):
    return signed_in(app, "editor")


def test_the_page_is_light_with_full_data(editor, clock):
    fill(clock().date(), 60)
    page = editor.get("/desk/traffic")
    assert page.status_code == 200
    assert len(page.data) < MOST
