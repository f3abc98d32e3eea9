"""Who may enter a contest, when, and how often."""

from datetime import timedelta

import pytest

from storefront.models import Contest, ContestEntry, OutgoingMail, PolicyVersion
from storefront.models.contest import KEPT_DAYS
from storefront.models.contest_entry import TO_CONFIRM, mailbox_of, person_of
from storefront.refusals import Refused

SOMEBODY = {
    "email": "Ada@Shop.test",
    "name": "Ada Byron",
    "line1": "12 Ropewalk",
    "line2": "",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97209",
    "country": "US",
}


@pytest.fixture
def contest(settings, clock):
    return announced(clock())


def announced(at, **other):
    facts = {
        "title": "Two weeks in the Alps",
        "prize": "Two weeks of walking, for two",
        "text": "Anybody may enter.",
        "countries": [],
        "opens_at": at,
        "closes_at": at + timedelta(days=30),
    }
    return Contest.announce(other.pop("slug", "alps"), at, **(facts | other))


def enter(contest, at, **other):
    policy = PolicyVersion.last()
    return ContestEntry.enter(contest, SOMEBODY | other, policy, at)


def test_an_entry_counts_once_it_is_confirmed_and_confirming_twice_changes_nothing(contest, clock):
    entry = enter(contest, clock())
    assert ContestEntry.get_by_id(entry.id).confirmed_at is None
    entry.confirm(clock())
    moment = clock()
    clock.forward(hours=1)
    entry.confirm(clock())
    assert ContestEntry.get_by_id(entry.id).confirmed_at == moment


def test_an_entry_says_under_which_rules_and_which_policy_it_was_made(contest, clock):
    entry = ContestEntry.get_by_id(enter(contest, clock()).id)
    assert (entry.rules_version, entry.policy) == (1, PolicyVersion.last())
    assert entry.email == "ada@shop.test"


def test_entering_again_before_confirming_takes_the_place_of_the_first(contest, clock):
    enter(contest, clock())
    enter(contest, clock(), name="Ada Lovelace")
    assert [entry.name for entry in contest.entries] == ["Ada Lovelace"]


def test_who_is_in_already_stays_in_with_what_was_confirmed(contest, clock):
    first = enter(contest, clock())
    first.confirm(clock())
    again = enter(contest, clock(), name="Somebody Else", email="ada+two@shop.test")
    assert (again.id, again.name) == (first.id, "Ada Byron")
    assert again.key == first.key, "the link in the mails there are stays good"
    (mail,) = OutgoingMail.select()
    assert (mail.to, mail.entry_id) == ("ada@shop.test", first.id)
    again.withdraw()
    assert not OutgoingMail.select().exists()


@pytest.mark.parametrize(
    "other",
    [
        {"email": "other@shop.test"},
        {"email": "other@shop.test", "name": "ADA  BYRON", "line1": "12, Ropewalk"},
        {"email": "other@shop.test", "name": "Áda Byron"},
    ],
)
def test_the_same_person_with_another_address_of_mail_is_not_counted_twice(contest, clock, other):
    enter(contest, clock()).confirm(clock())
    second = enter(contest, clock(), **other)
    with pytest.raises(Refused, match="One entry a person"):
        second.confirm(clock())
    assert ContestEntry.get_by_id(second.id).confirmed_at is None


def test_two_people_of_one_house_may_both_enter(contest, clock):
    enter(contest, clock()).confirm(clock())
    enter(contest, clock(), email="b@shop.test", name="Byron Ada").confirm(clock())
    assert contest.entries.where(ContestEntry.confirmed_at.is_null(False)).count() == 2


def test_no_entry_is_taken_before_a_contest_opens_or_after_it_has_closed(settings, clock):
    at = clock()
    coming = announced(at, opens_at=at + timedelta(days=1))
    with pytest.raises(Refused, match="opens on"):
        enter(coming, at)
    with pytest.raises(Refused, match="closed on"):
        enter(coming, at + timedelta(days=30))
    assert ContestEntry.select().count() == 0


def test_a_contest_that_closes_before_the_entry_is_confirmed_takes_it_no_more(contest, clock):
    entry = enter(contest, clock())
    with pytest.raises(Refused, match="closed on"):
        entry.confirm(contest.closes_at)


def test_dates_and_rules_stay_as_they_are_once_somebody_has_entered(contest, clock):
    assert announced(clock(), prize="Three weeks").rules_version == 2
    enter(contest, clock())
    with pytest.raises(Refused, match="has entered"):
        announced(clock(), prize="One week")
    assert Contest.get().prize == "Three weeks"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"prize": " "}, "needs a prize"),
        ({"closes_at": timedelta(days=-1)}, "not in the past"),
        ({"opens_at": timedelta(days=40)}, "after it has opened"),
    ],
)
def test_a_contest_that_makes_no_sense_is_refused(settings, clock, other, words):
    at = clock()
    facts = {key: at + v if isinstance(v, timedelta) else v for key, v in other.items()}
    with pytest.raises(Refused, match=words):
        announced(at, **facts)
    assert not Contest.select().exists()


@pytest.mark.parametrize("slug", ["The Alps!", "entries", ""])
def test_a_name_that_cannot_stand_in_an_address_is_refused(settings, clock, slug):
    with pytest.raises(Refused, match="small letters"):
        Contest.announce(slug, clock())


def test_entries_that_nobody_confirms_are_forgotten(contest, clock):
    enter(contest, clock())
    confirmed = enter(contest, clock(), email="b@shop.test", name="B")
    confirmed.confirm(clock())
    assert ContestEntry.forget_unconfirmed(clock() + TO_CONFIRM) == 0
    assert ContestEntry.forget_unconfirmed(clock() + TO_CONFIRM + timedelta(seconds=1)) == 1
    assert [entry.id for entry in contest.entries] == [confirmed.id]


def test_who_withdraws_leaves_nothing(contest, clock):
    entry = enter(contest, clock())
    entry.confirm(clock())
    entry.withdraw()
    assert ContestEntry.select().count() == OutgoingMail.select().count() == 0
    with pytest.raises(Refused, match="enter again"):
        entry.confirm(clock())


def test_only_the_mail_with_the_link_that_opens_is_kept(contest, clock):
    enter(contest, clock())
    first = enter(contest, clock())
    first.confirm(clock())
    again = enter(contest, clock())
    enter(contest, clock())
    assert [mail.entry_id for mail in OutgoingMail.select()] == [again.id]


def test_an_address_that_was_spelled_another_way_is_written_down_as_it_was_given_alone(
    contest, clock
):
    entry = enter(contest, clock(), email="ada+two@shop.test")
    assert "ada@shop.test" not in repr(ContestEntry.get_by_id(entry.id).__data__)
    assert "adabyron" not in repr(ContestEntry.get_by_id(entry.id).__data__)


def test_running_contests_come_first_and_old_ones_are_left_out(settings, clock):
    at = clock()
    for slug, opens, closes in (
        ("closed", -60, -1),
        ("old", -500, -400),
        ("coming", 5, 9),
        ("late", -1, 50),
        ("soon", -1, 5),
    ):
        moments = {"opens_at": at + timedelta(opens), "closes_at": at + timedelta(closes)}
        Contest.create(
            slug=slug, title=slug, prize="p", text="t", announced_at=at, countries=[], **moments
        )
    assert [one.slug for one in Contest.shown(at)] == ["soon", "late", "coming", "closed"]
    assert Contest.next_change(at) == Contest.get(Contest.slug == "soon").closes_at


def test_entries_are_erased_some_weeks_after_the_contest(contest):
    assert contest.erased_at - contest.closes_at == timedelta(days=KEPT_DAYS)


def test_spellings_of_one_mailbox_and_of_one_person_are_alike():
    assert mailbox_of(" A.B+c@X.test ") == mailbox_of("a.b@x.TEST") != mailbox_of("ab@x.test")
    assert mailbox_of("a.b+c@gmail.com") == mailbox_of("AB@googlemail.com")
    assert person_of(SOMEBODY) == person_of(SOMEBODY | {"name": "ada byron.", "region": "ME"})
    assert person_of(SOMEBODY) != person_of(SOMEBODY | {"line1": "13 Ropewalk"})
