"""Charts are paths: short, whole numbers, right at the ends."""

import re

from storefront import charts


def test_the_top_of_a_chart_is_round_and_nothing_passes_it():
    assert [charts.top(n) for n in (0, 1, 2, 3, 9, 10, 11, 4001, 7999, 8001)] == [
        *(2, 2, 2, 4, 10, 10, 20, 6000, 8000, 10000)
    ]
    assert charts.top(10**18 + 1) == 2 * 10**18


def test_a_line_goes_from_the_first_value_to_the_last():
    assert charts.line([0, 50, 100], 100) == "M0 100 1 50 2 0"
    assert charts.line([7], 10) == "M0 30H1"
    assert charts.area([0, 100], 100) == "M0 100 1 0V100H0"


def test_of_nothing_there_is_nothing_to_see():
    assert charts.line([], 2) == charts.area([], 2) == charts.bars([], 2) == ""
    assert charts.bars([0, 1], 2) == "M1.5 100V50"
    assert charts.squares({}) == [""] * charts.SHADES


def test_squares_of_a_shade_that_are_neighbours_are_one_stroke():
    counts = {(0, 0): 1, (0, 1): 1, (0, 3): 1, (1, 2): 4}
    assert charts.squares(counts) == ["M0 0.5h2M3 0.5h1", "", "", "M2 1.5h1"]


def test_a_path_stays_short_however_large_the_numbers_are():
    path = charts.line([10**15 + n for n in range(62)], charts.top(10**15 + 61))
    assert len(path) < 62 * 7
    assert re.fullmatch(r"M[\d ]+", path)
