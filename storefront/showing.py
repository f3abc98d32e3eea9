"""What parts of pages show, for the parts that more than one blueprint draws."""

from storefront.drawn import Showing
from storefront.models.display import Display
from storefront.structured import crumbs_of, product_group, said_of

Asked = tuple[str | None, ...]


# What the form for what is sold out shows: `deaf` is why nobody can ask to hear of it, or "".
HEARD = {"deaf": "", "typed_email": "", "unheard": None}


def choice_of(
    display: Display, asked: Asked, typed: str, closed: str, added: int = 0, deaf: str = ""
) -> Showing:
    """A product's form with what is chosen in it, and the pictures beside it.

    `closed` is the sentence in place of what buys, while nothing may be put into a cart.
    """
    told = {"added": added, "closed": closed} | HEARD | {"deaf": deaf}
    return Showing(
        (display.rows, asked, typed, closed, added, deaf),
        lambda: _facts(display, asked, typed) | told,
    )


def page_of(
    display: Display,
    asked: Asked,
    typed: str,
    origin: str,
    closed: str,
    refusal=None,
    waiting: dict | None = None,
    walked=None,
) -> Showing:
    """The whole of a product. One with a refusal in it, or somebody's trail, is drawn for once.

    `waiting` is what differs from `HEARD`; `walked` what it shows of a trail (`trails.Walked`).
    """
    heard = HEARD | (waiting or {})
    known = (display.rows_of_page, asked, typed, origin, closed, heard["deaf"], walked)
    rows = None if refusal or heard["unheard"] or (walked and walked.kept) else known

    def facts() -> dict:
        known = _facts(display, asked, typed)
        said = {"rating": display.rating, "testimonials": display.testimonials}
        data = product_group(display.product, known["choice"].variants, origin)
        data |= said_of(**said, begun=True)
        shown = {"beside": display.beside, "data": data, "closed": closed}
        shown["crumbs"] = crumbs_of(display.product, origin)
        return known | shown | said | heard | {"refusal": refusal, "walked": walked}

    return Showing(rows, facts, "said" if display.rating else None)


def _facts(display: Display, asked: Asked, typed: str) -> dict:
    choice = display.choice(asked)
    facts = {"product": display.product, "choice": choice, "typed": typed}
    return facts | {"gallery": display.gallery(choice)}
