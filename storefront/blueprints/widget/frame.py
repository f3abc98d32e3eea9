"""The frame: the newest testimonials that a reseller may show, in a document of its own."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, abort, current_app, request

from storefront import embed
from storefront.blueprints.widget import (
    NO_STORE,
    drawn,
    framable,
    own_origin,
    page_of,
    picture_of,
    product_of,
    product_path,
    reseller_of,
    shop_name,
    tie_of,
    widget,
)
from storefront.contrast import DARK, LIGHT, readable
from storefront.door import limiter
from storefront.kept import BRIEF
from storefront.models import Product, Reseller, Testimonial
from storefront.models.plain_text import beginning
from storefront.models.reseller import LOOK
from storefront.models.widget_reading import newest, one_of, rating
from storefront.pages import keep, public

# Bytes of words and of a reply, so that ten stay under 6 KiB; the rest is read at the shop.
LONGEST, LONGEST_REPLY = 480, 200
THUMBNAIL = 96  # CSS pixels


@dataclass(frozen=True)
class Frame:
    """What was asked for: whose widget, of one product or of all, and whether it tells its
    height."""

    reseller: Reseller
    product: Product | None
    sized: bool

    @property
    def products(self) -> list[int]:
        """The ids of the products it is about; none for all."""
        return [self.product.id] if self.product else self.reseller.products

    @property
    def handle(self) -> str:
        return self.product.handle if self.product else ""

    def action(self, number: int) -> str:
        """Where the address of a testimonial is asked for; what is shown then is the same."""
        asked = {"product": self.handle, "sized": "1" if self.sized else ""}
        asked = urlencode({name: value for name, value in asked.items() if value})
        path = f"/widget/{self.reseller.key}/testimonials/{number}/address"
        return f"{path}{'?' if asked else ''}{asked}#t{number}"


def _asked(key: str) -> Frame:
    reseller = reseller_of(key)
    product = product_of(reseller, request.args.get("product"))
    return Frame(reseller, product, request.args.get("sized") == "1")


@widget.get("/widget/<key>/testimonials")
@public
def testimonials(key: str):
    frame = _asked(key)
    response = _draw(frame, newest(frame.products))
    response.headers["Cache-Control"] = BRIEF
    keep()
    return response


@widget.post("/widget/<key>/testimonials/<int(max=2147483647):number>/address")
@limiter.limit("30 per hour")
def address(key: str, number: int):
    """The same, with the e-mail address of one author who wished it to be shown."""
    frame = _asked(key)
    one = one_of(frame.products, number)
    if one is None or not one.shows_email or not one.email:
        abort(404, "This address is not shown, or no longer.")
    rows = newest(frame.products)
    rows = rows if one in rows else [one, *rows]
    response = _draw(frame, rows, number)
    response.headers["Cache-Control"] = NO_STORE
    return response


def _draw(frame: Frame, rows: list[Testimonial], addressed: int | None = None) -> Response:
    assets = current_app.extensions["assets"]
    facts = {"look": LOOK | frame.reseller.look, "script": assets.height if frame.sized else ""}
    facts["style"] = _tones(facts["look"]) + assets.sheets["widget"]
    facts["rows"] = [Shown(one, frame.action(one.id)) for one in rows]
    facts |= {"frame": frame, "rating": rating(frame.products), "addressed": addressed}
    response = drawn("frame.html", **facts, **_around(frame))
    style, script = (part and assets.hash_of(part) for part in (facts["style"], facts["script"]))
    framable(response, frame.reseller, style, script)
    return response


def _around(frame: Frame) -> dict:
    """What is the same whatever is shown."""
    names = {"shop_name": shop_name(), "origin": own_origin(), "title": embed.TITLE}
    return names | {"discovery": _discovery(frame)}


def _tones(look: dict) -> str:
    """The reseller's colour, as it can be read on light and on dark."""
    light, dark = (readable(look["colour"], paper) for paper in (LIGHT, DARK))
    return f":root{{--t:{light};--n:{dark}}}"


def _discovery(frame: Frame) -> dict[str, str]:
    address = embed.address(frame.reseller, own_origin(), handle=frame.handle)
    return embed.discovery(address, own_origin())


class Shown:
    """One testimonial as the frame shows it."""

    def __init__(self, one: Testimonial, action: str) -> None:
        self.one, self.action, self.page = one, action, page_of(one.id)
        self.product, self.tie = product_path(one.product), tie_of(one)
        self.words, self.reply = beginning(one.words, LONGEST), beginning(one.reply, LONGEST_REPLY)
        self.is_cut, self.reply_is_cut = self.words != one.words, self.reply != one.reply
        self.pictures = [_thumbnail(one.id, picture) for picture in one.pictures[:3]]


def _thumbnail(number: int, picture: dict) -> dict:
    """Its address and size: the narrowest that is not blurred at twice the pixels."""
    fitting = [width for width in picture["widths"] if width >= 2 * THUMBNAIL]
    width = min(fitting or picture["widths"][-1:])
    height = max(1, round(THUMBNAIL * picture["height"] / picture["width"]))
    return {"path": picture_of(number, picture, width), "width": THUMBNAIL, "height": height}
