"""Requests and answers over a real line."""

import http.client
import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from storefront.handoff.envelope import (
    Receipt,
    canonical,
    load_public_key,
    read_canonical,
)
from storefront.handoff.line import AlreadyHeld, EnvelopeRefused, Line, LineDown


def test_an_envelope_goes_down_the_line_and_its_receipt_comes_back(
    payment_line, shop_line, make_envelope, instance
):
    envelope = make_envelope()
    receipt = payment_line.put_envelope(envelope.to_bytes())
    told = Receipt.verify(receipt, load_public_key(instance / "keys/vault.pub"))
    assert told.envelope_sha256 == envelope.sha256
    assert shop_line.receipt(told.env_id) == receipt


def test_a_receipt_the_vault_does_not_have_is_none(shop_line):
    assert shop_line.receipt("A" * 22) is None


def test_other_bytes_under_the_same_env_id_come_back_with_the_receipt(payment_line, make_envelope):
    same = "AAAAAAAAAAAAAAAAAAAAAA"
    receipt = payment_line.put_envelope(make_envelope(env_id=same).to_bytes())
    with pytest.raises(AlreadyHeld) as refused:
        payment_line.put_envelope(make_envelope(env_id=same).to_bytes())
    assert refused.value.receipt == receipt


def test_a_refusal_comes_back_with_its_reason(payment_line, make_envelope, now):
    with pytest.raises(EnvelopeRefused) as refused:
        payment_line.put_envelope(make_envelope(issued=now - 1801).to_bytes())
    assert refused.value.reason == "offer-expired"


def test_with_the_disk_full_the_line_is_down_and_there_is_no_receipt(
    payment_line, shop_line, make_envelope, served, instance
):
    connection = served.vault.store.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    # Too little room left for anything, however small.
    while served.vault.put(make_envelope(f"N-{secrets.token_hex(4).upper()}").to_bytes())[0] == 201:
        pass
    envelope = make_envelope()
    with pytest.raises(LineDown, match="507"):
        payment_line.put_envelope(envelope.to_bytes())
    shop_key = load_public_key(instance / "vault/shop.pub")
    assert shop_line.receipt(envelope.verified_offer(shop_key).env_id) is None


def test_eight_threads_putting_one_envelope_get_one_receipt(payment_line, make_envelope):
    raw = make_envelope().to_bytes()
    with ThreadPoolExecutor(8) as pool:
        receipts = set(pool.map(lambda _: payment_line.put_envelope(raw), range(8)))
    assert len(receipts) == 1


def test_of_eight_threads_with_different_bytes_one_is_kept_and_all_get_its_receipt(
    payment_line, make_envelope, served
):
    envelopes = [make_envelope(env_id="AAAAAAAAAAAAAAAAAAAAAA").to_bytes() for _ in range(8)]

    def put(raw):
        try:
            return "kept", payment_line.put_envelope(raw)
        except AlreadyHeld as held:
            return "held", held.receipt

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(put, envelopes))
    assert sorted(how for how, _ in answers) == ["held"] * 7 + ["kept"]
    assert len({receipt for _, receipt in answers}) == 1


def test_the_payment_page_may_not_read_receipts(instance, served):
    line = Line("{}:{}".format(*served.address), instance / "payment")
    with pytest.raises(LineDown, match="403"):
        line.receipt("A" * 22)


def test_the_shop_may_not_put_envelopes(shop_line, make_envelope):
    with pytest.raises(EnvelopeRefused, match="not-for-you"):
        shop_line.put_envelope(make_envelope().to_bytes())


@pytest.fixture
def connection(served, instance, client_context):
    """A kept-alive connection of the payment page."""
    connection = http.client.HTTPSConnection(
        *served.address, timeout=10, context=client_context(instance / "payment")
    )
    yield connection
    connection.close()


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return response.status, read_canonical(response.read())


def test_a_connection_serves_many_requests(connection, make_envelope):
    for number in range(3):
        assert (
            ask(connection, "PUT", "/envelopes", make_envelope(f"N-{number}").to_bytes())[0] == 201
        )
        assert connection.sock is not None
    assert ask(connection, "PUT", "/envelopes", b"{}") == (400, {"reason": "malformed"})
    assert connection.sock is not None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/envelopes", 404),
        ("GET", "/receipts/short", 404),
        ("PUT", "/receipts/AAAAAAAAAAAAAAAAAAAAAA", 404),
        ("POST", "/envelopes", 501),
        ("DELETE", "/envelopes", 501),
    ],
)
def test_there_is_nothing_but_envelopes_and_receipts(connection, method, path, status):
    assert ask(connection, method, path, b"")[0] == status


def test_a_body_past_4_kib_is_refused_before_it_is_read(served, instance, client_context, say):
    head = b"PUT /envelopes HTTP/1.1\r\nHost: vault\r\nContent-Length: 4097\r\n\r\n"
    answer = say(served.address, client_context(instance / "payment"), head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(canonical({"reason": "too-large"}))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Content-Length: -1\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_whose_end_is_not_clear_is_refused(served, instance, client_context, header, say):
    request = b"PUT /envelopes HTTP/1.1\r\nHost: vault\r\n" + header + b"\r\n{}"
    answer = say(served.address, client_context(instance / "payment"), request)
    assert answer.startswith(b"HTTP/1.1 411 ")


def test_the_log_has_method_shape_and_status_and_nothing_else(
    payment_line, shop_line, make_envelope, caplog, served, instance, client_context, say
):
    caplog.set_level(logging.DEBUG)
    envelope = make_envelope()
    receipt = payment_line.put_envelope(envelope.to_bytes())
    vault_key = load_public_key(instance / "keys/vault.pub")
    shop_line.receipt(Receipt.verify(receipt, vault_key).env_id)
    odd = b"GET /4242424242424242 HTTP/1.1\r\nHost: vault\r\n\r\n"
    say(served.address, client_context(instance / "payment"), odd)
    say(served.address, client_context(instance / "payment"), b"4242424242424242\r\n\r\n")
    assert [record.getMessage() for record in caplog.records] == [
        "payment PUT /envelopes 201",
        "shop GET /receipts/… 200",
        "payment GET ? 404",
        "payment ? ? 400",
    ]


def test_a_running_vault_shreds_what_is_too_old(served, payment_line, make_envelope, caplog):
    payment_line.put_envelope(make_envelope().to_bytes())
    connection = served.vault.store.connection
    connection.execute("UPDATE envelopes SET stored_at = stored_at - 15 * 86400")
    served._look_at = 0.0
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        (sealed,) = connection.execute("SELECT sealed FROM envelopes").fetchone()
        if sealed is None:
            return
        time.sleep(0.02)
    raise AssertionError("the envelope is still there")
