"""Who receives what, and how often the shop has connected to whom."""

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest

from storefront import gate, personal, tally
from storefront.app import create_app
from storefront.models import ConnectionCount
from storefront.models.connection import months

MARCH = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_notes():
    tally._notes.clear()
    yield
    tally._notes.clear()


def test_everybody_on_the_register_is_named_with_what_for(client):
    page = unescape(client.get("/privacy/recipients").text)
    for fact in personal.declared("recipient"):
        assert fact.where in page.lower()
        assert fact.why.lower() in page.lower()
    assert "Given something off line" in page
    assert page.index("Vault</h3>") < page.index("Given something off line")
    assert page.index("Given something off line") < page.index("Carrier</h3>")


def test_resellers_are_given_testimonials_when_they_ask_and_neither_by_us_nor_off_line(client):
    page = unescape(client.get("/privacy/recipients").text)
    _, asking = page.split("Given something when they ask</h2>")
    asking, rest = asking.split("Connections of the last twelve months</h2>")
    assert "Resellers</h3>" in asking
    assert "their pages ask the shop, each time anew" in asking
    assert '<th scope="col">Resellers' not in rest
    page = unescape(client.get("/privacy/data-map").text)
    assert "The resellers (their pages ask the shop, each time anew)" in page


def test_a_mail_server_is_named_and_the_shops_own_network_is_not(settings, clock):
    given = replace(settings, mail_url="smtp://ann:secret@post.example.org:587")
    given = replace(given, vault_address="10.1.2.3:8002")
    try:
        page = create_app(given, clock).test_client().get("/privacy/recipients").text
    finally:
        gate.dismiss("mail server")
        gate.admit_from(settings)
    assert "Where: post.example.org." in page
    assert "secret" not in page
    assert "10.1.2.3" not in page
    assert "in the shop&#39;s own network" in page


def test_counts_stand_under_their_month_small_ones_as_they_are(client, clock):
    clock.moment = APRIL
    ConnectionCount.add_up({"vault": 1, gate.PICTURES: 1234}, MARCH)
    ConnectionCount.add_up({"vault": 3}, APRIL)
    page = client.get("/privacy/recipients").text
    rows = [line for line in page.splitlines() if line.startswith('<tr><th scope="row">')]
    assert len(rows) == 12
    heads = next(line for line in page.splitlines() if "Month</th>" in line)
    assert heads.index("Hosts of pictures") < heads.index("Random beacon drand")
    assert heads.index("Random beacon drand") < heads.index("Vault")
    assert rows[0] == '<tr><th scope="row">Apr&nbsp;2026</th><td>0</td><td>0</td><td>3</td></tr>'
    assert (
        rows[1] == '<tr><th scope="row">Mar&nbsp;2026</th><td>1,234</td><td>0</td><td>1</td></tr>'
    )
    assert rows[-1].startswith('<tr><th scope="row">May&nbsp;2025</th>')


def test_whom_the_shop_no_longer_knows_is_still_counted_for_the_year(client, clock):
    ConnectionCount.add_up({"an older mail server": 7}, clock())
    assert "<td>7</td>" in client.get("/privacy/recipients").text
    clock.forward(days=370)
    assert "An older mail server" not in client.get("/privacy/recipients").text


def test_the_page_is_public_and_a_minute_old_at_most(client, clock):
    first = client.get("/privacy/recipients")
    assert first.headers["Cache-Control"].startswith("public")
    ConnectionCount.add_up({"vault": 41}, clock())
    clock.forward(seconds=61)
    assert "<td>41</td>" in client.get("/privacy/recipients").text


def test_twelve_months_go_back_over_the_turn_of_the_year():
    named = [f"{day:%Y-%m}" for day in months(APRIL)]
    assert named[0] == "2026-04"
    assert named[3:5] == ["2026-01", "2025-12"]
    assert named[-1] == "2025-05"
    assert [f"{day:%m}" for day in months(datetime(2026, 12, 31, tzinfo=UTC))] == [
        f"{n:02}" for n in range(12, 0, -1)
    ]
