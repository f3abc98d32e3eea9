"""Parts of pages that are drawn once for the rows they show, and kept while they are asked for.

A part is told from another by what it was drawn from, all of it: when a row changes, another part
is asked for, and nothing has to be thrown away in time.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache

from jinja2 import Environment
from markupsafe import Markup

MOST = 3000  # small parts, such as cards: about half a kilobyte each
MOST_LARGE = 200  # large ones, such as the whole of a product: about ten kilobytes


class Showing:
    """What a part shows: `rows` that stand for it, and `facts()`, what its template is given.

    With None for its rows it is drawn for once.
    """

    def __init__(self, rows: Hashable | None, facts: Callable[[], dict]) -> None:
        self.rows, self.facts = rows, facts

    def __hash__(self) -> int:
        return hash(self.rows)

    def __eq__(self, other) -> bool:
        return isinstance(other, Showing) and self.rows == other.rows


class Drawn:
    """The parts of one shop. Something that is shown has `facts()`, and equals what looks alike."""

    def __init__(self, templates: Environment) -> None:
        self._templates = templates
        self._small = lru_cache(MOST)(self._draw)
        self._large = lru_cache(MOST_LARGE)(self._draw)

    def part(self, template: str, shown, **variation) -> Markup:
        """A large part; `variation` is given to its template besides the facts."""
        draw = self._draw if getattr(shown, "rows", ()) is None else self._large
        return draw(template, shown, tuple(variation.items()))

    def parts(self, template: str, several: Iterable, **variation) -> Markup:
        """Small parts, one after the other."""
        varied = tuple(variation.items())
        return Markup("").join([self._small(template, shown, varied) for shown in several])

    def _draw(self, template: str, shown, variation: tuple) -> Markup:
        facts = shown.facts() | dict(variation)
        # Drawn by Jinja, which has escaped what is not markup already.
        return Markup(self._templates.get_template(template).render(facts))  # noqa: S704
