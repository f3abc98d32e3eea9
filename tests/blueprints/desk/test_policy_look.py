"""What an editor sees beside a draft before anybody else does, and who gets to see it."""

import re
from html import unescape

from storefront.models import PolicyDraft
from tests.drafts import RETAILER, text_in, typed, url
from tests.staff import signed_in


def test_a_preview_shows_the_text_and_keeps_nothing(at_work, draft):
    answer = at_work.post("/desk/policy/preview", typed(draft, text="# New\n\nWe *care*."))
    assert answer.status_code == 200
    assert "We <em>care</em>." in answer.text
    assert ("<textarea" in answer.text) is not at_work.fragments
    assert "no-store" in answer.headers["Cache-Control"]
    if not at_work.fragments:
        assert text_in(answer.text) == "# New\n\nWe *care*."
    kept = PolicyDraft.get()
    assert (kept.revision, kept.text) == (draft.revision, draft.text)


def test_a_preview_says_beforehand_what_would_be_switched_off(at_work, draft):
    answer = at_work.post("/desk/policy/preview", typed(draft, text=RETAILER))
    assert "Left out: this would switch off the checkout" in answer.text
    assert "to deliver your order" in answer.text
    assert "Left out: " in said_in(answer.text) or not at_work.fragments
    marked = RETAILER.replace("address.", "address. {covers: orders}")
    answer = at_work.post("/desk/policy/preview", typed(draft, text=marked))
    assert "switch off the checkout" not in answer.text
    assert "Line 5:" in answer.text


def said_in(fragment: str) -> str:
    return fragment.partition('<div id="said"')[2].partition("</div>")[0]


def test_what_is_not_understood_is_named_with_its_line_and_the_right_name(at_work, draft):
    text = "# P\n\nA. {covers: ordres}\n\n{table: cookeis}\n\n{keep: order.emial}\n"
    answer = unescape(at_work.post("/desk/policy/preview", typed(draft, text=text)).text)
    assert re.search(r"Line 3</b> .*“ordres”.* Did you mean orders\?", answer)
    assert re.search(r"Line 5</b> .*“cookeis”.* Did you mean cookies\?", answer)
    assert re.search(r"Line 7</b> .*“order.emial”.* Did you mean order.email\?", answer)


def test_a_preview_of_what_cannot_be_kept_says_why(at_work, draft):
    answer = at_work.post("/desk/policy/preview", typed(draft, text=""))
    assert answer.status_code == 422
    assert "There is no text yet" in answer.text


HOSTILE = """# P <script>alert(1)</script>

<table><tr><td onclick="alert(2)">A cell</td></tr></table>

![pixel](data:image/png;base64,AAAA) [x](javascript:alert(3)) <iframe src="//evil"></iframe>
"""


def test_scripts_and_pictures_run_nowhere_at_the_desk(at_work, draft):
    answer = at_work.post("/desk/policy/preview", typed(draft, text=HOSTILE))
    preview = answer.text.partition('class="preview')[2].partition("</details>")[0]
    assert "A cell" in preview
    for bad in ("<script", "onclick", "<img", "<iframe", 'href="javascript'):
        assert bad not in preview, bad
    assert "To look at" in answer.text


def test_a_text_of_one_line_is_taken_and_remarked_upon(at_work, draft):
    answer = at_work.post("/desk/policy/preview", typed(draft, text="We care. " * 1000))
    assert answer.status_code == 200
    assert "The whole text is one line" in answer.text


def test_archived_addresses_are_no_cards(editor, draft):
    text = (
        "See https://web.example/web/42424242424242424/x and <http://a.example/4242424242424242>."
    )
    assert editor.post(url(draft), data=typed(draft, text=text)).status_code == 303


def test_only_editors_and_managers_get_there(app, draft):
    allowed = {"editor": 200, "manager": 200, "fulfilment": 403, "moderator": 403}
    for role, status in allowed.items():
        client = signed_in(app, role)
        for path in ("/desk/policy", url(draft), url(draft, "/marks"), url(draft, "/posting")):
            assert client.get(path).status_code == status, (role, path)


def test_a_manager_who_saves_does_so_as_manager(app, draft):
    signed_in(app, "manager").post(url(draft), data=typed(draft, text="New."))
    assert PolicyDraft.get().updated_by == "manager"
