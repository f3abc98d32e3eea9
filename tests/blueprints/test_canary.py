"""No card, sealed or not, is in the shop: a number that stands nowhere else is sought."""

import base64
import sqlite3

import pytest

from storefront.db import database
from storefront.models import Order
from tests.journey import come_home, order_path, pay, place_order


def luhn_digit(first: str) -> str:
    """The check digit that makes a number pass (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * (2 if n % 2 == 0 else 1) for n, d in enumerate(reversed(first))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def stored_by_the_shop(settings):
    """Every file of the shop but the vault's and the desk's, and every row of every table."""
    for file in sorted(settings.instance.rglob("*")):
        if file.is_file() and file.relative_to(settings.instance).parts[0] not in ("vault", "desk"):
            yield str(file), file.read_bytes()
    for table in database.get_tables():
        rows = database.execute_sql(f'SELECT * FROM "{table}"').fetchall()
        yield table, repr(rows).encode()


def ways_to_write(secret: bytes) -> list[bytes]:
    """The secret raw, spaced, as hex, as base64 at each of three offsets, as UTF-16."""
    text = secret.decode("latin-1")
    spaced = " ".join(text[n : n + 4] for n in range(0, len(text), 4)).encode("latin-1")
    shifted = [base64.b64encode(b"\0" * n + secret)[4:-4] for n in range(3)]
    return [secret, spaced, secret.hex().encode(), text.encode("utf-16-le"), *shifted]


def places_of(secret: bytes, settings) -> list[str]:
    """Where the shop has the secret, in any way of writing it."""
    needles = ways_to_write(secret)
    return [
        where for where, held in stored_by_the_shop(settings) if any(n in held for n in needles)
    ]


@pytest.fixture
def canary():
    first = "492900001111222"
    return first + luhn_digit(first)


def test_a_card_that_was_paid_with_is_nowhere_in_the_shop(
    client, payment_page, plenty, settings, canary, caplog, made
):
    address = place_order(client, plenty)
    back = pay(payment_page, address, {"cc-number": canary, "cc-exp": "11/38"})
    assert 'data-state="card_held"' in come_home(client, back).text
    assert places_of(canary.encode(), settings) == []
    assert places_of(last_sealed(made), settings) == []
    assert canary not in caplog.text


def test_a_card_that_was_refused_is_nowhere_in_the_shop(
    client, payment_page, plenty, settings, canary, caplog
):
    address = place_order(client, plenty)
    for wrong in ({"cc-exp": "01/20"}, {"cc-exp": "11/38", "cvv": "737"}):
        answer = pay(payment_page, address, {"cc-number": canary} | wrong)
        assert answer.status_code == 422
        assert canary not in answer.text
    client.post("/checkout", data={"cc-number": canary})
    client.post(f"{order_path(address)}/payment", data={"note": "x", "cc-number": canary})
    assert places_of(canary.encode(), settings) == []
    assert canary not in caplog.text


def test_the_search_finds_a_card_that_was_planted(client, plenty, settings, canary):
    place_order(client, plenty)
    Order.update(name=canary).execute()
    assert "order" in places_of(canary.encode(), settings)
    (settings.instance / "media" / "note").write_bytes(base64.b64encode(b"x" + canary.encode()))
    assert any(where.endswith("note") for where in places_of(canary.encode(), settings))


def last_sealed(made) -> bytes:
    """A stretch of what the vault sealed last."""
    store = sqlite3.connect(f"file:{made.instance / 'vault' / 'store.sqlite'}?mode=ro", uri=True)
    (sealed,) = store.execute("SELECT sealed FROM envelopes ORDER BY vault_seq DESC").fetchone()
    store.close()
    assert len(sealed) > 1000
    return sealed[100:160]
