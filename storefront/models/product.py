"""What the shop sells: products and their variants."""

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from storefront.db import JSONText, Moment, Record
from storefront.money import Money

MOST_OF_ONE = 99  # of one thing in one order; more is a wholesale question
LOW_AT = 5  # left, at which the desk is told unless the variant says another number


class Product(Record):
    """A thing with a page of its own; its variants are what can be bought.

    `options` are names ("Size", "Colour"); each variant's `choice` has one value for each.
    Prices from and to, whether anything is left, and its facets are kept here when variants are
    written, so that a listing reads one table. `kind` is sold, grouped or external. `extra` keeps
    what a catalogue file said and the shop has no use for, by format, to be written out again.
    `card_picture` says which photograph its card shows; `Picture.note_cards` writes it.
    """

    handle = TextField(unique=True)
    title = TextField()
    description = TextField(default="")
    vendor = TextField(default="")
    type = TextField(default="")
    tags = JSONText(default=list)
    status = TextField(default="active")
    published = BooleanField(default=True)
    gift_card = BooleanField(default=False)
    seo_title = TextField(default="")
    seo_description = TextField(default="")
    options = JSONText(default=list)
    currency = TextField()
    price_from = IntegerField(default=0)
    price_to = IntegerField(default=0)
    reduced = BooleanField(default=False)
    available = BooleanField(default=False)
    colour = TextField(default="")
    category = TextField(default="")
    short = TextField(default="")
    kind = TextField(default="sold")
    external_url = TextField(default="")
    button_text = TextField(default="")
    extra = JSONText(default=dict)
    facets = JSONText(default=list)
    card_picture = JSONText(null=True)
    made_at = Moment()
    changed_at = Moment()

    impersonal = (
        "handle",
        "title",
        "description",
        "vendor",
        "type",
        "tags",
        "status",
        "seo_title",
        "seo_description",
        "options",
        "currency",
        "colour",
        "category",
        "short",
        "kind",
        "external_url",
        "button_text",
        "extra",
        "facets",
        "card_picture",
    )

    class Meta:
        indexes = (
            (("status", "published", "id"), False),
            (("status", "published", "price_from", "id"), False),
            (("status", "published", "title", "id"), False),
            (("status", "published", "type", "id"), False),
            (("status", "id"), False),
        )

    @classmethod
    def on_sale(cls):
        """Products that lists show."""
        return cls.select().where(cls.status == "active", cls.is_published())

    @classmethod
    def is_published(cls):
        """The condition, written so that SQLite's planner can use an index for it."""
        return cls.published == True  # noqa: E712

    @classmethod
    def reachable(cls):
        """Products that have a page: those on sale, and the unlisted, for who knows the address."""
        return cls.select().where(cls.is_reachable())

    @classmethod
    def is_reachable(cls):
        """The condition of having a page."""
        return cls.status.in_(("active", "unlisted")) & cls.is_published()

    @property
    def buyable(self) -> bool:
        """Whether it can be put into a cart: groups, and what others sell, are only shown."""
        return self.kind == "sold"

    @property
    def lowest(self) -> Money:
        """The price of the cheapest variant."""
        return Money(self.price_from, self.currency)

    @property
    def highest(self) -> Money:
        """The price of the dearest variant."""
        return Money(self.price_to, self.currency)

    def in_order(self) -> list["Variant"]:
        """Its variants as the merchant ordered them; one query."""
        variants = list(self.variants.order_by(Variant.position, Variant.id))
        for variant in variants:
            variant.product = self
        return variants

    def summary(self, variants: list["Variant"]) -> dict:
        """What a listing shows of `variants`, as the columns that are kept with the product."""
        prices = [variant.price_minor for variant in variants] or [0]
        return {
            "price_from": min(prices),
            "price_to": max(prices),
            "available": any(variant.left != 0 for variant in variants),
            "reduced": any(variant.reduced for variant in variants),
            "colour": next((c for variant in variants if (c := variant.colour_in(self))), ""),
        }


class Variant(Record):
    """One size and colour of a product: it has the price and the stock.

    `stock` is a count, or None where the merchant's file did not say; it may be negative when
    more was sold than was there. Only tracked stock that may not be oversold limits a sale; from
    `low_at` down it is low. `prior_minor` is the price that a reduction is told from, None where
    nothing is reduced or nobody knows; `models/price.py` keeps it.
    """

    product = ForeignKeyField(Product, backref="variants", on_delete="CASCADE")
    position = IntegerField(default=0)
    choice = JSONText(default=list)
    sku = TextField(default="")
    barcode = TextField(default="")
    price_minor = IntegerField()
    compare_at_minor = IntegerField(null=True)
    cost_minor = IntegerField(null=True)
    currency = TextField()
    grams = IntegerField(default=0)
    stock = IntegerField(null=True)
    tracked = BooleanField(default=False)
    oversell = BooleanField(default=False)
    needs_shipping = BooleanField(default=True)
    taxable = BooleanField(default=True)
    extra = JSONText(default=dict)
    prior_minor = IntegerField(null=True)
    low_at = IntegerField(default=LOW_AT)

    impersonal = ("choice", "sku", "barcode", "currency", "extra")

    class Meta:
        indexes = ((("product", "choice"), True), (("sku",), False))

    @property
    def price(self) -> Money:
        """What one costs now."""
        return Money(self.price_minor, self.currency)

    @property
    def compare_at(self) -> Money | None:
        """What it cost before, where it is reduced."""
        return Money(self.compare_at_minor, self.currency) if self.reduced else None

    @property
    def prior(self) -> Money | None:
        """The lowest price of the 30 days before it was reduced, where that is known."""
        known = self.reduced and self.prior_minor is not None
        return Money(self.prior_minor, self.currency) if known else None

    @property
    def reduced(self) -> bool:
        """Whether a higher price is struck through beside this one."""
        return bool(self.compare_at_minor and self.compare_at_minor > self.price_minor)

    @property
    def left(self) -> int | None:
        """How many can be bought, or None where nothing limits it."""
        if not self.tracked or self.oversell or self.stock is None:
            return None
        return max(self.stock, 0)

    @property
    def most(self) -> int:
        """How many one order may hold."""
        return MOST_OF_ONE if self.left is None else min(self.left, MOST_OF_ONE)

    @property
    def name(self) -> str:
        """Its choice in words: "M / Moss", or nothing where there is only one."""
        return " / ".join(self.choice)

    def colour_in(self, product: Product) -> str:
        """Its value of the option that is a colour, or ""."""
        for name, value in zip(product.options, self.choice, strict=False):
            if name.strip().lower() in ("color", "colour"):
                return value
        return ""

    @classmethod
    def limited(cls):
        """The condition that a variant's stock limits its sale."""
        return cls.tracked & ~cls.oversell & cls.stock.is_null(False)

    @classmethod
    def is_low(cls):
        """The condition of being nearly sold out, or more; written as its index has it."""
        return cls.tracked & (cls.stock <= cls.low_at)


# Most of what is low is put right soon: the indexes of it stay small.
Variant.add_index(Variant.stock, Variant.id, where=Variant.is_low(), name="variant_low")
Product.add_index(Product.id, where=Product.card_picture.is_null(), name="product_unpictured")
