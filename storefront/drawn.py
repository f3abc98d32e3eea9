"""Pages, and parts of them, that are drawn once for the rows they show.

They are told apart by what they were drawn from, all of it: when a row has changed, another page is
asked for, and nothing has to be thrown away in time. The rows are read for every request.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from types import SimpleNamespace

from jinja2 import Environment
from markupsafe import Markup

MOST_CARDS = 3000  # about half a kilobyte each
MOST_PARTS = 200  # about five kilobytes each
MOST_PAGES = 100  # about thirty kilobytes each


class Showing:
    """What a page or a part shows: `rows` that stand for it, and `facts()` for its template.

    With None for its rows it is drawn for once.
    """

    def __init__(self, rows: Hashable | None, facts: Callable[[], dict]) -> None:
        self.rows, self.facts = rows, facts

    def __hash__(self) -> int:
        return hash(self.rows)

    def __eq__(self, other) -> bool:
        return isinstance(other, Showing) and self.rows == other.rows


class Drawn:
    """What one shop has drawn. A thing that is shown has `facts()`, and equals what looks alike."""

    def __init__(self, templates: Environment) -> None:
        self._templates = templates
        self._cards = lru_cache(MOST_CARDS)(self._draw)
        self._parts = lru_cache(MOST_PARTS)(self._draw)
        self._pages = lru_cache(MOST_PAGES)(self._draw_page)
        self.badge = lru_cache(100)(self._draw_badge)

    def page(self, template: str, shown: Showing, count: int) -> bytes:
        """A page, for somebody whose cart holds so many things."""
        return self._pages(template, shown, count)

    def part(self, template: str, shown: Showing, **variation) -> Markup:
        """A part of a page; `variation` is given to its template besides the facts."""
        draw = self._draw if shown.rows is None else self._parts
        return draw(template, shown, tuple(variation.items()))

    def cards(self, template: str, several: Iterable, **variation) -> Markup:
        """Small parts, one after the other."""
        varied = tuple(variation.items())
        # Joined as text: Markup would look at each of them again.
        drawn = "".join([self._cards(template, shown, varied) for shown in several])
        return Markup(drawn)  # noqa: S704

    def _draw(self, template: str, shown, variation: tuple = ()) -> Markup:
        facts = shown.facts() | dict(variation)
        # Drawn by Jinja, which has escaped what is not markup already.
        return Markup(self._templates.get_template(template).render(facts))  # noqa: S704

    def _draw_page(self, template: str, shown: Showing, count: int) -> bytes:
        if not count:
            return self._draw(template, shown).encode()
        return self._pages(template, shown, 0).replace(self.badge(0), self.badge(count), 1)

    def _draw_badge(self, count: int) -> bytes:
        cart = SimpleNamespace(count=count)
        return self._templates.get_template("_badge.html").render(cart=cart).encode()
