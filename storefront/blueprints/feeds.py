"""For machines that read the catalogue: sitemap, robots.txt, and a feed for Google Merchant.

Sitemaps follow https://www.sitemaps.org/protocol.html; the feed is RSS 2.0 with the fields of
Google's product data specification. Both are streamed, in batches of products by id.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, stream_with_context
from peewee import fn, prefetch

from storefront.models import Collection, Contest, InsiderIssue, Page, Product, Variant
from storefront.pages import now
from storefront.structured import address_of, amount, picture_of, plain

blueprint = Blueprint("feeds", __name__)
PER_MAP = 10_000  # ids in one sitemap; the protocol allows 50,000 addresses
BATCH = 500
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def _origin() -> str:
    return current_app.extensions["settings"].shop_origin


def _xml(parts: Iterator[str]) -> Response:
    response = Response(stream_with_context(parts), mimetype="application/xml")
    response.headers["Cache-Control"] = "public, max-age=600"
    return response


@blueprint.get("/robots.txt")
def robots():
    lines = [
        "User-agent: *",
        "Disallow: /orders/",
        "Disallow: /search",
        "",
        f"Sitemap: {_origin()}/sitemap.xml",
        "",
    ]
    return Response("\n".join(lines), mimetype="text/plain")


@blueprint.get("/sitemap.xml")
def sitemap():
    last = Product.select(fn.MAX(Product.id)).scalar() or 0
    names = ["pages", *range(last // PER_MAP + 1)]
    entries = (f"<sitemap><loc>{_origin()}/sitemaps/{n}.xml</loc></sitemap>" for n in names)
    return _xml(iter([HEAD, f"<sitemapindex {SITEMAP}>", *entries, "</sitemapindex>"]))


@blueprint.get("/sitemaps/pages.xml")
def sitemap_of_pages():
    paths = ["/", "/products", "/contests", "/testimonials", "/testimonials/moderation", "/insider"]
    paths += ["/privacy", "/privacy/data-map", "/privacy/recipients"]
    issues = InsiderIssue.public().select(InsiderIssue.slug)
    paths += ["/insider/archive", *(f"/insider/archive/{i.slug}" for i in issues)]
    paths += [f"/contests/{contest.slug}" for contest in Contest.select().order_by(Contest.id)]
    shown = [one for one in Collection.in_order() if one.state(now()) == "running"]
    paths += [f"/collections/{collection.slug}" for collection in shown]
    paths += [f"/pages/{page.slug}" for page in Page.select().order_by(Page.slug)]
    entries = (f"<url><loc>{escape(_origin() + path)}</loc></url>" for path in paths)
    return _xml(iter([HEAD, f"<urlset {SITEMAP}>", *entries, "</urlset>"]))


@blueprint.get("/sitemaps/<int(max=200000):number>.xml")
def sitemap_of_products(number: int):
    return _xml(_product_addresses(number * PER_MAP, (number + 1) * PER_MAP, _origin()))


def _product_addresses(start: int, end: int, origin: str) -> Iterator[str]:
    yield f"{HEAD}<urlset {SITEMAP}>"
    some = Product.on_sale().where(Product.id >= start, Product.id < end).order_by(Product.id)
    for product in some:
        changed = product.changed_at.date().isoformat()
        address = escape(address_of(product, None, origin))
        yield f"<url><loc>{address}</loc><lastmod>{changed}</lastmod></url>\n"
    yield "</urlset>"


@blueprint.get("/feeds/google.xml")
def google():
    return _xml(_feed(current_app.extensions["settings"].shop["name"], _origin()))


def _feed(name: str, origin: str) -> Iterator[str]:
    yield f'{HEAD}<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
    yield f"<title>{escape(name)}</title><link>{escape(origin)}</link>"
    yield f"<description>{escape(name)}</description>\n"
    last = 0
    while batch := _batch_after(last):
        for product in batch:
            yield from (_item(product, variant, origin) for variant in product.variants)
        last = batch[-1].id
    yield "</channel></rss>"


def _batch_after(last: int) -> list[Product]:
    sold = Product.on_sale().where(Product.id > last, Product.kind == "sold")
    return prefetch(sold.order_by(Product.id).limit(BATCH), Variant.select().order_by(Variant.id))


def _item(product: Product, variant: Variant, origin: str) -> str:
    fields = {
        "g:id": variant.sku or f"{product.id}-{variant.id}",
        "g:item_group_id": product.handle,
        "title": f"{product.title} {variant.name}".strip()[:150],
        "description": plain(product.description)[:5000] or product.title,
        "link": address_of(product, variant, origin),
        "g:image_link": picture_of(product, origin),
        "g:availability": "out_of_stock" if variant.left == 0 else "in_stock",
        "g:condition": "new",
        "g:brand": product.vendor,
        "g:product_type": product.type,
        "g:gtin": variant.barcode if variant.barcode.isdigit() else "",
    } | _prices(variant)
    inner = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in fields.items() if v)
    return f"<item>{inner}</item>\n"


def _prices(variant: Variant) -> dict[str, str]:
    now = f"{amount(variant.price_minor, variant.currency)} {variant.currency}"
    if not variant.reduced:
        return {"g:price": now}
    before = f"{amount(variant.compare_at_minor, variant.currency)} {variant.currency}"
    return {"g:price": before, "g:sale_price": now}
