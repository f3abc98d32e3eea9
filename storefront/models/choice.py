"""A shopper's choice among a product's variants: one value for each option."""

from dataclasses import dataclass

from storefront.models.product import Product, Variant


@dataclass(frozen=True)
class OptionValue:
    """One value of an option: whether it is chosen, and whether choosing it leads to nothing."""

    value: str
    chosen: bool
    sold_out: bool


@dataclass(frozen=True)
class OptionGroup:
    """An option with its values, to be drawn as radio buttons. `field` is `option1`, `option2` …"""

    field: str
    name: str
    values: tuple[OptionValue, ...]


class Choice:
    """What is chosen of a product, from `asked`: a value or None for each option.

    What was not asked for, or does not exist, is filled in with the first variant that is
    available and agrees with the rest. `variant` is None when that combination is not made.
    The product's variants are read unless they are given.
    """

    def __init__(
        self,
        product: Product,
        asked: tuple[str | None, ...] = (),
        variants: list[Variant] | None = None,
    ) -> None:
        self.product = product
        self.variants = product.in_order() if variants is None else variants
        self.values = self._settled(asked)
        self.variant = self._find(self.values)

    @property
    def groups(self) -> list[OptionGroup]:
        """The options as groups of radio buttons."""
        return [
            OptionGroup(f"option{n + 1}", name, tuple(self._values_of(n)))
            for n, name in enumerate(self.product.options)
        ]

    @property
    def colour(self) -> str:
        """The chosen colour, or the product's own."""
        for name, value in zip(self.product.options, self.values, strict=False):
            if name.strip().lower() in ("color", "colour") and value:
                return value
        return self.product.colour

    def _values_of(self, n: int):
        for value in dict.fromkeys(v.choice[n] for v in self.variants):
            wanted = (*self.values[:n], value, *self.values[n + 1 :])
            match = self._find(wanted)
            yield OptionValue(value, value == self.values[n], match is None or match.left == 0)

    def _settled(self, asked) -> tuple[str | None, ...]:
        count = len(self.product.options)
        asked = (*asked, *[None] * count)[:count]
        known = [{v.choice[n] for v in self.variants} for n in range(count)]
        wanted = tuple(a if a in known[n] else None for n, a in enumerate(asked))
        if None not in wanted:
            return wanted
        agreeing = [v for v in self.variants if _agrees(v, wanted)]
        best = next((v for v in agreeing if v.left != 0), None) or next(iter(agreeing), None)
        return tuple(best.choice) if best else wanted

    def _find(self, values) -> Variant | None:
        return next((v for v in self.variants if tuple(v.choice) == tuple(values)), None)


def _agrees(variant: Variant, wanted) -> bool:
    return all(w is None or w == v for w, v in zip(wanted, variant.choice, strict=True))
