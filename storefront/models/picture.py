"""Pictures of products: where the merchant's file said they are, and what files there are."""

from collections.abc import Iterable

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import JSONText, Record, database, locked
from storefront.models.choice import Choice
from storefront.models.product import Product, Variant

FROM_FOLDER = "file:"  # begins the source of a picture that no catalogue file has named


class Picture(Record):
    """A picture of a product; `source` is where the merchant's file said it is, never linked to.

    Once taken in it has files, whose names begin with `digest`, in the `widths` that were made;
    `width` and `height` are of the largest. Until then `digest` is "" and a drawing is shown.
    """

    product = ForeignKeyField(Product, backref="pictures", on_delete="CASCADE")
    variant = ForeignKeyField(Variant, backref="pictures", null=True, on_delete="SET NULL")
    position = IntegerField(default=0)
    source = TextField(default="")
    alt = TextField(default="")
    digest = TextField(default="")
    width = IntegerField(default=0)
    height = IntegerField(default=0)
    widths = JSONText(default=list)

    impersonal = ("source", "alt", "digest", "widths")

    class Meta:
        indexes = ((("product", "source"), True),)

    @property
    def card(self) -> dict:
        """What a list needs to show it, as it is kept with the product."""
        return {name: getattr(self, name) for name in ("digest", "width", "height", "widths")}

    def receive(self, *, digest: str, width: int, height: int, widths: Iterable[int]) -> None:
        """Note the files it has now, and its product's card; a new row is made on the way."""
        self.digest, self.width, self.height, self.widths = digest, width, height, list(widths)
        facts = ("digest", "width", "height", "widths")
        with database.atomic():
            self.save(only=[getattr(Picture, name) for name in facts] if self.id else None)
            self.note_cards([self.product_id])

    @classmethod
    def gallery(cls, choice: Choice, pictures: "list[Picture]") -> list["Picture"]:
        """Of a product's `pictures`, those to show beside a choice: its own first, then the others.

        Its own are those of the chosen variant, or of one in the same colour. What has no file is
        left out, but where it would stand first as the choice's own: a drawing takes its place.
        """
        colours = {variant.id: variant.colour_in(choice.product) for variant in choice.variants}

        def distance(picture: Picture) -> int:
            if choice.variant and picture.variant_id == choice.variant.id:
                return 0
            return 1 if choice.colour and colours.get(picture.variant_id) == choice.colour else 2

        shown = sorted(pictures, key=lambda p: (distance(p) == 2, not p.digest, distance(p)))
        return [p for n, p in enumerate(shown) if p.digest or (n == 0 and distance(p) < 2)]

    @classmethod
    def note_cards(cls, ids: Iterable[int]) -> None:
        """Note which picture stands for these products in lists: the first that has files.

        In the caller's transaction; to be called whenever their pictures have changed.
        """
        columns = (Product.id, Product.card_picture)
        rows = Product.select(*columns).where(Product.id.in_(list(ids))).order_by(Product.id)
        for product in list(locked(rows)):
            theirs = cls.select().where(cls.product == product, cls.digest != "")
            first = theirs.order_by(cls.position, cls.id).first()
            card = first.card if first else None
            if card != product.card_picture:
                Product.update(card_picture=card).where(Product.id == product.id).execute()
