"""oEmbed 1.0 (https://oembed.com): other programs ask what to show for a widget's address."""

import re
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from flask import Response, current_app, make_response, request

from storefront import embed
from storefront.blueprints.widget import (
    NO_STORE,
    own_origin,
    product_of,
    reseller_of,
    shop_name,
    widget,
)
from storefront.kept import BRIEF
from storefront.models import Product, Reseller

PATH = re.compile(r"/widget/([^/]+)/testimonials")
TYPES = {"json": "application/json", "xml": "text/xml; charset=utf-8"}
CACHE_AGE = 30  # seconds
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


@widget.get("/oembed")
def oembed():
    asked = request.args.get("url", "")
    kind = request.args.get("format", "json")
    if not asked:
        return _words(400, "Name the address of a widget: /oembed?url=…")
    if kind not in TYPES:
        return _words(501, "This is given as json and as xml, and as nothing else.")
    named = _named(asked)
    if named is None:
        return _words(404, "This is not the address of a widget of this shop.")
    answer = make_response(_written(_facts(*named), kind))
    answer.headers["Content-Type"] = TYPES[kind]
    answer.headers["Cache-Control"] = BRIEF
    return answer


def _words(status: int, words: str) -> Response:
    answer = make_response(words, status)
    answer.headers |= {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": NO_STORE}
    return answer


def _named(address: str) -> tuple[Reseller, Product | None] | None:
    """Whose widget is at that address; None where the address is of nothing here."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    found = PATH.fullmatch(parts.path)
    if found is None or f"{parts.scheme}://{parts.netloc}" != own_origin():
        return None
    reseller = reseller_of(found[1])
    handle = parse_qs(parts.query).get("product", [None])[0]
    return reseller, product_of(reseller, handle)


def _facts(reseller: Reseller, product: Product | None) -> dict:
    width = _at_most("maxwidth", embed.WIDTH)
    height = _at_most("maxheight", embed.HEIGHT)
    source = embed.address(reseller, own_origin(), handle=product.handle if product else "")
    return {
        "version": "1.0",
        "type": "rich",
        "title": f"{embed.TITLE} of {product.title if product else shop_name()}",
        "provider_name": shop_name(),
        "provider_url": own_origin(),
        "cache_age": CACHE_AGE,
        "width": width,
        "height": height,
        "html": embed.frame(source, width, height),
    }


def _at_most(name: str, usual: int) -> int:
    """Our size, or less where the other side has no room for it."""
    given = request.args.get(name, "")
    return min(usual, int(given)) if re.fullmatch("[1-9][0-9]{0,5}", given, re.ASCII) else usual


def _written(facts: dict, kind: str) -> str:
    if kind == "json":
        return current_app.json.dumps(facts)
    plain = {name: NOT_IN_XML.sub("", str(value)) for name, value in facts.items()}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in plain.items())
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{inner}</oembed>\n'
