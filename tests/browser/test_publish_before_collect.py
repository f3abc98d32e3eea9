"""A contest's form goes with the text that does not speak of it, and comes back with one that does.

A new editor does both, from an invitation on; a visitor sees it, reads what changed, gets it in a
feed, and checks the signatures.
"""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from storefront.programs import ROOT
from tests.browser.test_door import DESK, authenticator
from tests.browser.test_policy import link_for, look, pasted
from tests.journey import ANN

__all__ = ["look", "pasted"]
BULLET = "When you enter a contest"
CLOSED = "No entries to contests are taken at the moment"
ATOM = {"atom": "http://www.w3.org/2005/Atom"}
CONTEST = """Name: alps
Prize: Two weeks of walking, for two
Opens: {}
Closes: {}

# Two weeks in the Alps

Anybody may enter.
"""


@pytest.fixture
def contest(shop_stack, tmp_path) -> str:
    """The address of a contest that is open."""
    today = datetime.now(UTC).date()
    file = tmp_path / "alps.md"
    file.write_text(CONTEST.format(today - timedelta(days=1), today + timedelta(days=30)))
    shop_stack.storefront("announce-contest", str(file))
    return "/contests/alps"


@pytest.fixture
def editor(shop_stack, new_page):
    """Somebody new, who has just come in with an invitation."""
    page = new_page(shop_stack.origin)
    authenticator(page)
    page.goto(link_for(shop_stack, "new"))
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(DESK)
    return page


def paste(editor, text: str, **covered: str) -> None:
    """Begin a draft with a text that has no marks, and mark its paragraphs by clause."""
    editor.goto("/desk/policy")
    editor.get_by_label("Text", exact=True).fill(text)
    editor.get_by_role("button", name="Begin with this text").click()
    editor.get_by_role("button", name="Mark clauses").click()
    expect(editor.get_by_role("heading", level=1)).to_have_text("Mark clauses")
    for clause, words in covered.items():
        editor.locator("fieldset", has_text=words).get_by_label(clause).check()
    editor.get_by_role("button", name="Write the marks into the text").click()
    expect(editor.get_by_role("button", name="Post…")).to_be_visible()
    text = editor.get_by_label("Text", exact=True).input_value()
    assert text.count("{covers: ") == len(covered)


def row_of(editor, clause: str):
    return editor.locator("table.coverage tr", has=editor.get_by_role("rowheader", name=clause))


def post(editor, changes: str, *off: str) -> None:
    """Say what has changed, tick what is switched off, and post it."""
    editor.get_by_label("What has changed").fill(changes)
    editor.get_by_role("button", name="Post…").click()
    button = editor.get_by_role("button", name="Post version")
    expect(button).to_be_visible()
    asked = editor.locator("input[name=off]")
    assert {box.get_attribute("value") for box in asked.all()} == {*off}
    for box in asked.all():
        box.check()
    button.click()
    expect(editor.locator(".notice").first).to_contain_text("is posted.")


def enter(visitor) -> None:
    """Fill the contest's form in and send it."""
    for name, words in ANN.items():
        field = visitor.locator(f"#entry [name={name}]")
        field.select_option(words) if name == "country" else field.fill(words)
    visitor.get_by_role("button", name="Enter the contest").last.click()


def test_the_contest_goes_and_comes_back_with_the_text_that_covers_it(
    shop_stack, contest, editor, new_page, pasted, look
):
    less = "".join(line for line in pasted.splitlines(True) if BULLET not in line)
    assert less != pasted
    visitor, late = new_page(shop_stack.origin), new_page(shop_stack.origin)
    late.goto(contest)  # and has the form open when it is switched off
    expect(late.get_by_label("E-mail address")).to_be_visible()

    paste(editor, less, orders="When you order", cookies="identify you by using cookies")
    expect(row_of(editor, "contests")).to_contain_text("this would switch off entering contests")
    expect(row_of(editor, "orders")).to_contain_text("When you order")
    look(editor, "without-contests")
    others = ("accounts", "catalogue", "contact", "insider", "resellers", "staff")
    others += ("testimonials", "traffic", "trail", "waiting")
    post(editor, "We hold no contests.", "contests", *others)
    expect(editor.locator("main")).to_contain_text("so this is off: entering contests")

    visitor.goto(contest)
    expect(visitor.locator("main")).to_contain_text(CLOSED)
    expect(visitor.get_by_label("E-mail address")).to_have_count(0)
    look(visitor, "contest-closed")
    enter(late)
    expect(late.locator("#entry")).to_contain_text(CLOSED)
    forged = late.request.post(
        f"{contest}/entries",
        form=ANN,
        headers={"Origin": shop_stack.origin},
    )
    assert (forged.status, CLOSED in forged.text()) == (422, True)

    covered = {"orders": "When you order", "cookies": "identify you by using cookies"}
    paste(editor, pasted, **covered, contests=BULLET)
    expect(row_of(editor, "contests")).to_contain_text(BULLET)
    post(editor, "We hold contests again.")
    visitor.goto(contest)
    enter(visitor)
    expect(visitor).to_have_url(f"{shop_stack.origin}{contest}/entered")

    reads_the_change(visitor)
    finds_it_in_the_feed(visitor)
    checks_the_signatures(shop_stack)


def reads_the_change(visitor) -> None:
    visitor.goto("/privacy")
    visitor.get_by_text("What changed: We hold contests again.").click()
    change = visitor.locator("details.summary")
    expect(change.locator("ins")).to_contain_text(BULLET)
    expect(change).to_contain_text("It now covers “contests”")
    expect(change.locator("del")).to_have_count(0)


def finds_it_in_the_feed(visitor) -> None:
    """As a feed reader does: from what the page names."""
    feed = visitor.locator('link[type="application/atom+xml"]').get_attribute("href")
    entries = ElementTree.fromstring(visitor.request.get(feed).text()).findall("atom:entry", ATOM)
    assert len(entries) == 3
    assert entries[0].findtext("atom:summary", "", ATOM) == "We hold contests again."
    assert f"<ins>{BULLET}" in entries[0].findtext("atom:content", "", ATOM)
    assert f"<ins>{BULLET}" not in entries[1].findtext("atom:content", "", ATOM)


def checks_the_signatures(shop) -> None:
    script = [sys.executable, "-I", str(ROOT / "docs" / "verify_policy.py"), shop.origin]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 3 are as they were posted." in done.stdout
