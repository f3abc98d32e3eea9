"""Whether a WooCommerce file has a point or a comma before decimals: decided once, for all of it.

WooCommerce writes points; spreadsheets in much of Europe turn them into commas. `1,299` is one
price in Boston and another in Berlin, so that a file needs a cell that leaves no doubt.
"""

import re

from storefront.exchange.catalogue import BadCatalogue, quoted
from storefront.exchange.woocommerce_rows import Row

NUMBERS = ("regular_price", "sale_price", "cost", "weight")

_PLAIN = re.compile(r"\d*")
# Three digits after a sign may be thousands, unless nothing or a lone 0 stands before it.
_DOUBTFUL = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_DECIMAL = re.compile(r"\d*([.,])\d+")


class Style:
    """Gathers what a file's numbers look like; `comma` is the verdict."""

    def __init__(self) -> None:
        self._sure: dict[str, tuple[int, str]] = {}
        self._doubtful: dict[str, tuple[int, str]] = {}

    def note(self, row: Row) -> None:
        """Look at a row's numbers. What is no number is refused later, by its column's reader."""
        for name in NUMBERS:
            text = row.text(name)
            if _PLAIN.fullmatch(text):
                continue
            if match := _DOUBTFUL.fullmatch(text):
                self._doubtful.setdefault(match[1], (row.line, text))
            elif match := _DECIMAL.fullmatch(text):
                self._sure.setdefault(match[1], (row.line, text))

    @property
    def comma(self) -> bool:
        """Whether decimals follow a comma. Raises BadCatalogue where the file leaves it open."""
        if len(self._sure) == 2:
            (line, point), (other, comma) = self._sure["."], self._sure[","]
            raise BadCatalogue(
                f"{quoted(comma)} on line {other} has a comma before its decimals and "
                f"{quoted(point)} on line {line} a point; write all numbers one way",
                max(line, other),
            )
        if "," in self._doubtful and not self._sure:
            line, text = self._doubtful[","]
            raise BadCatalogue(
                f"{quoted(text)} may be thousands or decimals, and no other number of the file "
                "tells which; write numbers with a point before decimals and no other sign",
                line,
            )
        return "," in self._sure
