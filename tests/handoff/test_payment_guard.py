"""What every answer of the payment page has, and what it never does."""

import logging
import os
import re
import resource
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from storefront.handoff import payment_page
from storefront.handoff.envelope import HandoffError

ROOT = Path(__file__).resolve().parents[2]
HERE, SHOP = "http://127.0.0.1:8001", "http://localhost:8000"
SEALER_HASH = b64encode(
    sha256((ROOT / "storefront/static/sealer.js").read_bytes()).digest()
).decode()
LINK = "MTIzNDU2.link-_of.an-order"


def test_every_answer_has_the_headers_and_no_cookie(client, offer, look, pay):
    answers = {
        200: look(client, offer),
        303: pay(client, offer),
        400: look(client, "x"),
        404: client.get("/orders", base_url=HERE),
        405: client.put("/", base_url=HERE),
        413: pay(client, offer, extra={"x": "y" * 5000}),
        415: client.post("/", json={}, base_url=HERE),
        422: pay(client, offer, number=""),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["Content-Security-Policy"] == (
            f"default-src 'none'; script-src 'sha256-{SEALER_HASH}'; style-src 'self'; "
            "form-action 'self' http://localhost:8000; base-uri 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Set-Cookie" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        assert answer.text.count("<script") == (1 if status == 200 else 0)
        if status != 303:
            assert '<html lang="en">' in answer.text
            assert "<h1>" in answer.text


def test_a_form_past_4_kib_is_refused_with_a_page(client, offer, pay, refused):
    answer = pay(client, offer, extra={"x": "y" * 5000})
    refused(answer, 413, "too long to be a card", [f"{SHOP}/"])


def test_a_body_that_could_be_spooled_to_disk_is_not_read(client, offer, pay, refused, kept):
    answer = pay(client, offer, content_type="multipart/form-data")
    refused(answer, 415, "only reads its own form", [f"{SHOP}/"])
    assert kept() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
        {"Origin": "https://evil.example"},
        {"Origin": SHOP},
    ],
)
def test_a_form_from_another_site_is_refused(client, offer, headers, pay, refused, kept):
    refused(pay(client, offer, headers=headers), 403, "another site", [f"{SHOP}/"])
    assert kept() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": HERE},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": HERE},
    ],
)
def test_a_form_from_this_page_is_taken(client, offer, headers, pay):
    assert pay(client, offer, headers=headers).status_code == 303


def test_another_site_may_lead_here(client, offer, look):
    assert look(client, offer, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_another_host_name_is_refused(client, offer, refused):
    answer = client.get("/", query_string={"offer": offer}, base_url="http://evil.example")
    refused(answer, 400, "could not be understood", [f"{SHOP}/"])
    assert "evil" not in answer.text


def test_plain_http_from_another_machine_is_refused(client, offer, look, refused):
    answer = look(client, offer, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    refused(answer, 403, "only taken over https", [f"{SHOP}/"])


@pytest.fixture
def public_client(make_page):
    """The payment page as it stands behind a proxy at 192.0.2.1."""
    return make_page(
        shop_origin="https://shop.example",
        payment_origin="https://pay.example",
        proxies=frozenset({"192.0.2.1"}),
    ).test_client()


FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "pay.example",
    "X-Forwarded-For": "198.51.100.9",
}


def ask_through(client, address, host="pay.example"):
    return client.get(
        "/",
        base_url=f"http://{host}",
        headers=FORWARDED,
        environ_overrides={"REMOTE_ADDR": address},
    )


def test_behind_its_proxy_the_page_is_secure_and_says_so_for_a_year(public_client):
    answer = ask_through(public_client, "192.0.2.1", host="internal")
    assert "opens from your order" in answer.text
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "form-action 'self' https://shop.example;" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["192.0.2.2", "127.0.0.1"])
def test_forwarded_headers_of_anyone_else_are_not_believed(public_client, address):
    answer = ask_through(public_client, address)
    assert answer.status_code == 403
    assert "Strict-Transport-Security" not in answer.headers


def test_an_error_is_drawn_and_its_text_is_not_logged(
    client, offer, monkeypatch, caplog, pay, refused
):
    def fail(fields):
        raise RuntimeError(f"with {fields}")

    monkeypatch.setattr(client.application.till, "card", fail)
    answer = pay(client, offer)
    refused(answer, 500, "Something went wrong on our side", [f"{SHOP}/"])
    assert "RuntimeError in fail, line" in caplog.text
    assert "4242" not in caplog.text + answer.text


def test_nothing_that_was_sent_is_logged(client, offer, caplog, capfd, look, pay):
    caplog.set_level(logging.DEBUG)
    pay(client, offer)
    pay(client, offer, number="4242", extra={"cvv": "987"})
    look(client, "4242424242424242")
    said = caplog.text + "".join(capfd.readouterr())
    assert not re.search(f"4242|987|{re.escape(LINK)}|{offer[:40]}", said)


def test_a_flood_from_one_address_is_refused(client, offer, clock, pay, refused, kept):
    for _ in range(240):
        assert client.get("/nothing", base_url=HERE).status_code == 404
    refused(pay(client, offer), 429, "Wait a minute", [f"{SHOP}/"])
    clock[0] += 60
    assert pay(client, offer).status_code == 303


def test_limits_can_be_switched_off(make_page):
    client = make_page(limits=False).test_client()
    statuses = {client.get("/nothing", base_url=HERE).status_code for _ in range(300)}
    assert statuses == {404}


def test_core_dumps_are_off(client):
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


# Starting


def start(environ, code="from storefront.handoff.payment_page import app"):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
    )


def test_the_app_is_made_from_the_environment(instance):
    code = "from storefront.handoff.payment_page import app; print(app.till.settings)"
    done = start({"STOREFRONT_INSTANCE": str(instance)}, code)
    assert done.stderr == ""
    assert "payment_origin='http://127.0.0.1:8001'" in done.stdout
    assert f"{instance}/payment" in done.stdout


@pytest.mark.parametrize(
    "lost", ["shop.pub", "vault.pub", "root.pub", "manifest", "line.pem", "line.key"]
)
def test_without_a_key_the_page_refuses_to_start_and_says_what_makes_it(make_page, instance, lost):
    (instance / "payment" / lost).unlink()
    with pytest.raises(HandoffError, match="vault init"):
        make_page()


def test_without_set_up_the_app_refuses_to_start_in_words(tmp_path):
    done = start({"STOREFRONT_INSTANCE": str(tmp_path)})
    assert done.returncode != 0
    assert "run bin/run, or `vault init`" in done.stderr


def test_importing_the_page_loads_no_model_no_shop_and_no_vault():
    code = "import sys, storefront.handoff.payment_page; print(*sys.modules)"
    done = start({}, code)
    loaded = set(done.stdout.split())
    ours = {name for name in loaded if name.split(".")[0] in ("storefront", "vault")}
    assert "storefront.handoff.till" in ours
    assert all(name == "storefront" or name.startswith("storefront.handoff") for name in ours)
    assert not loaded & {"peewee", "sqlite3", "psycopg", "huey"}


def test_the_module_has_no_other_made_up_names():
    with pytest.raises(AttributeError):
        _ = payment_page.application
