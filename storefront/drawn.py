"""Pages, and parts of them, that are drawn once for the rows they show.

They are told apart by what they were drawn from, all of it: when a row has changed, another page is
asked for, and nothing has to be thrown away in time. The rows are read for every request.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache, partial
from types import SimpleNamespace

from jinja2 import Environment
from markupsafe import Markup

from storefront.weighed import Weighed

MOST = 4 * 2**20  # bytes of pages and parts, with the rows they stand for
MOST_CARDS = 2000  # about half a kilobyte each; they are of our own making, in number and length


class Showing:
    """What a page or a part shows: `rows` that stand for it, and `facts()` for its template.

    With None for its rows it is drawn for once. `sheet` names the style sheet (of `assets.SHEETS`)
    that its page brings, where it brings one.
    """

    def __init__(
        self, rows: Hashable | None, facts: Callable[[], dict], sheet: str | None = None
    ) -> None:
        self.rows, self.facts, self.sheet = rows, facts, sheet
        self._hash = hash(rows)  # of all rows, which Python does not remember

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other) -> bool:
        return isinstance(other, Showing) and (self._hash, self.rows) == (other._hash, other.rows)


class Drawn:
    """What one shop has drawn. A thing that is shown has `facts()`, and equals what looks alike."""

    def __init__(self, templates: Environment) -> None:
        self._templates = templates
        self._cards = lru_cache(MOST_CARDS)(self._draw)
        self._kept = Weighed(MOST)
        self.badge = lru_cache(100)(self._draw_badge)

    def page(self, template: str, shown: Showing, count: int) -> bytes:
        """A page, for somebody whose cart holds so many things."""
        draw = partial(self._draw_page, template, shown, count)
        return self._kept.get((template, shown, count), draw, _weight)

    def part(self, template: str, shown: Showing, **variation) -> Markup:
        """A part of a page; `variation` is given to its template besides the facts."""
        varied = tuple(variation.items())
        draw = partial(self._draw, template, shown, varied)
        return (
            draw()
            if shown.rows is None
            else self._kept.get((template, shown, varied), draw, _weight)
        )

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
        return self.page(template, shown, 0).replace(self.badge(0), self.badge(count), 1)

    def _draw_badge(self, count: int) -> bytes:
        cart = SimpleNamespace(count=count)
        return self._templates.get_template("_badge.html").render(cart=cart).encode()


def _weight(drawn: str | bytes) -> int:
    """Bytes in memory, about: the rows say much of what the page says."""
    return 2 * len(drawn) + 2000
