"""The Insider Update's readers: asked for, confirmed, proven, left, and never brought back."""

from datetime import datetime, timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront import privacy
from storefront.erasures import Erasures
from storefront.models import GoneInsider, Insider, OutgoingMail, PolicyVersion
from storefront.models.consent import BESIDE_THE_FIELD, NOW, digest_of, words_of
from storefront.models.insider import (
    BUSY,
    INVITED_AT_ONCE,
    MOST_AN_HOUR,
    MOST_TO_ONE,
    MOST_UNCONFIRMED,
    TO_CONFIRM,
    UNASKED,
    mark_of,
)
from storefront.personal import years
from storefront.refusals import Refused
from tests.racing import at_once


def digest(text: str) -> str:
    """As a shop's keyed digest: another for every text."""
    return digest_of(f"key {text}")


def asking(email: str, at: datetime, way: str = "page") -> Insider | None:
    """Somebody has signed up."""
    Insider.ask(email, way, PolicyVersion.last(), digest, at)
    return Insider.about(email).first()


def reading(email: str, at: datetime) -> Insider:
    """Somebody has signed up and confirmed."""
    asking(email, at).confirm(at)
    return Insider.about(email).get()


def imported(email: str, at: datetime, **facts) -> Insider:
    """Somebody stood in a list."""
    told = {"policy": PolicyVersion.last(), "way": "import", "asked_at": at}
    told |= {"mailbox": mark_of(email, digest), "key": f"key of {email}"}
    return Insider.create(email=email, **told | facts)


def kinds() -> list[str]:
    return [mail.kind for mail in OutgoingMail.select().order_by(OutgoingMail.id)]


def test_who_signs_up_counts_once_they_have_confirmed(settings, clock):
    one = asking(" Ann@Example.com ", clock())
    assert (one.email, kinds()) == ("ann@example.com", ["insider_confirm"])
    assert list(Insider.reading()) == []
    clock.forward(hours=1)
    one.confirm(clock())
    first = clock()
    clock.forward(hours=1)
    one.confirm(clock())
    assert [each.confirmed_at for each in Insider.reading()] == [first], "it stays as it was"


def test_what_proves_a_consent_is_the_policy_the_words_the_link_and_the_times(settings, clock):
    one = reading("ann@example.com", clock())
    assert one.policy == PolicyVersion.last()
    assert (one.way, one.statement) == ("page", "")
    assert words_of(one.wording) == NOW["page"] == one.in_words(Insider.wording)
    assert one.asked_at == one.confirmed_at == clock()
    assert set(one.__data__) == {
        *("id", "email", "mailbox", "key", "policy", "wording", "way", "statement"),
        *("asked_at", "mails", "mailed_at", "confirmed_at"),
    }


def test_words_that_were_ever_shown_are_found_by_their_digest():
    """Whoever changes one adds a row: these digests stand in consents that there are."""
    assert digest_of(BESIDE_THE_FIELD[0]) == (
        "dc7a0a1e07d41713cab652e5ee99ff0910b02f900257fcadc57bb8d3d93bcbf7"
    )
    assert words_of("0" * 64) == ""


def asked_in_four_ways(clock) -> dict[str, str]:
    """Addresses that are known, confirmed, gone by themselves, and have left."""
    asking("late@example.com", clock())
    clock.forward(days=8)
    Insider.let_go(clock())
    asking("known@example.com", clock())
    reading("confirmed@example.com", clock())
    reading("left@example.com", clock()).leave(clock())
    return [
        "new@example.com",
        *(f"{who}@example.com" for who in "late known confirmed left".split()),
    ]


def test_nobody_can_tell_from_the_work_whether_an_address_was_known(settings, clock):
    counts, mails = {}, []
    for email in asked_in_four_ways(clock):
        before = OutgoingMail.select().count()
        with count_queries() as counted:
            asking(email, clock())
        counts[email] = counted.count
        mails.append(OutgoingMail.select().count() - before)
    assert len(set(counts.values())) == 1, counts
    assert mails == [1] * len(counts)
    assert kinds().count("insider_known") == 1


def test_a_stranger_changes_nothing_of_what_somebody_has_confirmed(settings, clock):
    one = reading("ann@example.com", clock())
    clock.forward(days=1)
    asking("ann@example.com", clock(), "footer")
    again = Insider.get()
    assert (again.way, again.asked_at, again.confirmed_at) == (
        "page",
        one.asked_at,
        one.confirmed_at,
    )


def test_who_asks_again_before_confirming_is_asked_again_and_agreed_to_the_last_words(
    settings, clock
):
    first = asking("ann@example.com", clock())
    clock.forward(days=6)
    again = asking("ann@example.com", clock(), "footer")
    assert (again.key, again.way, again.asked_at) == (first.key, "footer", clock())
    clock.forward(days=6)
    assert Insider.let_go(clock()) == 0
    assert kinds() == ["insider_confirm"] * 2


def test_a_mailbox_gets_so_many_mails_and_no_more_however_it_is_spelled(settings, clock):
    for n in range(MOST_TO_ONE + 3):
        asking(f"a.n.n+{n}@gmail.com", clock())
        asking("ann@googlemail.com", clock())
    assert OutgoingMail.select().count() == MOST_TO_ONE
    reader = reading("bob@example.com", clock())
    for _ in range(MOST_TO_ONE + 3):
        asking(reader.email, clock())
    to_bob = OutgoingMail.to == reader.email
    assert OutgoingMail.select().where(to_bob).count() == MOST_TO_ONE
    clock.forward(days=7, seconds=1)
    asking(reader.email, clock())
    assert OutgoingMail.select().where(to_bob).count() == MOST_TO_ONE + 1


def test_ten_thousand_junk_sign_ups_make_no_more_mails_than_an_hour_may_have(settings, clock):
    asking("ann@example.com", clock())
    Insider.update(mails=MOST_AN_HOUR - 5).execute()  # as by others
    answers = {"": 0, BUSY: 0}
    for n in range(50):
        try:
            asking(f"junk-{n}@example.com", clock())
            answers[""] += 1
        except Refused as refusal:
            answers[refusal.sentence] += 1
    assert answers == {"": 5, BUSY: 45}
    assert (Insider.select().count(), OutgoingMail.select().count()) == (6, 6)
    clock.forward(hours=1, seconds=1)
    assert asking("zoe@example.com", clock())


def test_who_has_not_confirmed_is_bounded_in_all(settings, clock):
    facts = {"way": "page", "mailed_at": clock(), "mails": 1}
    base = dict(imported("first@example.com", clock(), **facts).__data__)
    del base["id"]
    rows = [
        base | {"email": f"{n}@example.com", "mailbox": f"m{n}", "key": f"k{n}"}
        for n in range(MOST_UNCONFIRMED - 1)
    ]
    for start in range(0, len(rows), 500):
        Insider.insert_many(rows[start : start + 500]).execute()
    clock.forward(hours=2)
    with pytest.raises(Refused, match="Very many"):
        asking("ann@example.com", clock())
    clock.forward(days=7)
    assert Insider.let_go(clock()) == MOST_UNCONFIRMED
    assert asking("ann@example.com", clock())


def test_two_sign_ups_at_once_for_one_address_are_one_row(settings, clock):
    at = clock()
    at_once(lambda: asking("ann@example.com", at), 4)
    assert Insider.select().count() == 1
    assert OutgoingMail.select().count() == MOST_TO_ONE


def test_who_does_not_confirm_is_gone_after_seven_days_and_has_not_left(settings, clock):
    asking("ann@example.com", clock())
    reading("bob@example.com", clock())
    clock.forward(days=7)
    assert Insider.let_go(clock()) == 0
    clock.forward(seconds=1)
    assert Insider.let_go(clock()) == 1
    assert [one.email for one in Insider.select()] == ["bob@example.com"]
    assert [mail.to for mail in OutgoingMail.select()] == ["bob@example.com"]
    assert not GoneInsider.select().exists()


def test_who_leaves_is_gone_at_once_with_their_mails_and_a_keyed_digest_stays(settings, clock):
    one = reading("ann@example.com", clock())
    one.leave(clock())
    assert not Insider.select().exists()
    assert not OutgoingMail.select().exists()
    assert [gone.digest for gone in GoneInsider.select()] == [digest("insider ann@example.com")]
    one.leave(clock())
    assert GoneInsider.select().count() == 1


def test_who_left_comes_back_by_their_own_confirmed_sign_up_and_not_before(settings, clock):
    reading("ann@example.com", clock()).leave(clock())
    one = asking("ann@example.com", clock())
    assert GoneInsider.select().exists()
    one.confirm(clock())
    assert not GoneInsider.select().exists()
    assert Insider.reading().count() == 1


def test_who_was_imported_is_asked_once_a_few_at_a_time_and_goes_unanswered(settings, clock):
    for n in range(INVITED_AT_ONCE + 1):
        imported(f"{n}@example.com", clock())
    imported("held@example.com", clock(), confirmed_at=clock(), statement="Ticked on paper")
    policy = PolicyVersion.last()
    assert [Insider.invite(policy, clock()) for _ in range(3)] == [INVITED_AT_ONCE, 1, 0]
    assert set(kinds()) == {"insider_invited"}
    clock.forward(days=7, seconds=1)
    assert Insider.let_go(clock()) == INVITED_AT_ONCE + 1
    assert [one.email for one in Insider.reading()] == ["held@example.com"]


def test_imported_addresses_take_no_room_from_those_who_sign_up(settings, clock):
    imported("x@example.com", clock(), mailed_at=clock(), mails=MOST_AN_HOUR)
    assert asking("ann@example.com", clock())


def test_who_was_imported_is_never_asked_while_the_policy_does_not_cover_it(settings, clock):
    imported("ann@example.com", clock())
    policy = PolicyVersion.last()
    policy.covers = ["orders"]
    assert Insider.invite(policy, clock()) == Insider.invite(None, clock()) == 0
    clock.forward(seconds=UNASKED.total_seconds() + 1)
    assert Insider.let_go(clock()) == 1


def test_erasure_takes_all_of_it_and_the_sweep_after_five_years(settings, clock):
    reading("ann@example.com", clock())
    outcome = privacy.erase("ann@example.com", settings, clock())
    assert any("Insider Update" in of for of, _ in outcome.gone)
    assert not Insider.select().exists()
    assert not GoneInsider.select().exists()
    reading("bob@example.com", clock())
    clock.forward(seconds=years(5).total_seconds() + 1)
    assert privacy.sweep(settings, clock())["insider"] == 1
    assert not Insider.select().exists()


def test_what_somebody_agreed_to_and_that_they_left_is_told_in_words(settings, clock):
    erasures = Erasures(settings)
    Insider.ask("ann@example.com", "checkout", PolicyVersion.last(), erasures.digest, clock())
    held = {one.table: one for one in privacy.held("ann@example.com", erasures, clock())}
    row = held["insider"]
    values = {value.name: value for value in row.values}
    assert values["wording"].text == NOW["checkout"]
    assert values["email"].until == clock() + TO_CONFIRM
    Insider.get().leave(clock())
    clock.forward(days=1)
    [other] = privacy.elsewhere("ann@example.com", [], settings, clock())
    assert "left the Insider Update" in other.what
    assert f"{clock() - timedelta(days=1):%-d %B %Y}" in other.words


def test_readers_who_were_imported_are_asked_for_in_the_same_bounds(settings, clock):
    held = {"confirmed_at": clock(), "statement": "Ticked on paper"}
    imported("ann@example.com", clock(), **held)
    clock.forward(minutes=1)
    asking("ann@example.com", clock())
    assert kinds() == ["insider_known"]
    Insider.update(mails=MOST_AN_HOUR).execute()  # as of many of them
    with pytest.raises(Refused, match="Very many"):
        asking("bob@example.com", clock())
