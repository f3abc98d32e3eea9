"""The data map says what the register says, for people and for machines."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from storefront import data_map, personal, places, register
from storefront.config import ROOT
from storefront.models import Order
from storefront.models.traffic import BY_VALUE, TOTALS
from storefront.personal import days
from tests.blueprints.test_privacy import post
from vault.status import KEPT_SECONDS


@pytest.fixture
def machines(client):
    return lambda: client.get("/privacy/data-map.json").get_json()


def test_people_read_every_fact_in_words(client):
    page = unescape(client.get("/privacy/data-map").text)
    for fact in register.facts():
        assert register.what(fact).lower() in page.lower(), fact
        assert fact.why.lower() in page.lower(), fact
    assert "Kept for 2 years after the order was placed, in the shop's database" in page
    assert "Held until then, even if you ask us to erase it." in page
    assert "Asked for in the checkout form." in page
    assert places.LOGS in page


def test_machines_read_every_fact_under_its_clause(machines):
    told = machines()
    assert (told["format"], told["policy"]) == (1, 1)
    listed = {
        (clause, fact["kind"], fact["name"])
        for clause, said in told["clauses"].items()
        for fact in said["facts"]
    }
    facts = register.facts()
    assert listed == {(f.clause, f.kind, f.where) for f in facts if f.kind != "recipient"}
    receivers = {
        (clause, each["name"])
        for clause, said in told["clauses"].items()
        for each in said["recipients"]
    }
    assert receivers == {(f.clause, f.where) for f in facts if f.kind == "recipient"}


def test_what_is_only_counted_is_told_as_well(client, machines):
    page = unescape(client.get("/privacy/data-map").text)
    part = page.partition('<h2 id="traffic">')[2].partition("<h2")[0]
    for words in (*TOTALS.values(), *BY_VALUE.values()):
        assert f"<li>{words[0].upper()}{words[1:]}.</li>" in part
    assert "Kept for 25 months" in part
    told = {each["table"]: each for each in machines()["clauses"]["traffic"]["numbers"]}
    assert told["traffic_hour"] == {"table": "traffic_hour", "of": TOTALS, "keep": "P25M"}
    assert told["traffic_day"]["of"] == BY_VALUE


def test_machines_read_periods_as_iso_8601_durations(machines):
    facts = [fact for said in machines()["clauses"].values() for fact in said["facts"]]
    kept = {fact["name"]: fact["keep"] for fact in facts}
    assert kept["order.email"] == "P2Y"
    assert kept["order.name"] == "P7Y"
    assert kept["outgoing_mail.to"] == "P90D"
    assert kept["cart"] == "P60D"
    assert kept["CheckoutForm.email"] is None
    held = {fact["name"] for fact in facts if fact["held"]}
    assert "order.name" in held
    assert "order.email" not in held


def test_a_changed_period_changes_both_maps(client, machines, monkeypatch):
    monkeypatch.setitem(Order.email.personal, "keep", days(100))
    assert "Kept for 100 days after the order was placed" in client.get("/privacy/data-map").text
    facts = machines()["clauses"]["orders"]["facts"]
    assert [f["keep"] for f in facts if f["name"] == "order.email"] == ["P100D"]


def test_what_the_policy_does_not_cover_is_said_to_be_switched_off(
    client, clock, settings, machines
):
    assert "Switched off" not in client.get("/privacy/data-map").text
    kept = ", ".join(clause for clause in register.clauses() if clause != "cookies")
    post(settings, f"# Less\n\nOnly this. {{covers: {kept}}}", clock(), clock())
    page = client.get("/privacy/data-map").text
    assert page.count("Switched off") == 1
    part = page.partition('<h2 id="cookies">')[2].partition("<h2")[0]
    assert "Switched off" in part
    covered = {name: said["covered"] for name, said in machines()["clauses"].items()}
    assert covered == {name: name != "cookies" for name in register.clauses()}
    assert machines()["policy"] == 2


def test_both_are_kept_until_the_next_version_is_in_force(client, clock, settings):
    first = client.get("/privacy/data-map"), client.get("/privacy/data-map.json")
    for answer in first:
        assert answer.headers["Cache-Control"].startswith("public")
        assert answer.headers["ETag"]
    post(settings, "# Less\n\nOnly this.", clock(), clock() + timedelta(seconds=20))
    assert "Switched off" not in client.get("/privacy/data-map").text
    clock.forward(seconds=21)
    assert client.get("/privacy/data-map").text.count("Switched off") == len(register.clauses())
    told = client.get("/privacy/data-map.json").get_json()
    assert not any(said["covered"] for said in told["clauses"].values())


def test_the_map_tells_where_mail_is_kept(settings):
    places.declare_from(settings)
    assert personal.declared("mail archive")
    places.declare_from(replace(settings, mail_url="smtp://post.example"))
    assert not personal.declared("mail archive")
    places.declare_from(settings)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("post.example.org", "post.example.org"),
        ("1.1.1.1", "1.1.1.1"),
        ("localhost", "on the shop's own machine"),
        ("127.0.0.1", "on the shop's own machine"),
        ("::1", "on the shop's own machine"),
        ("10.0.0.2", "in the shop's own network"),
        ("vault", "in the shop's own network"),
    ],
)
def test_it_is_said_where_a_host_is_but_not_what_the_shops_own_network_calls_it(host, words):
    assert data_map.where_is(host) == words


def test_the_document_names_every_key_of_the_machines_map(machines):
    told = machines()
    keys = set(told) | {"clauses"}
    for said in told["clauses"].values():
        keys |= set(said)
        for each in (*said["facts"], *said["recipients"]):
            keys |= set(each)
    text = (ROOT / "docs" / "data-map.md").read_text("utf-8")
    assert {key for key in keys if f"`{key}`" not in text} == set()
    kinds = {fact["kind"] for said in told["clauses"].values() for fact in said["facts"]}
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()
    assert re.search(r"ISO 8601", text)


def test_a_card_is_said_to_lie_in_the_vault_as_long_as_the_vault_keeps_it(client):
    (vault,) = personal.declared("vault")
    assert vault.keep.total_seconds() == KEPT_SECONDS
    assert "Kept for 14 days, in a vault" in client.get("/privacy/data-map").text


def test_testimonials_stand_before_what_resellers_get_of_them_and_a_consent_is_kept(client):
    page = unescape(client.get("/privacy/data-map").text)
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    both = "Testimonials", "Testimonials on other firms’ sites"
    assert [title for title in titles if title in both] == list(both)
    consent = page[page.index("Whether resellers may show it") :]
    assert "Kept for 5 years, with what it is about." in consent[:700]
    assert "Kept for 5 years after it was written" in page
