"""Every address that names something of somebody's, tried by those whose it is not.

The desk's own routes are tried by nobody and by each wrong role in desk/test_guard.py.
"""

import pytest

from storefront.app import create_app
from storefront.links import (
    EntryLinks,
    InsiderLinks,
    OrderLinks,
    PrizeLinks,
    ResellerLinks,
    SignedLinks,
    TestimonialLinks,
    WaitingLinks,
)
from storefront.models import RECORDS, Order
from tests.customers import signed_in
from tests.journey import order_path, place_order
from tests.seeds import sow, texts

#: What names a thing that everybody may see, or a line of one's own cart.
OPEN = {
    *("listing.collection", "products.page", "page.page", "pictures.drawn", "pictures.media"),
    *("contests.page", "contests.enter", "contests.address_parts", "contests.entered"),
    *("contests.rules", "contests.draw_file"),
    *("contests.withdrawn", "waiting.ask", "waiting.asked_for", "cart.change"),
    *("widget.testimonials", "widget.address", "widget.signed"),
    *("testimonials.new", "testimonials.write", "testimonials.written", "testimonials.removed"),
    *("testimonials.of_product", "testimonials.page", "testimonials.vote"),
    *("testimonials.address", "testimonials.show_address", "testimonials.picture"),
    "insider.issue",
    *("feeds.sitemap_of_products", "privacy.version", "privacy.text", "privacy.note"),
}
#: What a link in a mail opens: by the name of its argument.
BY_LINK = ("link", "secret")
ALIEN = ("forged.link", "a" * 300, "%00", "AAAAA-AAAAA.x")


def rules(app) -> list:
    """Every route outside the desk that is told what to show or change."""
    found = [rule for rule in app.url_map.iter_rules() if rule._converters]
    return [rule for rule in found if not rule.rule.startswith(("/desk", "/static"))]


def kind_of(rule) -> str:
    if rule.arguments & set(BY_LINK):
        return "link"
    if rule.rule.startswith("/account"):
        return "account"
    return "open" if rule.endpoint in OPEN else "?"


def test_every_route_that_names_something_is_of_a_kind_that_is_tried_here(app):
    unknown = {rule.endpoint: rule.rule for rule in rules(app) if kind_of(rule) == "?"}
    assert unknown == {}, "say whose they are"


def asked(client, rule, **values) -> list:
    """The answers to every method of a route."""
    adapter = client.application.url_map.bind("localhost")
    for name in rule._converters.keys() - set(values):
        number = type(rule._converters[name]).__name__ == "IntegerConverter"
        values[name] = 1 if number else "abc"
    path = adapter.build(rule.endpoint, values)
    methods = sorted(rule.methods - {"OPTIONS", "HEAD"})
    headers = {"Sec-Fetch-Site": "same-origin"}
    return [client.open(path, method=method, headers=headers) for method in methods]


def all_rows() -> str:
    return repr([list(record.select().tuples()) for record in RECORDS])


@pytest.mark.parametrize("alien", ALIEN)
def test_a_link_nobody_signed_opens_nothing_and_changes_nothing(app, client, clock, alien):
    sow(clock())
    before = all_rows()
    for rule in rules(app):
        if kind_of(rule) != "link":
            continue
        (name,) = rule.arguments & set(BY_LINK)
        for answer in asked(client, rule, **{name: alien}):
            assert answer.status_code in (200, 303, 308, 400, 404), rule.rule
            assert not [text for text in texts().values() if text in answer.text], rule.rule
            if answer.status_code == 200:
                assert "for another browser" in answer.text, rule.rule
    assert all_rows() == before


@pytest.mark.parametrize(
    "of_kind",
    [
        *(EntryLinks, PrizeLinks, WaitingLinks, InsiderLinks),
        *(ResellerLinks, TestimonialLinks, OrderLinks),
    ],
)
def test_a_link_of_one_kind_opens_nothing_of_another(
    app, settings, client, plenty, of_kind: type[SignedLinks]
):
    place_order(client, plenty)
    order, link = Order.get(), of_kind(settings.cookie_keys)
    opened = {
        rule.endpoint
        for rule in rules(app)
        if "link" in rule.arguments
        for answer in asked(app.test_client(), rule, link=link.write(order.number))
        if answer.status_code not in (400, 404)
    }
    mine = {e for e in opened if e.startswith(("orders.", "afterwards.", "returns.", "messages."))}
    # Who has left may say so as often as they like, and hears that nobody is there.
    left = {"insider.leaving", "insider.leave"} if of_kind is InsiderLinks else set()
    assert opened == mine | left
    assert bool(mine) == (of_kind is OrderLinks)


def test_an_order_of_another_shop_is_not_opened(settings, client, plenty):
    """Links are signed with the shop's own keys."""
    path = order_path(place_order(client, plenty))
    assert client.get(path).status_code == 200
    other = create_app(settings.__class__(**vars(settings) | {"cookie_keys": ("other" * 9,)}))
    assert other.test_client().get(path).status_code == 404


def test_an_account_is_opened_by_nobody_else(app, clock, plenty):
    """By nobody at all, and by a customer who is signed in as somebody else."""
    sow(clock())
    before = all_rows()
    nobody, bob = app.test_client(), signed_in(app, "bob@example.com")
    numbers = [rule for rule in rules(app) if kind_of(rule) == "account" and not by_link(rule)]
    assert len(numbers) >= 5
    for rule in numbers:
        for answer in asked(nobody, rule):
            assert answer.status_code == 303, rule.rule
            assert "/account/sign-in" in answer.location, rule.rule
    for rule in numbers:
        for answer in asked(bob, rule):
            # Only the empty fields of another country are drawn for whoever asks.
            fields = rule.endpoint == "account.address_parts"
            assert answer.status_code in (303, 400, 404, 422) or fields, rule.rule
            assert not [text for text in texts().values() if text in answer.text], rule.rule
    rows = [r for r in RECORDS if r.__name__ in ("SavedAddress", "AccountPasskey", "Order")]
    assert all(repr(list(record.select().tuples()))[1:-1] in before for record in rows)


def by_link(rule) -> bool:
    return bool(rule.arguments & set(BY_LINK))
