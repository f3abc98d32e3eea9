"""A contest from a file: read as it is meant, or refused in words."""

from datetime import UTC, datetime

import pytest

from storefront.exchange import contest
from storefront.models import Contest
from storefront.refusals import Refused

FILE = """Name: alps
Prize: Two weeks of walking: for two
Opens: 2026-12-01
Closes: 2027-01-15
Countries: us, CA

# Two weeks in the Alps

Anybody may enter.

No purchase is needed.
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "alps.md"
    path.write_text(FILE)
    return path


def test_a_file_is_read_as_whole_days_in_utc(file):
    name, facts = contest.read(file)
    assert name == "alps"
    assert facts == {
        "title": "Two weeks in the Alps",
        "prize": "Two weeks of walking: for two",
        "text": "Anybody may enter.\n\nNo purchase is needed.",
        "countries": ["US", "CA"],
        "opens_at": datetime(2026, 12, 1, tzinfo=UTC),
        "closes_at": datetime(2027, 1, 15, 23, 59, 59, tzinfo=UTC),
    }


def test_what_a_file_may_say_besides_is_read(file):
    more = (
        "Who: Anybody\nOdds: One in ten\nFree way: The form\nWinners: 3\nDraw: 2027-01-20 18:30\n"
    )
    file.write_text(FILE.replace("Countries:", f"{more}Countries:"))
    _, facts = contest.read(file)
    said = [facts[name] for name in ("eligible", "odds", "free_way", "winners")]
    assert said == ["Anybody", "One in ten", "The form", 3]
    assert facts["draws_at"] == datetime(2027, 1, 20, 18, 30, tzinfo=UTC)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(file):
    before = contest.read(file)
    file.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    assert contest.read(file) == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Prize: Two weeks of walking: for two\n", "", "lack prize"),
        ("2026-12-01", "tomorrow", "“tomorrow” is no day"),
        ("Countries:", "Colour:", "none of the first lines"),
        ("Countries: us, CA", "Winners: two", "“two” is no number"),
        ("Countries: us, CA", "Draw: at noon", "“at noon” is no moment"),
        ("Countries: us, CA", "Countries: USA", "“USA” is no country"),
        ("# Two weeks", "# Two\0weeks", "not UTF-8 text"),
        ("Countries: us, CA", "Draw: 0001-01-01T00:00+14:00", "is no moment"),
        ("# Two weeks", "x" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_words(file, old, new, words):
    file.write_text(FILE.replace(old, new))
    with pytest.raises(Refused, match=words):
        contest.read(file)


def test_a_file_that_is_no_text_is_refused(file):
    file.write_bytes(FILE.encode("utf-16"))
    with pytest.raises(Refused, match="not UTF-8"):
        contest.read(file)


def test_the_command_refuses_days_too_far_off(runner, tmp_path):
    path = tmp_path / "alps.md"
    path.write_text(FILE.replace("2027-01-15", "9999-12-31"))
    result = runner("announce-contest", path)
    assert result.exit_code != 0
    assert "this century" in str(result.exception)
    assert not Contest.select().exists()


def test_the_command_announces_what_the_file_says(runner, tmp_path):
    path = tmp_path / "alps.md"
    path.write_text(FILE.replace("2027", "2099"))
    result = runner("announce-contest", path)
    assert result.exit_code == 0, result.output
    assert "rules version 1 of “Two weeks in the Alps” is at " in result.output
    assert Contest.get().countries == ["US", "CA"]
