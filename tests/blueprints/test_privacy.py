"""The privacy page shows the version in force."""

from datetime import timedelta

from storefront import policy
from storefront.models import PolicyVersion


def post(settings, text, at, in_force_at=None):
    key = policy.read_key(settings.keys)
    dates = {"at": at, "in_force_at": in_force_at or at}
    return policy.publish(text, key, role="editor", changes="Said better.", **dates)


def test_a_new_shop_shows_the_starter_policy_with_tables_from_the_register(client):
    page = client.get("/privacy").text
    assert "never stored online" in page
    assert "<td>to tell you the status of your order</td><td>2 years</td>" in page
    assert "card number and expiry, sealed and offline (vault)" in page
    assert "Version 1, in force since" in page
    assert "{covers" not in page
    assert "{table" not in page


def test_a_version_shows_from_its_date_on(client, clock, settings):
    post(settings, "# Shorter\n\nWe keep nothing.", clock(), clock() + timedelta(days=7))
    assert "Shorter" not in client.get("/privacy").text
    clock.forward(days=8)
    page = client.get("/privacy").text
    assert "<h1>Shorter</h1>" in page
    assert "Said better." in page


def test_scripts_in_a_policy_do_not_run(client, clock, settings):
    text = "# P\n\n<script>alert(1)</script> <iframe src=//x></iframe> <b>ok</b>"
    text += " [x](javascript:alert(1))"
    post(settings, text, clock())
    page = client.get("/privacy").text
    assert "alert(1)</script>" not in page
    assert "<iframe" not in page
    assert 'href="javascript' not in page
    assert "<b>ok</b>" in page


def test_before_any_policy_is_posted_the_page_says_so(client, monkeypatch):
    monkeypatch.setattr(PolicyVersion, "in_force", classmethod(lambda cls, at: None))
    assert "takes no orders" in client.get("/privacy").text
