"""Resellers at the desk: added, changed and removed; what they may show; key; lines to copy."""

import re
from collections import Counter
from html import unescape

import pytest
from playhouse.test_utils import count_queries

from storefront.blueprints.desk.resellers import PER_PAGE
from storefront.links import ResellerLinks
from storefront.models import Product, Reseller, WidgetViews
from tests.blueprints.desk.selling import Seller
from tests.resellers import SITE, reseller
from tests.staff import signed_in
from tests.styles import hash_of, style_of, styles_allowed

HERE = "/desk/resellers"
FIRM = {"name": "Outfitters", "origins": "https://firm.example\r\nhttps://Firm.example/shop"}
LOOKS = {"colour": "#aa3311", "size": "large", "scheme": "dark"}


@pytest.fixture(params=["pages", "fragments"])
def seller(request, app) -> Seller:
    """An editor who sends forms, either way."""
    return Seller(app, "editor", request.param == "fragments")


@pytest.fixture
def held(settings, clock) -> Reseller:
    return reseller(clock())


def after(seller: Seller, url: str, **form) -> str:
    """What is seen after a form that is taken, as a fragment or a page, without its entities."""
    answer = seller.post(url, **form)
    if answer.status_code == 200:
        assert answer.text.startswith('<div id="reseller">')
        return unescape(answer.text)
    assert answer.status_code in (204, 303), answer.text
    way = answer.headers.get("Location") or answer.headers["HX-Redirect"]
    return unescape(seller.get(way))


def at(held: Reseller, more: str = "") -> str:
    return f"{HERE}/{held.id}{more}"


def fresh(held: Reseller) -> Reseller:
    return Reseller.get_by_id(held.id)


def test_a_reseller_is_added_with_its_sites_once_each_and_stands_in_the_list(seller):
    assert "There are none yet." in seller.get(HERE)
    page = after(seller, HERE, **FIRM, **LOOKS)
    assert "Outfitters is added. May show us: https://firm.example." in page
    made = Reseller.get()
    assert made.origins == ["https://firm.example"]
    assert (made.look, made.products) == (LOOKS, [])
    assert 'value="#aa3311"' in page
    assert '<option value="large" selected>' in page
    page = seller.get(HERE)
    assert "https://firm.example; all products" in page
    assert "0 views in 30 days" in page


def test_all_that_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(seller):
    typed = {"name": " ", "origins": "https://ok.example\n*.firm.example", "colour": "red"}
    page = unescape(seller.refused(HERE, **typed, size="huge", scheme="dark"))
    assert "Please write the name of the firm." in page
    assert "Line 2, “*.firm.example”: A star" in page
    assert "https://ok.example\n*.firm.example</textarea>" in page
    assert 'value="red"' in page
    assert "six digits" in page
    assert "Please choose one of the sizes." in page
    assert '<option value="dark" selected>' in page
    assert not Reseller.select().exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("<script>alert(1)</script>", "Line 1, “<script>alert(1)</script>”"),
        ("https://firm.example; frame-ancestors *", "Line 1, "),
        ("x" * 10_000, "Line 1, “" + "x" * 60 + "”"),
        ("\n".join(["https://firm.example/page"] * 500), ""),
        (" \n \n", "at least one site"),
        ("", "at least one site"),
    ],
)
def test_whatever_is_pasted_as_sites_is_taken_or_refused_in_words(seller, typed, words):
    answer = seller.post(HERE, **FIRM | {"origins": typed}, **LOOKS)
    assert answer.status_code == (422 if words else 204 if seller.headers else 303)
    assert words in unescape(answer.text)
    assert "<script>alert" not in answer.text


def test_its_facts_are_changed_and_of_two_editors_the_second_is_told(seller, held):
    form = FIRM | LOOKS | {"name": "Others", "origins": "https://o.example", "seen": held.version}
    assert "Saved. May show us: https://o.example." in after(seller, at(held), **form)
    assert (fresh(held).name, fresh(held).look, fresh(held).key) == ("Others", LOOKS, held.key)
    page = unescape(seller.refused(at(held), **form | {"name": "Mine"}))
    assert "Somebody else has saved" in page
    assert 'value="Mine"' in page
    assert fresh(held).name == "Others"
    page = unescape(seller.refused(at(held), **form | {"name": "Mine", "origins": "ftp://x.y"}))
    assert 'value="Mine"' in page
    assert "Line 1, “ftp://x.y”" in page


def test_a_refused_change_is_sent_again_and_overwrites_knowingly(seller, held):
    form = FIRM | LOOKS | {"seen": "older"}
    page = seller.refused(at(held), **form)
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    assert "Saved." in after(seller, at(held), **form | {"seen": seen})


def test_products_are_found_and_chosen_and_what_the_last_one_leads_to_is_said(seller, held, shirt):
    assert "Testimonials of all products are shown." in seller.get(at(held))
    page = seller.get(f"{at(held)}?q=merino")
    assert f'name="product" value="{shirt.id}"' in page
    page = after(seller, at(held, "/products"), product=shirt.id, q="merino")
    assert "Only what is chosen here is shown." in page
    assert "When it is taken out, those of all products are" in page
    assert 'value="merino"' in page
    assert "one product" in seller.get(HERE)
    other = Product.get(Product.id != shirt.id)
    after(seller, at(held, "/products"), product=other.id)
    assert fresh(held).products == [shirt.id, other.id]
    assert "2 products" in seller.get(HERE)
    assert "Taken out." in after(seller, at(held, f"/products/{other.id}/removal"))
    page = after(seller, at(held, f"/products/{shirt.id}/removal"))
    assert "Now all products are shown." in page


@pytest.mark.parametrize("odd", ["shoes", "99999999999999999999", "-1", "", "1073741824"])
def test_what_is_no_product_is_refused_in_words(seller, held, odd):
    assert 'role="alert"' in seller.refused(at(held, "/products"), product=odd)
    assert fresh(held).products == []


def test_chosen_products_that_are_gone_are_said_to_show_nothing(seller, held):
    Reseller.update(products=[1073741824]).execute()
    assert "so nothing is shown" in seller.get(at(held))
    assert "so nothing is shown" in seller.get(at(held, "/embed"))


def test_the_key_is_changed_once_however_often_that_is_asked(seller, held):
    assert "What has the old one stops at once" in seller.get(at(held))
    page = after(seller, at(held, "/key"), seen=held.key)
    assert "It has a new key." in page
    new = fresh(held).key
    assert new != held.key
    assert f"<code>{new}</code>" in page
    after(seller, at(held, "/key"), seen=held.key)
    assert fresh(held).key == new


def test_a_revoked_one_shows_nothing_to_copy_until_it_has_a_new_key(seller, held):
    page = after(seller, at(held, "/revocation"))
    assert "nothing is shown with it any more" in page
    assert "Give it a new key" in page
    assert "See it and copy the lines" not in page
    assert "revoked on" in seller.get(HERE)
    page = seller.get(at(held, "/embed"))
    assert "nothing to copy" in page
    assert "<iframe" not in page
    after(seller, at(held, "/key"), seen=held.key)
    assert fresh(held).revoked_at is None
    assert "<iframe" in seller.get(at(held, "/embed"))


def test_one_is_removed_with_its_counts(seller, held, clock):
    WidgetViews.add_up(Counter({held.key: 1200}), clock())
    assert "1,200 views in 30 days" in seller.get(HERE)
    assert "Hill & Dale is removed, with its counts." in after(seller, at(held, "/removal"))
    assert not WidgetViews.select().exists()


def test_what_went_meanwhile_is_said(seller, held):
    held.remove()
    for way in ("", "/embed"):
        assert "removed meanwhile" in seller.get(at(held, way))
        assert seller.client.get(at(held, way)).status_code == 404
    for way in ("", "/products", "/products/1/removal", "/key", "/revocation", "/removal"):
        answer = seller.post(at(held, way), **FIRM | LOOKS, product="1")
        assert answer.status_code == 404
        assert "removed meanwhile" in answer.text


def test_many_stand_on_pages_of_fifty_and_are_read_with_a_few_queries(seller, clock):
    for n in range(PER_PAGE + 1):
        reseller(clock(), name=f"firm {n:02}")
    with count_queries() as counted:
        page = seller.get(HERE)
    assert counted.count <= 3
    assert "firm 49" in page
    assert "firm 50" not in page
    assert 'href="/desk/resellers?page=2"' in page
    page = seller.get(f"{HERE}?page=2")
    assert "firm 50" in page
    assert "There are no more." in seller.get(f"{HERE}?page=3")


def shown(app, held: Reseller, query: str = "") -> str:
    return unescape(signed_in(app, "editor").get(f"{at(held, '/embed')}{query}").text)


def test_the_embed_is_shown_with_all_that_is_copied(app, settings, held):
    page, origin = shown(app, held), settings.shop_origin
    way = f"/widget/{held.key}/testimonials"
    assert f'<iframe src="{way}" title="Testimonials, as visitors see them">' in page
    assert f'<iframe src="{origin}{way}"' in page  # in the line to copy
    assert "<shop-testimonials>" in page
    assert f"{origin}/widget/{held.key}.json" in page
    assert f"{origin}/oembed?url=" in page
    assert f"<code>{SITE}</code>" in page
    own = ResellerLinks(settings.cookie_keys).write(held.key)
    assert f"{origin}/resellers/{own}" in page


def test_the_embed_is_shown_at_widths_in_light_and_dark_and_of_one_product(app, held, shirt):
    page = shown(app, held, "?width=360&scheme=dark")
    assert 'class="stand at-360 in-dark"' in page
    assert 'href="?width=640&scheme=dark#seen"' in page
    page = shown(app, held, f"?product=https://shop.example/products/{shirt.handle}?x=1")
    assert f'<iframe src="/widget/{held.key}/testimonials?product={shirt.handle}"' in page
    page = shown(app, held, "?product=nothing-of-ours&width=9&scheme=pink")
    assert "There is no such product to show." in page
    assert 'value="nothing-of-ours"' in page
    assert 'class="stand at-full in-own"' in page
    held.take_in(shirt.id, app.extensions["clock"]())
    held.change({"look": LOOKS}, app.extensions["clock"]())
    page = shown(app, held)
    assert f"Of {shirt.title}." in page
    assert 'class="stand at-full"' in page  # it is always dark


def test_only_the_page_that_shows_the_embed_may_show_frames(app, held):
    editor = signed_in(app, "editor")
    for way, may in {"": False, at(held): False, at(held, "/embed"): True}.items():
        policy = editor.get(way or HERE).headers["Content-Security-Policy"]
        assert ("frame-src 'self';" in policy) is may
        assert "frame-ancestors 'none'" in policy


def test_the_styles_of_the_embeds_page_are_allowed_by_its_policy(app, held):
    for way in (at(held, "/embed"), f"{HERE}/999/embed"):
        answer = signed_in(app, "editor").get(way)
        assert styles_allowed(answer) == [hash_of(style_of(answer))]
