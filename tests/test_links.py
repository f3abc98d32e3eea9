"""Links that stand for an order: nobody guesses one."""

import pytest

from storefront.links import OrderLinks

NUMBER = "K7M2X-9QXDA"


def test_a_link_leads_to_its_order():
    links = OrderLinks(("key",))
    assert links.read(links.write(NUMBER)) == NUMBER


def test_a_link_is_safe_in_an_address_and_long_enough_never_to_be_guessed():
    link = OrderLinks(("key",)).write(NUMBER)
    assert set(link) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert len(link.rpartition(".")[2]) == 43, "256 bits"


@pytest.mark.parametrize(
    "link", ["", ".", NUMBER, f"{NUMBER}.", f"{NUMBER}.AAAA", "\0", "é.é", "a" * 9999, "\ud800.x"]
)
def test_what_we_did_not_sign_leads_nowhere(link):
    assert OrderLinks(("key",)).read(link) is None


def test_a_link_for_one_order_is_none_for_another():
    links = OrderLinks(("key",))
    signature = links.write(NUMBER).rpartition(".")[2]
    assert links.read(f"K7M2X-9QXDB.{signature}") is None
    assert links.read(f"{NUMBER}.{signature[:-1]}") is None


def test_another_shops_link_leads_nowhere():
    assert OrderLinks(("key",)).read(OrderLinks(("other",)).write(NUMBER)) is None


def test_the_newest_key_signs_and_older_ones_still_read():
    old, both = OrderLinks(("old",)), OrderLinks(("new", "old"))
    assert both.read(old.write(NUMBER)) == NUMBER
    assert old.read(both.write(NUMBER)) is None
    assert OrderLinks(("new",)).read(both.write(NUMBER)) == NUMBER
