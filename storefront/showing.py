"""What parts of pages show, for the parts that more than one blueprint draws."""

from storefront.drawn import Showing
from storefront.models.display import Display
from storefront.structured import product_group

Asked = tuple[str | None, ...]


def choice_of(display: Display, asked: Asked, typed: str, closed: str, added: int = 0) -> Showing:
    """A product's form with what is chosen in it, and the pictures beside it.

    `closed` is the sentence in place of what buys, while nothing may be put into a cart.
    """
    return Showing(
        (display.rows, asked, typed, closed, added),
        lambda: _facts(display, asked, typed) | {"added": added, "closed": closed},
    )


def page_of(
    display: Display, asked: Asked, typed: str, origin: str, closed: str, refusal=None
) -> Showing:
    """The whole of a product. One with a refusal in it is drawn for once."""
    rows = None if refusal else (display.rows_of_page, asked, typed, origin, closed)

    def facts() -> dict:
        known = _facts(display, asked, typed)
        data = product_group(display.product, known["choice"].variants, origin)
        shown = {"related": display.related, "data": data, "closed": closed}
        return known | shown | {"refusal": refusal}

    return Showing(rows, facts)


def _facts(display: Display, asked: Asked, typed: str) -> dict:
    choice = display.choice(asked)
    facts = {"product": display.product, "choice": choice, "typed": typed}
    return facts | {"gallery": display.gallery(choice)}
