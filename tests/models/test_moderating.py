"""Deciding on testimonials: once, on what was read, and counted without a word of it."""

import pytest
from playhouse.test_utils import count_queries

from storefront.models import Decision, OutgoingMail, Rating, Testimonial, testimonial_queue
from storefront.models.moderating import LONGEST_REPLY, REASONS
from storefront.refusals import Refused
from tests.models.placing import cart_of, place
from tests.models.testimonials import approved, several, waiting
from tests.racing import at_once

AGAIN = {"words": "It leaks after all.", "name": "Ann", "stars": 1, "connection": ""}


def mails() -> list[str]:
    told = OutgoingMail.select().where(OutgoingMail.kind.startswith("testimonial_"))
    return [mail.kind.removeprefix("testimonial_") for mail in told.order_by(OutgoingMail.id)]


def all_are_sent(clock) -> None:
    OutgoingMail.update(state="sent", sent_at=clock()).execute()


def the(one: Testimonial) -> Testimonial:
    return Testimonial.get_by_id(one.id)


def test_what_is_refused_is_not_shown_and_its_author_is_told_once(shirt, clock):
    one = waiting(shirt, clock(), stars=2)
    all_are_sent(clock)
    one.refuse("advert", one.as_of, clock())
    assert (the(one).state, the(one).reason, the(one).decided_at) == ("refused", "advert", clock())
    assert Rating.of(shirt.id).count == 0
    assert Decision.counts() == [(False, "advert", 2, 1)]
    assert mails()[1:] == ["refused"]


@pytest.mark.parametrize("reason", ["", "low rating", "Abuse"])
def test_only_for_a_published_reason(shirt, clock, reason):
    one = waiting(shirt, clock())
    with pytest.raises(Refused) as refusal:
        one.refuse(reason, one.as_of, clock())
    assert list(refusal.value.problems) == ["reason"]
    assert (the(one).state, Decision.select().count(), mails()) == ("waiting", 0, ["confirm"])


def test_of_many_who_decide_at_once_one_does_and_one_mail_is_written(shirt, clock):
    one = waiting(shirt, clock())
    seen, ways = one.as_of, iter(range(8))

    def decide():
        mine, read = next(ways), the(one)
        clock.forward(seconds=1)
        if mine % 2:
            return read.approve(seen, clock())
        return read.refuse("abuse", seen, clock())

    came = at_once(decide, 8)
    assert sorted(came.count(each) for each in (None, Refused)) == [1, 7]
    assert Decision.select().count() == 1
    assert Decision.get().approved == (the(one).state == "approved")
    assert Rating.of(shirt.id).count == (the(one).state == "approved")
    assert mails() == ["confirm", the(one).state]


def test_of_two_that_are_approved_at_once_both_are_counted(shirt, clock):
    numbers = [waiting(shirt, clock(), email=f"p{n}@example.com").id for n in range(4)]

    def decide():
        one = Testimonial.get_by_id(numbers.pop())
        one.approve(one.as_of, clock())

    assert at_once(decide, 4) == [None] * 4
    assert (Rating.of(shirt.id).count, Rating.of(shirt.id).stars5) == (4, 4)


def test_what_its_author_changed_meanwhile_is_read_once_more(shirt, clock):
    one = waiting(shirt, clock())
    seen = one.as_of
    clock.forward(minutes=1)
    the(one).change(AGAIN, clock())
    for decide in (lambda: one.approve(seen, clock()), lambda: one.refuse("abuse", seen, clock())):
        with pytest.raises(Refused, match="changed it meanwhile"):
            decide()
    assert (the(one).state, Decision.select().count()) == ("waiting", 0)
    one.approve(the(one).as_of, clock())
    assert the(one).state == "approved"


@pytest.mark.parametrize("verb", ["approve", "refuse", "answer"])
def test_what_was_taken_back_cannot_be_decided(shirt, clock, verb):
    one = approved(shirt, clock()) if verb == "answer" else waiting(shirt, clock())
    the(one).withdraw()
    given = {"approve": (one.as_of,), "refuse": ("abuse", one.as_of), "answer": ("Thank you",)}
    count = Decision.select().count()
    with pytest.raises(Refused, match="gone"):
        getattr(one, verb)(*given[verb], clock())
    assert (Decision.select().count(), mails()) == (count, [])


def test_counts_stay_when_testimonials_go_and_say_nothing_of_anybody(shirt, clock):
    approved(shirt, clock(), stars=4).withdraw()
    refused = waiting(shirt, clock(), stars=None)
    refused.refuse("untrue", refused.as_of, clock())
    Testimonial.get().withdraw()
    assert Decision.counts() == [(False, "untrue", None, 1), (True, "", 4, 1)]
    assert set(Decision._meta.fields) == {"id", "at", "approved", "stars", "reason"}
    assert set(REASONS) >= {row.reason for row in Decision.select() if row.reason}


def test_a_text_that_is_taken_down_counts_once_as_refused(shirt, clock):
    one = approved(shirt, clock(), stars=3)
    all_are_sent(clock)
    clock.forward(days=1)
    one.take_down("unlawful", clock(), one.as_of)
    assert Rating.of(shirt.id).count == 0
    assert Decision.counts() == [(False, "unlawful", 3, 1)]
    assert mails()[2:] == ["refused"]
    clock.forward(days=1)
    one.approve(one.as_of, clock())
    assert (the(one).reason, Rating.of(shirt.id).count) == ("", 1)
    assert Decision.counts() == [(True, "", 3, 1)]


def test_another_text_of_the_same_author_counts_anew(shirt, clock):
    one = approved(shirt, clock(), stars=5)
    clock.forward(days=1)
    one.change(AGAIN, clock())
    assert the(one).decision.approved, "the desk sees that it was approved before"
    one.refuse("unreadable", one.as_of, clock())
    assert Decision.counts() == [(False, "unreadable", 1, 1), (True, "", 5, 1)]


def test_a_mail_that_nobody_has_begun_to_send_does_not_say_what_is_no_longer_so(shirt, clock):
    one = approved(shirt, clock())
    assert mails() == ["confirm", "approved"]
    clock.forward(seconds=5)
    one.take_down("person", clock())
    assert mails() == ["confirm", "refused"]


def test_what_is_decided_already_is_not_decided_the_same_way_again(shirt, clock):
    shown = approved(shirt, clock())
    with pytest.raises(Refused, match="already"):
        shown.approve(shown.as_of, clock())
    clock.forward(seconds=1)
    with pytest.raises(Refused, match="already"):
        shown.refuse("abuse", shown.as_of, clock())
    shown.take_down("abuse", clock(), shown.as_of)
    with pytest.raises(Refused, match="not shown any more"):
        shown.take_down("abuse", clock())
    assert Decision.select().count() == 1


def test_what_lost_a_part_to_an_erasure_is_never_shown_again(shirt, clock):
    one = waiting(shirt, clock())
    one.refuse("abuse", one.as_of, clock())
    the(one).erase(["name"], lambda *_: None, clock())
    assert not the(one).can_be_shown
    with pytest.raises(Refused, match="parts of it are erased"):
        one.approve(the(one).as_of, clock())


def test_bought_here_is_not_said_of_an_address_that_nobody_confirmed(shirt, plenty, clock):
    """One that was brought in from elsewhere has no address at all, and erased orders have none."""
    order = place(cart_of((plenty, 1)), clock())
    order.hold_card(clock())
    order.charge(clock())
    order.ship({order.lines.get().id: 1}, clock()).deliver(clock())
    product = plenty.product
    mine, elses = waiting(product, clock()), waiting(product, clock(), email="bob@example.com")
    Testimonial.update(bought=False).execute()
    type(order).update(email="").execute()
    gone = Testimonial.id == elses.id
    Testimonial.update(email="", mailbox="", confirmed_at=None).where(gone).execute()
    elses.approve(elses.as_of, clock())
    assert not the(elses).bought
    type(order).update(email="ann@example.com").execute()
    mine.approve(mine.as_of, clock())
    assert the(mine).bought


def test_a_reply_is_shown_mailed_changed_and_taken_back(shirt, clock):
    one = approved(shirt, clock())
    all_are_sent(clock)
    clock.forward(minutes=1)
    one.answer("  Thank you,\r\nAnn. ", clock(), one.as_of)
    assert (the(one).reply, the(one).replied_at) == ("Thank you,\nAnn.", clock())
    one.answer("Thank you,\nAnn.", clock())
    assert mails()[2:] == ["replied"]
    one.answer(" ", clock(), one.as_of)
    assert (the(one).reply, the(one).replied_at, mails()[2:]) == ("", None, [])


@pytest.mark.parametrize("state", ["waiting", "refused"])
def test_only_what_is_shown_is_replied_to(shirt, clock, state):
    one = waiting(shirt, clock())
    if state == "refused":
        one.refuse("abuse", one.as_of, clock())
    with pytest.raises(Refused, match="Only what is shown"):
        one.answer("Thank you.", clock())


def test_a_reply_that_is_too_long_or_beside_another_is_refused(shirt, clock):
    one = approved(shirt, clock())
    with pytest.raises(Refused) as refusal:
        one.answer("x" * (LONGEST_REPLY + 1), clock())
    assert list(refusal.value.problems) == ["reply"]
    seen = one.as_of
    clock.forward(seconds=1)
    the(one).answer("From one of us.", clock(), seen)
    with pytest.raises(Refused, match="replied meanwhile"):
        one.answer("From another.", clock(), seen)
    assert the(one).reply == "From one of us."


def test_lists_are_in_order_and_a_page_goes_on_where_the_one_before_ended(shirt, clock):
    first = [waiting(shirt, clock(), email=f"p{n}@example.com") for n in range(3)]
    clock.forward(minutes=1)
    last = waiting(shirt, clock(), email="last@example.com")
    with count_queries() as counted:
        page = testimonial_queue.page_of("waiting", None, 2)
        assert [one.product.title for one in page] == [shirt.title] * 2
        assert [one.decision for one in page] == [None] * 2
    assert counted.count == 1
    assert page == first[:2]
    place = testimonial_queue.place_of(page[-1])
    page[-1].withdraw()
    assert testimonial_queue.page_of("waiting", place, 9) == [first[2], last]
    assert testimonial_queue.counts() == {"waiting": 3, "approved": 0, "refused": 0}


def test_of_what_was_decided_the_newest_stands_first(shirt, clock):
    oldest, newest = several(shirt, clock(), 2)
    for one in (newest, oldest):
        one.take_down("other", clock())
    assert testimonial_queue.page_of("refused", None, 9) == [newest, oldest]
    assert testimonial_queue.page_of("refused", testimonial_queue.place_of(newest), 9) == [oldest]
    assert testimonial_queue.counts() == {"waiting": 0, "approved": 0, "refused": 2}


def test_what_came_in_approved_is_listed_and_taken_down_like_any(shirt, clock):
    """Nobody here has decided on it yet."""
    one = approved(shirt, clock())
    Testimonial.update(decided_at=None, decision=None).execute()
    Decision.delete().execute()
    assert testimonial_queue.page_of("approved", None, 9) == [one]
    the(one).take_down("other", clock(), the(one).as_of)
    assert Decision.counts() == [(False, "other", 5, 1)]
