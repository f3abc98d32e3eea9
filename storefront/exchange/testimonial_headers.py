"""Which column of an export of testimonials is what, and whose export it is.

Headers are compared without case, blanks and signs: "Review Title", review_title and reviewTitle
are one. Known so are the exports and import templates of Judge.me, Loox, Yotpo, Okendo,
PowerReviews, X-Cart, Shopify's Product Reviews and the WooCommerce plugins that write WordPress's
own columns, and whatever has the same names in other orders.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storefront.exchange.catalogue import BadCatalogue, quoted
from storefront.exchange.records import records

# Of each fact the names of its columns, the best first; the first that the file has is read.
# Addresses of networks, places and pictures are not here: nobody reads them.
FIELDS = {
    "number": ("reviewid", "commentid", "id"),
    "title": ("title", "reviewtitle", "headline"),
    "body": (
        *("body", "reviewbody", "reviewcontent", "reviewtext", "commentcontent", "review"),
        *("content", "text", "message", "comment"),
    ),
    "stars": ("rating", "reviewscore", "reviewrating", "starrating", "score", "stars"),
    "date": (
        *("reviewdate", "commentdategmt", "datecreated", "createdat", "reviewcreationdate"),
        *("additiondate", "reviewedat", "submittedat", "commentdate", "date"),
    ),
    "name": (
        *("displayname", "reviewerdisplayname", "reviewdisplay", "nickname", "author"),
        *("commentauthor", "authorname", "reviewername", "name"),
    ),
    "full_name": ("fullname", "customername"),
    "email": ("revieweremail", "authoremail", "commentauthoremail", "customeremail", "email"),
    "handle": ("producthandle", "handle"),
    "url": ("producturl", "producturlonstore"),
    "sku": ("productsku", "sku", "product"),
    "id": ("productid", "commentpostid", "pageid"),
    "product": ("producttitle", "productname"),
    "reply": ("reply", "response", "merchantreply"),
    "replied": ("replydate", "repliedat", "responsedate"),
    "answers": ("commentparent",),
    "pictures": (
        *("pictureurls", "photourl", "photourls", "imageurls", "reviewimageurls", "img"),
        *("images", "photos"),
    ),
}
# These may stand side by side, and each has its say.
STATES = (
    *("state", "status", "reviewstate", "reviewstatus", "published", "ispublished", "curated"),
    *("commentapproved", "approved", "hidden"),
)
# Of a product, the surest first.
PRODUCT = ("handle", "url", "sku", "id", "product")
# Names in full, of which the widget there showed what their owners had chosen.
IN_FULL = ("reviewername", "fullname", "customername")
FORMATS = {
    "Judge.me": ({"reviewername", "reviewdate"},),
    "Yotpo": ({"reviewcontent", "reviewscore"},),
    "Okendo": ({"datecreated", "rating", "body"},),
    "Shopify Product Reviews": ({"producthandle", "state", "author", "createdat"},),
    "Loox": ({"photourl", "verifiedpurchase"}, {"nickname", "verifiedpurchase"}),
    "WooCommerce": ({"commentcontent", "commentauthor"},),
    "PowerReviews": ({"pageid", "reviewtext"},),
    "X-Cart": ({"additiondate", "reviewername"},),
}
ELSEWHERE = "another shop"
WHAT_IS_READ = (
    "exports of testimonials and reviews are read, as CSV in UTF-8, with columns for the words or "
    "the stars, the date, and the product's handle, address, SKU, number or title"
)
DELIMITERS = (",", ";", "\t")
LONGEST_HEADER = 64 * 1024  # bytes


@dataclass(frozen=True)
class Columns:
    """Where in a row the facts stand: `at` by fact, `states` by the column's name."""

    at: dict[str, int]
    states: dict[str, int]
    count: int
    names_in_full: bool
    source: str

    def has(self, *facts: str) -> bool:
        """Whether there is a column for one of these."""
        return any(fact in self.at for fact in facts)


def columns_of(path: Path, delimiter: str) -> Columns:
    """The columns of a file. Raises BadCatalogue for what is no export of testimonials."""
    header = next(records(path, delimiter=delimiter, what_is_read=WHAT_IS_READ), None)
    cells = header.cells if header else []
    names = [re.sub(r"[\W_]", "", cell.casefold()) for cell in cells]
    columns = _columns(names)
    if missing := list(_missing(columns)):
        first = ", ".join(quoted(cell.strip()) for cell in cells[:4])
        reason = f"no column says {' or '.join(missing)}; the header begins with {first}"
        raise BadCatalogue(f"{reason}; {WHAT_IS_READ}", header.line if header else None)
    return columns


def _columns(names: list[str]) -> Columns:
    place = {name: names.index(name) for name in names}
    at = {}
    for fact, known in FIELDS.items():
        if found := next((name for name in known if name in place), None):
            at[fact] = place[found]
    states = {name: place[name] for name in STATES if name in place}
    in_full = "name" in at and names[at["name"]] in IN_FULL
    return Columns(at, states, len(names), in_full, _source(set(names)))


def _source(names: set[str]) -> str:
    for source, signs in FORMATS.items():
        if any(sign <= names for sign in signs):
            return source
    return ELSEWHERE


def _missing(columns: Columns) -> Iterator[str]:
    if not columns.has("body", "stars"):
        yield "what was said"
    if not columns.has("date"):
        yield "when"
    if not columns.has(*PRODUCT):
        yield "of which product"


def delimiter_of(path: Path) -> str:
    """What separates the cells of the header: a comma, a semicolon or a tab."""
    with path.open("rb") as file:
        line = file.read(LONGEST_HEADER).decode("utf-8-sig", "replace").lstrip().partition("\n")[0]
    outside = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=outside.count)
