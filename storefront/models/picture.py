"""Pictures of products: where the merchant's file said they are, and what files there are."""

from collections.abc import Iterable

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from storefront.db import JSONText, Record, database, locked
from storefront.models.choice import Choice
from storefront.models.product import Product, Variant
from storefront.refusals import Refused

FROM_FOLDER = "file:"  # begins the source of a picture that no catalogue file has named
MOST = 100  # of one product
LONGEST_ALT = 500  # characters


class Picture(Record):
    """A picture of a product; `source` is where the merchant's file said it is, never linked to.

    Once taken in it has files, whose names begin with `digest`, in the `widths` that were made;
    `width` and `height` are of the largest. Until then `digest` is "" and a drawing is shown.
    Where `alt` is "" the product's words stand for it, unless somebody said it is `decorative`.
    """

    product = ForeignKeyField(Product, backref="pictures", on_delete="CASCADE")
    variant = ForeignKeyField(Variant, backref="pictures", null=True, on_delete="SET NULL")
    position = IntegerField(default=0)
    source = TextField(default="")
    alt = TextField(default="")
    decorative = BooleanField(default=False)
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
    def hang(cls, product: Product, photograph: dict) -> "Picture":
        """Show a picture that was uploaded, behind those there are.

        `photograph` has digest, width, height, widths. Raises `Refused` where it hangs there.
        """
        with database.atomic():
            theirs = cls._held(product)
            if any(picture.digest == photograph["digest"] for picture in theirs):
                raise Refused("This picture is here already.")
            if len(theirs) >= MOST:
                raise Refused(f"A product has {MOST} pictures at most. Remove one first.")
            position = max((picture.position for picture in theirs), default=0) + 1
            source = f"{FROM_FOLDER}{photograph['digest']}"
            picture = cls.create(product=product, source=source, position=position, **photograph)
            cls.note_cards([product.id])
        return picture

    def describe(self, alt: str, decorative: bool, variant: Variant | None) -> None:
        """Say what it shows, or that it only decorates, and which variant it belongs to.

        Raises `Refused`.
        """
        if not alt and not decorative:
            raise Refused(
                alt="Say in a few words what the picture shows, for those who cannot see it. "
                "If it shows nothing that the page does not say, tick that it only decorates."
            )
        if alt and decorative:
            raise Refused(alt="A picture that only decorates has no words. Keep one or the other.")
        if len(alt) > LONGEST_ALT:
            raise Refused(alt=f"Please keep this to {LONGEST_ALT} characters.")
        facts = {"alt": alt, "decorative": decorative, "variant": variant}
        Picture.update(facts).where(Picture.id == self.id).execute()

    def move(self, by: int) -> None:
        """Change places with the one before (-1) or behind it (1), where there is one."""
        with database.atomic():
            theirs = self._held(self.product)
            here = next((n for n, one in enumerate(theirs) if one.id == self.id), None)
            if here is None or not 0 <= here + by < len(theirs):
                return
            theirs[here], theirs[here + by] = theirs[here + by], theirs[here]
            for position, picture in enumerate(theirs, start=1):
                if picture.position != position:
                    picture.position = position
                    picture.save(only=[Picture.position])
            self.note_cards([self.product_id])

    def remove(self) -> None:
        """Show it no longer; its files go with the next tidying."""
        with database.atomic():
            self._held(self.product)
            self.delete_instance()
            self.note_cards([self.product_id])

    @classmethod
    def of(cls, product: Product) -> "list[Picture]":
        """The pictures of a product in their order."""
        theirs = cls.select().where(cls.product == product)
        return list(theirs.order_by(cls.position, cls.id))

    @classmethod
    def _held(cls, product: Product) -> "list[Picture]":
        """The same, while nobody else changes them until the commit: the product's row is held."""
        list(locked(Product.select(Product.id).where(Product.id == product.id)))
        return cls.of(product)

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
