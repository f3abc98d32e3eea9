"""Parcels: what left the house together, with whom, and whether it has arrived."""

from datetime import datetime
from urllib.parse import quote

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import Moment, Record, database
from storefront.models.order import Order
from storefront.models.order_line import OrderLine
from storefront.personal import days, personal
from storefront.refusals import Refused

#: Carriers and the address at which each shows where a parcel is. Others may be named, too.
CARRIERS = {
    "Australia Post": "https://auspost.com.au/mypost/track/details/{}",
    "Canada Post": "https://www.canadapost-postescanada.ca/track-reperage/en#/details/{}",
    "DHL": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "DPD": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "Deutsche Post": "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "GLS": "https://gls-group.com/track/{}",
    "La Poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "Swiss Post": "https://service.post.ch/ekp-web/ui/entry/search/{}",
    "UPS": "https://www.ups.com/track?tracknum={}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}


class Parcel(Record):
    """One parcel of an order. `tracking` is the carrier's number for it, "" where it has none."""

    order = ForeignKeyField(Order, backref="parcels", on_delete="CASCADE")
    carrier = TextField(default="")
    tracking = personal(
        TextField(default=""),
        clause="orders",
        why="so that you can follow your parcel",
        basis="contract",
        keep=days(730),
        words="tracking number",
    )
    shipped_at = Moment()
    delivered_at = Moment(null=True)

    impersonal = ("carrier",)
    since = "shipped_at"

    @classmethod
    def about(cls, email: str):
        """The parcels of orders placed with that address."""
        return cls.select().where(cls.order.in_(Order.about(email).select(Order.id)))

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Parcel of {self.shipped_at:%-d %B %Y} for order {self.order.number}"

    def needed(self, at: datetime):
        """As long as its order is."""
        return self.order.needed(at)

    @property
    def follow(self) -> str:
        """The address where the carrier shows where it is, or ""."""
        page = CARRIERS.get(self.carrier)
        return page.format(quote(self.tracking, safe="")) if page and self.tracking else ""

    def contents(self) -> "list[tuple[OrderLine, int]]":
        """What is in it: lines of the order, and how many of each; one query."""
        rows = self.lines.select(ParcelLine, OrderLine).join(OrderLine).order_by(OrderLine.id)
        return [(each.line, each.quantity) for each in rows]

    def deliver(self, at: datetime, role: str = "") -> None:
        """It has arrived. Raises `Refused` where that was said before."""
        with database.atomic():
            self.order.lock()
            mine = (Parcel.id == self.id) & Parcel.delivered_at.is_null()
            if not Parcel.update(delivered_at=at).where(mine).execute():
                raise Refused("This parcel has arrived already.")
            self.delivered_at = at
            self.order.note_delivered(self, at, role)


class ParcelLine(Record):
    """So many of one line of the order, in one parcel."""

    parcel = ForeignKeyField(Parcel, backref="lines", on_delete="CASCADE")
    line = ForeignKeyField(OrderLine, backref="parcel_lines", on_delete="CASCADE")
    quantity = IntegerField()
