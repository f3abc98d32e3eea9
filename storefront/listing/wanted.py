"""What an address asks for of a list: words, chosen facets, order, page.

Every state of a list is an address.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from storefront.listing.order import ORDERS
from storefront.shelf import Shelf

MOST_UNKNOWN = 20  # filters that nobody knows, to be named


@dataclass(frozen=True)
class Wanted:
    """What an address asks for: `chosen` holds values by facet, `unknown` what nobody knows.

    `is_ordered` is whether the address names an order other than the list's own; a list that is
    `on_trial` begins with such a one of itself, and its links name it.
    """

    path: str
    query: str
    chosen: dict[str, tuple[str, ...]]
    order: str
    page: int
    unknown: tuple[str, ...] = ()
    is_ordered: bool = False
    on_trial: bool = False

    def address(self, **changes) -> str:
        """The address of this state with some of it changed; always from page 1 unless given."""
        state = replace(self, **{"page": 1} | changes)
        pairs = [("q", state.query)] if state.query else []
        pairs += [(parameter(f), v) for f, values in state.chosen.items() for v in values]
        pairs += [("sort", state.order)] if "order" in changes or self.is_ordered else []
        pairs += [("page", str(state.page))] if state.page > 1 else []
        return f"{state.path}?{urlencode(pairs)}" if pairs else state.path

    @property
    def is_first(self) -> bool:
        """Whether it is the list as it begins: nothing chosen, its own order, its first page."""
        named = self.is_ordered and not self.on_trial
        return self.page == 1 and not (self.chosen or named)

    @property
    def state(self) -> tuple:
        """All of it, to tell it from others by."""
        chosen = tuple(self.chosen.items())
        return self.path, chosen, self.order, self.page, self.unknown, self.on_trial

    def without(self, facet: str, value: str) -> str:
        """The address with one chosen value let go."""
        left = {
            f: tuple(v for v in vs if (f, v) != (facet, value)) for f, vs in self.chosen.items()
        }
        return self.address(chosen={f: vs for f, vs in left.items() if vs})


@lru_cache(maxsize=1024)
def parameter(facet: str) -> str:
    """The name of a facet in an address: "option:Size" is `option-size`; each has its own."""
    kind, _, name = facet.partition(":")
    if name and not re.search(r"\w", name):
        return f"{kind}-{name.encode().hex()}"  # an option called by a sign alone
    return re.sub(r"\W+", "-", facet.lower()).strip("-")


def read(path: str, arguments, shelf: Shelf, first_order: str) -> Wanted:
    """What the address asks for. Facets and values nobody knows are set aside and named.

    `arguments` is the query as a multidict; `first_order` the order where none is asked for.
    Raises ValueError for a page that is no number from 1 up.
    """
    names = {parameter(facet): facet for facet in shelf.facets()}
    chosen, unknown = {}, []
    for field in arguments:
        if field in ("q", "sort", "page", "searched"):
            continue
        values = tuple(dict.fromkeys(v for v in arguments.getlist(field) if v))
        facet = names.get(field)
        known = tuple(v for v in values if facet and shelf.knows(facet, v))
        unknown += [f"{field}: {value}"[:60] for value in values if value not in known]
        if known:
            chosen[facet] = known
    order = arguments.get("sort", first_order)
    return Wanted(
        path=path,
        query=" ".join(arguments.get("q", "").split())[:200] if path == "/search" else "",
        chosen=dict(sorted(chosen.items())),
        order=order if order in ORDERS else first_order,
        page=_page_number(arguments.get("page", "1")),
        unknown=tuple(unknown[:MOST_UNKNOWN]),
        is_ordered=order in ORDERS and order != first_order,
    )


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise ValueError("Pages are numbered from 1.")
    return int(text)
