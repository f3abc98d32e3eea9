"""The desk's page of zones and rates."""

import pytest

from storefront.models import ShippingRate, ShippingZone
from tests.blueprints.desk.selling import Seller
from tests.staff import signed_in

HERE = "/desk/shipping"


@pytest.fixture
def everywhere(settings) -> ShippingZone:
    return ShippingZone.get()


def rate_form(**changes) -> dict:
    return {"name": "Parcel", "measure": "flat", "price": "4.90"} | changes


def bands(*lines: tuple[str, str, str]) -> dict:
    low, below, price = map(list, zip(*lines, strict=True))
    return {"measure": "weight", "from": low, "below": below, "band_price": price}


def test_what_there_is_stands_on_the_page(seller):
    page = seller.get(HERE)
    assert "Everywhere else" in page
    assert "Standard delivery" in page
    assert "free" in page


def test_a_zone_is_added_by_names_and_codes_and_waits_for_a_rate(seller):
    page = seller.send(HERE, name="Neighbours", countries="Germany, at;\nSwitzerland")
    assert "There is a zone Neighbours now. It needs a rate." in page
    zone = ShippingZone.get(ShippingZone.name == "Neighbours")
    assert zone.countries == ["DE", "AT", "CH"]
    assert "Germany, Austria, Switzerland" in seller.get(f"{HERE}/{zone.id}")
    assert "No rate yet, so nothing is sent there." in seller.get(HERE)
    assert ShippingRate.for_country("DE") == []


def test_the_european_union_is_its_members_and_is_read_as_it_was_written(seller):
    seller.send(HERE, name="Union", countries="European Union, CH")
    zone = ShippingZone.get(ShippingZone.name == "Union")
    assert len(zone.countries) == 28
    page = seller.get(f"{HERE}/{zone.id}")
    assert ">European Union, Switzerland</textarea>" in page
    seller.send(f"{HERE}/{zone.id}", name="Union", countries="European Union, Switzerland")
    assert len(ShippingZone.get_by_id(zone.id).countries) == 28


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "X", "countries": "Atlantis, DE"}, "We know no country “Atlantis”"),
        ({"name": "X", "countries": ""}, "name at least one country"),
        ({"name": "", "countries": "DE"}, "give the zone a name"),
        ({"name": "X", "countries": "everywhere else"}, "has everywhere else already"),
        ({"name": "X" * 81, "countries": "DE"}, "to 80 characters"),
    ],
)
def test_a_zone_that_cannot_be_is_refused_and_nothing_typed_is_lost(seller, form, words):
    page = seller.refused(HERE, **form)
    assert words in page
    assert f">{form['countries']}</textarea>" in page
    assert ShippingZone.select().count() == 1


def test_a_country_in_two_zones_is_refused_in_words(seller):
    seller.send(HERE, name="Alps", countries="AT, CH")
    assert "The zone Alps has Austria already." in seller.refused(HERE, name="B", countries="AT")
    zone = ShippingZone.make("Danube", ["HU"])
    page = seller.refused(f"{HERE}/{zone.id}", name="Danube", countries="HU, CH")
    assert "The zone Alps has Switzerland already." in page
    assert ShippingZone.get_by_id(zone.id).countries == ["HU"]


def test_a_rate_is_added_changed_and_removed(seller, everywhere):
    at = f"{HERE}/{everywhere.id}/rates"
    assert "A new rate" in seller.get(at)
    page = seller.send(at, **rate_form(promise="2 days", free_from="50"))
    assert "Parcel is saved." in page
    assert "$4.90; free from $50.00" in page
    rate = ShippingRate.get(ShippingRate.name == "Parcel")
    assert (rate.price_minor, rate.free_from_minor, rate.promise) == (490, 5000, "2 days")
    assert 'value="4.90"' in seller.get(f"{HERE}/rates/{rate.id}")
    seller.send(f"{HERE}/rates/{rate.id}", **rate_form(price="0"))
    rate = ShippingRate.get_by_id(rate.id)
    assert (rate.price_minor, rate.free_from_minor) == (0, None)
    assert "The rate Parcel is removed." in seller.send(f"{HERE}/rates/{rate.id}/removal")
    assert ShippingRate.select().count() == 1


def test_bands_are_kept_in_order_and_shown_with_room_for_more(seller, everywhere):
    lines = bands(("1000", "", "9"), ("", "1000", "4.5"), ("", "", ""))
    seller.send(f"{HERE}/{everywhere.id}/rates", **rate_form(**lines))
    rate = ShippingRate.get(ShippingRate.name == "Parcel")
    assert rate.bands == [[0, 1000, 450], [1000, None, 900]]
    page = seller.get(f"{HERE}/rates/{rate.id}")
    assert page.count('name="band_price"') == 5
    for way in (HERE, f"{HERE}/{everywhere.id}"):
        assert "below 1,000 g $4.50, from 1,000 g on $9.00" in seller.get(way)
    assert 'value="4.50"' in page


def test_bands_by_subtotal_are_sums_of_money(seller, everywhere):
    lines = bands(("0", "50", "4.90"), ("50", "", "0")) | {"measure": "subtotal"}
    seller.send(f"{HERE}/{everywhere.id}/rates", **rate_form(**lines))
    assert ShippingRate.get(ShippingRate.name == "Parcel").bands == [
        [0, 5000, 490],
        [5000, None, 0],
    ]


def test_a_gap_is_saved_and_warned_of(seller, everywhere):
    lines = bands(("0", "1000", "4"), ("2000", "5000", "9"))
    page = seller.send(f"{HERE}/{everywhere.id}/rates", **rate_form(**lines))
    words = "nothing can be sent this way from 1,000 g to below 2,000 g and from 5,000 g on."
    assert f"Mind the gap: {words}" in page
    assert "Nothing can be sent this way from 1,000 g" in seller.get(HERE)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (rate_form(price="4,90"), "This is &#39;4,90&#39;; an amount is read as digits"),
        (rate_form(price="-1"), "an amount is read as digits"),
        (rate_form(price="4.905"), "finer than the shop"),
        (rate_form(price="99999999999"), "larger than the shop can hold"),
        (rate_form(free_from="lots"), "This is &#39;lots&#39;"),
        (rate_form(name=" "), "give the rate a name"),
        (rate_form(measure="moon"), "choose what the price depends on"),
        (rate_form(**bands(("0", "1000", "4"), ("999", "", "9"))), "Two lines overlap"),
        (rate_form(**bands(("0", "", "4"), ("10", "20", "9"))), "Two lines overlap"),
        (rate_form(**bands(("0", "1000", ""))), "Every line needs a price"),
        (rate_form(**bands(("1 kg", "", "4"))), "a whole number such as 12 is read"),
        (rate_form(**bands(("-5", "", "4"))), "less than nothing"),
        (rate_form(**bands(("", "", ""))), "at least one line"),
    ],
)
def test_a_rate_that_cannot_be_read_is_refused_and_nothing_typed_is_lost(
    seller, everywhere, form, words
):
    page = seller.refused(f"{HERE}/{everywhere.id}/rates", **form)
    assert words in page
    for typed in (form["price"], *form.get("from", ())):
        assert not typed or f'value="{typed}"' in page
    assert ShippingRate.select().count() == 1


def test_without_zones_the_page_says_that_nothing_can_be_ordered(seller, everywhere):
    page = seller.send(f"{HERE}/{everywhere.id}/removal")
    assert "Nothing is sent anywhere yet" in page
    seller.send(HERE, name="Home", countries="US")
    assert "Countries that no zone names get nothing." in seller.get(HERE)


def test_what_was_removed_meanwhile_is_said(seller):
    for way in (f"{HERE}/99", f"{HERE}/rates/99", f"{HERE}/99/rates"):
        assert seller.client.get(way).status_code == 404
        assert seller.post(way, name="X").status_code == 404


@pytest.mark.parametrize("fragments", [False, True])
def test_an_editor_reads_and_changes_nothing(app, everywhere, fragments):
    editor = Seller(app, "editor", fragments)
    page = editor.get(HERE)
    assert "Standard delivery" in page
    assert "Managers change this." in page
    assert '<form action="/desk/shipping"' not in page
    rate = ShippingRate.get()
    for way in (HERE, f"{HERE}/{everywhere.id}", f"{HERE}/{everywhere.id}/removal"):
        assert editor.post(way, name="X", countries="DE").status_code == 403
    for way in (f"{HERE}/{everywhere.id}/rates", f"{HERE}/rates/{rate.id}"):
        assert editor.client.get(way).status_code == 403
        assert editor.post(way, **rate_form()).status_code == 403
    assert editor.post(f"{HERE}/rates/{rate.id}/removal").status_code == 403
    assert (ShippingZone.select().count(), ShippingRate.select().count()) == (1, 1)


@pytest.mark.parametrize("role", ["fulfilment", "moderator"])
@pytest.mark.parametrize("way", [HERE, "/desk/taxes", "/desk/discounts"])
def test_others_see_none_of_it(app, client, role, way):
    other = signed_in(app, role)
    assert other.get(way).status_code == 403
    assert other.post(way, data={"name": "X"}).status_code == 403
    assert way not in other.get("/desk").text
    stranger = client.post(way, data={"name": "X"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert stranger.status_code == 303
    assert "/desk/door" in stranger.headers["Location"]
