"""Two of three custodians bring the desk's secret back; one alone, or strangers, do not."""

from itertools import combinations

import pytest

from vault.custodians import BadWords, join, split

SECRET = bytes(range(32))


@pytest.mark.parametrize("chosen", [*combinations(range(3), 2), (0, 1, 2)])
def test_any_two_of_three_bring_the_secret_back(chosen):
    shares = split(SECRET)
    assert join([shares[n] for n in chosen]) == SECRET


def test_a_share_is_33_words_that_can_be_written_down_in_any_way():
    shares = split(SECRET)
    assert [len(share.split()) for share in shares] == [33, 33, 33]
    assert join([shares[0].upper(), "\n".join(shares[1].split())]) == SECRET


@pytest.mark.parametrize("lines", [[], [""], 1, 2], ids=str)
def test_one_custodian_alone_is_not_enough(lines):
    shares = split(SECRET)
    given = [shares[0]] * lines if isinstance(lines, int) else lines
    with pytest.raises(BadWords, match="words of 2 custodians are needed"):
        join(given)


def test_words_of_two_different_secrets_do_not_fit_together():
    with pytest.raises(BadWords, match="do not fit together"):
        join([split(SECRET)[0], split(bytes(32))[1]])


def test_a_slip_of_the_pen_is_noticed():
    first, second, _ = split(SECRET)
    words = second.split()
    words[20] = "academic" if words[20] != "academic" else "acid"
    with pytest.raises(BadWords):
        join([first, " ".join(words)])
    with pytest.raises(BadWords):
        join([first, "no words of this kind"])


def test_words_that_share_something_else_are_refused():
    with pytest.raises(BadWords, match="something else"):
        join(split(bytes(16))[:2])
