"""An issue: written, checked, queued at once, sent at its pace, paused, stopped, finished."""

import threading
import time
import tracemalloc
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database
from storefront.models import Edition, Insider, InsiderIssue, OutgoingMail, Product
from storefront.models.insider_issue import Overtaken
from storefront.models.issue_text import handles, misplaced, pieces
from storefront.models.outbox import DOUBT_AFTER
from storefront.refusals import Refused
from tests.issues import TEXT, begun, drafted, readers
from tests.models.placing import at_once

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now(settings, clock):
    return clock()


def fresh() -> InsiderIssue:
    return InsiderIssue.get()


def states() -> dict[str, int]:
    return {state: count for state, count in fresh().queue().items() if count}


def test_a_text_is_taken_apart_where_a_product_stands_on_a_line_of_its_own():
    assert pieces("One\n\n{product: a-b}\n  {product:c}  \n\nTwo {x}") == [
        *(("words", "One\n\n"), ("product", "a-b"), ("product", "c")),
        ("words", "\n\nTwo {x}"),
    ]
    assert handles("{product: b}\n{product: a}\n{product: b}") == ["b", "a"]
    assert misplaced("{product: a}\nsee {product: b}\n{product}\n{ Product : c }\nok") == [2, 3, 4]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "\x01 \u200b"}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"slug": "Autumn coats"}, "slug"),
        ({"slug": "a" * 81}, "slug"),
        ({"text": "x" * 100_001}, "text"),
        ({"per_minute": 0}, "per_minute"),
        ({"per_minute": 60_001}, "per_minute"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(now, facts, field):
    with pytest.raises(Refused) as refusal:
        drafted(now, **facts)
    assert list(refusal.value.problems) == [field]
    assert InsiderIssue.select().count() == 0


def test_two_issues_have_no_address_in_common(now):
    drafted(now)
    with pytest.raises(Refused, match="address already"):
        drafted(now)
    other = drafted(now, slug="other")
    with pytest.raises(Refused, match="address already"):
        other.rewrite(other.revision, now, title="x", slug="autumn-coats", text="", per_minute=1)


def test_nobody_writes_over_what_they_have_not_seen(now):
    one, facts = drafted(now), {"title": "New", "slug": "new", "text": "x", "per_minute": 5}
    saved = one.rewrite(one.revision, now, **facts)
    assert (saved.title, saved.revision) == ("New", one.revision + 1)
    assert one.rewrite(one.revision, now, **facts) == saved, "pressed twice"
    with pytest.raises(Overtaken):
        one.rewrite(one.revision, now, **facts | {"text": "y"})
    assert fresh().text == "x"


def test_a_product_that_is_missing_or_hidden_is_named_and_nothing_is_sent(now):
    readers(2, now)
    Product.update(status="draft").where(Product.handle == "second-day-merino-t-shirt").execute()
    issue = drafted(now, text=f"{TEXT}\n{{product: no-such-thing}}")
    for verb in (lambda: issue.schedule(now, now), lambda: issue.send_test("ed@shop.test", now)):
        with pytest.raises(Refused) as refusal:
            verb()
        assert "“second-day-merino-t-shirt”, “no-such-thing”" in refusal.value.problems["text"]
    assert fresh().state == "draft"
    assert OutgoingMail.select().count() == 0


def test_what_is_typed_as_a_product_within_a_line_is_refused_with_the_line(now):
    with pytest.raises(Refused, match="line 1, 3"):
        drafted(now, text="See {product: x}\n\n{product}").schedule(now, now)
    with pytest.raises(Refused, match="Nothing is written"):
        drafted(now, slug="empty", text=" \n").schedule(now, now)


def test_a_product_that_goes_before_the_moment_comes_makes_it_a_draft_that_says_why(now):
    readers(2, now)
    drafted(now).schedule(now + MINUTE, now)
    assert InsiderIssue.begin_due(now) == 0
    Product.update(published=False).execute()
    assert InsiderIssue.begin_due(now + MINUTE) == 0
    assert (fresh().state, fresh().published_at) == ("draft", None)
    assert "second-day-merino-t-shirt" in fresh().trouble
    assert OutgoingMail.select().count() == 0


def test_an_issue_is_queued_for_everybody_who_has_confirmed_and_once(now):
    readers(3, now)
    Insider.update(confirmed_at=None).where(Insider.email == "reader2@shop.test").execute()
    issue = begun(now)
    assert (issue.state, issue.published_at, issue.addressed) == ("sending", now, 2)
    mails = list(OutgoingMail.select().order_by(OutgoingMail.id))
    assert [mail.to for mail in mails] == ["reader1@shop.test", "reader3@shop.test"]
    assert len({mail.message_id for mail in mails}) == 2
    assert all(len(mail.message_id) == 32 and int(mail.message_id, 16) for mail in mails)
    assert {(mail.kind, mail.state, mail.due_at) for mail in mails} == {
        ("insider_issue", "waiting", now)
    }
    assert InsiderIssue.begin_due(now) == 0
    with pytest.raises(Refused, match="has begun"):
        issue.begin(now)
    assert OutgoingMail.select().count() == 2


def test_of_eight_who_begin_it_at_once_one_does(now):
    readers(5, now)
    drafted(now).schedule(now, now)
    assert sum(at_once(8, lambda _: InsiderIssue.begin_due(now))) == 1
    assert OutgoingMail.select().count() == fresh().addressed == 5


def test_however_many_are_queued_with_one_statement_and_flat_memory(now):
    count = 5000
    readers(count, now)
    drafted(now).schedule(now, now)
    tracemalloc.start()
    try:
        with count_queries() as counted:
            assert InsiderIssue.begin_due(now) == 1
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    writing = [q.msg[0] for q in counted.get_queries() if q.msg[0].startswith("INSERT")]
    assert len(writing) == 1
    assert fresh().addressed == OutgoingMail.select().count() == count
    assert most < 2**20, "it does not come through here"
    names = OutgoingMail.select(OutgoingMail.message_id).distinct()
    assert names.count() == count


def test_mails_of_an_issue_stand_with_it_and_not_among_the_others(now):
    readers(3, now)
    OutgoingMail.write("order_placed", "ann@example.com", now)
    issue = begun(now)
    assert [mail.kind for mail in OutgoingMail.due(now)] == ["order_placed"]
    assert OutgoingMail.counts()["waiting"] == 1
    assert len(OutgoingMail.newest(["waiting"], 0, 50)) == 1
    assert len(issue.next_mails(now, 50)) == 3


def test_no_more_are_tried_in_a_minute_than_its_pace_whoever_tries(now):
    readers(9, now)
    issue = begun(now, per_minute=4)
    first = issue.next_mails(now, 3)
    assert len(first) == 3
    for mail in first:
        assert mail.claim(now)
        mail.sent(now)
    [fourth] = fresh().next_mails(now, 3)
    assert fourth.claim(now)
    assert fresh().next_mails(now + MINUTE / 2, 3) == []
    assert len(fresh().next_mails(now + MINUTE, 9)) == 4


def test_nothing_more_of_a_paused_issue_is_claimed_until_it_goes_on(now):
    readers(2, now)
    issue = begun(now)
    one, two = issue.next_mails(now, 9)
    assert one.claim(now)
    issue.pause()
    assert not two.claim(now)
    one.sent(now)
    assert not fresh().finish(now)
    with pytest.raises(Refused, match="not going out"):
        issue.pause()
    issue.go_on()
    assert two.claim(now)
    with pytest.raises(Refused, match="not paused"):
        issue.go_on()


def test_what_waits_of_a_stopped_issue_is_dropped_and_what_is_under_way_counts(now):
    readers(3, now)
    issue = begun(now)
    one, two, _ = issue.next_mails(now, 9)
    for mail in (one, two):
        mail.claim(now)
    one.sent(now)
    stopped = issue.stop(now)
    assert (stopped.state, stopped.published_at, states()) == (
        *("stopped", now),
        {"sent": 1, "sending": 1},
    )
    two.sent(now)
    assert fresh().sent == 2
    with pytest.raises(Refused, match="not going out"):
        issue.stop(now)


def test_an_issue_of_which_nothing_went_is_in_the_archive_no_more(now):
    readers(3, now)
    assert begun(now).stop(now).published_at is None
    assert OutgoingMail.select().count() == 0


def test_who_leaves_or_is_erased_before_their_mail_goes_gets_none(now):
    readers(3, now)
    issue = begun(now)
    one, two, three = issue.next_mails(now, 9)
    Insider.about("reader1@shop.test").get().leave(now)
    Insider.about("reader2@shop.test").get().erase(["email"], str, now)
    assert not one.claim(now)
    assert not two.claim(now)
    assert three.claim(now)
    three.sent(now)
    assert fresh().finish(now)
    assert (fresh().state, fresh().sent, fresh().left_since()) == ("sent", 1, 1)


def test_what_was_sent_stays_counted_after_its_rows_are_gone(now):
    readers(1, now)
    [mail] = begun(now).next_mails(now, 9)
    mail.claim(now)
    mail.sent(now)
    mail.sent(now)
    OutgoingMail.delete().execute()
    assert fresh().sent == 1


def test_a_mail_in_doubt_is_settled_by_a_person(now):
    readers(2, now)
    issue = begun(now)
    for mail in issue.next_mails(now, 9):
        mail.claim(now)
    OutgoingMail.doubt(now + DOUBT_AFTER)
    assert states() == {"doubtful": 2}
    assert fresh().finish(now)
    assert fresh().next_mails(now + timedelta(days=1), 9) == []
    again = issue.settle(arrived=False, at=now)
    assert (fresh().state, states()) == ("sending", {"waiting": 2})
    for mail in again.next_mails(now + MINUTE, 9):
        mail.claim(now)
        mail.unanswered("Unanswered")
    assert issue.settle(arrived=True, at=now).sent == 2
    assert states() == {"sent": 2}


def test_what_is_in_doubt_of_a_stopped_issue_may_have_arrived_and_is_not_sent_again(now):
    readers(1, now)
    issue = begun(now)
    [mail] = issue.next_mails(now, 9)
    assert InsiderIssue.to_look_at() == 0
    mail.claim(now)
    issue.stop(now)
    mail.unanswered("Unanswered")
    assert InsiderIssue.to_look_at() == 1
    with pytest.raises(Refused, match="was stopped"):
        issue.settle(arrived=False, at=now)
    assert issue.settle(arrived=True, at=now).sent == 1
    assert (fresh().state, InsiderIssue.to_look_at()) == ("stopped", 0)


def test_an_issue_for_nobody_is_public_and_done(now):
    issue = begun(now)
    assert issue.addressed == 0
    assert issue.finish(now)
    assert list(InsiderIssue.public()) == [issue]


def test_one_that_waits_is_taken_back_to_be_written_on(now):
    issue = drafted(now).schedule(now + MINUTE, now)
    with pytest.raises(Refused, match="no draft"):
        issue.rewrite(issue.revision, now, title="x", slug="x", text="", per_minute=1)
    assert issue.take_back().state == "draft"
    assert InsiderIssue.begin_due(now + MINUTE) == 0
    with pytest.raises(Refused, match="taken back"):
        issue.take_back()


def test_a_draft_that_is_thrown_away_takes_its_trials_along(now):
    issue = drafted(now)
    issue.send_test("ed@shop.test", now)
    assert [mail.kind for mail in OutgoingMail.due(now)] == ["insider_trial"]
    issue.discard()
    assert OutgoingMail.select().count() == 0
    with pytest.raises(Refused, match="not there any more"):
        issue.discard()


def test_the_pages_have_a_new_edition_when_an_issue_is_public_and_not_before(now):
    def changes(verb) -> bool:
        before = Edition.current()
        verb()
        return Edition.current() != before

    readers(2, now)
    assert not changes(lambda: drafted(now))
    issue = fresh()
    assert not changes(lambda: issue.schedule(now, now))
    assert changes(lambda: InsiderIssue.begin_due(now))
    mails = issue.next_mails(now, 9)
    assert not changes(lambda: [mail.claim(now) and mail.sent(now) for mail in mails])
    assert not changes(lambda: InsiderIssue.add_views({"autumn-coats": 3, "none": 4}))
    assert not changes(lambda: fresh().finish(now))
    assert fresh().views == 3
    assert changes(lambda: InsiderIssue.delete().execute())


def test_however_many_products_are_missing_they_are_looked_up_once(now):
    text = "\n\n".join(f"{{product: none-{n}}}" for n in range(3000))
    issue = drafted(now, text=text)
    with count_queries() as counted, pytest.raises(Refused, match="none-2999"):
        issue.check()
    assert counted.count == 1


def test_two_drafts_at_once_with_one_address_are_one_draft(now):
    made = at_once(4, lambda n: drafted(now))
    assert InsiderIssue.select().count() == 1
    assert sorted(type(each).__name__ for each in made) == ["InsiderIssue", *["Refused"] * 3]


def test_who_leaves_while_an_issue_begins_gets_none_and_the_others_do(now):
    readers(300, now)
    issue = drafted(now).schedule(now, now)
    first = Insider.get()
    left = threading.Event()

    def one_of_both(n: int) -> None:
        if n:
            assert left.wait(10)
            issue.begin(now)
            return
        with database.atomic():
            first.leave(now)
            left.set()
            time.sleep(0.3)  # the issue begins meanwhile, and waits for what becomes of them

    done = at_once(2, one_of_both)
    assert not [each for each in done if isinstance(each, Exception)]
    assert fresh().state == "sending"
    assert OutgoingMail.select().count() == 299
    assert not OutgoingMail.about(first.email).exists()
