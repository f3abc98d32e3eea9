"""Words that mean the same: how a search is widened by them, and how far."""

import pytest

from storefront.models import Product, SameWords, Word, search
from storefront.models.search import find, plainly
from storefront.models.search_words import MOST_MEANT, Meanings
from storefront.models.vocabulary import corrected
from storefront.refusals import Refused


def meanings(*groups) -> Meanings:
    return Meanings([SameWords(phrases=phrases, one_way=one) for phrases, one in groups])


def test_each_of_a_group_means_the_others_and_one_way_only_the_first_does():
    both = meanings((["Anorak", "parka", "waterproof jacket"], False))
    assert both.of(["anorak"]).sought == [[("anorak",), ("parka",), ("waterproof", "jacket")]]
    assert both.of(["red", "waterproof", "jacket"]).sought == [
        [("red",)],
        [("waterproof", "jacket"), ("anorak",), ("parka",)],
    ]
    assert both.of(["parka"]).also == ("Anorak", "waterproof jacket")
    one = meanings((["mac", "raincoat"], True))
    assert one.of(["mac"]).sought == [[("mac",), ("raincoat",)]]
    assert one.of(["raincoat"]) == (plainly(["raincoat"]), ())


def test_the_longest_phrase_counts_and_groups_add_up():
    known = meanings((["rain", "wet"], False), (["rain coat", "mac"], False), (["wet", "rain"], 0))
    assert known.of(["rain", "coat"]).sought == [[("rain", "coat"), ("mac",)]]
    assert known.of(["coat", "rain"]).sought == [[("coat",)], [("rain",), ("wet",)]]


def test_a_search_is_widened_only_so_far(settings):
    groups = [([f"w{n}", *(f"w{n} also {m}" for m in range(11))], False) for n in range(8)]
    words = [f"w{n}" for n in range(8)]
    sought = meanings(*groups).of(words).sought
    assert sum(len(wording) for part in sought for wording in part) <= MOST_MEANT
    assert find(sought) == ([], False)
    most = meanings((["jacket", *(f"hat{n} and cap{n}" for n in range(11))], False))
    found = find(most.of(["jacket"]).sought)
    assert found.ids == search.candidates(["jacket"]) != []


def test_a_search_finds_what_means_the_same_and_says_whether_it_found_what_was_typed(shirt):
    known = meanings((["skivvy", "merino t-shirt"], False), (["hat", "skivvy"], True))
    plain = search.candidates(["merino", "t", "shirt"])
    assert shirt.id in plain
    assert find(known.of(["skivvy"]).sought) == (plain, False)
    hats = search.candidates(["hat"])
    found = find(known.of(["hat"]).sought)
    assert hats
    assert found.ids == hats  # nothing is called a skivvy, and it means no more than itself here
    assert found.as_typed
    assert find(known.of(["skivvy", "nothing"]).sought) == ([], False)


@pytest.mark.parametrize(
    "phrase", ['" OR 1=1 --', "AND", "NEAR(", "{title}", "'; DROP", "x:*|hats&!"]
)
def test_signs_of_the_index_in_a_phrase_are_words_or_nothing(settings, phrase):
    known = meanings(([phrase, "hat"], False))
    found = find(known.of(search.terms(phrase)).sought).ids
    assert set(search.candidates(["hat"])) <= set(found)
    assert set(search.candidates(search.terms(phrase))) <= set(found)
    assert Product.select().exists()


def test_the_words_of_a_group_are_known_to_who_mistypes_them(settings):
    assert corrected(["skivy"]) == []
    SameWords.put(["skivvy", "merino t-shirt"], False)
    assert Word.select().where(Word.text == "skivvy").exists()
    assert corrected(["skivy"]) == ["skivvy"]


@pytest.mark.parametrize(
    ("phrases", "sentence"),
    [
        ([], "at least two"),
        (["parka"], "at least two"),
        (["parka", "Párka"], "at least two"),
        (["parka", "mac", "MAC"], "twice"),
        (["parka", "!!"], "no letters"),
        (["parka", "one two three four five"], "4 words"),
        ([f"word{n}" for n in range(13)], "12"),
    ],
)
def test_a_group_that_says_nothing_is_refused(settings, phrases, sentence):
    with pytest.raises(Refused, match=sentence):
        SameWords.put(phrases, False)
    assert not SameWords.select().exists()
