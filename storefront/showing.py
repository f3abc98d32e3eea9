"""What parts of pages show, for the parts that more than one blueprint draws."""

from storefront.drawn import Showing
from storefront.models.display import Display
from storefront.structured import product_group

Asked = tuple[str | None, ...]


def choice_of(display: Display, asked: Asked, typed: str, added: int = 0) -> Showing:
    """A product's form with what is chosen in it, and the pictures beside it."""
    return Showing(
        (display.rows, asked, typed, added),
        lambda: _facts(display, asked, typed) | {"added": added},
    )


def page_of(display: Display, asked: Asked, typed: str, origin: str, refusal=None) -> Showing:
    """The whole of a product. One with a refusal in it is drawn for once."""
    rows = None if refusal else (display.rows_of_page, asked, typed, origin)

    def facts() -> dict:
        known = _facts(display, asked, typed)
        data = product_group(display.product, known["choice"].variants, origin)
        return known | {"related": display.related, "data": data, "refusal": refusal}

    return Showing(rows, facts)


def _facts(display: Display, asked: Asked, typed: str) -> dict:
    choice = display.choice(asked)
    facts = {"product": display.product, "choice": choice, "typed": typed}
    return facts | {"gallery": display.gallery(choice)}
