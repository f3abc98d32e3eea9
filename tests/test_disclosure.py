"""What is told of people by place gives nobody away, whoever computes with it."""

from collections import defaultdict
from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import given as over
from hypothesis import strategies as some

from storefront.disclosure import LEAST, Quarter, given, rounded


def tables(cells: int, most: int):
    """All ways to spread up to so many people over so many cells."""
    return (each for each in product(range(most + 1), repeat=cells) if sum(each) <= most)


def told(counts, least: int) -> tuple:
    """What is given out of counts of named cells, with those who belong to none at the end."""
    *named, unnamed = counts
    return tuple(sorted(given(dict(zip("abcd", named, strict=False)), unnamed, least).items()))


SIZES = [(3, 1, 14), (3, 2, 12), (3, 3, 9), (4, 3, 12)]
CELLS = some.dictionaries(some.text("abcdefgh", min_size=1), some.integers(0, 60))


@pytest.mark.parametrize(("least", "cells", "most"), SIZES)
def test_who_knows_the_rule_and_the_exact_sum_cannot_narrow_what_is_held_back(least, cells, most):
    """Every table is tried: for whatever is told, those that would have been told alike are all
    that an attacker knows. A cell that is held back could be anything under the threshold in them.
    """
    alike = defaultdict(list)
    for counts in tables(cells + 1, most):
        alike[sum(counts), told(counts, least)].append(counts)
    tried = 0
    for (everybody, answer), possible in alike.items():
        for cell in range(cells):
            if "abcd"[cell] in dict(answer) or not any(counts[cell] for counts in possible):
                continue
            tried += 1
            could_be = {counts[cell] for counts in possible}
            assert could_be >= set(range(min(least, everybody + 1))), (everybody, answer, cell)
    assert tried >= 10


def test_a_country_and_its_regions_together_give_no_more_away():
    """The same with two levels: a country that is told has its regions told, and both are used."""
    least, most, alike = 3, 9, defaultdict(list)
    for first, second, nowhere, other, unnamed in tables(5, most):
        country = first + second + nowhere
        world = told((country, other, unnamed), least)
        regions = told((first, second, nowhere), least) if "a" in dict(world) else ()
        counts = (first, second, other)
        alike[first + second + nowhere + other + unnamed, world, regions].append(counts)
    for (everybody, world, regions), possible in alike.items():
        hidden = [n for n in (0, 1) if "ab"[n] not in dict(regions)]
        hidden += [2] if "b" not in dict(world) else []
        for cell in hidden:
            if any(counts[cell] for counts in possible):
                could_be = {counts[cell] for counts in possible}
                assert could_be >= set(range(min(least, everybody + 1))), (world, regions, cell)


@over(CELLS, some.integers(0, 40))
def test_in_large_tables_too_the_bounds_of_a_small_cell_are_those_of_any_small_cell(
    counts, unnamed
):
    """By linear bounds from what is told and the exact sum, where there are too many tables to try:
    a small cell can be as large as what all that is told leaves, and as small as what those who
    belong to no cell by name leave, which is nothing.
    """
    shown = given(counts, unnamed)
    assert all(shown[key] == rounded(counts[key]) >= LEAST for key in shown)
    largest = sum(counts.values()) + unnamed - sum(shown.values())
    for key in counts.keys() - shown.keys():
        if 0 < counts[key] < LEAST and shown:
            assert largest >= LEAST, f"{key} could be no larger than {largest}"


def test_one_that_could_be_worked_out_takes_its_neighbour_with_it():
    assert given({"DE": 20, "MT": 3}) == {}
    assert given({"DE": 20, "FR": 40, "MT": 3}) == {"FR": 40}
    assert given({"DE": 26, "MT": 3}) == {}
    assert given({"DE": 27, "MT": 3}) == {"DE": 20}
    assert given({"DE": 27}) == {"DE": 20}


def test_what_is_rounded_alike_stands_in_the_order_of_names():
    assert list(given({"b": 19, "a": 11, "c": 31})) == ["c", "a", "b"]


def test_quarters_follow_each_other_and_share_no_day():
    quarter, seen = Quarter.of(date(2024, 2, 29)), []
    for _ in range(9):
        assert quarter.after.before == quarter
        seen.append((quarter.first, quarter.last))
        quarter = quarter.after
    assert seen[0] == (date(2024, 1, 1), date(2024, 3, 31))
    assert all((later[0] - former[1]).days == 1 for former, later in pairwise(seen))
    assert str(Quarter(2026, 3)) == "July to September 2026"
