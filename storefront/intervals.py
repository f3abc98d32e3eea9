"""How far two shares lie apart, with an interval.

The method is the tenth of R. G. Newcombe, "Interval estimation for the difference between
independent proportions", Statistics in Medicine 17 (1998), 873–890: the score intervals of both
shares (Wilson, 1927), taken together. It holds for small numbers and for shares near 0 and 1, and
never leaves −1 to 1.
"""

from math import sqrt
from statistics import NormalDist

LEVEL = 0.95


def wilson(hits: int, of: int, level: float = LEVEL) -> tuple[float, float]:
    """Between which shares the true one lies, of which `hits` of `of` were seen; `of` is > 0."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (2 * hits + z * z) / (2 * (of + z * z))
    reach = z * sqrt(z * z + 4 * hits * (1 - hits / of)) / (2 * (of + z * z))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def difference(
    one: tuple[int, int], other: tuple[int, int], level: float = LEVEL
) -> tuple[float, float, float]:
    """The share of `one` (hits, of) less that of `other`, and its lower and upper bound."""
    (p, q), (low_p, high_p), (low_q, high_q) = (
        (one[0] / one[1], other[0] / other[1]),
        wilson(*one, level),
        wilson(*other, level),
    )
    down = sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    up = sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return p - q, p - q - down, p - q + up
