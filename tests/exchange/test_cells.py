"""What is done to a cell on the way out is undone on the way in."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storefront.exchange.cells import (
    guarded,
    join_list,
    lines_from,
    lines_into,
    split_list,
    unguarded,
)

RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
TEXT = st.text(st.sampled_from("".join(RUN) + "'\\n,\"a ß"), max_size=8)


@given(TEXT)
@example("'=1")
@example("''+1")
def test_a_guard_comes_off_again_and_nothing_runs(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(RUN)


@pytest.mark.parametrize("text", ["'90s", "'tis", "it's", "", "'"])
def test_apostrophes_that_guard_nothing_stay(text):
    assert guarded(text) == unguarded(text) == text


@given(st.text(st.sampled_from("a\\n b"), max_size=8))
def test_text_without_line_breaks_goes_through_a_line_and_back(text):
    assert lines_from(lines_into(text)) == text


@given(st.text(st.sampled_from("ab\nn"), max_size=8))
def test_line_breaks_go_through_a_line_and_back(text):
    assert "\n" not in lines_into(text)
    assert lines_from(lines_into(text)) == text


@given(st.lists(st.text("ab,", min_size=1, max_size=5), unique=True))
def test_lists_keep_their_commas(parts):
    assert split_list(join_list(parts)) == tuple(parts)


@given(TEXT)
def test_a_guarded_cell_survives_a_csv_file(text):
    file = io.StringIO(newline="")
    csv.writer(file).writerow(["x", guarded(text)])
    (row,) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert unguarded(row[1]) == text
