"""Marking the clauses of a pasted text, and posting it in two steps."""

import re
from datetime import timedelta
from html import unescape

import pytest

from storefront import policy
from storefront.models import OutgoingMail, PolicyDraft, PolicyVersion
from storefront.notices import go_on
from storefront.reading.blocks import blocks
from tests.drafts import RETAILER, text_in, url
from tests.journey import hidden_in, place_order
from tests.staff import signed_in

MARKED = RETAILER.replace("address.", "address. {covers: orders}").replace(
    "using cookies.", "using cookies. {covers: cookies}"
)


@pytest.fixture
def draft(settings, clock) -> PolicyDraft:
    """A pasted text, marked but for what it says nothing of."""
    return PolicyDraft.begin(MARKED, role="editor", at=clock(), changes="Said shorter.")


@pytest.fixture
def post(settings, clock):
    """Post a text past the desk, as somebody else would."""

    def post(text: str, **dates):
        dates = {"in_force_at": clock(), "at": clock()} | dates
        key = policy.read_key(settings.keys)
        return policy.publish(text, key, role="manager", changes="Theirs.", **dates)

    return post


def second_step(editor, draft, **more) -> dict:
    """What the form on the page that shows what will be posted sends; everything is ticked."""
    page = editor.get(url(draft, "/posting")).text
    off = re.findall(r'name="off" value="([\w-]+)"', page)
    return hidden_in(page) | {"seen": text_in(page, "seen"), "off": off} | more


# Marking


def test_marking_lists_the_paragraphs_and_ticks_nothing_by_itself(editor, draft, clock):
    draft.rewrite(draft.revision, role="editor", at=clock(), text=RETAILER)
    page = unescape(editor.get(url(draft, "/marks")).text)
    assert "Line 5: </span>When you order online" in page
    assert "Perhaps orders?" in page
    assert "Perhaps cookies?" in page
    assert " checked>" not in page


def test_what_is_ticked_is_written_into_the_text(editor, draft, clock):
    draft.rewrite(draft.revision, role="editor", at=clock(), text=RETAILER)
    names = {block.words[:10]: block.name for block in blocks(RETAILER)}
    data = {
        "revision": str(draft.revision),
        "block": list(names.values()),
        names["When you o"]: ["orders"],
        names["We also id"]: ["cookies"],
    }
    answer = editor.post(url(draft, "/marks"), data=data)
    assert answer.location.endswith(url(draft))
    assert PolicyDraft.get().text == MARKED
    page = editor.get(url(draft, "/marks")).text
    assert page.count(" checked") == 2


def test_ticks_stay_with_their_paragraphs_when_somebody_saved_the_text_meanwhile(
    editor, draft, clock
):
    names = {block.words[:10]: block.name for block in blocks(MARKED)}
    seen = str(draft.revision)
    moved = "New words.\n\n" + MARKED.replace(" {covers: orders}", "")
    draft.rewrite(draft.revision, role="editor", at=clock(), text=moved)
    data = {
        "revision": seen,
        "block": list(names.values()),
        names["When you o"]: ["staff"],
        names["We also id"]: ["cookies"],
    }
    answer = editor.post(url(draft, "/marks"), data=data)
    assert answer.status_code == 422
    assert "with your ticks where its paragraphs are the same" in answer.text
    assert PolicyDraft.get().text == moved
    ticked = re.findall(r'name="([\w-]+)" value="(\w+)" checked', answer.text)
    assert ticked == [(names["When you o"], "staff"), (names["We also id"], "cookies")]
    again = {**data, **hidden_in(answer.text), "block": data["block"]}
    assert editor.post(url(draft, "/marks"), data=again).status_code == 303
    assert "address. {covers: staff}" in PolicyDraft.get().text


def test_marks_of_a_draft_that_is_gone_lead_nowhere(editor, draft):
    draft.discard(draft.revision)
    for answer in (editor.get(url(draft, "/marks")), editor.post(url(draft, "/marks"), data={})):
        assert answer.status_code == 404
        assert "posted or thrown away" in answer.text


def test_a_text_of_very_many_paragraphs_says_that_not_all_are_listed(editor, draft, clock):
    draft.rewrite(draft.revision, role="editor", at=clock(), text="A.\n\n" * 1600)
    page = editor.get(url(draft, "/marks")).text
    assert page.count("<fieldset") == 1500
    assert "more paragraphs than are listed here" in page


# Posting


def test_a_draft_is_posted_as_it_was_shown(editor, draft, client):
    page = unescape(editor.get(url(draft, "/posting")).text)
    assert "Post version 2" in page
    assert "in force at once" in page
    assert "“Said shorter.”" in page
    assert "Nobody has to be told by mail." in page
    assert "Left out: this would switch off" in page
    answer = editor.post(url(draft, "/posting"), data=second_step(editor, draft))
    assert answer.location.endswith("/desk/policy?posted=2")
    version = PolicyVersion.last()
    assert (version.number, version.text, version.changes) == (2, MARKED, "Said shorter.")
    assert version.posted_by == "editor"
    assert not PolicyDraft.select().exists()
    assert "Version 2 is posted." in editor.get(answer.location).text
    assert "When you order online" in client.get("/privacy").text


def test_a_draft_is_posted_for_a_later_day(editor, draft, clock, client):
    day = (clock() + timedelta(days=30)).date()
    draft.rewrite(draft.revision, role="editor", at=clock(), in_force_on=day)
    page = editor.get(url(draft, "/posting")).text
    assert f"in force from {day.day} {day:%B %Y}" in page
    editor.post(url(draft, "/posting"), data=second_step(editor, draft))
    assert PolicyVersion.last().in_force_at.date() == day
    assert PolicyVersion.in_force(clock()).number == 1
    assert "When you order online" not in client.get("/privacy").text
    clock.forward(days=31)
    assert "When you order online" in client.get("/privacy").text


def test_who_will_be_told_is_counted_and_then_told(editor, draft, client, plenty, clock):
    place_order(client, plenty)
    clock.forward(minutes=1)
    page = editor.get(url(draft, "/posting")).text
    assert "2 addresses will be told by mail" in page, "a shopper's, and the editor's own"
    editor.post(url(draft, "/posting"), data=second_step(editor, draft))
    go_on(clock())
    assert OutgoingMail.select().where(OutgoingMail.kind == "policy_changed").count() == 2


def test_what_would_be_switched_off_must_be_ticked(editor, draft, clock):
    draft.rewrite(draft.revision, role="editor", at=clock(), text=RETAILER)
    page = editor.get(url(draft, "/posting")).text
    assert "Switch off orders: the checkout" in page
    form = second_step(editor, draft)
    form["off"].remove("orders")
    answer = editor.post(url(draft, "/posting"), data=form)
    assert answer.status_code == 422
    assert "Say of orders" in answer.text
    assert PolicyVersion.last().number == 1
    assert editor.post(url(draft, "/posting"), data=second_step(editor, draft)).status_code == 303
    assert PolicyVersion.last().covers == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"changes": ""}, "what has changed"),
        ({"text": "A. {keep: order.shoe_size}"}, "names nothing on the register"),
        ({"text": "{foo: bar}"}, "is no mark of this shop"),
        ({"text": None}, "same as version 1"),
    ],
)
def test_what_cannot_be_posted_is_said_before(editor, draft, clock, facts, words):
    if "text" in facts:
        facts = {"text": facts["text"] or PolicyVersion.last().text}
    draft.rewrite(draft.revision, role="editor", at=clock(), **facts)
    page = editor.get(url(draft, "/posting")).text
    assert "It cannot be posted yet." in page
    assert words in unescape(page)
    assert 'name="digest"' not in page
    answer = editor.post(url(draft, "/posting"), data={"digest": draft.digest, "after": "1"})
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert PolicyVersion.last().number == 1


def test_a_day_that_has_passed_since_it_was_typed_is_refused(editor, draft, clock):
    tomorrow = (clock() + timedelta(days=1)).date()
    draft.rewrite(draft.revision, role="editor", at=clock(), in_force_on=tomorrow)
    step = second_step(editor, draft)
    clock.forward(days=3)
    client = signed_in(editor.application, "manager")
    answer = client.post(url(draft, "/posting"), data=step)
    assert answer.status_code == 422
    assert "is past" in answer.text


def test_a_draft_that_was_saved_since_it_was_looked_at_is_not_posted(editor, draft, clock):
    step = second_step(editor, draft)
    text = MARKED.replace("committed to", "careless about")
    draft.rewrite(draft.revision, role="manager", at=clock(), text=text)
    answer = editor.post(url(draft, "/posting"), data=step)
    assert answer.status_code == 422
    assert "so nothing was posted" in answer.text
    assert "The draft, since you looked at it" in answer.text
    assert "<del>committed to</del> <ins>careless about</ins>" in answer.text
    assert PolicyVersion.last().number == 1
    again = hidden_in(answer.text) | {"off": step["off"]}
    assert editor.post(url(draft, "/posting"), data=again).status_code == 303
    assert PolicyVersion.last().text == text


def test_of_two_editors_who_post_one_wins_and_the_other_sees_the_difference(
    editor, draft, clock, post
):
    step, before = second_step(editor, draft), PolicyVersion.last().text
    post(before.replace("as little as we can", "as much as we like"))
    answer = editor.post(url(draft, "/posting"), data=step)
    assert answer.status_code == 422
    assert "Version 2 was posted since you looked at this" in answer.text
    assert "Version 2, against version 1" in answer.text
    assert re.search("<ins>[^<]*much", answer.text)
    assert PolicyVersion.last().number == 2
    assert PolicyDraft.get().text == MARKED, "nothing of the other's is lost"
    assert "Post version 3" in answer.text
    again = hidden_in(answer.text) | {"off": step["off"]}
    assert editor.post(url(draft, "/posting"), data=again).status_code == 303


def test_a_second_press_of_the_button_posts_nothing_more(editor, draft):
    step = second_step(editor, draft)
    assert editor.post(url(draft, "/posting"), data=step).status_code == 303
    assert editor.post(url(draft, "/posting"), data=step).status_code == 404
    assert PolicyVersion.last().number == 2


def test_what_somebody_saves_while_it_is_posted_stays_as_a_draft(editor, draft, clock, monkeypatch):
    publish = policy.publish

    def meanwhile(*arguments, **facts):
        PolicyDraft.get().rewrite(draft.revision, role="editor", at=clock(), text="Later words.")
        return publish(*arguments, **facts)

    step = second_step(editor, draft)
    monkeypatch.setattr(policy, "publish", meanwhile)
    assert editor.post(url(draft, "/posting"), data=step).status_code == 303
    assert PolicyVersion.last().text == MARKED
    assert PolicyDraft.get().text == "Later words."
