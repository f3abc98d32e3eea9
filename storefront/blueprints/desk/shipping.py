"""Where the shop sends things and what that costs: zones of countries, and rates within them."""

from flask import abort, current_app, g, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.entered import Entered, in_words, said
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.models import ShippingRate, ShippingZone
from storefront.models.shipping import BY_WEIGHT, FLAT
from storefront.money import Money
from storefront.pages import go
from storefront.refusals import Refused

HERE = "/desk/shipping"
LINES = 3  # empty lines for more bands
screen("Shipping", HERE, ("editor",), "Where we send things, and what that costs.")


def currency() -> str:
    """The shop's own."""
    return current_app.extensions["settings"].currency


def _saved(words: str, way: str = HERE):
    session.keep("said", words)
    return go(way)


@desk.get("/shipping")
@roles("editor")
def shipping():
    return _zones()


def _zones(status: int = 200, refusal: Refused | None = None):
    zones = [(z, in_words(z.countries), list(z.rates)) for z in ShippingZone.in_order()]
    rates = [rate for _, _, held in zones for rate in held]
    context = {
        "zones": zones,
        "bands": {rate.id: bands_of(rate) for rate in rates},
        "gaps": {rate.id: gaps_of(rate) for rate in rates},
        "everywhere": any("*" in zone.countries for zone, _, _ in zones),
        "may_change": g.staff.may(("manager",)),
        "typed": request.form if refusal else {},
        "refusal": refusal,
        "said": session.once("said"),
    }
    return show("desk/shipping/page.html", "desk/shipping/_zones.html", status=status, **context)


def gaps_of(rate: ShippingRate) -> str:
    """What a rate's bands leave out, in words; "" for nothing."""
    return " and ".join(_stretch(rate, low, below) for low, below in rate.gaps)


def bands_of(rate: ShippingRate) -> str:
    """What a rate's bands cost, in words."""
    told = [
        f"{_stretch(rate, low, below)} {Money(price, rate.currency) if price else 'free'}"
        for low, below, price in rate.bands
    ]
    return ", ".join(told)


def _stretch(rate: ShippingRate, low: int, below: int | None) -> str:
    if below is None:
        return f"from {_mark(rate, low)} on"
    start = f"from {_mark(rate, low)} to " if low else ""
    return f"{start}below {_mark(rate, below)}"


def _mark(rate: ShippingRate, at: int) -> str:
    return f"{at:,} g" if rate.measure == BY_WEIGHT else str(Money(at, rate.currency))


def _zone_in(entered: Entered) -> tuple[str, list[str]]:
    facts = entered.text("name"), entered.countries("countries")
    entered.check()
    return facts


@desk.post("/shipping")
@roles("manager")
def add_zone():
    try:
        zone = ShippingZone.make(*_zone_in(Entered(request.form, currency())))
    except Refused as refusal:
        return _zones(422, refusal)
    return _saved(f"There is a zone {zone.name} now. It needs a rate.", f"{HERE}/{zone.id}")


def _found(record, number: int):
    return record.get_or_none(record.id == number) or abort(404, "This was removed meanwhile.")


@desk.get(f"/shipping/<{NUMBER}:number>")
@roles("manager")
def zone(number: int):
    return _zone(_found(ShippingZone, number))


def _zone(zone: ShippingZone, status: int = 200, refusal: Refused | None = None):
    typed = {"name": zone.name, "countries": in_words(zone.countries)}
    context = {
        "zone": zone,
        "rates": list(zone.rates),
        "bands": {rate.id: bands_of(rate) for rate in zone.rates},
        "typed": request.form if refusal else typed,
        "refusal": refusal,
        "said": session.once("said"),
    }
    return show("desk/shipping/zone.html", "desk/shipping/_zone.html", status=status, **context)


@desk.post(f"/shipping/<{NUMBER}:number>")
@roles("manager")
def change_zone(number: int):
    zone = _found(ShippingZone, number)
    try:
        zone.change(*_zone_in(Entered(request.form, currency())))
    except Refused as refusal:
        return _zone(_found(ShippingZone, number), 422, refusal)
    return _saved(f"The zone {zone.name} is changed.")


@desk.post(f"/shipping/<{NUMBER}:number>/removal")
@roles("manager")
def remove_zone(number: int):
    zone = _found(ShippingZone, number)
    zone.remove()
    return _saved(f"The zone {zone.name} is removed, with its rates.")


@desk.get(f"/shipping/<{NUMBER}:number>/rates")
@roles("manager")
def new_rate(number: int):
    return _rate(_blank(number))


def _blank(number: int) -> ShippingRate:
    zone = _found(ShippingZone, number)
    return ShippingRate(zone=zone, name="", currency=currency(), measure=FLAT, price_minor=0)


@desk.post(f"/shipping/<{NUMBER}:number>/rates")
@roles("manager")
def add_rate(number: int):
    return _change(_blank(number))


@desk.get(f"/shipping/rates/<{NUMBER}:number>")
@roles("manager")
def rate(number: int):
    return _rate(_found(ShippingRate, number))


@desk.post(f"/shipping/rates/<{NUMBER}:number>")
@roles("manager")
def change_rate(number: int):
    return _change(_found(ShippingRate, number))


@desk.post(f"/shipping/rates/<{NUMBER}:number>/removal")
@roles("manager")
def remove_rate(number: int):
    rate = _found(ShippingRate, number)
    rate.delete_instance()
    return _saved(f"The rate {rate.name} is removed.")


def _change(rate: ShippingRate):
    try:
        rate.change(**_rate_in(Entered(request.form, rate.currency)))
    except Refused as refusal:
        return _rate(rate, 422, refusal)
    gaps = gaps_of(rate)
    less = f" Mind the gap: nothing can be sent this way {gaps}." if gaps else ""
    return _saved(f"{rate.name} is saved.{less}")


def _rate_in(entered: Entered) -> dict:
    measure = entered.text("measure")
    facts = {
        "name": entered.text("name"),
        "promise": entered.text("promise"),
        "measure": measure,
        "bands": [] if measure == FLAT else _bands(entered, measure),
        "price_minor": entered.money("price", 0) if measure == FLAT else 0,
        "free_from_minor": entered.money("free_from"),
    }
    entered.check()
    return facts


def _bands(entered: Entered, measure: str) -> list[list[int | None]]:
    """The lines of a form, each from, below and price; empty ones are passed over."""
    columns = [entered.form.getlist(name) for name in ("from", "below", "band_price")]
    lines = [[text.strip() for text in line] for line in zip(*columns, strict=False)]
    return [_band(entered, measure, *line) for line in lines if any(line)]


def _band(entered: Entered, measure: str, low: str, below: str, price: str):
    read = entered.whole if measure == BY_WEIGHT else entered.minor
    first = entered.read("bands", low, read, 0)
    last = entered.read("bands", below, read, None)
    if not price:
        entered.problems["bands"] = "Every line needs a price; 0 is one."
    return [first, last, entered.read("bands", price, entered.minor, 0)]


def _rate(rate: ShippingRate, status: int = 200, refusal: Refused | None = None):
    columns = [request.form.getlist(name) for name in ("from", "below", "band_price")]
    lines = zip(*columns, strict=False) if refusal else _typed_bands(rate)
    context = {
        "rate": rate,
        "zone": rate.zone,
        "currency": rate.currency,
        "lines": [*lines, *([("", "", "")] * LINES)],
        "typed": request.form if refusal else _typed(rate),
        "refusal": refusal,
    }
    return show("desk/shipping/rate.html", "desk/shipping/_rate.html", status=status, **context)


def _typed(rate: ShippingRate) -> dict[str, str]:
    return {
        "name": rate.name,
        "promise": rate.promise,
        "measure": rate.measure,
        "price": said(rate.price_minor, rate.currency) if rate.id else "",
        "free_from": said(rate.free_from_minor, rate.currency),
    }


def _typed_bands(rate: ShippingRate) -> list[tuple[str, str, str]]:
    def mark(at: int | None) -> str:
        by_weight = rate.measure == BY_WEIGHT
        return ("" if at is None else str(at)) if by_weight else said(at, rate.currency)

    return [
        (mark(low), mark(below), said(price, rate.currency)) for low, below, price in rate.bands
    ]
