"""Drafts of the policy at the desk: begun, saved, by several at once, thrown away."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest

from storefront import policy
from storefront.models import PolicyDraft, PolicyVersion
from tests.conftest import Visitor
from tests.drafts import RETAILER, text_in, typed, url
from tests.journey import hidden_in
from tests.staff import signed_in

# Begun


def test_a_draft_is_begun_with_the_version_in_force(editor):
    page = editor.get("/desk/policy").text
    assert "Start from version 1, in force" in page
    answer = editor.post("/desk/policy/drafts", data={"from": "1"})
    draft = PolicyDraft.get()
    assert (answer.status_code, answer.location) == (303, f"http://localhost{url(draft)}")
    assert draft.text == PolicyVersion.last().text
    assert (draft.started_from, draft.updated_by) == (1, "editor")
    assert text_in(editor.get(url(draft)).text) == draft.text
    assert "Draft made out of version 1" in editor.get("/desk/policy").text


@pytest.mark.parametrize("number", ["77", "-1", "9" * 30])
def test_a_draft_of_no_version_is_refused(editor, number):
    answer = editor.post("/desk/policy/drafts", data={"from": number})
    assert answer.status_code == 422
    assert "no version of that number" in answer.text
    assert not PolicyDraft.select().exists()


def test_a_text_is_pasted_as_it_is_with_windows_line_ends_and_all(editor):
    editor.post("/desk/policy/drafts", data={"text": RETAILER.replace("\n", "\r\n")})
    draft = PolicyDraft.get()
    assert (draft.text, draft.started_from) == (RETAILER, None)
    assert "Draft of a pasted text" in editor.get(url(draft)).text


def upload(editor, raw: bytes, text: str = ""):
    """Send a file in the form that begins a draft."""
    data = {"text": text, "file": (BytesIO(raw), "policy.md")}
    answer = editor.post("/desk/policy/drafts", data=data)
    answer.request.environ["wsgi.input"].close()  # werkzeug's client leaves large ones open
    return answer


def test_a_text_may_come_as_a_file(editor):
    upload(editor, b"\xef\xbb\xbf" + RETAILER.replace("\n", "\r\n").encode())
    assert PolicyDraft.get().text == RETAILER


def test_a_file_beside_a_text_is_refused_and_the_text_stays(editor):
    answer = upload(editor, b"Filed.", "Typed.")
    assert answer.status_code == 422
    assert "There is a text in the field as well" in answer.text
    assert text_in(answer.text) == "Typed."
    assert not PolicyDraft.select().exists()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "This file is empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "This file is a PDF"),
        (b"PK\x03\x04\x14\x00", "a Word document"),
        ("\n\nfür alle".encode("latin-1"), "not UTF-8 text (line 3)"),
        (b"One.\n\0Two.", "something in line 2 that no text has"),
        (b"a" * 740_000, "has 723 KiB, and a policy may have 512"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_words(editor, raw, words):
    answer = upload(editor, raw)
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert not PolicyDraft.select().exists()


# Saved


def test_a_draft_is_saved_with_its_words_and_its_day(at_work, draft, clock):
    later = (clock() + timedelta(days=30)).date()
    facts = {"text": RETAILER, "changes": " All \n new. ", "in_force_on": later.isoformat()}
    answer = at_work.post(url(draft), typed(draft, **facts))
    assert answer.status_code == (200 if at_work.fragments else 303)
    kept = PolicyDraft.get()
    assert (kept.text, kept.changes, kept.in_force_on) == (RETAILER, "All new.", later)
    page = at_work.client.get(url(draft)).text
    assert text_in(page) == RETAILER
    assert f'value="{later}"' in page
    assert PolicyVersion.last().number == 1, "nothing is posted by saving"


def test_what_is_saved_by_htmx_brings_the_new_revision_and_leaves_the_text_alone(editor, draft):
    visitor = Visitor(editor, True)
    answer = visitor.post(url(draft), typed(draft, text=RETAILER))
    assert hidden_in(answer.text)["revision"] == str(draft.revision + 1)
    assert 'id="status" hx-swap-oob="true"' in answer.text
    assert "Saved." in answer.text
    assert "<textarea" not in answer.text


@pytest.mark.parametrize("then", ["marks", "posting"])
def test_marking_and_posting_save_first(at_work, draft, then):
    answer = at_work.post(url(draft), typed(draft, text=RETAILER, then=then))
    way = answer.headers["HX-Redirect" if at_work.fragments else "Location"]
    assert way.endswith(url(draft, f"/{then}"))
    assert PolicyDraft.get().text == RETAILER


BAD = {
    "nothing": (" \n ", "There is no text yet"),
    "723 KB": ("Wörter " * 92_000, "a policy may have 512 KiB at most"),
    "a zero byte": ("One.\nTw\0o.", "something in line 2 that no text has"),
    "control characters": ("\x01\n\x02\n\n\x03", "in lines 1, 2 and 4"),
    "many of them": ("\x01\n" * 9, "in lines 1, 2, 3, 4, 5 and more"),
    "a card": ("Ann.\nHer card: 4242 4242 4242 4242.", "Line 2 holds what looks like the number"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_text_that_cannot_be_kept_is_refused_in_words_and_not_lost(at_work, draft, kind):
    text, words = BAD[kind]
    answer = at_work.post(url(draft), typed(draft, text=text, changes="My words."))
    assert answer.status_code == 422
    assert words in answer.text
    shown = re.sub(r"[\0\x01-\x08]", "", text)
    assert text_in(answer.text) == shown
    assert text_in(answer.text, "changes") == "My words."
    assert PolicyDraft.get().revision == draft.revision
    assert ("HX-Retarget" in answer.headers) is at_work.fragments


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"in_force_on": "2001-01-01"}, "1 January 2001 is past"),
        ({"in_force_on": "soon"}, "such as 2027-03-31"),
        ({"changes": "x" * 1001}, "keep this to 1000 characters"),
    ],
)
def test_other_fields_are_refused_in_words_and_the_text_is_not_lost(at_work, draft, fields, words):
    answer = at_work.post(url(draft), typed(draft, text=RETAILER, **fields))
    assert answer.status_code == 422
    assert words in answer.text
    assert text_in(answer.text) == RETAILER
    assert PolicyDraft.get().revision == draft.revision


def test_a_day_before_that_of_a_version_posted_for_later_is_refused(editor, draft, settings, clock):
    later = clock() + timedelta(days=20)
    key, words = policy.read_key(settings.keys), {"role": "editor", "changes": "Less."}
    policy.publish("Little.", key, in_force_at=later, at=clock(), **words)
    answer = editor.post(url(draft), data=typed(draft, in_force_on=""))
    assert answer.status_code == 422
    assert "Version 2 is posted already and comes into force on" in answer.text
    page = editor.get("/desk/policy").text
    assert "Version 2, in force from" in page
    assert "Start from version 2, posted for later" in page
    day = (later + timedelta(days=1)).date().isoformat()
    assert editor.post(url(draft), data=typed(draft, in_force_on=day)).status_code == 303


def test_a_form_larger_than_any_policy_is_refused_in_words(editor, draft):
    answer = editor.post(url(draft), data=typed(draft, text="x" * (4 * 2**20)))
    assert answer.status_code == 413
    assert "far larger than a policy can be" in answer.text
    assert PolicyDraft.get().revision == draft.revision


def test_nobody_else_makes_the_shop_read_a_long_form(client, draft):
    answer = client.post(url(draft), data=typed(draft, text="x" * 70_000))
    assert answer.status_code == 413
    assert "larger than anything this shop asks for" in answer.text


def test_of_two_editors_one_wins_and_the_other_sees_what_differs(at_work, app, draft):
    other, mine = signed_in(app, "manager"), typed(draft, text="# Mine\n\nLittle.\n")
    theirs = typed(draft, text="# Theirs\n\nNothing.\n", changes="Theirs.")
    assert other.post(url(draft), data=theirs).status_code == 303
    answer = at_work.post(url(draft), mine)
    assert answer.status_code == 422
    assert "Somebody else has saved this draft" in answer.text
    assert "role of manager" in answer.text
    assert "<del>Nothing</del> <ins>Little</ins>" in answer.text, "theirs is shown"
    assert text_in(answer.text) == mine["text"]
    assert PolicyDraft.get().text == theirs["text"]
    again = mine | hidden_in(answer.text) | {"csrf_token": ""}
    answer = at_work.post(url(draft), again)
    assert answer.status_code == (200 if at_work.fragments else 303)
    assert "Somebody else" not in answer.text
    assert ("HX-Retarget" in answer.headers) is at_work.fragments
    assert PolicyDraft.get().text == mine["text"]


def test_a_text_whose_draft_is_gone_can_be_kept_as_a_new_one(at_work, draft):
    draft.discard(draft.revision)
    answer = at_work.post(url(draft), typed(draft, text=RETAILER, changes="Mine."))
    assert answer.status_code == 422
    assert "posted or thrown away" in answer.text
    assert 'action="/desk/policy/drafts"' in answer.text
    assert "Save as a new draft" in answer.text
    assert text_in(answer.text) == RETAILER
    assert text_in(answer.text, "changes") == "Mine."
    assert at_work.client.get(url(draft)).status_code == 404


def test_a_draft_is_thrown_away_but_not_one_that_was_saved_since(editor, draft):
    seen = {"revision": str(draft.revision)}
    draft.rewrite(draft.revision, role="editor", at=draft.updated_at, text="Better.")
    answer = editor.post(url(draft, "/removal"), data=seen)
    assert answer.status_code == 422
    assert "it was not thrown away" in answer.text
    answer = editor.post(url(draft, "/removal"), data={"revision": str(draft.revision)})
    assert answer.location.endswith("/desk/policy")
    assert not PolicyDraft.select().exists()
    assert editor.post(url(draft, "/removal"), data=seen).status_code == 303


def test_who_was_signed_out_meanwhile_keeps_the_text(at_work, draft, clock):
    clock.forward(minutes=31)
    answer = at_work.post(url(draft), typed(draft, text=RETAILER))
    assert answer.status_code == 403
    assert "You were signed out" in answer.text
    assert PolicyDraft.get().revision == draft.revision
    if at_work.fragments:
        assert answer.headers["HX-Retarget"] == "#message"
    else:
        assert text_in(answer.text) == RETAILER
        assert f'action="{url(draft)}"' in answer.text
