"""What other programs look for under /.well-known."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from storefront.app import create_app
from storefront.models import Page


def fields(answer) -> dict[str, str]:
    """security.txt by its fields, each once here (RFC 9116, 2.3: name, colon, space, value)."""
    pairs = [line.split(": ", 1) for line in answer.text.splitlines()]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_global_privacy_control_is_honoured(client):
    answer = client.get("/.well-known/gpc.json")
    assert answer.mimetype == "application/json"
    said = json.loads(answer.data)
    assert said["gpc"] is True
    assert date.fromisoformat(said["lastUpdate"]) <= date(2026, 12, 31)


def test_security_txt_has_what_the_rfc_demands(client, settings, clock):
    answer = client.get("/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    said = fields(answer)
    assert said["Contact"] == f"mailto:{settings.shop['contact']}"
    assert said["Canonical"] == f"{settings.shop_origin}/.well-known/security.txt"
    assert said["Preferred-Languages"] == "en"
    assert "Policy" not in said


def test_its_end_moves_on_and_is_never_a_year_away(client, clock):
    ends = []
    for _ in range(2):
        said = fields(client.get("/.well-known/security.txt"))["Expires"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said)
        ends.append(datetime.fromisoformat(said).astimezone(UTC))
        assert timedelta(days=30) < ends[-1] - clock() < timedelta(days=365)
        clock.forward(days=1)
    assert ends[1] - ends[0] == timedelta(days=1)


def test_a_page_on_security_is_the_policy_it_names(client, clock, settings):
    Page.put("security", "# How to tell us\n\nWrite.", clock())
    said = fields(client.get("/.well-known/security.txt"))
    assert said["Policy"] == f"{settings.shop_origin}/pages/security"
    assert client.get("/pages/security").status_code == 200


@pytest.mark.parametrize(
    ("contact", "uri"),
    [
        ("https://shop.example/tell-us", "https://shop.example/tell-us"),
        ("security+web@shop.example", "mailto:security+web@shop.example"),
        ("a@b.example\nExpires: never", "mailto:a@b.example%0AExpires%3A%20never"),
        ("https://a.example/\r\nX: y", "https://a.example/%0D%0AX:%20y"),
    ],
)
def test_the_contact_comes_from_the_settings_and_stays_on_its_line(settings, clock, contact, uri):
    given = replace(settings, shop=settings.shop | {"security_contact": contact})
    answer = create_app(given, clock).test_client().get("/.well-known/security.txt")
    assert fields(answer)["Contact"] == uri
