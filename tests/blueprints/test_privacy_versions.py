"""Every version that was posted stays to be read, and what changed can be told and checked."""

import json
import re
from base64 import b64decode
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storefront import notes, policy
from storefront.models import PolicyVersion

ATOM = "{http://www.w3.org/2005/Atom}"
FIRST = "# Privacy\n\nWe ask for little.\r\n\n## Orders\n\nYour name. {covers: orders}\n"
SECOND = FIRST.replace("ask for little", "ask for less") + "\n## Logs\n\nNone & <b>never</b>.\n"


@pytest.fixture
def post(settings, clock):
    """Post a text, in force so many days from now."""

    def post(text, changes="Said better.", days=0, role="editor"):
        key, at = policy.read_key(settings.keys), clock()
        dates = {"at": at, "in_force_at": at + timedelta(days=days)}
        return policy.publish(text, key, role=role, changes=changes, **dates)

    return post


def words_of(answer) -> str:
    """A page's words between tags, with single spaces."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2]).split())


def test_the_page_says_since_when_it_holds_who_posted_it_and_what_changed(client, clock, post):
    post(FIRST)
    post(SECOND, "Less is asked for.", role="manager")
    page = client.get("/privacy")
    today = clock().strftime("%-d %B %Y")
    assert f"Version 3, in force since {today}. Posted on {today} by a manager." in page.text
    assert "<summary>What changed: Less is asked for.</summary>" in page.text
    assert "We ask for <del>little</del> <ins>less</ins>." in page.text
    assert "<b>Added:</b> <ins>Logs</ins>" in page.text
    assert 'type="application/atom+xml"' in page.text
    for url in ("/privacy/versions", "/privacy/versions/3.note", "/privacy/policy.pub"):
        assert f'href="{url}"' in page.text
        assert client.get(url).status_code == 200


def test_the_contents_lead_to_the_headings_and_clauses_have_anchors(client, post):
    post(SECOND)
    page = client.get("/privacy").text
    assert "<h1>Privacy</h1>" in page
    assert page.count("<h1") == 1
    for anchor in re.findall(r'href="#(on-[^"]+)"', page):
        assert page.count(f'id="{anchor}"') == 1
    assert 'href="#on-logs"' in page
    assert '<p id="clause-orders">Your name.</p>' in page


def test_a_text_without_a_title_has_the_pages_own(client, post):
    post("Nothing is kept.")
    page = client.get("/privacy").text
    assert "<h1>Privacy and security</h1>" in page
    assert "On this page" not in page


def test_links_to_the_other_privacy_pages_are_there_once_those_are(client, app):
    page = client.get("/privacy").text
    for endpoint, path in {
        "privacy.mine": "/privacy/mine",
        "privacy.data_map": "/privacy/data-map",
        "privacy.recipients": "/privacy/recipients",
        "privacy.cookies": "/privacy/cookies",
    }.items():
        assert (f'href="{path}"' in page) is (endpoint in app.view_functions), endpoint


def test_the_next_version_is_announced_with_its_date(client, clock, post):
    post(FIRST)
    post(SECOND, days=7)
    page = client.get("/privacy").text
    day = (clock() + timedelta(days=7)).strftime("%-d %B %Y")
    assert f"From {day} <a" in page
    assert 'href="/privacy/changes?from=2&amp;to=3"' in page
    assert "ask for little" in page
    clock.forward(days=7)
    page = client.get("/privacy").text
    assert "ask for less" in page
    assert "will be in force" not in page


def test_each_version_says_whether_it_holds(client, clock, post):
    post(FIRST)
    clock.forward(days=1)
    post(SECOND, days=9)
    day = (clock() + timedelta(days=9)).strftime("%-d %B %Y")
    assert f"in force on {day}" in words_of(client.get("/privacy/versions/3"))
    assert f"until version 3 takes its place on {day}" in words_of(
        client.get("/privacy/versions/2")
    )
    assert "when version 2 took its place" in words_of(client.get("/privacy/versions/1"))
    assert "Read what is in force now" in words_of(client.get("/privacy/versions/1"))
    clock.forward(days=9)
    assert f"Not in force since {day}" in words_of(client.get("/privacy/versions/2"))
    assert f"In force since {day}." in words_of(client.get("/privacy/versions/3"))


def test_a_version_whose_place_was_taken_before_it_began_says_so(client, clock, post):
    post(FIRST, days=9)
    post(SECOND, days=9)
    clock.forward(days=20)
    assert "Never in force: version 3" in words_of(client.get("/privacy/versions/2"))
    assert client.get("/privacy/versions.json").json["versions"][1]["state"] == "void"


def test_an_old_version_says_that_its_tables_are_of_today(client, post):
    assert "drawn from what" not in client.get("/privacy/versions/1").text
    post(FIRST)
    assert "drawn from what this shop does today" in client.get("/privacy/versions/1").text
    assert "drawn from what" not in client.get("/privacy/versions/2").text


def test_a_text_is_given_out_as_it_was_posted(client, post):
    version = post(FIRST + "\n<script>alert(1)</script> `cart`\n")
    answer = client.get("/privacy/versions/2.md")
    assert answer.data == version.text.encode()
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_text_is_given_to_the_byte_though_it_holds_the_carts_own_markup(app, post):
    badge = re.search(r'<a id="badge".*?</a>', app.test_client().get("/").text, re.DOTALL)[0]
    version = post(f"# P\n\n{badge}\n")
    answer = app.test_client().get("/privacy/versions/2.md", headers={"Cookie": "theme=x"})
    assert answer.data == version.text.encode()
    assert "Cart" in app.test_client().get("/privacy").text


def test_a_signed_note_and_the_key_are_enough_to_check_a_version(client, post):
    version = post(SECOND)
    answer = client.get("/privacy/versions/2.note")
    assert answer.data == policy.signed_note(version).encode()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    line = client.get("/privacy/policy.pub").text
    key = Ed25519PublicKey.from_public_bytes(b64decode(line.split("+", 2)[2])[1:])
    assert line == f"{notes.verifier(key)}\n"
    assert policy.verify(PolicyVersion.last(), key)


@pytest.mark.parametrize("ending", ["", ".md", ".note"])
def test_a_version_that_was_never_posted_is_answered_with_those_that_were(client, ending):
    answer = client.get(f"/privacy/versions/7{ending}")
    assert answer.status_code == 404
    assert "Version 7 has not been posted." in answer.text
    assert 'href="/privacy/versions/1"' in answer.text


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "1.txt"])
def test_a_slip_in_a_number_is_not_found(client, number):
    assert client.get(f"/privacy/versions/{number}").status_code == 404


def test_all_versions_are_listed_a_page_at_a_time(client, post):
    for n in range(51):
        post(f"Text number {n}.", f"Change {n}.")
    first, second = client.get("/privacy/versions"), client.get("/privacy/versions?page=2")
    assert first.text.index("Version 52") < first.text.index("Version 3<")
    assert "Change 50." in first.text
    assert "page=2" in first.text
    assert "Version 1<" not in first.text
    assert "Version 1<" in second.text
    assert "page=3" not in second.text
    assert client.get("/privacy/versions?page=0").status_code == 404
    assert "There are none on this page" in client.get("/privacy/versions?page=99").text


def test_versions_for_machines(client, clock, post):
    post(FIRST)
    post(SECOND, days=7)
    told = client.get("/privacy/versions.json").json
    newest, middle, oldest = told["versions"]
    assert [v["number"] for v in told["versions"]] == [3, 2, 1]
    assert [v["state"] for v in told["versions"]] == ["next", "in force", "past"]
    assert newest["previous"] == middle["digest"]
    assert oldest["previous"] == ""
    assert middle["covers"] == ["orders"]
    assert middle["posted_by"] == "editor"
    assert middle["in_force_until"] == newest["in_force_at"]
    assert newest["in_force_until"] is None
    for url in (told["policy"], told["key"], *newest["links"].values()):
        assert client.get(url).status_code == 200, url
    assert json.dumps(told).count("@") == 0, "a role, and never a person"


# What changed


def test_any_two_versions_can_be_compared(client, post):
    post(FIRST)
    post(SECOND)
    post(FIRST + "\n")
    page = client.get("/privacy/changes?from=2&to=3").text
    assert "We ask for <del>little</del> <ins>less</ins>." in page
    assert '<option value="2" selected>' in page
    assert "From version 2 to version 3" in page
    back = client.get("/privacy/changes?from=3&to=2").text
    assert "We ask for <del>less</del> <ins>little</ins>." in back
    assert "<b>Removed:</b> <del>Logs</del>" in back
    assert "The words are the same." in client.get("/privacy/changes?from=2&to=4").text


def test_without_a_choice_the_last_version_is_compared_with_the_one_before(client, post):
    post(FIRST)
    assert "From version 1 to version 2" in client.get("/privacy/changes").text


def test_clauses_that_came_and_went_are_said_in_a_sentence(client, post):
    post("A. {covers: orders}")
    post("A. {covers: newsletter, contests}")
    page = client.get("/privacy/changes?from=2&to=3").text
    assert "It now covers “newsletter”, “contests”." in page
    assert "It no longer covers “orders”." in page


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("from=1&to=1", 200, "Nothing changes from a version to itself"),
        ("from=1&to=9", 404, "There is no version 9"),
        ("from=0&to=1", 404, "There is no version 0"),
        ("from=-5&to=1", 404, "There is no version -5"),
        ("from=x&to=1", 404, "There is no version 0"),
        ("to=99999999999999999999", 404, "There is no version 99999999999999999998"),
    ],
)
def test_a_choice_that_cannot_be_compared_is_answered_in_a_sentence(client, query, status, words):
    answer = client.get(f"/privacy/changes?{query}")
    assert answer.status_code == status
    assert words in answer.text
    assert "<select" in answer.text


def test_moved_and_removed_passages_are_shown_where_they_are(client, post):
    staying = "Two is here and stays.\n\nThree is here and stays.\n\n"
    post(f"# P\n\nOne goes away.\n\n{staying}Four moves.\n")
    post(f"# P\n\nFour moves.\n\n{staying}")
    page = client.get("/privacy/changes?from=2&to=3").text
    assert "<b>Moved here:</b> Four moves." in page
    assert "<b>Removed:</b> <del>One goes away.</del>" in page


def test_many_changes_are_told_on_a_page_of_their_own(client, post):
    post("\n\n".join(f"The number {n} is kept." for n in range(40)))
    post("\n\n".join(f"The number {n} is sold." for n in range(40)))
    page = client.get("/privacy").text
    assert page.count("<b>Reworded:</b>") == 12
    assert '<a href="/privacy/changes?from=2&amp;to=3">All 40 changes</a>' in page
    assert client.get("/privacy/changes?from=2&to=3").text.count("<b>Reworded:</b>") == 40


def test_what_stands_in_a_text_is_words_in_its_diff(client, post):
    post("Safe &lt;script&gt;alert(1)&lt;/script&gt; `<img src=x onerror=y>` one.")
    post("Safe &lt;script&gt;alert(2)&lt;/script&gt; `<img src=x onerror=z>` one.", "<b>bold</b>")
    for url in ("/privacy", "/privacy/changes", "/privacy/versions", "/privacy/versions/3"):
        page = client.get(url).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<b>bold" not in page


# The feed


def test_the_feed_is_what_atom_asks_for(client, settings, post):
    post(FIRST)
    post(SECOND + "\n\x0c\ufffe", "Less is <asked> for & kept.\x0c")
    answer = client.get("/privacy/feed.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 3
    for one in (feed, *entries):
        for name in ("id", "title", "updated"):
            (found,) = one.findall(f"{ATOM}{name}")
            assert found.text.strip()
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one.find(f"{ATOM}id").text)
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", one.find(f"{ATOM}updated").text
        )
    ids = [one.find(f"{ATOM}id").text for one in (feed, *entries)]
    assert len(set(ids)) == 4
    assert feed.find(f"{ATOM}author/{ATOM}name").text == settings.shop["name"]
    (own,) = feed.findall(f"{ATOM}link[@rel='self']")
    assert own.get("href") == f"{settings.shop_origin}/privacy/feed.atom"
    for entry, number in zip(entries, (3, 2, 1), strict=True):
        (link,) = entry.findall(f"{ATOM}link[@rel='alternate']")
        assert link.get("href") == f"{settings.shop_origin}/privacy/versions/{number}"


def test_an_entry_has_the_editors_words_and_the_diff_as_html(client, post):
    post(FIRST)
    post(SECOND, "Less is <asked> for & kept.")
    entry = ElementTree.fromstring(client.get("/privacy/feed.atom").data).find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}summary").text == "Less is <asked> for & kept."
    content = entry.find(f"{ATOM}content")
    assert content.get("type") == "html"
    assert "<p>Less is &lt;asked&gt; for &amp; kept.</p>" in content.text
    assert "We ask for <del>little</del> <ins>less</ins>." in content.text


def test_an_entry_keeps_its_id_when_others_come(client, post):
    def ids():
        feed = ElementTree.fromstring(client.get("/privacy/feed.atom").data)
        return [one.text for one in feed.iter(f"{ATOM}id")]

    before = ids()
    post(FIRST)
    after = ids()
    assert after[0] == before[0]
    assert after[2:] == before[1:]


def test_before_any_policy_is_posted_machines_are_told_so(client, monkeypatch):
    nothing = PolicyVersion.select().where(PolicyVersion.number < 0)
    monkeypatch.setattr(PolicyVersion, "select", classmethod(lambda cls, *columns: nothing.clone()))
    assert client.get("/privacy/feed.atom").status_code == 404
    assert client.get("/privacy/versions").status_code == 200
    assert client.get("/privacy/changes").status_code == 404
    assert "takes no orders" in client.get("/privacy").text
