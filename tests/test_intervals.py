"""Intervals of shares and their differences, against the examples of those who published them."""

import pytest

from storefront.intervals import difference, wilson

# R. G. Newcombe, Statistics in Medicine 17 (1998), table II, method 10.
EXAMPLES = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((10, 10), (0, 20), (0.6791, 1.0000)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
]


@pytest.mark.parametrize(("one", "other", "bounds"), EXAMPLES)
def test_differences_are_those_of_the_published_table(one, other, bounds):
    _, low, high = difference(one, other)
    assert (round(low, 4), round(high, 4)) == bounds


def test_the_interval_of_one_share_is_that_of_the_published_example():
    """Newcombe, Statistics in Medicine 17 (1998), 857–872, table I: 81 of 263."""
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
