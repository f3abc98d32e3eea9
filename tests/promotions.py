"""Promotions, for the tests of what pages show of them."""

import io
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image

from storefront import prints
from storefront.models import Collection, Discount, Promotion


def facts(at: datetime, **changes) -> dict:
    """What a promotion of the collection Rain ready is made of, shown since an hour, for a day."""
    held = Collection.get(Collection.slug == "rain-ready")
    nothing = dict.fromkeys(("product", "page", "on_collection", "discount"))
    known = {"title": "Ready for rain", "words": "Dry to the skin.", "collection": held.id}
    known |= {"on_home": True, "on_products": True}
    dates = {"starts_at": at - timedelta(hours=1), "ends_at": at + timedelta(days=1)}
    return nothing | known | dates | changes


def promoted(at: datetime, **changes) -> Promotion:
    """Such a promotion."""
    return Promotion.make(facts(at, **changes))


def code(at: datetime, name: str = "RAIN-10", **changes) -> Discount:
    """A code that takes ten per cent off."""
    known = {"code": name, "kind": "percent", "value": 1000}
    made = Discount(currency="USD")
    made.change(at, **known | changes)
    return made


def photograph(media: Path, size=(1500, 600), colour="#7a8c6a") -> dict:
    """A picture that has files, as a promotion keeps it."""
    return asdict(prints.develop(painted(size, colour), media))


def painted(size=(1500, 600), colour="#7a8c6a") -> bytes:
    """A picture of one colour, as bytes of a file."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()
