"""Bringing testimonials in: whole, labelled, unconfirmed, and never twice; what went stays away."""

from datetime import timedelta

import pytest

from storefront import policy, privacy
from storefront.db import database
from storefront.erasures import Erasures
from storefront.exchange import testimonial_load
from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.testimonial_load import load
from storefront.exchange.testimonial_products import _handle_in
from storefront.exchange.testimonials import open_testimonials
from storefront.models import (
    Decision,
    GoneImport,
    OutgoingMail,
    PolicyVersion,
    Product,
    Rating,
    Redirect,
    Staff,
    Testimonial,
    Variant,
)
from tests.exchange.test_testimonials import FIXTURES, HEAD, SHIRT
from tests.models.testimonials import approved, waiting, written

ANN = f"{SHIRT},5,Ann,ann@example.com,Warm,2025-01-02,,published,"


class Import:
    """One import, and all it said."""

    def __init__(self, path, settings, at, options) -> None:
        self.told, self.warned = [], []
        opening = {name: options.pop(name) for name in ("source", "day_first") if name in options}
        items = open_testimonials(path, at, **opening)
        options |= {"tell": self.told.append, "warn": self.warned.append}
        self.report = load(items, Erasures(settings), at, **options)

    @property
    def summary(self) -> str:
        return self.report.summary


@pytest.fixture
def bring(settings, tmp_path, clock):
    """Import a fixture, or rows under the header of the reader's tests."""

    def bring(rows: str, head: str = HEAD, **options) -> Import:
        path = FIXTURES / rows
        if not rows.endswith(".csv"):
            path = tmp_path / "rows.csv"
            path.write_text(head + rows, encoding="utf-8")
        return Import(path, settings, clock(), options)

    return bring


def only() -> Testimonial:
    (testimonial,) = Testimonial.select()
    return testimonial


def rows() -> list:
    return list(Testimonial.select().order_by(Testimonial.id).tuples())


def test_what_was_shown_there_is_shown_here_unconfirmed_and_labelled(bring, shirt, clock):
    done = bring("judge-me.csv")
    assert done.summary == "testimonials=3 products=1 waiting=1 left_out=1 skipped=1"
    assert done.warned == ["line 7: skip, it names no product: it may be about the shop"]
    first = Testimonial.get(Testimonial.email == "camille@example.com")
    assert (first.state, first.imported_from) == ("approved", "Judge.me")
    assert (first.confirmed_at, first.decided_at) == (None, None)
    assert (first.bought, first.shows_email, first.resellers_policy_id) == (False, False, None)
    assert first.policy_id == PolicyVersion.in_force(clock()).id
    assert (first.pictures, first.pictured) == ([], False)
    assert not Decision.select().exists()
    assert not OutgoingMail.select().exists()
    rating = Rating.of(shirt.id)
    assert (rating.count, rating.by_stars[5], rating.by_stars[2]) == (2, 1, 1)


@pytest.mark.parametrize(
    "name", ["judge-me", "loox", "okendo", "shopify-product-reviews", "yotpo", "loox-import"]
)
def test_the_same_file_once_more_changes_nothing(bring, clock, name):
    first = bring(f"{name}.csv").summary
    before = rows()
    clock.forward(days=1)
    again = bring(f"{name}.csv")
    assert (again.summary, rows()) == (first, before)
    assert (again.report.made, again.report.changed) == (0, 0)


def test_a_dry_run_says_what_would_come_and_writes_nothing(bring, shirt):
    done = bring("judge-me.csv", dry=True)
    assert done.told == [
        "line 2: make",
        "line 4: make",
        "line 5: left out, it is not shown where it comes from",
        "line 6: make",
        "line 7: skip, it names no product: it may be about the shop",
    ]
    assert done.summary == "testimonials=3 products=1 waiting=1 left_out=1 skipped=1"
    assert not Testimonial.select().exists()
    assert Rating.of(shirt.id).count == 0


def test_all_may_be_sent_to_the_moderators_first(bring, shirt, clock):
    done = bring("judge-me.csv", to_queue=True)
    assert done.summary == "testimonials=3 products=1 waiting=3 left_out=1 skipped=1"
    assert Rating.of(shirt.id).count == 0
    assert Testimonial.queue().count() == 3
    bring("judge-me.csv")
    assert (Rating.of(shirt.id).count, Testimonial.queue().count()) == (2, 1)
    bring("judge-me.csv", to_queue=True)
    assert Rating.of(shirt.id).count == 2


def test_a_moderators_decision_stands_and_its_author_gets_no_mail(bring, shirt, clock):
    bring(ANN, to_queue=True)
    one = only()
    one.approve(one.changed_at, clock())
    assert (only().bought, Rating.of(shirt.id).count) == (False, 1)
    one.answer("Thank you", clock())
    one.take_down("other", clock())
    bring(ANN.replace("Warm", "Cold"))
    assert (only().state, only().words) == ("refused", "Warm")
    assert Rating.of(shirt.id).count == 0
    assert not OutgoingMail.select().exists()


def test_a_row_that_changed_there_changes_here(bring, shirt, clock):
    bring(ANN)
    clock.forward(days=1)
    done = bring(ANN.replace(",5,", ",3,").replace("Warm", "Thinner than it was") + "Sorry")
    assert (done.report.changed, done.report.made) == (1, 0)
    one = only()
    assert (one.stars, one.words, one.reply) == (3, "Thinner than it was", "Sorry")
    assert Rating.of(shirt.id).average == 3.0


def test_a_reply_of_this_shop_is_not_written_over(bring, clock):
    bring(ANN)
    only().answer("From here", clock())
    bring(ANN + "From there")
    assert only().reply == "From here"


def test_what_its_author_took_back_does_not_come_in_again(bring, shirt, clock):
    bring(ANN)
    only().withdraw()
    assert Rating.of(shirt.id).count == 0
    done = bring(ANN.replace("Warm", "Something else"))
    assert done.summary == "testimonials=0 products=0 waiting=0 left_out=0 skipped=1"
    assert done.warned == [
        "line 2: skip, it was taken back here, erased, or left out for a newer one"
    ]
    assert not Testimonial.select().exists()


def test_what_is_left_of_one_that_went_tells_nobody_whose_it_was(bring, settings):
    bring(ANN)
    source = only().source
    only().withdraw()
    (left,) = GoneImport.select()
    assert left.source == source
    assert len(source) == 64
    assert list(left.__data__) == ["id", "source"]
    product = Product.get(Product.handle == SHIRT).id
    which = f"testimonial of {product} at 2025-01-02T00:00:00+00:00 by ann@example.com"
    assert source == Erasures(settings).digest(which)
    # Who knows all that and not the key does not find it.
    (settings.keys / "erasures.key").write_text("00" * 32)
    assert source != Erasures(settings).digest(which)


def test_its_author_finds_it_and_has_it_erased_and_it_stays_away(bring, settings, shirt, clock):
    bring(f"{ANN}\n{SHIRT},4,Bo,bo@example.com,Dry,2025-01-03,,published,")
    (held,) = privacy.held("ann@example.com", Erasures(settings), clock())
    assert "Warm" in [value.text for value in held.values]
    privacy.erase("ann@example.com", settings, clock())
    assert only().email == "bo@example.com"
    assert Rating.of(shirt.id).count == 1
    assert bring(ANN).report.skipped == 1
    GoneImport.delete().execute()
    # The log of erasures knows the address itself, whatever of theirs a file brings.
    assert bring(ANN.replace("2025-01-02", "2025-02-02")).report.skipped == 1
    assert only().email == "bo@example.com"


def test_of_one_person_the_newest_counts_in_whatever_order_they_come(bring, shirt):
    old, new = ANN, ANN.replace("2025-01-02", "2025-03-02").replace("Warm", "Still warm")
    for file in (f"{old}\n{new}", f"{new}\n{old}"):
        with database.atomic() as transaction:
            done = bring(file)
            assert done.summary == "testimonials=1 products=1 waiting=0 left_out=0 skipped=1"
            assert only().words == "Still warm"
            before = rows()
            assert bring(file).summary == done.summary
            assert rows() == before
            only().withdraw()
            bring(file)
            assert not Testimonial.select().exists()
            transaction.rollback()


def test_what_its_author_wrote_here_stands_before_what_is_imported(bring, shirt, clock):
    mine = approved(shirt, clock())
    done = bring(ANN)
    assert done.warned == ["line 2: skip, its author has written of that product here"]
    assert only().id == mine.id
    mine.withdraw()
    bring(ANN)
    assert not Testimonial.select().exists()


def test_writing_here_takes_the_place_of_what_was_imported(bring, shirt, clock):
    bring(ANN)
    mine = waiting(shirt, clock())
    assert only().id == mine.id
    mine.withdraw()
    bring(ANN)
    assert not Testimonial.select().exists()


def test_a_strangers_try_that_nobody_confirmed_keeps_nothing_out(bring, shirt, clock):
    tried = written(shirt, clock())
    assert bring(ANN).report.made == 1
    tried.confirm(clock())
    assert only().id == tried.id


def test_rows_that_stand_in_a_file_twice_come_in_once(bring):
    done = bring(f"{ANN}\n{ANN}")
    assert done.summary == "testimonials=1 products=1 waiting=0 left_out=0 skipped=1"
    assert done.warned == ["line 3: skip, it stands in the file twice"]


def test_people_without_an_address_may_share_a_name(bring):
    row = f"{SHIRT},5,Ann,,Warm,2025-01-02,,published,"
    done = bring(f"{row}\n{row.replace('2025-01-02', '2025-01-03')}")
    assert done.report.testimonials == 2


@pytest.mark.parametrize("email", ["ann@example.com", "ann+desk@example.com"])
def test_who_works_here_is_said_to(bring, clock, email):
    Staff.invite(email, ["editor"], clock())
    bring(ANN)
    assert only().connection == "works"
    assert only().disclosure == "Works for this shop"


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("product_handle", SHIRT.upper()),
        ("product_handle", "as-it-was"),
        ("product_url", f"https://old.example/products/{SHIRT}?variant=1#reviews"),
        ("product_url", f"https://old.example/product/{SHIRT}/"),
        ("product_sku", "TEE-1"),
        ("product_id", "44"),
        ("product_id", "gid://shopify/Product/44"),
        ("product_title", "  the  SHIRT of old "),
    ],
)
def test_a_product_is_found_by_whatever_names_it(bring, shirt, column, cell):
    facts = {"title": "The shirt of old", "extra": {"woocommerce": {"ID": "44"}}}
    Product.update(facts).where(Product.id == shirt.id).execute()
    Variant.update(sku="TEE-1").where(Variant.product == shirt.id).execute()
    Redirect.create(handle="as-it-was", product=shirt)
    done = bring(f"{cell},5,Ann,Warm,2025-01-02", f"{column},rating,author,body,date\n")
    assert only().product_id == shirt.id, done.warned


@pytest.mark.parametrize("column", ["product_handle", "product_url", "product_sku", "product_id"])
def test_a_product_that_is_not_here_is_named_and_its_row_passed_over(bring, column):
    done = bring("nowhere,5,Ann,Warm,2025-01-02", f"{column},rating,author,body,date\n")
    assert done.warned == ["line 2: skip, no product, or more than one, is known here by 'nowhere'"]
    assert done.report.skipped == 1


def test_a_product_that_only_mentions_another_shop_was_not_brought_from_it(bring, shirt):
    Product.update(extra={"shopify": {"Vendor": "woocommerce"}}).execute()
    bring(f"{SHIRT},5,Ann,Warm,2025-01-02", "product_handle,rating,author,body,date\n")
    assert only().product_id == shirt.id


def test_an_address_of_nothing_but_slashes_is_read_at_once():
    slashes = "/" * 2_000_000  # in a square of that the test would not end
    assert _handle_in(f"https://old.example/{slashes}x") == "x"
    assert _handle_in(f"https://old.example/x{slashes}") == "x"


def test_a_title_that_two_products_have_is_no_guess(bring):
    Product.update(title="Twin").where(Product.id.in_([1, 2])).execute()
    done = bring("Twin,5,Ann,Warm,2025-01-02", "product_title,rating,author,body,date\n")
    assert done.report.skipped == 1


def test_a_file_that_breaks_off_brings_nothing(bring, monkeypatch):
    monkeypatch.setattr(testimonial_load, "BATCH", 1)
    with pytest.raises(BadCatalogue, match="line 3"):
        bring(f'{ANN}\n{SHIRT},5,Bo,,"never closed')
    assert not Testimonial.select().exists()


def test_batches_come_to_the_same_and_each_product_is_counted_once(bring, shirt, monkeypatch):
    monkeypatch.setattr(testimonial_load, "BATCH", 3)
    counted = []
    recount = Rating.recount
    monkeypatch.setattr(
        Rating, "recount", lambda table, product: counted.append(product) or recount(table, product)
    )
    lines = [ANN.replace("ann@", f"ann{n}@").replace("Ann", f"Ann {n}") for n in range(20)]
    assert bring("\n".join(lines)).report.made == 20
    assert (counted, Rating.of(shirt.id).count) == ([shirt.id], 20)
    assert bring("\n".join(lines)).report.made == 0
    assert counted == [shirt.id]


def test_so_many_statements_bring_in_so_many(bring, monkeypatch):
    said = []
    execute = type(database.obj).execute_sql

    def noted(self, sql, *rest, **options):
        said.append(sql)
        return execute(self, sql, *rest, **options)

    lines = [ANN.replace("ann@", f"ann{n}@") for n in range(600)]
    bring(lines[0])
    monkeypatch.setattr(type(database.obj), "execute_sql", noted)
    bring("\n".join(lines))
    few = len(said)
    said.clear()
    bring("\n".join(line.replace("ann", "bo") for line in lines[:200]))
    assert few - len(said) == 2 * 4  # of two batches more: what is gone, what is known, and new
    assert few < 40


def test_what_is_imported_goes_after_its_years_and_stays_away(bring, settings, clock):
    bring(ANN)
    clock.forward(days=5 * 366)
    privacy.sweep(settings, clock())
    assert not Testimonial.select().exists()
    assert bring(ANN).report.skipped == 1


def test_an_older_version_of_the_policy_is_named_until_the_next_is_in_force(bring, settings, clock):
    key = policy.read_key(settings.keys)
    words = {"role": "editor", "changes": "As ever."}
    text = "# Next\n\nAs ever. {covers: testimonials}\n"
    later = clock() + timedelta(days=7)
    policy.publish(text, key, **words, in_force_at=later, at=clock())
    bring(ANN)
    assert only().policy_id == PolicyVersion.in_force(clock()).id != PolicyVersion.last().id
