"""Signing in to an account by mail, and what it opens."""

import re

import pytest

from storefront.mail import Postman
from storefront.models import Account, AccountLink, OutgoingMail
from tests.mails import delivered

ANN = "ann@example.com"


def newest_mail(app, about: str = "Sign in") -> str:
    """The text of the newest mail with that subject, once all have been sent."""
    Postman(app.extensions["settings"]).deliver_due(app.extensions["clock"])
    mails = [m for m in delivered(app.extensions["settings"]) if about in m["Subject"]]
    return mails[-1].get_body(("plain",)).get_content()


def link_in(mail: str) -> str:
    return re.search(r"http://localhost:\d+(/account/\S+)", mail)[1]


def test_smoke(client, app):
    assert client.get("/account").status_code == 303
    assert client.get("/account/sign-in").status_code == 200
    answer = client.post("/account/sign-in", data={"email": ANN})
    assert answer.status_code == 303
    link = link_in(newest_mail(app))
    assert client.get("/account/sign-in/asked").status_code == 200
    page = client.get(link)
    assert "You asked to sign in as ann@example.com" in page.text
    answer = client.post(link)
    assert answer.status_code == 303, answer.text
    for p in ("", "/addresses", "/addresses/new", "/email", "/passkeys", "/removal"):
        answer = client.get("/account" + p)
        assert answer.status_code == 200, p
        print(answer.text if not p else "")
