"""An editor at work, and a draft to work on."""

import pytest

from storefront.models import PolicyDraft, PolicyVersion
from tests.conftest import Visitor
from tests.staff import signed_in


@pytest.fixture
def editor(app):
    return signed_in(app, "editor")


@pytest.fixture(params=["pages", "fragments"])
def at_work(request, editor) -> Visitor:
    """An editor who asks for pages, or through htmx for fragments."""
    return Visitor(editor, request.param == "fragments")


@pytest.fixture
def draft(settings, clock) -> PolicyDraft:
    """A draft made out of the version in force, saved by somebody a while ago."""
    text = PolicyVersion.last().text
    return PolicyDraft.begin(text, role="editor", at=clock(), started_from=1)
