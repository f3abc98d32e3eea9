"""A product with everything its page shows, as the rows it was read from."""

from functools import cached_property, partial

from peewee import JOIN

from storefront.models.beside import Beside
from storefront.models.choice import Choice
from storefront.models.picture import Picture
from storefront.models.product import Product, Variant
from storefront.models.rating import Rating
from storefront.models.testimonial import Testimonial
from storefront.models.testimonial_list import newest, read_rows
from storefront.prepared import Prepared, records
from storefront.weighed import Weighed

# All but what is never shown, and would only have to be read.
UNSEEN = ("extra", "facets", "tags", "cost_minor", "grams", "made_at", "changed_at", "low_at")
OF_PRODUCT = [field for field in Product._meta.sorted_fields if field.name not in UNSEEN]
OF_VARIANT = [field for field in Variant._meta.sorted_fields if field.name not in UNSEEN]

_PRODUCT = Prepared(
    lambda handle: (
        Product.select(*OF_PRODUCT, *Rating._meta.sorted_fields)
        .join(Rating, JOIN.LEFT_OUTER, on=Rating.product == Product.id)
        .where(Product.is_reachable(), Product.handle == handle)
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

    What its testimonials come to is read with it; the newest of them take another query, where
    there are any.

    `rows` are all that its choice is drawn from, `rows_of_page` all that its page is drawn from:
    two displays with the same rows look the same.
    """

    def __init__(self, row: tuple) -> None:
        self._row, self._rating_row = row[: len(OF_PRODUCT)], row[len(OF_PRODUCT) :]
        (self.product,) = records(Product, [self._row], OF_PRODUCT)

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
    def beside(self) -> Beside:
        """What was bought with it, and what is like it."""
        return Beside.of(self.product)

    @cached_property
    def rating(self) -> Rating | None:
        """What its testimonials come to; None where none is shown."""
        (rating,) = records(Rating, [self._rating_row])
        return rating if rating.count else None

    @cached_property
    def _testimonial_rows(self) -> tuple:
        return newest(self.product.id) if self.rating else ()

    @property
    def testimonials(self) -> list[Testimonial]:
        """The newest few of its testimonials."""
        return read_rows(self._testimonial_rows)

    @property
    def rows(self) -> tuple:
        """What its choice is drawn from."""
        return self._row, self._variant_rows, self._picture_rows

    @property
    def rows_of_page(self) -> tuple:
        """What its page is drawn from."""
        said = self._rating_row if self.rating else None, self._testimonial_rows
        return *self.rows, self.beside, said

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
