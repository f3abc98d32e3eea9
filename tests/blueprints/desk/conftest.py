"""Somebody who signs in, an editor at work, and a draft to work on."""

import pytest

from storefront.models import PolicyDraft, PolicyVersion, Staff
from tests.blueprints.desk.selling import Seller
from tests.conftest import Visitor
from tests.staff import PASSWORD, code, settled, signed_in


@pytest.fixture
def editor(app):
    return signed_in(app, "editor")


@pytest.fixture(params=["pages", "fragments"])
def at_work(request, editor) -> Visitor:
    """An editor who asks for pages, or through htmx for fragments."""
    return Visitor(editor, request.param == "fragments")


@pytest.fixture
def browser(app):
    """Somebody who packs, and answers."""
    return signed_in(app, "fulfilment")


@pytest.fixture(params=["pages", "fragments"])
def packer(request, browser) -> Visitor:
    """The same, asking for pages, or through htmx for fragments."""
    return Visitor(browser, request.param == "fragments")


@pytest.fixture
def draft(settings, clock) -> PolicyDraft:
    """A draft made out of the version in force, saved by somebody a while ago."""
    text = PolicyVersion.last().text
    return PolicyDraft.begin(text, role="editor", at=clock(), started_from=1)


@pytest.fixture
def staff(app) -> Staff:
    return settled(app, "editor", email="ann@staff.example")


@pytest.fixture
def sign_in(app, client):
    """Sends the form as it should be, but for what a test says; a minute on, with a new code."""

    def send(browser=None, after=60, **given):
        app.extensions["clock"].forward(seconds=after)
        form = {"email": "ann@staff.example", "password": PASSWORD, "code": code(app)} | given
        headers = {"Sec-Fetch-Site": "same-origin"}
        return (browser or client).post("/desk/door", data=form, headers=headers)

    return send


@pytest.fixture(params=["pages", "fragments"])
def seller(request, app) -> Seller:
    """A manager who sends forms about money and rules, either way."""
    return Seller(app, "manager", request.param == "fragments")
