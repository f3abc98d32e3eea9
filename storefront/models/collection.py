"""Collections: products put together under a name, in an order somebody chose."""

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import Record, database
from storefront.models.facet import Shelving
from storefront.models.product import Product


class Collection(Record):
    """A named choice of products with a page of its own at `/collections/<slug>`."""

    slug = TextField(unique=True)
    title = TextField()
    words = TextField(default="")
    position = IntegerField(default=0)

    impersonal = ("slug", "title", "words")

    @classmethod
    def in_order(cls) -> list["Collection"]:
        """All collections as the shop shows them."""
        return list(cls.select().order_by(cls.position, cls.id))

    @property
    def facet(self) -> tuple[str, str]:
        """The facet that its products have."""
        return (f"collection:{self.slug}", "in")

    def hold(self, handles: list[str]) -> None:
        """Have it hold these products, in this order, and no others; unknown handles are passed."""
        found = {p.handle: p for p in Product.select().where(Product.handle.in_(handles))}
        with database.atomic(), Shelving() as shelving:
            before = [item.product for item in self.items]
            CollectionItem.delete().where(CollectionItem.collection == self).execute()
            products = [found[handle] for handle in handles if handle in found]
            for position, product in enumerate(products):
                CollectionItem.create(collection=self, product=product, position=position)
            shelving.mark(self.facet, products, before)

    def product_ids(self) -> list[int]:
        """The ids of its products, in its order; one query."""
        items = self.items.select(CollectionItem.product).order_by(CollectionItem.position)
        return [row[0] for row in items.tuples()]


class CollectionItem(Record):
    """A product's place in a collection."""

    collection = ForeignKeyField(Collection, backref="items", on_delete="CASCADE")
    product = ForeignKeyField(Product, backref="collected", on_delete="CASCADE")
    position = IntegerField(default=0)

    class Meta:
        indexes = ((("collection", "product"), True), (("collection", "position"), False))


class Redirect(Record):
    """A handle that a product used to have: it leads on to the product's page."""

    handle = TextField(unique=True)
    product = ForeignKeyField(Product, backref="redirects", on_delete="CASCADE")

    impersonal = ("handle",)

    @classmethod
    def rename(cls, product: Product, handle: str) -> None:
        """Give the product another handle; the old one leads on to it from now on."""
        with database.atomic():
            cls.delete().where(cls.handle == handle).execute()
            cls.create(handle=product.handle, product=product)
            product.handle = handle
            product.save(only=[Product.handle])
