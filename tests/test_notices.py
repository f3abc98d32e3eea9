"""Notice of change: who is told, of what, when, and never twice."""

import email
import email.policy
import mailbox
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from storefront import notices, policy
from storefront.db import database
from storefront.jobs import Jobs
from storefront.mail import Postman
from storefront.models import RECORDS, Order, OutgoingMail, PolicyNotice
from storefront.models.totals import Customer
from storefront.posting import Posting
from tests.models.placing import ANN, at_once, cart_of, place

ORDERS = "# Privacy\n\nWe keep orders for {}. {{covers: orders}}\n\nCart. {{covers: cookies}}\n"
DAY = timedelta(days=1)


@pytest.fixture
def post(settings, clock):
    """Post a text, in force after so long."""
    key = policy.read_key(settings.keys)

    def post(text: str, after: timedelta = DAY, changes: str = "We keep orders\nfor less long."):
        return Posting(text, (clock() + after).isoformat(), changes, clock()).publish(
            key, "editor", True
        )

    return post


@pytest.fixture
def base(post, clock):
    """A text in force, of which everybody has been told."""
    version = post(ORDERS.format("7 years"), timedelta())
    clock.forward(minutes=1)
    told(clock)
    return version


@pytest.fixture
def ordered(plenty, clock):
    """Orders of so many people, one of whom has ordered twice."""

    def ordered(*names: str) -> None:
        for name in names:
            place(cart_of((plenty, 1)), clock(), customer=someone(name))
            OutgoingMail.delete().where(OutgoingMail.to == f"{name}@example.com").execute()

    type(plenty).update(stock=None, tracked=False).where(type(plenty).id == plenty.id).execute()
    return ordered


def someone(name: str) -> Customer:
    return Customer(**{**vars(ANN), "email": f"{name}@example.com"})


def told(clock) -> list[str]:
    """Whom the worker writes to, going on until it has nothing more to do."""
    while notices.go_on(clock()):
        pass
    mails = OutgoingMail.select().where(OutgoingMail.policy.is_null(False))
    return [mail.to for mail in mails.order_by(OutgoingMail.id)]


def mails_in(settings) -> list:
    """What was sent, read as mail."""
    box = mailbox.Maildir(settings.instance / "mail", create=False)
    read = email.message_from_bytes
    return [read(one.as_bytes(), policy=email.policy.default) for one in box]


# Which clauses


@pytest.mark.parametrize(
    ("new", "changed"),
    [
        (ORDERS.format("7 years"), []),
        (ORDERS.format("**7**\nyears").replace("\n\n", "\n\n\n").replace("# ", "## "), []),
        ("Cart. {covers: cookies}\n\nWe keep orders for 7 years. {covers: orders}", []),
        (ORDERS.format("7 years") + "\n\nMore, of nobody's.", []),
        (ORDERS.format("7 years") + "\n\nMore. {covers: orders}", ["orders"]),
        (ORDERS.format("8 years"), ["orders"]),
        (ORDERS.format("7 years").replace("{covers: cookies}", ""), ["cookies"]),
        (ORDERS.format("7 years").replace("cookies", "cookies, orders"), ["orders"]),
        (ORDERS.format("7 years").replace("Cart", "Basket"), ["cookies"]),
        ("Nothing.", ["cookies", "orders"]),
    ],
)
def test_a_clause_has_changed_when_what_is_said_of_it_has(app, new, changed):
    assert notices.changed(ORDERS.format("7 years"), new) == changed


def test_a_heading_that_is_marked_stands_for_its_section(app):
    old = "## Orders {covers: orders}\n\nA.\n\n### More\n\nB.\n\n## Else\n\nC.\n"
    assert notices.changed(old, old.replace("B", "X")) == ["orders"]
    assert notices.changed(old, old.replace("C", "X")) == []


LIST = """# What we gather

  * When you order, we need your name. {covers: orders}
  * When you enter a contest, we ask for [your address](/why). {covers: contests}
  * We identify you by cookies. {covers: cookies}
    We tell nobody.

| Cookie | Why |
|--------|-----|
| cart   | it holds your things |

{covers: catalogue}

Orders
------

We send them. {covers: staff}
"""


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("your name", "your name and age", ["orders"]),
        ("(/why)", "(/elsewhere)", ["contests"]),
        ("your things", "your secrets", ["catalogue"]),
        ("  * When", "* When", []),
        ("  * We", "1. We", []),
        ("\n    We tell nobody.", "", ["cookies"]),
        ("{covers: cookies}\n    We tell nobody.", "We tell nobody. {covers: cookies}", []),
        ("a contest, we", "a contest,\n    we", []),
        ("\n  * When you enter", "\n\n  * When you enter", []),
        ("Orders\n------", "## Orders", []),
        ("Orders\n------", "Orders {covers: orders}\n------", ["orders"]),
    ],
)
def test_each_point_of_a_list_stands_for_its_own_clauses(app, old, new, changed):
    """As the editor's marking screen tells them apart."""
    assert LIST.count(old) >= 1
    assert notices.changed(LIST, LIST.replace(old, new)) == changed


# Who


def test_those_whose_data_is_held_under_a_changed_clause_are_told_once_each(
    base, ordered, post, clock
):
    ordered("bea", "ann", "bea")
    post(ORDERS.format("5 years"))
    assert told(clock) == ["ann@example.com", "bea@example.com"]
    assert told(clock) == ["ann@example.com", "bea@example.com"]


def test_nobody_is_told_where_nothing_is_held_under_what_changed(base, ordered, post, clock):
    ordered("ann")
    post(ORDERS.format("7 years").replace("Cart", "Basket"))
    assert told(clock) == []
    assert PolicyNotice.select().where(PolicyNotice.done_at.is_null()).count() == 1
    clock.forward(days=2)
    notices.go_on(clock())
    assert not PolicyNotice.open().exists()


def test_nobody_is_told_of_formatting(base, ordered, post, clock):
    ordered("ann")
    post(ORDERS.format("**7 years**"))
    assert told(clock) == []
    assert not PolicyNotice.open().exists()


def test_who_was_erased_is_not_written_to(base, ordered, post, clock):
    ordered("ann", "bea")
    Order.update(email="").where(Order.email == "ann@example.com").execute()
    post(ORDERS.format("5 years"))
    assert told(clock) == ["bea@example.com"]


def test_who_orders_before_the_new_version_holds_is_told_and_who_orders_under_it_is_not(
    base, ordered, post, clock
):
    post(ORDERS.format("5 years"))
    assert told(clock) == []
    clock.forward(hours=23)
    ordered("ann")
    assert told(clock) == ["ann@example.com"]
    clock.forward(hours=1)
    ordered("bea")
    assert told(clock) == ["ann@example.com"]
    assert not PolicyNotice.open().exists()
    clock.forward(days=1)
    ordered("cid")
    assert told(clock) == ["ann@example.com"]


def test_a_version_in_force_at_once_is_told_at_once(base, ordered, post, clock):
    ordered("ann")
    clock.forward(minutes=1)
    post(ORDERS.format("5 years"), timedelta())
    assert told(clock) == ["ann@example.com"]
    assert not PolicyNotice.open().exists()


def test_everybody_that_a_record_holds_can_be_reached(app):
    """A record with personal columns has an address, or belongs to one that has."""
    for record in RECORDS:
        if any(hasattr(field, "personal") for field in record._meta.sorted_fields):
            owners = [record, *(field.rel_model for field in record._meta.refs)]
            assert any(notices.address_column(owner) for owner in owners), record


def test_the_first_version_of_a_shop_is_told_to_nobody(app, ordered, clock):
    ordered("ann")
    assert told(clock) == []
    assert PolicyNotice.get().version.number == 1


# How many at a time


def test_mails_are_written_so_many_a_minute_and_the_editor_is_told_when_the_last_goes_out(
    base, ordered, post, clock, monkeypatch
):
    monkeypatch.setattr(notices, "BATCH", 3)
    ordered(*"abcdefg")
    posting = Posting(ORDERS.format("5 years"), (clock() + DAY).isoformat(), "x", clock())
    last = policy.in_words(clock() + timedelta(minutes=3))
    assert posting.told()[-1] == f"7 addresses will be told by mail, the last about {last}."
    post(ORDERS.format("5 years"))
    assert [notices.go_on(clock()) for _ in range(4)] == [3, 3, 1, 0]


def test_a_date_too_near_for_all_the_mails_is_said(base, ordered, clock, monkeypatch):
    monkeypatch.setattr(notices, "BATCH", 1)
    ordered("ann", "bea", "cid")
    soon = (clock() + timedelta(minutes=2)).isoformat()
    said = Posting(ORDERS.format("5 years"), soon, "x", clock()).told()[-1]
    assert said.startswith("3 addresses will be told by mail, the last about ")
    assert said.endswith("which is after it comes into force: choose a later date.")
    said = Posting(ORDERS.format("5 years"), "today", "x", clock()).told()[-1]
    assert "later date" not in said


def test_two_workers_at_once_tell_nobody_twice(base, ordered, post, clock, monkeypatch):
    monkeypatch.setattr(notices, "BATCH", 2)
    ordered(*"abcdefgh")
    post(ORDERS.format("5 years"))
    at_once(4, lambda n: notices.go_on(clock()))
    everyone = told(clock)
    assert sorted(everyone) == [f"{name}@example.com" for name in "abcdefgh"]


WORKER = """
import sys
from datetime import datetime
from storefront.db import database, open_database
from storefront import notices
database.initialize(open_database(sys.argv[1]))
notices.BATCH = 1
add = notices.OutgoingMail.add
def slowly(mail):
    add(mail)
    print("written", flush=True)
    import time; time.sleep(60 if "c@" in mail.to else 0)
notices.OutgoingMail.add = slowly
with database.connection_context():
    while notices.go_on(datetime.fromisoformat(sys.argv[2])):
        pass
"""


def test_a_worker_that_is_killed_in_the_middle_leaves_the_rest_to_the_next(
    base, ordered, post, clock, settings
):
    ordered(*"abcde")
    post(ORDERS.format("5 years"))
    database.close_all()
    killed = subprocess.Popen(
        [sys.executable, "-c", WORKER, settings.database_url, clock().isoformat()],
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(3):
        assert killed.stdout.readline() == "written\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    database.connect(reuse_if_open=True)
    told_before = OutgoingMail.select().where(OutgoingMail.policy.is_null(False))
    assert [mail.to for mail in told_before] == ["a@example.com", "b@example.com"]
    assert told(clock) == [f"{name}@example.com" for name in "abcde"]


# What is said


def test_the_mail_says_what_changes_from_when_and_where_to_look(
    base, ordered, post, clock, settings
):
    ordered("ann")
    version = post(ORDERS.format("5 years"))
    Jobs(settings).look_after()
    assert OutgoingMail.get(OutgoingMail.policy == version).sent_at
    [mail] = mails_in(settings)
    day = f"{version.in_force_at.day} {version.in_force_at:%B %Y}"
    assert mail["To"] == "ann@example.com"
    assert mail["Subject"] == f"Our privacy page changes on {day}"
    for part in mail.iter_parts():
        text = part.get_content()
        assert "We keep orders\nfor less long." in text
        assert day in text
        for way in ("/privacy/changes?from=2&to=3", "/privacy/mine", "/privacy"):
            assert f"{settings.shop_origin}{way}" in text.replace("&amp;", "&")


def test_a_change_that_holds_already_is_told_as_one(base, ordered, post, clock, settings):
    ordered("ann")
    clock.forward(minutes=1)
    post(ORDERS.format("5 years"), timedelta())
    clock.forward(minutes=1)
    notices.go_on(clock())
    assert Postman(settings).deliver_due(clock) == 1
    [mail] = mails_in(settings)
    assert mail["Subject"] == "Our privacy page has changed"


def test_versions_from_before_there_were_notices_are_told_of_by_none(app, clock):
    """As migration 0008 has it, for shops that were there."""
    from importlib.util import module_from_spec, spec_from_file_location

    from storefront.setup import MIGRATIONS

    spec = spec_from_file_location("m8", MIGRATIONS / "0008_policy_notices.py")
    spec.loader.exec_module(migration := module_from_spec(spec))
    database.execute_sql(migration.KNOWN)
    assert not PolicyNotice.unbegun().exists()
    assert not PolicyNotice.open().exists()
