"""What is kept is bounded in bytes."""

from storefront.weighed import Weighed


def test_what_was_asked_for_last_stays_and_the_rest_goes_by_weight():
    kept, made = Weighed(80), []

    def get(key):
        return kept.get(key, lambda: made.append(key) or key * 10, len)

    for key in "abcdefgh":
        assert get(key) == key * 10
    assert get("a") == "a" * 10
    assert made == list("abcdefgh"), "nothing is made twice while there is room"
    get("i")
    get("a")
    assert made[-1] == "i"
    get("b")
    assert made[-1] == "b", "it was the one nobody had asked for"


def test_what_is_too_heavy_is_made_each_time_and_pushes_nothing_out():
    kept, made = Weighed(80), []
    kept.get("light", lambda: "x", len)
    for _ in range(2):
        kept.get("heavy", lambda: made.append(1) or "x" * 11, len)
    assert len(made) == 2
    assert kept.get("light", lambda: made.append(2), len) == "x"
