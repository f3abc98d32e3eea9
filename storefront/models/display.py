"""A product with everything its page shows, as the rows it was read from."""

from functools import cached_property, partial

from storefront.models.card import Card
from storefront.models.choice import Choice
from storefront.models.picture import Picture
from storefront.models.product import Product, Variant
from storefront.prepared import Prepared, records
from storefront.weighed import Weighed

# All but what is never shown, and would only have to be read.
UNSEEN = ("extra", "facets", "tags", "cost_minor", "grams", "made_at", "changed_at", "low_at")
OF_PRODUCT = [field for field in Product._meta.sorted_fields if field.name not in UNSEEN]
OF_VARIANT = [field for field in Variant._meta.sorted_fields if field.name not in UNSEEN]

_PRODUCT = Prepared(
    lambda handle: Product.select(*OF_PRODUCT).where(
        Product.is_reachable(), Product.handle == handle
    )
)
_VARIANTS = Prepared(
    lambda product: (
        Variant.select(*OF_VARIANT)
        .where(Variant.product == product)
        .order_by(Variant.position, Variant.id)
    )
)
_PICTURES = Prepared(
    lambda product: (
        Picture.select().where(Picture.product == product).order_by(Picture.position, Picture.id)
    )
)


class Display:
    """A product that has a page, its variants, its pictures and its relatives; a query for each.

    `rows` are all that its choice is drawn from, `rows_of_page` all that its page is drawn from:
    two displays with the same rows look the same.
    """

    def __init__(self, row: tuple) -> None:
        self._row = row
        (self.product,) = records(Product, [row], OF_PRODUCT)

    @classmethod
    def of(cls, handle: str) -> "Display | None":
        """The display of the product with that handle, if it has a page."""
        rows = _PRODUCT.rows(handle)
        return cls(rows[0]) if rows else None

    @cached_property
    def _variant_rows(self) -> tuple:
        return tuple(_VARIANTS.rows(self.product.id))

    @cached_property
    def _picture_rows(self) -> tuple:
        return tuple(_PICTURES.rows(self.product.id))

    @cached_property
    def related(self) -> list[Card]:
        """Others of its type, the newest first."""
        return Card.related(self.product)

    @property
    def rows(self) -> tuple:
        """What its choice is drawn from."""
        return self._row, self._variant_rows, self._picture_rows

    @property
    def rows_of_page(self) -> tuple:
        """What its page is drawn from."""
        return *self.rows, tuple(self.related)

    def choice(self, asked: tuple[str | None, ...]) -> Choice:
        """A shopper's choice among its variants."""
        return _choice(self._row, self._variant_rows, asked)

    def gallery(self, choice: Choice) -> list[Picture]:
        """The pictures to show beside a choice."""
        return Picture.gallery(choice, records(Picture, self._picture_rows))


_CHOICES = Weighed(2**20)


def _choice(row: tuple, variant_rows: tuple, asked: tuple) -> Choice:
    """Made once for the same rows; whoever gets it only looks at it."""
    make = partial(_chosen, row, variant_rows, asked)
    return _CHOICES.get((row, variant_rows, asked), make, _weight)


def _weight(choice: Choice) -> int:
    """Bytes in memory, about."""
    return 2000 + 3000 * len(choice.variants) + 2 * len(choice.product.description)


def _chosen(row: tuple, variant_rows: tuple, asked: tuple) -> Choice:
    (product,) = records(Product, [row], OF_PRODUCT)
    variants = records(Variant, variant_rows, OF_VARIANT)
    for variant in variants:
        variant.product = product
    return Choice(product, asked, variants)
