"""What staff change of products, with all that lists, search and orders know of them."""

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database, is_sqlite
from storefront.generate import generate
from storefront.models import (
    Edition,
    OrderLine,
    Product,
    Redirect,
    Variant,
    desk_lists,
    options,
    search,
    shopkeeping,
)
from storefront.models.cart import Cart
from storefront.models.desk_lists import Asked
from storefront.models.options import Option
from storefront.models.shopkeeping import Overtaken
from storefront.refusals import Refused
from storefront.shelf import Shelf
from tests.models.placing import cart_of, place
from tests.racing import at_once
from tests.test_plans import scans_of


def edited(product: Product, clock, seen: str = "", **facts) -> Product:
    held = Product.get_by_id(product.id)
    every = {name: getattr(held, name) for name in shopkeeping.FACTS} | facts
    return shopkeeping.edit(product.id, seen or shopkeeping.version(held), every, clock())


def variant_like(variant: Variant, **facts) -> dict:
    return {name: getattr(variant, name) for name in shopkeeping.OF_VARIANT} | facts


def test_a_new_product_is_a_draft_that_no_list_and_no_search_shows(settings, clock):
    made = shopkeeping.make("Felt Slippers, Für zu Hause", 4500, "USD", clock())
    assert made.handle == "felt-slippers-fur-zu-hause"
    assert (made.status, made.price_from) == ("draft", 4500)
    assert search.candidates(["slippers"]) == []
    assert made.id not in shelf().of("all", "all")


def shelf() -> Shelf:
    fresh = Shelf()
    fresh.refresh()
    return fresh


def test_a_product_that_is_put_on_sale_is_found_at_once(settings, clock):
    made = shopkeeping.make("Felt Slippers", 4500, "USD", clock())
    edited(made, clock, status="active", type="Shoes", vendor="Northmill")
    assert search.candidates(["slippers"]) == [made.id]
    assert made.id in shelf().of("type", "Shoes")
    assert made.id in shelf().of("price", "25-50")
    edited(made, clock, status="archived")
    assert search.candidates(["slippers"]) == []
    assert made.id not in shelf().of("type", "Shoes")


def test_titles_that_are_the_same_get_handles_of_their_own(settings, clock):
    made = [shopkeeping.make("Felt hat", 100, "USD", clock()).handle for _ in range(3)]
    assert made == ["felt-hat", "felt-hat-2", "felt-hat-3"]
    assert shopkeeping.make("!!", 100, "USD", clock()).handle == "product"


def test_a_new_handle_leads_on_from_the_old_one_and_back_again(shirt, clock):
    old = shirt.handle
    edited(shirt, clock, handle="merino-shirt")
    assert Redirect.get(Redirect.handle == old).product == shirt
    edited(shirt, clock, handle=old)
    assert not Redirect.select().where(Redirect.handle == old).exists()
    assert Redirect.get(Redirect.handle == "merino-shirt").product == shirt


@pytest.mark.parametrize("handle", ["", "With Space", "a/b", "UPPER", "-a", "a--b", "a_b", "ä?b"])
def test_a_bad_handle_is_refused_in_words(shirt, clock, handle):
    with pytest.raises(Refused) as refused:
        edited(shirt, clock, handle=handle)
    assert "handle" in refused.value.problems
    assert Product.get_by_id(shirt.id).handle == shirt.handle


def test_a_handle_that_another_product_has_is_refused(shirt, clock):
    other = Product.select().where(Product.id != shirt.id).first()
    with pytest.raises(Refused, match="Another product has this handle"):
        edited(shirt, clock, handle=other.handle)


def test_two_that_take_one_handle_at_the_same_moment_do_not_both_get_it(settings, clock):
    made = [shopkeeping.make(f"Hat {n}", 100, "USD", clock()) for n in range(6)]
    turns = iter(made)
    answers = at_once(lambda: edited(next(turns), clock, handle="the-hat").handle, 6)
    assert sorted(map(str, answers)).count("the-hat") == 1
    assert answers.count(Refused) == 5


def test_who_saves_second_is_told_and_writes_over_nothing(shirt, clock):
    seen = shopkeeping.version(shirt)
    edited(shirt, clock, seen, title="First")
    with pytest.raises(Overtaken) as refused:
        edited(shirt, clock, seen, title="Second")
    assert refused.value.now.title == "First"
    assert Product.get_by_id(shirt.id).title == "First"


def test_the_same_thing_saved_twice_is_fine(shirt, clock):
    seen = shopkeeping.version(shirt)
    for _ in range(2):
        edited(shirt, clock, seen, title="First")


def test_a_change_makes_a_new_edition_of_the_public_pages(shirt, clock):
    before = Edition.current()
    edited(shirt, clock, title="Another")
    assert Edition.current() != before


def test_a_price_changes_what_lists_show_and_the_shelf_it_stands_on(shirt, clock):
    (first, *rest) = shirt.in_order()
    for variant in rest:
        shopkeeping.remove_variant(shirt.id, variant.id, clock())
    shopkeeping.reprice(shirt.id, first.id, first.price_minor, 30000, clock())
    now = Product.get_by_id(shirt.id)
    assert (now.price_from, now.price_to) == (30000, 30000)
    assert shirt.id in shelf().of("price", "250-")


def test_a_price_that_somebody_has_changed_meanwhile_is_not_written_over(plenty, clock):
    was = plenty.price_minor
    shopkeeping.reprice(plenty.product_id, plenty.id, was, 1100, clock())
    with pytest.raises(Refused, match=r"\$11\.00 meanwhile"):
        shopkeeping.reprice(plenty.product_id, plenty.id, was, 1200, clock())
    assert Variant.get_by_id(plenty.id).price_minor == 1100


def test_a_variant_is_added_at_the_end_and_counts_from_none(shirt, clock):
    like = variant_like(shirt.in_order()[0], choice=["XXXL", "Moss"], sku="S-9", price_minor=1)
    made = shopkeeping.add_variant(shirt.id, like, clock())
    assert shirt.in_order()[-1] == made
    assert (made.stock, made.left) == (0, 0)
    assert Product.get_by_id(shirt.id).price_from == 1
    assert shirt.id in search.candidates(["xxxl"])
    with pytest.raises(Refused, match="a variant with this choice"):
        shopkeeping.add_variant(shirt.id, like, clock())


def test_a_variant_without_a_value_for_each_option_is_refused(shirt, clock):
    first = shirt.in_order()[0]
    for choice in (["L", ""], ["L"]):
        with pytest.raises(Refused):
            shopkeeping.add_variant(shirt.id, variant_like(first, choice=choice), clock())
        seen, facts = shopkeeping.version(first), variant_like(first, choice=choice)
        with pytest.raises(Refused):
            shopkeeping.edit_variant(shirt.id, first.id, seen, facts, clock())


def test_eight_who_add_variants_at_once_all_get_theirs(shirt, clock):
    first, there = shirt.in_order()[0], len(shirt.in_order())
    sizes = iter(range(8))

    def add():
        facts = variant_like(first, choice=[f"No. {next(sizes)}", "Moss"], price_minor=5)
        return shopkeeping.add_variant(shirt.id, facts, clock())

    at_once(add, 8)
    variants = shirt.in_order()
    assert len(variants) == there + 8
    assert [variant.position for variant in variants] == list(range(there + 8))


def test_variants_are_put_into_another_order_and_stop_at_the_ends(shirt, clock):
    ids = [variant.id for variant in shirt.in_order()]
    shopkeeping.move_variant(shirt.id, ids[1], -1, clock())
    shopkeeping.move_variant(shirt.id, ids[1], -1, clock())
    shopkeeping.move_variant(shirt.id, ids[-1], 1, clock())
    assert [v.id for v in shirt.in_order()] == [ids[1], ids[0], *ids[2:]]


def test_a_variant_that_is_removed_leaves_orders_and_carts_in_peace(plenty, clock):
    order = place(cart_of((plenty, 1)), clock())
    shopkeeping.remove_variant(plenty.product_id, plenty.id, clock())
    (line,) = order.in_order()
    assert (line.variant_id, line.sku) == (None, plenty.sku)
    assert OrderLine.get().title
    cart = Cart({plenty.id: 1}, "USD")
    assert (cart.lines, cart.gone) == ([], 1)


def test_an_archived_product_leaves_orders_and_carts_in_peace(plenty, shirt, clock):
    order = place(cart_of((plenty, 1)), clock())
    edited(shirt, clock, status="archived")
    assert order.in_order()[0].variant_id == plenty.id
    assert Cart({plenty.id: 1}, "USD").gone == 1


def test_the_only_variant_stays(settings, clock):
    made = shopkeeping.make("Felt hat", 100, "USD", clock())
    (only,) = made.in_order()
    with pytest.raises(Refused, match="Archive the product"):
        shopkeeping.remove_variant(made.id, only.id, clock())


def test_what_is_gone_is_refused_in_words(shirt, clock):
    with pytest.raises(Refused, match="not there any more"):
        shopkeeping.move_variant(2**30, 1, 1, clock())
    with pytest.raises(Refused, match="removed meanwhile"):
        shopkeeping.move_variant(shirt.id, 2**30, 1, clock())


# Options


def arranged(product: Product, clock, *wanted: Option) -> list[list[str]]:
    seen = options.version(product, product.in_order())
    options.arrange(product.id, seen, list(wanted), clock())
    return [variant.choice for variant in product.in_order()]


@pytest.fixture
def plain(settings, clock) -> Product:
    return shopkeeping.make("Felt hat", 4000, "USD", clock())


def test_a_product_in_one_form_gets_options_and_then_more_variants(plain, clock):
    assert arranged(plain, clock, Option("Size", {"": "M"})) == [["M"]]
    plain = Product.get_by_id(plain.id)
    assert plain.options == ["Size"]
    facts = variant_like(plain.in_order()[0], choice=["L"])
    shopkeeping.add_variant(plain.id, facts, clock())
    given = Option("Size", {"M": "L", "L": "M"})
    assert arranged(plain, clock, given) == [["L"], ["M"]], "values may change places"
    assert arranged(plain, clock, given, Option("Colour", {"": "Moss"})) == [
        ["M", "Moss"],
        ["L", "Moss"],
    ]
    assert Product.get_by_id(plain.id).colour == "Moss"


def test_an_option_goes_where_variants_still_differ_and_is_refused_where_not(plain, clock):
    arranged(plain, clock, Option("Size", {"": "M"}), Option("Colour", {"": "Moss"}))
    plain = Product.get_by_id(plain.id)
    facts = variant_like(plain.in_order()[0], choice=["L", "Moss"])
    shopkeeping.add_variant(plain.id, facts, clock())
    size = Option("Size", {}), Option("Size", {}, stays=False)
    colour = Option("Colour", {}), Option("Colour", {}, stays=False)
    with pytest.raises(Refused, match="two variants would be the same"):
        arranged(plain, clock, size[1], colour[0])
    with pytest.raises(Refused, match="two variants would be the same"):
        arranged(plain, clock, Option("Size", {"M": "L"}), colour[0])
    assert arranged(plain, clock, size[0], colour[1]) == [["M"], ["L"]]


def test_options_want_names_of_their_own_and_values(plain, clock):
    for wanted, field in (
        ([Option("", {"": "M"})], "name0"),
        ([Option("Size", {"": ""})], "value0-0"),
        ([Option("Size", {"": "M"}), Option("SIZE", {"": "M"})], "name1"),
        ([Option(f"O{n}", {"": "M"}) for n in range(4)], ""),
    ):
        with pytest.raises(Refused) as refused:
            arranged(plain, clock, *wanted)
        assert field in refused.value.problems
    assert Product.get_by_id(plain.id).options == []


def test_options_that_somebody_has_changed_meanwhile_are_not_written_over(plain, clock):
    seen = options.version(plain, plain.in_order())
    options.arrange(plain.id, seen, [Option("Size", {"": "M"})], clock())
    with pytest.raises(Overtaken):
        options.arrange(plain.id, seen, [Option("Weight", {"": "1"})], clock())


# Lists


def found(**asked) -> list[int]:
    return [product.id for product in desk_lists.products(Asked(**asked)).rows]


def test_the_desk_finds_what_is_on_sale_and_what_is_not(shirt, plain, clock):
    assert shirt.id in found(query="merino")
    assert found(query="FELT ha") == [plain.id]
    assert found(query="felt-hat") == [plain.id]
    sku = Variant.select().where(Variant.sku != "", Variant.product == shirt).first().sku
    assert found(query=sku)[0] == shirt.id
    assert found(query="xylophone") == []
    assert found(query="felt", status="active") == []
    assert found(status="draft") == [plain.id]


def test_what_is_low_comes_with_the_lowest_first(shirt, clock):
    Variant.update(tracked=False).execute()
    low, lower, fine = shirt.in_order()[:3]
    for variant, left, low_at in ((low, 4, 5), (lower, 3, 5), (fine, 3, 2)):
        Variant.update(tracked=True, stock=left, low_at=low_at).where(
            Variant.id == variant.id
        ).execute()
    assert [variant.id for variant in desk_lists.low(1).rows] == [lower.id, low.id]
    assert found(low=True) == [shirt.id]
    assert found(low=True, query="merino") == [shirt.id]
    Product.update(status="archived").where(Product.id == shirt.id).execute()
    assert desk_lists.low(1).rows == []


def test_lists_are_read_from_indexes_in_few_queries_and_by_the_page(settings, clock):
    generate(120, "USD", clock())
    database.execute_sql("ANALYZE")
    for asked in (
        Asked(),
        Asked(page=2),
        Asked(status="active"),
        Asked(unpictured=True),
        Asked(low=True),
        Asked(query="waterproof"),
        Asked(query="waterproof", low=True, unpictured=True, status="active"),
    ):
        with count_queries() as counted:
            answer = desk_lists.products(asked)
        assert len(answer.rows) <= desk_lists.PER_PAGE
        assert counted.count <= 8, asked
        _scans_nothing(counted)
    assert desk_lists.products(Asked()).more
    with count_queries() as counted:
        assert len(desk_lists.low(2).rows) == desk_lists.PER_PAGE
    assert counted.count == 2
    _scans_nothing(counted)


def _scans_nothing(counted) -> None:
    if is_sqlite():
        scans = [line for query in counted.get_queries() for line in scans_of(*query.msg)]
        # All products, newest first, are walked along the table itself, and that ends by the page;
        # the rows of a page are looked up by their ids, and SQLite walks a table as small as here.
        fine = ('ORDER BY "t1"."id" DESC LIMIT', '"t1"."id" IN (')
        assert [s for s in scans if not any(part in s for part in fine)] == []
