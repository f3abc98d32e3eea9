"""The one guard of the desk: who may pass, on every route there is."""

import pytest

from tests.staff import signed_in


def test_the_desk_shows_who_is_signed_in_what_is_theirs(app):
    client = signed_in(app, "editor")
    answer = client.get("/desk")
    assert answer.status_code == 200
    assert "editor@staff.example" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("url", ["/desk"])
def test_nobody_is_shown_the_door(client, url):
    answer = client.get(url)
    assert (answer.status_code, answer.location) == (303, "http://localhost/desk/door")
