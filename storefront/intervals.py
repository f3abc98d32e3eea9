"""How far two shares lie apart, with an interval.

The method is the tenth of R. G. Newcombe, "Interval estimation for the difference between
independent proportions", Statistics in Medicine 17 (1998), 873–890: the score intervals of both
shares (Wilson, 1927), taken together. It holds for small numbers and for shares near 0 and 1, and
never leaves −1 to 1.
"""

from math import sqrt
from statistics import NormalDist

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Between which shares the true one lies, of which `hits` of `of` were seen; `of` is > 0."""
    middle = (2 * hits + Z * Z) / (2 * (of + Z * Z))
    reach = Z * sqrt(Z * Z + 4 * hits * (1 - hits / of)) / (2 * (of + Z * Z))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def difference(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float, float]:
    """The share of `one` (hits, of) less that of `other`, and its lower and upper bound."""
    (p, q), (low_p, high_p), (low_q, high_q) = (
        (one[0] / one[1], other[0] / other[1]),
        wilson(*one),
        wilson(*other),
    )
    down = sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    up = sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return p - q, p - q - down, p - q + up
