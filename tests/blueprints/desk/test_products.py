"""The desk's products: found, made, edited, refused in words; both ways a form may be sent."""

import re

import pytest
from playhouse.test_utils import count_queries

from storefront.blueprints.desk import product_form
from storefront.generate import generate
from storefront.models import Product, Redirect, Variant, shopkeeping
from tests.staff import hired, in_browser


def form_of(product: Product, **given) -> dict:
    """The product's form as its page has it, with some of it changed."""
    facts = product_form.of_product(Product.get_by_id(product.id))
    facts |= {"published": "on"} if facts.pop("published") else {}
    return {name: value for name, value in (facts | given).items() if value is not None}


def variant_form(variant: Variant, **given) -> dict:
    facts = product_form.of_variant(Variant.get_by_id(variant.id))
    names = ("tracked", "oversell", "needs_shipping", "taxable")
    ticks = {name: "on" for name in names if facts[name]}
    texts = ("sku", "barcode", "price", "compare_at", "cost", "grams", "low_at", "seen")
    choice = {name: value for name, value in facts.items() if name.startswith("choice")}
    choice.pop("choice")
    every = {name: facts[name] for name in texts} | choice | ticks | given
    return {name: value for name, value in every.items() if value is not None}


def after(at_work, answer) -> str:
    """What is seen after a form: the fragment, or the page that one is sent on to."""
    return at_work.get(answer.location).text if answer.status_code == 303 else answer.text


@pytest.fixture
def shown(client):
    """What a shopper sees at an address."""
    return lambda url: client.get(url, follow_redirects=True).text


def test_the_list_shows_products_and_finds_them_by_words(at_work, shirt):
    page = at_work.get("/desk/products").text
    assert "/desk/products/" in page
    page = at_work.get("/desk/products", query_string={"q": "merino"}).text
    assert f'href="/desk/products/{shirt.id}"' in page
    assert ("<html" in page) is not at_work.fragments
    page = at_work.get("/desk/products", query_string={"q": "xylophone"}).text
    assert "No product is all of that" in page


def test_the_list_is_turned_over_page_by_page_and_keeps_what_was_asked(at_work, clock):
    generate(120, "USD", clock())
    page = at_work.get("/desk/products?status=active").text
    assert page.count('class="thing"') == 50
    assert 'href="/desk/products?status=active&amp;page=2"' in page
    page = at_work.get("/desk/products?status=active&page=2").text
    assert 'rel="prev"' in page
    page = at_work.get("/desk/products?page=999").text
    assert "There are no more" in page


def test_an_empty_shop_says_how_to_begin(at_work):
    Product.delete().execute()
    assert "The shop has no products yet" in at_work.get("/desk/products").text


def test_the_list_takes_few_queries_however_many_products_there_are(editor, clock):
    generate(120, "USD", clock())
    with count_queries() as counted:
        editor.get("/desk/products")
    assert counted.count <= 5


def test_a_product_is_made_and_stands_there_as_a_draft(at_work, shown):
    answer = at_work.post("/desk/products", {"title": "Felt slippers", "price": "45,50"})
    made = Product.get(Product.title == "Felt slippers")
    assert (made.status, made.price_from) == ("draft", 4550)
    way = answer.location or answer.headers["HX-Redirect"]
    assert way.endswith(f"/desk/products/{made.id}")
    assert "It is a draft" in at_work.client.get(f"/desk/products/{made.id}").text
    assert "Felt slippers" not in shown("/products")
    assert "We do not sell this" in shown(f"/products/{made.handle}")


def test_a_product_without_title_or_price_is_refused_beside_the_fields(editor):
    answer = editor.post("/desk/products", data={"title": " ", "price": "cheap"})
    assert answer.status_code == 422
    assert "Please give it a title." in answer.text
    assert "not an amount in USD" in answer.text
    assert 'value="cheap"' in answer.text


def test_all_that_a_product_says_is_changed_and_shown_at_once(at_work, shirt, shown):
    assert "Moss Merino" not in shown(f"/products/{shirt.handle}")
    given = {
        "title": "Moss Merino",
        "description": "Soft as *moss*.",
        "vendor": "Northmill",
        "type": "Tops",
        "category": "Clothing > Tops",
        "tags": "wool, soft\\, warm",
        "seo_title": "Merino in moss",
        "seo_description": "A shirt.",
        "status": "unlisted",
    }
    answer = at_work.post(f"/desk/products/{shirt.id}", form_of(shirt, **given))
    assert "Saved." in after(at_work, answer)
    page = shown(f"/products/{shirt.handle}")
    for words in ("Moss Merino", "Soft as <em>moss</em>.", "Northmill", "Merino in moss"):
        assert words in page
    now = Product.get_by_id(shirt.id)
    assert (now.tags, now.status) == (["wool", "soft, warm"], "unlisted")
    assert "Moss Merino" not in shown("/search?q=moss+merino")


def test_an_untouched_form_changes_nothing(editor, shirt):
    before = Product.get_by_id(shirt.id)
    assert editor.post(f"/desk/products/{shirt.id}", data=form_of(shirt)).status_code == 303
    after = Product.get_by_id(shirt.id)
    for name in shopkeeping.FACTS:
        assert getattr(before, name) == getattr(after, name), name


def test_a_new_handle_leads_on_from_the_old_one(at_work, shirt, client):
    at_work.post(f"/desk/products/{shirt.id}", form_of(shirt, handle="moss-shirt"))
    answer = client.get(f"/products/{shirt.handle}")
    assert answer.status_code == 301
    assert answer.location.endswith("/products/moss-shirt")
    assert client.get("/products/moss-shirt").status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"title": ""}, "Please give it a title."),
        ({"handle": "Not This"}, "small letters and digits"),
        ({"handle": "TAKEN"}, "Another product has this handle"),
        ({"status": "gone"}, "Choose one of these."),
        ({"vendor": "x" * 300}, "keep this to 255"),
        ({"description": "My card is 4242 4242 4242 4242"}, "payment card"),
        ({"description": "x" * 200_001}, "keep this to 200,000"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(at_work, shirt, given, words):
    if given.get("handle") == "TAKEN":
        other = Product.select().where(Product.id != shirt.id).first()
        given = {"handle": other.handle}
    typed = {"seo_title": "What was typed besides"} | given
    answer = at_work.post(f"/desk/products/{shirt.id}", form_of(shirt, **typed))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="What was typed besides"' in answer.text
    assert Product.get_by_id(shirt.id).seo_title == shirt.seo_title


def test_of_two_editors_the_second_sees_what_differs_and_may_save_again(app, at_work, shirt):
    mine = form_of(shirt, title="Mine", vendor="Northmill")
    other = in_browser(app, hired(app, "editor", email="other@staff.example"))
    other.post(f"/desk/products/{shirt.id}", data=form_of(shirt, title="Theirs"))
    answer = at_work.post(f"/desk/products/{shirt.id}", mine)
    assert answer.status_code == 422
    assert "Somebody else has saved this" in answer.text
    assert "Now it is: Theirs" in answer.text
    assert 'value="Mine"' in answer.text
    assert Product.get_by_id(shirt.id).title == "Theirs"
    seen = re.search(r'name="seen" value="(\w+)">\s*<div class="pair">', answer.text)[1]
    at_work.post(f"/desk/products/{shirt.id}", mine | {"seen": seen})
    assert Product.get_by_id(shirt.id).title == "Mine"


def test_a_product_that_is_not_there_is_said_to_be_gone(at_work):
    for url in ("", "/options", "/variants", "/variants/1", "/variants/1/price"):
        answer = at_work.post(f"/desk/products/1073741824{url}", {})
        assert answer.status_code == 404
        assert "<h1>" in answer.text or at_work.fragments
    assert at_work.get("/desk/products/1073741824").status_code == 404
    assert at_work.get("/desk/products/1073741824/variants/1").status_code == 404


def test_archiving_takes_a_product_off_the_shop_and_leaves_carts_readable(
    editor, client, shirt, plenty
):
    options = {f"option{n + 1}": value for n, value in enumerate(plenty.choice)}
    client.post("/cart/items", data={"product": shirt.handle, "quantity": "1"} | options)
    editor.post(f"/desk/products/{shirt.id}", data=form_of(shirt, status="archived"))
    assert client.get(f"/products/{shirt.handle}").status_code == 404
    assert client.get("/cart").status_code == 200


# Options


def test_options_are_renamed_and_shown_at_once(at_work, shirt, shown):
    page = at_work.get(f"/desk/products/{shirt.id}").text
    names = re.findall(r'name="((?:name|value)[\d-]+)"[^>]* value="([^"]*)"', page)
    seen = re.search(r'/options".*?name="seen" value="(\w+)"', page, re.DOTALL)[1]
    form = dict(names) | {"seen": seen, "name0": "Fit"}
    answer = at_work.post(f"/desk/products/{shirt.id}/options", form)
    assert "The options were saved." in after(at_work, answer)
    assert "<legend>Fit</legend>" in shown(f"/products/{shirt.handle}")


def test_options_without_a_name_or_made_meanwhile_are_refused_and_stay_typed(at_work, shirt):
    page = at_work.get(f"/desk/products/{shirt.id}").text
    form = dict(re.findall(r'name="((?:name|value)[\d-]+)"[^>]* value="([^"]*)"', page))
    seen = re.search(r'/options".*?name="seen" value="(\w+)"', page, re.DOTALL)[1]
    wrong = form | {"seen": seen, "name0": "", "value0-0": "Tiny"}
    answer = at_work.post(f"/desk/products/{shirt.id}/options", wrong)
    assert answer.status_code == 422
    assert "Please give it a name" in answer.text
    assert 'value="Tiny"' in answer.text
    answer = at_work.post(f"/desk/products/{shirt.id}/options", form | {"seen": "another"})
    assert answer.status_code == 422
    assert "Somebody else has saved this" in answer.text


# Variants


def test_a_price_is_changed_in_its_row_and_shown_at_once(at_work, shirt, plenty, shown):
    url = f"/desk/products/{shirt.id}/variants/{plenty.id}/price"
    was = product_form.of_variant(plenty)["price"]
    answer = at_work.post(url, {"was": was, "price": "123,45"})
    assert 'value="123.45"' in after(at_work, answer)
    if at_work.fragments:
        assert f'<li id="v{plenty.id}"' in answer.text
        assert "<h1>" not in answer.text
        assert "costs 123.45." in answer.text, "it is announced"
    asked = "&".join(f"option{n + 1}={value}" for n, value in enumerate(plenty.choice))
    assert "$123.45" in shown(f"/products/{shirt.handle}?{asked}")


@pytest.mark.parametrize("typed", ["-1", "1,299", "€5", "", "free", "1.001"])
def test_a_price_that_is_none_is_refused_beside_it(at_work, shirt, plenty, typed):
    url = f"/desk/products/{shirt.id}/variants/{plenty.id}/price"
    was = product_form.of_variant(plenty)["price"]
    answer = at_work.post(url, {"was": was, "price": typed})
    assert answer.status_code == 422
    assert f'id="v{plenty.id}-error"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert Variant.get_by_id(plenty.id).price_minor == plenty.price_minor


def test_a_price_that_was_changed_meanwhile_is_not_written_over(at_work, shirt, plenty):
    url = f"/desk/products/{shirt.id}/variants/{plenty.id}/price"
    answer = at_work.post(url, {"was": "1.00", "price": "2.00"})
    assert answer.status_code == 422
    assert "Somebody has made this" in answer.text
    assert Variant.get_by_id(plenty.id).price_minor == plenty.price_minor


def test_a_reduction_is_shown_with_the_lowest_price_before_it(at_work, shirt, plenty, shown, clock):
    clock.forward(days=1)
    again = in_browser(at_work.client.application, hired(at_work.client.application, "editor"))
    at_work.client = again
    url = f"/desk/products/{shirt.id}/variants/{plenty.id}"
    facts = {"price": "10.00", "compare_at": "99"}
    answer = at_work.post(url, variant_form(plenty, **facts))
    page = after(at_work, answer)
    assert "Saved." in page
    assert f"before it: {plenty.price}" in page
    assert "In the EU a reduction is counted from the lowest price" in page
    asked = "&".join(f"option{n + 1}={value}" for n, value in enumerate(plenty.choice))
    page = shown(f"/products/{shirt.handle}?{asked}")
    assert f"lowest price of the 30 days before: {plenty.price}" in page


def test_a_reduction_that_nobody_knows_the_price_before_is_told_to_the_editor(editor, plenty):
    Variant.update(compare_at_minor=999900).where(Variant.id == plenty.id).execute()
    page = editor.get(f"/desk/products/{plenty.product_id}/variants/{plenty.id}").text
    assert "does not know what it cost before" in page


def test_all_of_a_variant_is_changed(at_work, plenty):
    given = {
        "sku": "MER-9",
        "barcode": "4006381333931",
        "cost": "3,20",
        "grams": "210",
        "low_at": "2",
        "oversell": "on",
        "taxable": None,
        "needs_shipping": None,
    }
    url = f"/desk/products/{plenty.product_id}/variants/{plenty.id}"
    assert "Saved." in after(at_work, at_work.post(url, variant_form(plenty, **given)))
    now = Variant.get_by_id(plenty.id)
    assert (now.sku, now.barcode, now.cost_minor) == ("MER-9", "4006381333931", 320)
    assert (now.grams, now.low_at) == (210, 2)
    assert (now.oversell, now.taxable, now.needs_shipping) == (True, False, False)
    assert now.stock == plenty.stock


def test_a_variant_that_cannot_be_is_refused_and_nothing_typed_is_lost(at_work, plenty):
    given = {"price": "cheap", "grams": "heavy", "sku": "4242424242424242", "cost": "7"}
    url = f"/desk/products/{plenty.product_id}/variants/{plenty.id}"
    answer = at_work.post(url, variant_form(plenty, **given))
    assert answer.status_code == 422
    for words in ("not an amount in USD", "whole number", "payment card", 'value="heavy"'):
        assert words in answer.text


def test_of_two_who_edit_a_variant_the_second_sees_what_differs(at_work, plenty):
    url = f"/desk/products/{plenty.product_id}/variants/{plenty.id}"
    mine = variant_form(plenty, sku="MINE")
    Variant.update(sku="THEIRS").where(Variant.id == plenty.id).execute()
    answer = at_work.post(url, mine)
    assert answer.status_code == 422
    assert "Now it is: THEIRS" in answer.text
    assert 'value="MINE"' in answer.text
    seen = re.search(r'name="seen" value="(\w+)"', answer.text)[1]
    at_work.post(url, mine | {"seen": seen})
    assert Variant.get_by_id(plenty.id).sku == "MINE"


def test_a_variant_is_added_moved_and_removed(at_work, shirt):
    url = f"/desk/products/{shirt.id}/variants"
    first = shirt.in_order()[0]
    form = variant_form(first, choice1="XXXL", choice2="Moss")
    assert "was added" in after(at_work, at_work.post(url, form))
    made = shirt.in_order()[-1]
    assert made.choice == ["XXXL", "Moss"]
    answer = at_work.post(url, form)
    assert answer.status_code == 422
    assert "a variant with this choice already" in answer.text
    assert "Moved." in after(at_work, at_work.post(f"{url}/{made.id}/place", {"to": "up"}))
    assert shirt.in_order()[-2] == made
    assert at_work.post(f"{url}/{made.id}/place", {"to": "sideways"}).status_code == 400
    assert at_work.post(f"{url}/1073741824/place", {"to": "up"}).status_code == 422
    answer = at_work.post(f"{url}/{made.id}/removal", {})
    assert answer.status_code in (303, 204)
    assert Variant.get_or_none(Variant.id == made.id) is None
    answer = at_work.post(f"{url}/{made.id}/removal", {})
    assert answer.status_code == 422
    assert "removed meanwhile" in answer.text


def test_a_product_of_very_many_variants_is_shown_in_pages(at_work, shirt, clock):
    first = shirt.in_order()[0]
    rows = [
        Variant(product=shirt, choice=[f"No. {n}", "Moss"], price_minor=100, currency="USD")
        for n in range(120)
    ]
    Variant.bulk_create(rows, 100)
    page = at_work.get(f"/desk/products/{shirt.id}").text
    assert page.count('<li id="v') == 50
    assert f'href="/desk/products/{shirt.id}?page=2"' in page
    assert first.name in page
    made = shirt.in_order()[60]
    url = f"/desk/products/{shirt.id}/variants/{made.id}/place?page=2"
    page = after(at_work, at_work.post(url, {"to": "down"}))
    assert f'<li id="v{made.id}"' in page, "who moves one stays on its page"
    assert f'href="/desk/products/{shirt.id}?page=3"' in page


def test_the_old_handle_of_another_product_may_be_given_again(editor, shirt):
    editor.post(f"/desk/products/{shirt.id}", data=form_of(shirt, handle="moss-shirt"))
    other = Product.select().where(Product.id != shirt.id).first()
    editor.post(f"/desk/products/{other.id}", data=form_of(other, handle=shirt.handle))
    assert Product.get_by_id(other.id).handle == shirt.handle
    assert not Redirect.select().where(Redirect.handle == shirt.handle).exists()
