"""Nouns with verbs, one file each; `RECORDS` is every table there is."""

from storefront.models.account import Account, AccountPasskey, SavedAddress
from storefront.models.account_link import AccountLink
from storefront.models.adjustment import StockAdjustment
from storefront.models.catalogue_import import CatalogueImport
from storefront.models.collection import Collection, CollectionItem, FormerSlug, Redirect
from storefront.models.collection_rule import CollectionRule
from storefront.models.connection import ConnectionCount
from storefront.models.contest import Contest
from storefront.models.contest_draw import Draw, DrawLeaf
from storefront.models.contest_entry import ContestEntry
from storefront.models.contest_rules import ContestRules
from storefront.models.contest_winner import Winner
from storefront.models.discount import Discount
from storefront.models.discount_use import DiscountUse
from storefront.models.edition import Edition
from storefront.models.facet import CatalogueVersion, FacetValue
from storefront.models.gone_import import GoneImport
from storefront.models.guess import Guess, SpentTicket
from storefront.models.insider import GoneInsider, Insider
from storefront.models.insider_issue import InsiderIssue
from storefront.models.message import Message
from storefront.models.moderating import Decision
from storefront.models.note import Note
from storefront.models.notice import PolicyNotice
from storefront.models.order import Order
from storefront.models.order_event import OrderEvent
from storefront.models.order_line import OrderLine
from storefront.models.order_search import OrderSearch
from storefront.models.outbox import OutgoingMail
from storefront.models.page import Page
from storefront.models.parcel import Parcel, ParcelLine
from storefront.models.payment import PaymentAttempt
from storefront.models.picture import Picture
from storefront.models.pin import Pin
from storefront.models.policy import PolicyVersion
from storefront.models.policy_draft import PolicyDraft
from storefront.models.price import PriceChange
from storefront.models.product import Product, Variant
from storefront.models.promotion import Promotion
from storefront.models.question import Question
from storefront.models.rating import Rating
from storefront.models.reseller import Reseller, WidgetViews
from storefront.models.return_line import ReturnLine
from storefront.models.returning import Return
from storefront.models.rights import RightsRequest, Upkeep
from storefront.models.sales import BoughtTogether
from storefront.models.saved_answer import SavedAnswer
from storefront.models.search_words import SameWords, SearchRedirect
from storefront.models.shipping import ShippingRate, ShippingZone
from storefront.models.staff import Passkey, RecoveryCode, Staff
from storefront.models.staff_action import StaffAction
from storefront.models.statement import DeskInstruction, DeskStatement
from storefront.models.tax import TaxRate
from storefront.models.terms import Terms
from storefront.models.testimonial import Testimonial
from storefront.models.traffic import TrafficDay, TrafficHour
from storefront.models.trial import Trial
from storefront.models.vocabulary import Word
from storefront.models.waiting import Waiting

RECORDS = (
    Product,
    Variant,
    PriceChange,
    StockAdjustment,
    Picture,
    Redirect,
    Collection,
    CollectionItem,
    FormerSlug,
    CollectionRule,
    BoughtTogether,
    CatalogueVersion,
    FacetValue,
    Word,
    CatalogueImport,
    Page,
    Edition,
    ShippingZone,
    ShippingRate,
    TaxRate,
    Discount,
    Promotion,
    Pin,
    SameWords,
    SearchRedirect,
    Trial,
    DiscountUse,  # before the orders, by whose addresses its rows are found
    PolicyVersion,
    PolicyNotice,
    PolicyDraft,
    Return,  # before the orders by whose address they are found
    Order,
    OrderLine,
    OrderEvent,
    Parcel,
    ParcelLine,
    Message,
    Note,
    OrderSearch,
    Question,
    SavedAnswer,
    ReturnLine,
    Terms,
    PaymentAttempt,
    DeskStatement,
    DeskInstruction,
    Contest,
    ContestRules,
    ContestEntry,
    Draw,
    DrawLeaf,
    Winner,
    Waiting,
    Insider,
    GoneInsider,
    InsiderIssue,
    Testimonial,
    GoneImport,
    Rating,
    Decision,
    Reseller,
    WidgetViews,
    OutgoingMail,
    ConnectionCount,
    TrafficHour,
    TrafficDay,
    Staff,
    Passkey,
    RecoveryCode,
    StaffAction,
    Guess,
    SpentTicket,
    RightsRequest,
    Account,
    SavedAddress,
    AccountPasskey,
    AccountLink,
    Upkeep,
)
