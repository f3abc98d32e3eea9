"""Nouns with verbs, one file each; `RECORDS` is every table there is."""

from storefront.models.order import Order, OrderEvent, OrderLine
from storefront.models.outbox import OutgoingMail
from storefront.models.payment import PaymentAttempt
from storefront.models.policy import PolicyVersion
from storefront.models.product import Picture, Product, Variant
from storefront.models.shipping import ShippingRate, ShippingZone, TaxRate

RECORDS = (
    Product,
    Variant,
    Picture,
    ShippingZone,
    ShippingRate,
    TaxRate,
    PolicyVersion,
    Order,
    OrderLine,
    OrderEvent,
    PaymentAttempt,
    OutgoingMail,
)
