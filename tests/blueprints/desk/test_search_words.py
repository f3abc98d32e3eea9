"""Search words at the desk: which mean the same, and which lead to a page."""

import re

import pytest

from storefront.models import Page, SameWords, SearchRedirect
from tests.blueprints.desk.test_promotions import after

HERE = "/desk/search-words"
GROUP = {"phrases": "Skivvy\n\n  merino   t-shirt \n", "way": "both"}
REDIRECT = {"words": "Gift  CARD", "leads_to": "/pages/returns"}


def seen(at_work, url: str) -> dict:
    """What a form says it was drawn from."""
    return {"seen": re.search(r'name="seen" value="(\w+)"', at_work.client.get(url).text)[1]}


def test_words_are_kept_shown_changed_and_removed(at_work):
    assert at_work.get(HERE).text.count("There are none yet.") == 2
    assert "The words are kept." in after(at_work, at_work.post(f"{HERE}/groups", GROUP))
    held = SameWords.get()
    assert (held.phrases, held.one_way) == (["Skivvy", "merino t-shirt"], False)
    url = f"{HERE}/groups/{held.id}"
    assert f'<a href="{url}">Skivvy</a>' in at_work.get(HERE).text
    page = at_work.get(url).text
    assert "Skivvy\nmerino t-shirt</textarea>" in page
    assert "The words are kept." in after(
        at_work, at_work.post(url, GROUP | {"way": "one"} | seen(at_work, url))
    )
    assert SameWords.get().one_way
    assert '<option value="one" selected>' in at_work.get(url).text
    answer = at_work.post(url, GROUP | {"phrases": "alone & still here"})
    assert answer.status_code == 422
    assert "Give at least two" in answer.text
    assert "alone &amp; still here</textarea>" in answer.text
    assert "It is removed." in after(at_work, at_work.post(f"{url}/removal", {}))
    assert not SameWords.select().exists()


def test_a_search_is_led_to_a_page_and_the_way_is_changed_and_removed(at_work, client):
    said = after(at_work, at_work.post(f"{HERE}/redirects", REDIRECT))
    assert "The search for “gift card” leads there from now on." in said
    assert client.get("/search?q=gift+card").location.endswith("/pages/returns?searched=gift+card")
    held = SearchRedirect.get()
    url = f"{HERE}/redirects/{held.id}"
    page = at_work.get(HERE).text
    assert '<a href="/pages/returns">/pages/returns</a>' in page
    assert "/search?q=gift%20card&amp;sort=best" in page
    assert 'value="gift card"' in at_work.get(url).text
    changed = {"words": "gift card", "leads_to": "/collections/rain-ready"}
    at_work.post(url, changed | seen(at_work, url))
    assert "/collections/rain-ready?" in client.get("/search?q=gift+card").location
    answer = at_work.post(url, changed | {"leads_to": "https://elsewhere.example/"})
    assert answer.status_code == 422
    assert "no such collection, product or page" in answer.text
    assert 'value="https://elsewhere.example/"' in answer.text
    at_work.post(f"{url}/removal", {})
    assert client.get("/search?q=gift+card").status_code == 200


@pytest.mark.parametrize(
    ("to", "sent", "sentence"),
    [
        ("groups", {"phrases": ""}, "Give at least two"),
        ("groups", {"phrases": "a\n" * 100}, "Please keep this to 12."),
        ("groups", {"phrases": f"a\n{'b' * 61}"}, "Please keep this to 60 characters."),
        ("redirects", {"words": "", "leads_to": ""}, "Give the words that are searched for."),
        ("redirects", {"words": "!?", "leads_to": "/pages/terms"}, "Give the words that are"),
        ("redirects", {"words": "x", "leads_to": "/desk"}, "no such collection, product or page"),
        ("redirects", {"words": "card gift", "leads_to": "/pages/terms"}, "somewhere already"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(at_work, to, sent, sentence):
    at_work.post(f"{HERE}/redirects", REDIRECT)
    answer = at_work.post(f"{HERE}/{to}", sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Nothing is kept yet" in answer.text
    assert (SameWords.select().count(), SearchRedirect.select().count()) == (0, 1)


def test_what_leads_nowhere_is_told_and_what_is_gone_as_well(at_work, shirt):
    at_work.post(f"{HERE}/redirects", REDIRECT)
    at_work.post(f"{HERE}/redirects", {"words": "vest", "leads_to": f"/products/{shirt.handle}"})
    Page.delete().where(Page.slug == "returns").execute()
    shirt.status = "draft"
    shirt.save()
    page = at_work.get(HERE).text
    assert "It leads nowhere, as what it led to was removed" in page
    assert "What it leads to is not shown now" in page
    for one in ("groups/4711", "redirects/4711"):
        assert at_work.get(f"{HERE}/{one}").status_code == 404
        for sent in (GROUP | REDIRECT | {"leads_to": "/pages/terms", "words": "new"}, {}):
            way = f"{HERE}/{one}" if sent else f"{HERE}/{one}/removal"
            assert at_work.post(way, sent).status_code in (404, 422)


@pytest.mark.parametrize(
    ("to", "first", "second"),
    [
        ("groups", GROUP, {"phrases": "coat\nmack"}),
        ("redirects", REDIRECT, {"words": "voucher"}),
    ],
)
def test_who_was_overtaken_keeps_what_was_typed_and_may_save_it(at_work, to, first, second):
    at_work.post(f"{HERE}/{to}", first)
    record = SameWords if to == "groups" else SearchRedirect
    url = f"{HERE}/{to}/{record.get().id}"
    old = seen(at_work, url)
    at_work.post(url, first | second | old)
    kept = record.get().__data__
    mine = first | {"phrases": "mine\nalone", "words": "mine"}
    answer = at_work.post(url, mine | old)
    assert answer.status_code == 422
    assert "Somebody else has saved this" in answer.text
    assert "mine" in answer.text
    assert record.get().__data__ == kept
    anew = {"seen": re.search(r'name="seen" value="(\w+)"', answer.text)[1]}
    at_work.post(url, mine | anew)
    assert record.get().__data__ != kept
