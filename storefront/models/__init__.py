"""Nouns with verbs, one file each; `RECORDS` is every table there is."""

from storefront.models.collection import Collection, CollectionItem, Redirect
from storefront.models.connection import ConnectionCount
from storefront.models.contest import Contest, ContestEntry
from storefront.models.edition import Edition
from storefront.models.facet import CatalogueVersion, FacetValue
from storefront.models.guess import Guess, SpentTicket
from storefront.models.notice import PolicyNotice
from storefront.models.order import Order
from storefront.models.order_event import OrderEvent
from storefront.models.order_line import OrderLine
from storefront.models.outbox import OutgoingMail
from storefront.models.page import Page
from storefront.models.parcel import Parcel, ParcelLine
from storefront.models.payment import PaymentAttempt
from storefront.models.picture import Picture
from storefront.models.policy import PolicyVersion
from storefront.models.policy_draft import PolicyDraft
from storefront.models.product import Product, Variant
from storefront.models.return_line import ReturnLine
from storefront.models.returning import Return
from storefront.models.rights import RightsRequest, Upkeep
from storefront.models.shipping import ShippingRate, ShippingZone, TaxRate
from storefront.models.staff import Passkey, RecoveryCode, Staff
from storefront.models.staff_action import StaffAction
from storefront.models.statement import DeskInstruction, DeskStatement
from storefront.models.terms import Terms
from storefront.models.vocabulary import Word

RECORDS = (
    Product,
    Variant,
    Picture,
    Redirect,
    Collection,
    CollectionItem,
    CatalogueVersion,
    FacetValue,
    Word,
    Page,
    Edition,
    ShippingZone,
    ShippingRate,
    TaxRate,
    PolicyVersion,
    PolicyNotice,
    PolicyDraft,
    Return,  # before the orders by whose address they are found
    Order,
    OrderLine,
    OrderEvent,
    Parcel,
    ParcelLine,
    ReturnLine,
    Terms,
    PaymentAttempt,
    DeskStatement,
    DeskInstruction,
    Contest,
    ContestEntry,
    OutgoingMail,
    ConnectionCount,
    Staff,
    Passkey,
    RecoveryCode,
    StaffAction,
    Guess,
    SpentTicket,
    RightsRequest,
    Upkeep,
)
