"""What is past its period goes by itself; a period that changes changes page, map and sweep."""

from datetime import timedelta

import pytest

from storefront import policy, privacy, register
from storefront.jobs import Jobs
from storefront.mail import Postman
from storefront.models import (
    ContestEntry,
    Order,
    OutgoingMail,
    PolicyVersion,
    RightsRequest,
    Upkeep,
)
from storefront.personal import days
from storefront.privacy import sweeping
from tests.mails import delivered
from tests.models.placing import cart_of, place
from tests.models.test_contest import announced, enter
from tests.seeds import sow
from tests.test_rights import put_mail


@pytest.fixture
def order(settings, clock) -> Order:
    return sow(clock())


def test_each_column_goes_when_its_own_period_is_over(order, settings, clock):
    clock.moment = order.placed_at + timedelta(days=730, seconds=-1)
    assert privacy.sweep(settings, clock())["order"] == 0
    clock.forward(seconds=2)
    assert privacy.sweep(settings, clock())["order"] == 1
    fresh = Order.get()
    assert (fresh.email, fresh.name, fresh.line1) == ("", order.name, order.line1)
    clock.moment = order.placed_at + Order.name.personal["keep"] + timedelta(seconds=1)
    assert privacy.sweep(settings, clock())["order"] == 1
    fresh = Order.get()
    assert not any(getattr(fresh, field.name) for field in Order.personal_fields())
    assert (fresh.number, fresh.total_minor) == (order.number, 100), "the sale itself is kept"


def test_an_order_whose_address_was_swept_is_still_found_by_it(order, settings, clock):
    clock.moment = order.placed_at + timedelta(days=731)
    privacy.sweep(settings, clock())
    holdings = privacy.held(order.email, sweeping.Erasures(settings), clock())
    assert [one.row.number for one in holdings if one.table == "order"] == [order.number]


def test_mails_go_after_their_period_as_rows_and_as_files(order, settings, clock):
    path = put_mail(settings, "old", b"x", OutgoingMail.get().made_at)
    fresh = put_mail(settings, "new", b"x", clock())
    clock.forward(days=31)
    swept = privacy.sweep(settings, clock())
    assert (swept["outgoing_mail"], swept["delivered mails"]) == (1, 1)
    assert not path.exists()
    assert fresh.exists()


def test_swept_once_nothing_is_swept_again(order, settings, clock):
    clock.forward(days=3000)
    assert privacy.sweep(settings, clock()).total() > 0
    assert privacy.sweep(settings, clock()).total() == 0


def test_an_order_under_way_is_not_blanked(settings, clock, plenty):
    place(cart_of((plenty, 1)), clock())
    clock.forward(days=3000)  # nobody looked after it: it waits for a card still
    privacy.sweep(settings, clock())
    assert Order.get().email == "ann@example.com"


def test_a_sweep_goes_through_in_batches_and_passes_over_what_is_needed(
    settings, clock, plenty, monkeypatch
):
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for n in range(5):
        order = place(cart_of((plenty, 1)), clock())
        state = "card_held" if n in (0, 1) else "refunded"
        Order.update(state=state).where(Order.id == order.id).execute()
    clock.forward(days=800)
    assert privacy.sweep(settings, clock())["order"] == 3
    assert sorted(bool(order.email) for order in Order.select()) == [False] * 3 + [True] * 2


def test_a_sweep_that_was_stopped_goes_on_where_it_was(settings, clock, plenty, monkeypatch):
    monkeypatch.setattr(sweeping, "BATCH", 1)
    for _ in range(3):
        place(cart_of((plenty, 1)), clock())
    Order.update(state="refunded").execute()
    clock.forward(days=800)
    erase, done = Order.erase, []

    def trip(self, *rest):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(self.id)
        erase(self, *rest)

    monkeypatch.setattr(Order, "erase", trip)
    with pytest.raises(KeyboardInterrupt):
        privacy.sweep(settings, clock())
    assert Order.select().where(Order.email == "").count() == 2
    monkeypatch.setattr(Order, "erase", erase)
    assert privacy.sweep(settings, clock())["order"] == 1


def test_requests_that_are_over_go_within_a_minute_of_the_workers_time(settings, clock):
    RightsRequest.ask("ann@example.com", lambda number: "secret", clock() - timedelta(hours=2))
    Jobs(settings).keep_promises()
    assert RightsRequest.select().count() == 0
    assert OutgoingMail.select().count() == 0


@pytest.fixture
def long_ago(clock) -> None:
    """Days before the machine's own clock, by which the worker goes."""
    clock.forward(days=-10)


@pytest.fixture
def entry(settings, clock) -> ContestEntry:
    """Somebody's entry, made on the last day of a contest, and its mail, which was delivered."""
    entry = enter(announced(clock(), closes_at=clock() + timedelta(days=1)), clock())
    Postman(settings).deliver_due(clock)
    return entry


def test_entries_and_their_mails_are_erased_on_the_day_that_the_contest_says(
    entry, settings, clock
):
    entry.confirm(clock())
    clock.moment = entry.contest.erased_at - timedelta(seconds=1)
    privacy.sweep(settings, clock())
    assert ContestEntry.select().count() == len(delivered(settings)) == 1
    clock.forward(seconds=2)
    privacy.sweep(settings, clock())
    assert ContestEntry.select().count() == OutgoingMail.select().count() == 0
    assert delivered(settings) == []


def test_what_nobody_confirms_goes_with_its_mail_as_row_and_as_file(long_ago, entry, settings):
    Jobs(settings).keep_promises()
    assert ContestEntry.select().count() == OutgoingMail.select().count() == 0
    assert delivered(settings) == []


def test_a_link_that_is_over_lies_in_no_folder_either(long_ago, settings, clock):
    RightsRequest.ask("ann@example.com", lambda number: "secret", clock())
    Postman(settings).deliver_due(clock)
    [mail] = privacy.held("ann@example.com", sweeping.Erasures(settings), clock())[:1]
    assert mail.values[0].until == clock() + days(1)
    assert len(delivered(settings)) == 1
    Jobs(settings).keep_promises()
    assert delivered(settings) == []


def test_an_entry_that_is_taken_back_leaves_the_files_too(entry, settings, clock):
    put_mail(settings, "others", b"x", clock(), to="bob@example.com")
    entry.withdraw()
    assert privacy.scour(settings, clock())
    assert [mail["To"] for mail in delivered(settings)] == ["bob@example.com"]


def test_the_worker_sweeps_once_a_day(settings, clock, caplog):
    caplog.set_level("INFO")
    clock.moment = clock().replace(hour=20)
    for _ in range(4):
        privacy.sweep_if_due(settings, clock())
        clock.forward(hours=1)
    assert caplog.text.count("swept:") == 1
    privacy.sweep_if_due(settings, clock())  # at midnight, four hours later
    assert caplog.text.count("swept:") == 2


def test_a_sweep_tells_counts_and_nothing_about_anybody(order, runner, settings):
    long_ago = OutgoingMail.made_at.db_value(order.placed_at - timedelta(days=3000))
    OutgoingMail.update(made_at=OutgoingMail.made_at.python_value(long_ago)).execute()
    told = runner("sweep")
    assert told.output == "swept: 1 outgoing mail\n"
    assert Upkeep.now().scoured == Upkeep.now().changed
    assert runner("sweep").output == "swept: nothing was past its period\n"


@pytest.mark.parametrize("keep", [10, 90])
def test_a_period_that_changes_changes_page_map_and_sweep_together(
    order, settings, clock, client, monkeypatch, keep
):
    monkeypatch.setitem(OutgoingMail.to.personal, "keep", days(keep))
    text = f"# Mail\n\nWe keep it for {{keep: outgoing_mail.to}}, try {keep}. {{covers: orders}}"
    key, at = policy.read_key(settings.keys), clock()
    policy.publish(text, key, role="editor", changes="Mail.", in_force_at=at, at=at)
    assert f"We keep it for {keep} days, try" in client.get("/privacy").text
    [fact] = [fact for fact in register.facts() if fact.where == "outgoing_mail.to"]
    assert fact.keep == days(keep)
    facts = client.get("/privacy/data-map.json").json["clauses"]["orders"]["facts"]
    assert [f["keep"] for f in facts if f["name"] == "outgoing_mail.to"] == [f"P{keep}D"]
    made = OutgoingMail.get().made_at
    privacy.sweep(settings, made + timedelta(days=keep, seconds=-1))
    assert OutgoingMail.select().count() == 1
    privacy.sweep(settings, made + timedelta(days=keep, seconds=1))
    assert OutgoingMail.select().count() == 0
    assert PolicyVersion.last().text == text
