"""Nouns with verbs, one file each; `RECORDS` is every table there is."""

from storefront.models.catalogue_import import CatalogueImport
from storefront.models.collection import Collection, CollectionItem, Redirect
from storefront.models.connection import ConnectionCount
from storefront.models.contest import Contest, ContestEntry
from storefront.models.edition import Edition
from storefront.models.facet import CatalogueVersion, FacetValue
from storefront.models.guess import Guess, SpentTicket
from storefront.models.notice import PolicyNotice
from storefront.models.order import Order, OrderEvent, OrderLine
from storefront.models.outbox import OutgoingMail
from storefront.models.page import Page
from storefront.models.payment import PaymentAttempt
from storefront.models.picture import Picture
from storefront.models.policy import PolicyVersion
from storefront.models.policy_draft import PolicyDraft
from storefront.models.product import Product, Variant
from storefront.models.rights import RightsRequest, Upkeep
from storefront.models.shipping import ShippingRate, ShippingZone, TaxRate
from storefront.models.staff import Passkey, RecoveryCode, Staff
from storefront.models.statement import DeskInstruction, DeskStatement
from storefront.models.vocabulary import Word
from storefront.models.waiting import Waiting

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
    CatalogueImport,
    Page,
    Edition,
    ShippingZone,
    ShippingRate,
    TaxRate,
    PolicyVersion,
    PolicyNotice,
    PolicyDraft,
    Order,
    OrderLine,
    OrderEvent,
    PaymentAttempt,
    DeskStatement,
    DeskInstruction,
    Contest,
    ContestEntry,
    Waiting,
    OutgoingMail,
    ConnectionCount,
    Staff,
    Passkey,
    RecoveryCode,
    Guess,
    SpentTicket,
    RightsRequest,
    Upkeep,
)
