"""Contests as visitors see them: the list, the form, the mailed link."""

import re
from datetime import timedelta

import pytest

from storefront.erasures import Erasures
from storefront.mail import Postman
from storefront.models import Contest, ContestEntry, OutgoingMail
from storefront.models.contest_entry import TO_CONFIRM
from storefront.privacy import held
from tests.journey import ANN
from tests.models.test_contest import announced


@pytest.fixture
def contest(settings, clock):
    return announced(clock(), text="Anybody may enter. <script>alert(1)</script> *No purchase.*")


def link_to(app, entry) -> str:
    return "/contests/entries/" + app.extensions["entry_links"].write(entry.key)


@pytest.fixture
def entry(visitor, contest):
    visitor.post("/contests/alps/entries", ANN)
    return ContestEntry.get()


def test_a_shop_without_contests_says_so(client):
    assert "No contest runs" in client.get("/contests").text


def test_contests_are_listed_with_what_can_be_won_and_until_when(client, contest, clock):
    page = client.get("/contests").text
    assert 'href="/contests/alps"' in page
    assert "Two weeks of walking, for two" in page
    assert "Open until" in page
    clock.forward(days=40)
    assert "Closed on" in client.get("/contests").text


def test_the_first_page_leads_to_what_runs(client, contest, clock):
    assert 'href="/contests/alps"' in client.get("/").text
    clock.forward(days=40)
    assert "contests/alps" not in client.get("/").text


def test_a_contest_shows_its_rules_safely_and_when_entries_are_erased(client, contest):
    page = client.get("/contests/alps").text
    assert "<em>No purchase.</em>" in page
    assert "alert(1)" not in page
    assert "One entry a person" in page
    assert contest.erased_at.strftime("%-d %B %Y") in page


def test_a_contest_to_come_or_closed_has_no_form(client, clock, settings):
    announced(clock(), opens_at=clock() + timedelta(days=1))
    assert "<form" not in client.get("/contests/alps").text
    clock.forward(days=2)
    assert 'action="/contests/alps/entries"' in client.get("/contests/alps").text
    clock.forward(days=40)
    assert "<form" not in client.get("/contests/alps").text


def test_an_entry_waits_for_the_mailed_link_and_counts_from_then_on(app, visitor, entry):
    mail = OutgoingMail.get()
    assert (mail.kind, mail.to, mail.message_id) == ("contest_entry", "ann@example.com", entry.key)
    link = link_to(app, entry)
    page = visitor.client.get(link)
    assert "no-store" in page.headers["Cache-Control"]
    assert "Confirm my entry" in page.text
    assert ContestEntry.get().confirmed_at is None, "opening the link confirms nothing"
    answer = visitor.post(f"{link}/confirmation", {})
    assert answer.status_code == (204 if visitor.fragments else 303)
    assert ContestEntry.get().confirmed_at is not None
    assert "You are in" in visitor.client.get(link).text


def test_what_comes_next_is_said_after_entering(visitor, contest):
    answer = visitor.post("/contests/alps/entries", ANN)
    where = answer.headers.get("HX-Redirect") or answer.headers["Location"]
    assert "We have sent you a mail" in visitor.client.get(where).text


def test_the_mail_leads_to_the_entry_before_and_after_it_counts(app, visitor, entry, settings):
    def link_in_mail() -> str:
        waiting = OutgoingMail.select().order_by(OutgoingMail.id.desc()).get()
        mail = Postman(settings).write(waiting, waiting.made_at)
        assert mail["Subject"] == "Your entry to “Two weeks in the Alps”"
        text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
        path = re.search(r"/contests/entries/\S+", text)[0]
        assert f'{path}"' in html
        return path

    first = link_in_mail()
    assert visitor.post(f"{first}/confirmation", {}).status_code in (204, 303)
    visitor.post("/contests/alps/entries", ANN)
    assert "You are in" in visitor.client.get(link_in_mail()).text
    assert link_in_mail() == first


def test_entering_twice_is_answered_as_entering_once(app, visitor, entry):
    visitor.post(f"{link_to(app, entry)}/confirmation", {})
    again = visitor.post("/contests/alps/entries", ANN | {"name": "Somebody Else"})
    assert again.status_code == (204 if visitor.fragments else 303)
    assert [one.name for one in ContestEntry.select()] == [ANN["name"]]


def test_all_problems_are_told_beside_their_fields_and_nothing_typed_is_lost(visitor, contest):
    typed = ANN | {"email": "ann@", "postal-code": "nowhere", "address-line2": "c/o <Bob>"}
    answer = visitor.post("/contests/alps/entries", typed)
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert 'id="postal-code-error"' in answer.text
    assert "c/o &lt;Bob&gt;" in answer.text
    assert not ContestEntry.select().exists()


def test_a_contest_for_some_countries_refuses_others_beside_the_field(visitor, clock, settings):
    announced(clock(), countries=["CA", "GB"])
    assert "from Canada or United Kingdom." in visitor.client.get("/contests/alps").text
    answer = visitor.post("/contests/alps/entries", ANN)
    assert answer.status_code == 422
    assert re.search(r'id="country-error">This contest is for other countries', answer.text)


@pytest.mark.parametrize("passed", [-1, 31])
def test_a_forged_entry_before_or_after_its_time_is_refused(visitor, clock, settings, passed):
    announced(clock(), opens_at=clock() + timedelta(hours=1))
    clock.forward(days=max(passed, 0))
    answer = visitor.post("/contests/alps/entries", ANN)
    assert answer.status_code == 422
    assert not ContestEntry.select().exists()


def test_a_contest_that_closed_meanwhile_says_so_to_who_confirms(app, visitor, entry, clock):
    clock.forward(days=31)
    answer = visitor.post(f"{link_to(app, entry)}/confirmation", {})
    assert answer.status_code == 422
    assert "closed on" in answer.text


def test_another_countrys_address_form_comes_without_losing_what_was_typed(visitor, contest):
    answer = visitor.post("/contests/alps/address", ANN | {"country": "CA"})
    assert answer.status_code == 200
    assert "Province" in answer.text
    assert ANN["address-level2"] in answer.text


def test_an_entry_can_be_taken_back_and_its_link_says_so(app, visitor, entry):
    link = link_to(app, entry)
    answer = visitor.post(f"{link}/withdrawal", {})
    where = answer.headers.get("HX-Redirect") or answer.headers["Location"]
    assert "Nothing of your entry" in visitor.client.get(where).text
    assert not ContestEntry.select().exists()
    gone = visitor.client.get(link)
    assert gone.status_code == 404
    assert "taken back" in gone.text


def test_an_entry_says_when_it_goes_and_so_does_what_is_held(client, app, entry, settings, clock):
    def told() -> set[str]:
        """Until when the entry and its mail are said to be held."""
        holdings = held("ann@example.com", Erasures(settings), clock())
        return {f"{value.until:%Y-%m-%d}" for one in holdings for value in one.values}

    late, last = entry.entered_at + TO_CONFIRM, entry.contest.erased_at
    assert f"erased on {late:%-d %B %Y} unless you confirm" in client.get(link_to(app, entry)).text
    assert told() == {f"{late:%Y-%m-%d}"}
    client.post(f"{link_to(app, entry)}/confirmation")
    assert f"It is erased on {last:%-d %B %Y}." in client.get(link_to(app, entry)).text
    assert told() == {f"{last:%Y-%m-%d}"}


def test_a_link_that_nobody_signed_leads_nowhere(client, contest):
    assert client.get("/contests/entries/abc.def").status_code == 404
    assert client.post("/contests/entries/abc.def/confirmation").status_code == 404


@pytest.mark.parametrize("path", ["", "/entered", "/withdrawn"])
def test_a_contest_that_is_not_there_is_not_found(client, path):
    assert client.get(f"/contests/none{path}").status_code == 404


def test_the_page_says_what_the_policy_says_of_contests(client):
    assert "to see that nobody enters twice" in client.get("/privacy").text
    assert Contest.select().count() == 0
