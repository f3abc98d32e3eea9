"""What tax there is on what is sold, by country and by region."""

from flask import abort, g, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.entered import Entered, in_words, regions_in_words
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.models import TaxRate
from storefront.pages import go
from storefront.refusals import Refused

HERE = "/desk/taxes"
screen("Taxes", HERE, ("editor",), "What tax is in our prices, or comes on top of them.")


@desk.get("/taxes")
@roles("editor")
def taxes():
    return _taxes()


def _taxes(status: int = 200, refusal: Refused | None = None):
    context = {
        "rates": [(rate, *_places(rate)) for rate in TaxRate.in_order()],
        "may_change": g.staff.may(("manager",)),
        "typed": request.form if refusal else {},
        "refusal": refusal,
        "said": session.once("said"),
    }
    return show("desk/taxes/page.html", "desk/taxes/_rates.html", status=status, **context)


def _places(rate: TaxRate) -> tuple[str, str]:
    return in_words(rate.countries), regions_in_words(rate.regions, rate.countries[0])


@desk.post("/taxes")
@roles("manager")
def add_tax():
    rate = TaxRate()
    try:
        rate.change(**_facts())
    except Refused as refusal:
        return _taxes(422, refusal)
    return _saved(f"{rate.words or rate.name} is added.")


def _saved(words: str):
    session.keep("said", words)
    return go(HERE)


def _facts() -> dict:
    entered = Entered(request.form, "")
    places = entered.countries("countries")
    facts = {
        "name": entered.text("name", 40),
        "countries": places,
        "regions": entered.regions("regions", places[0] if places else ""),
        "basis_points": entered.points("percent"),
        "included": entered.ticked("included"),
        "on_shipping": entered.ticked("on_shipping"),
    }
    entered.check()
    return facts


def _found(number: int) -> TaxRate:
    return TaxRate.get_or_none(TaxRate.id == number) or abort(404, "This was removed meanwhile.")


@desk.get(f"/taxes/<{NUMBER}:number>")
@roles("manager")
def tax(number: int):
    return _tax(_found(number))


def _tax(rate: TaxRate, status: int = 200, refusal: Refused | None = None):
    places, regions = _places(rate)
    typed = {"name": rate.name, "countries": places, "regions": regions, "percent": rate.percent}
    typed |= {name: "on" for name in ("included", "on_shipping") if getattr(rate, name)}
    context = {"rate": rate, "typed": request.form if refusal else typed, "refusal": refusal}
    return show("desk/taxes/tax.html", "desk/taxes/_tax.html", status=status, **context)


@desk.post(f"/taxes/<{NUMBER}:number>")
@roles("manager")
def change_tax(number: int):
    rate = _found(number)
    try:
        rate.change(**_facts())
    except Refused as refusal:
        return _tax(_found(number), 422, refusal)
    return _saved(f"{rate.words or rate.name} is saved.")


@desk.post(f"/taxes/<{NUMBER}:number>/removal")
@roles("manager")
def remove_tax(number: int):
    rate = _found(number)
    rate.delete_instance()
    return _saved(f"{rate.words or rate.name} is removed.")
