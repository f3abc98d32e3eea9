"""The forms of products and variants: what is in them, and what is read out of them."""

from storefront.blueprints.desk.typed import Form, listed, shown
from storefront.models import Product, Variant
from storefront.models.options import Option, values_of
from storefront.models.shopkeeping import FACTS, OF_VARIANT, STATUSES, Overtaken, version
from storefront.refusals import Refused

TEXTS = ("description", "sku", "barcode")  # which may hold long numbers; looked over here


def of_product(product: Product) -> dict:
    """The form of a product as it stands."""
    return {name: getattr(product, name) for name in FACTS} | {
        "tags": listed(product.tags),
        "seen": version(product),
    }


def facts_of_product(typed, product: Product) -> dict:
    """The columns of FACTS that were typed; raises `Refused`."""
    with Form(typed) as form:
        facts = {
            "title": form.line("title", "Please give it a title."),
            "handle": form.line("handle", "Please give it a handle."),
            "description": form.html("description", product.description),
            "vendor": form.line("vendor"),
            "type": form.line("type"),
            "category": form.line("category"),
            "tags": form.tags("tags"),
            "status": form.line("status"),
            "published": form.tick("published"),
            "seo_title": form.line("seo_title"),
            "seo_description": form.line("seo_description", longest=1000),
        }
        if facts["status"] not in STATUSES:
            form.problems["status"] = "Choose one of these."
    return facts


def of_variant(variant: Variant) -> dict:
    """The form of a variant as it stands."""
    facts = {name: getattr(variant, name) for name in OF_VARIANT}
    for name in ("price", "compare_at", "cost"):
        facts[name] = shown(facts[f"{name}_minor"], variant.currency)
    facts |= {f"choice{n}": value for n, value in enumerate(variant.choice, 1)}
    return facts | {"seen": version(variant)}


def of_new_variant(product: Product, variants: list[Variant]) -> dict:
    """The form of one more variant: all but what tells it apart is like the last."""
    if not variants:
        return {"needs_shipping": True, "taxable": True, "tracked": True, "low_at": 5}
    like = of_variant(variants[-1])
    return {name: v for name, v in like.items() if name not in ("sku", "barcode", "seen")}


def facts_of_variant(typed, product: Product) -> dict:
    """The columns of OF_VARIANT that were typed; raises `Refused`."""
    places = range(1, len(product.options) + 1)
    with Form(typed) as form:
        choice = [form.line(f"choice{n}", "Please give a value.", 100) for n in places]
        facts = {
            "choice": choice,
            "sku": form.barcode("sku"),
            "barcode": form.barcode("barcode"),
            "price_minor": form.money("price", product.currency, "Please give a price."),
            "compare_at_minor": form.money("compare_at", product.currency),
            "cost_minor": form.money("cost", product.currency),
            "grams": form.count("grams", 0, 100_000_000),
            "low_at": form.count("low_at", -1, 1_000_000),
        }
        ticks = ("tracked", "oversell", "needs_shipping", "taxable")
    return facts | {name: form.tick(name) for name in ticks}


def options_of(product: Product, variants: list[Variant]) -> list[Option]:
    """The options as they stand."""
    pairs = enumerate(product.options)
    return [Option(name, {v: v for v in values_of(variants, n)}) for n, name in pairs]


def typed_options(typed, product: Product, variants: list[Variant]) -> list[Option]:
    """The options as they were typed, a new one among them where it has a name."""
    wanted = []
    with Form(typed) as form:
        for n, option in enumerate(options_of(product, variants)):
            values = {v: form.line(f"value{n}-{m}") or "" for m, v in enumerate(option.values)}
            name, stays = form.line(f"name{n}") or "", not form.tick(f"gone{n}")
            wanted.append(Option(name, values, stays))
        new = len(wanted)
        if name := form.line(f"name{new}"):
            wanted.append(Option(name, {"": form.line(f"value{new}-0") or ""}))
    return wanted


def beside(refusal: Refused, facts: dict | None) -> dict[str, str]:
    """The sentences for a form; where somebody was faster, each field says what stands there."""
    if not isinstance(refusal, Overtaken) or facts is None:
        return refusal.problems
    stands = of_product if isinstance(refusal.now, Product) else of_variant
    now, told = stands(refusal.now), dict(refusal.problems)
    for name, value in facts.items():
        if getattr(refusal.now, name) != value:
            field = name.removesuffix("_minor")
            told[field] = f"Now it is: {_in_words(now.get(field, ''))}"
    return told


def _in_words(value) -> str:
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    return str(value)[:300] or "empty"
