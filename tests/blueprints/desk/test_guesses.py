"""Guesses at the desk's door: how often is listened, and that nobody is kept out by strangers."""

from dataclasses import replace

import pytest

from storefront.app import create_app
from storefront.models import Guess
from storefront.models.guess import IN_ALL, TooMany
from tests.racing import at_once
from tests.staff import settled


def test_guesses_at_an_account_take_ever_more_waiting_also_in_another_process(staff, app, sign_in):
    for _ in range(5):
        assert sign_in(password="wrong").status_code == 422
    answer = sign_in(app.test_client(), after=10)
    assert answer.status_code == 429
    assert "Please wait a minute and try again, or sign in with a passkey" in answer.text
    assert sign_in(password="wrong").status_code == 422
    answer = sign_in()
    assert (answer.status_code, "wait a minute" in answer.text) == (429, True)
    app.extensions["clock"].forward(seconds=60)
    assert sign_in().status_code == 303


def test_many_guesses_at_once_are_many(settings, clock):
    outcomes = at_once(lambda: Guess.note("somebody", clock()))
    assert (outcomes.count(None), outcomes.count(TooMany)) == (5, 7)


def test_waiting_takes_an_hour_at_most_and_is_forgotten_after_a_day(settings, clock):
    for _ in range(30):
        clock.forward(minutes=61)
        Guess.note("somebody", clock())
    with pytest.raises(TooMany, match="wait 60 minutes"):
        Guess.note("somebody", clock())
    clock.forward(hours=25)
    for _ in range(5):
        Guess.note("somebody", clock())


def test_waiting_is_the_same_for_an_account_that_there_is_not(staff, sign_in):
    def tries(email: str) -> list[int]:
        return [sign_in(email=email, password="wrong").status_code for _ in range(7)]

    assert tries("ann@staff.example") == tries("bob@staff.example")


def test_a_strangers_guesses_do_not_keep_out_a_browser_that_has_been_in(staff, app, sign_in):
    assert sign_in().status_code == 303
    stranger = app.test_client()
    while sign_in(stranger, password="wrong").status_code != 429:
        pass
    assert sign_in(stranger, after=0).status_code == 429
    assert sign_in().status_code == 303, "the one that has been in"


def test_a_browser_that_has_been_in_waits_for_its_own_guesses(staff, client, sign_in):
    assert sign_in().status_code == 303
    assert 429 in [sign_in(password="wrong").status_code for _ in range(7)]


def test_a_browser_is_known_for_the_one_account_only(staff, app, client, sign_in):
    settled(app, "manager", email="bob@staff.example")
    assert sign_in().status_code == 303
    stranger = app.test_client()
    while sign_in(stranger, email="bob@staff.example", password="wrong").status_code != 429:
        pass
    assert sign_in(email="bob@staff.example", after=0).status_code == 429
    client.set_cookie("known", "forged.value")
    assert sign_in().status_code == 303, "it counts as a new browser"


def test_guesses_are_counted_all_together(staff, app, client, clock, sign_in):
    """Strangers who guess at many accounts are not listened to; who has been in is."""
    assert sign_in().status_code == 303
    for _ in range(IN_ALL - 1):
        Guess.note_in_all(clock())
    assert sign_in(app.test_client(), 0, email="bob@staff.example").status_code == 429
    assert sign_in().status_code == 303
    assert sign_in(app.test_client(), email="bob@staff.example").status_code == 422


def test_what_is_counted_names_nobody_and_goes(staff, clock, sign_in):
    sign_in(password="wrong")
    sign_in(email="bob@staff.example", password="wrong")
    assert not any("ann" in row.key or "bob" in row.key for row in Guess.select())
    clock.forward(days=2)
    sign_in(email="eve@staff.example", password="wrong")
    assert Guess.select().count() == 1 + 1, "that one, and all together"


def test_one_address_is_not_listened_to_without_end(app, settings):
    client = create_app(replace(settings, limits=True), app.extensions["clock"]).test_client()
    asked = [client.get("/desk/door/challenge").status_code for _ in range(25)]
    assert asked == [200] * 20 + [429] * 5
