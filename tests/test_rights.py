"""One person in every table: listed, erased or held with reason and date, gone from the files."""

import base64
import json
import quopri
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from email.utils import format_datetime
from pathlib import Path

import pytest

from storefront import privacy
from storefront.copies import as_csv, as_json, tables
from storefront.db import database, is_sqlite
from storefront.erasures import Erasures
from storefront.models import (
    RECORDS,
    DeskInstruction,
    Order,
    OrderEvent,
    OutgoingMail,
    Parcel,
    RecoveryCode,
    RightsRequest,
    Staff,
)
from storefront.models.rights import MOST_AT_ONCE
from tests.faults.scanner import Scanner
from tests.models.placing import cart_of, place
from tests.seeds import ADDRESS, SEEDS, STAFF_SEEDS, personal_columns, sow, sow_staff, texts

HELD = {name for name in SEEDS if name.startswith("order.")} - {"order.email"}
SECRETS = "qz-hash QZTOTP qz-invited 770770770 qz-recovery qz-credential qz-public".split()
SECRETS += "qz-key qz-digest qz-message qz-placement 770770771 qz-finger qz-half".split()
SECRETS += "qz-way qz-browser qz-letter qz-asking".split()
IN_WORDS = {"testimonial.pictures": "1 picture"}
CONTROL = "Qzcontrol of the scanner 77999"


@pytest.fixture
def order(settings, clock) -> Order:
    return sow(clock())


def rows() -> str:
    """Every row of every table of the shop, as text."""
    tables = (record.select().tuples() for record in RECORDS)
    return repr([list(table) for table in tables])


def put_mail(settings, name: str, body: bytes, at, to: str = ADDRESS) -> Path:
    """A mail in the maildir, as a postman of the shop puts it there."""
    folder = settings.instance / "mail" / "new"
    folder.mkdir(parents=True, exist_ok=True)
    head = f"From: shop@example.com\nTo: {to}\nDate: {format_datetime(at)}\n\n"
    (folder / name).write_bytes(head.encode() + body)
    return folder / name


def found(settings, names: Iterable[str]) -> set[str]:
    """Which of these seeds lie in the database's files, in media or in mail, in any coding."""
    wanted = {name: texts()[name].encode() for name in names} | {"control": CONTROL.encode()}
    scanner, places = Scanner(wanted), {}
    if is_sqlite():
        for path in settings.instance.glob("shop.sqlite*"):
            places |= scanner.in_file(path)
    for folder in ("media", "mail"):
        if (settings.instance / folder).exists():
            places |= scanner.in_folder(settings.instance / folder)
    for path in (settings.instance / "mail").rglob("*"):
        if path.is_file():
            places |= scanner.in_bytes(quopri.decodestring(path.read_bytes()), str(path))
    return set(places)


def test_every_column_that_can_hold_somebody_is_seeded():
    seeds = set(SEEDS | STAFF_SEEDS)
    missing = personal_columns() - seeds
    assert not missing, f"give them seeds in tests/seeds.py: {sorted(missing)}"
    assert seeds <= personal_columns(), "what is no longer there needs no seed"


def test_every_personal_column_can_be_blanked_or_its_row_goes_whole():
    for record in RECORDS:
        for field in record.personal_fields():
            can_be_blank = field.null or not (field.unique or field.field_type == "DATETIME")
            assert record.whole or can_be_blank, f"{record.__name__}.{field.name}"


def test_everything_that_is_held_is_listed_with_why_on_what_basis_and_until_when(
    order, settings, clock
):
    holdings = privacy.held(ADDRESS, Erasures(settings), clock())
    listed = {f"{one.table}.{value.name}": value for one in holdings for value in one.values}
    for name, seed in SEEDS.items():
        value = listed[name]
        assert value.text == IN_WORDS.get(name, str(seed)), name
        assert value.why, name
        assert value.basis, name
        assert value.until > clock(), name
    copy = json.dumps(as_json(ADDRESS, holdings, clock()))
    assert [name for name, text in texts().items() if text not in copy] == []


def test_after_erasure_everything_is_gone_or_said_to_be_held_with_reason_and_date(
    order, settings, clock
):
    outcome = privacy.erase(ADDRESS, settings, clock())
    left = rows()
    assert {name for name, text in texts().items() if text in left} == HELD - {"order.whose"}
    [kept] = [one for one in outcome.kept if "name" in one.labels]
    assert kept.of.startswith(f"Order {order.number}")
    assert set(kept.labels) >= {"name", "street address", "town", "postal code", "country"}
    assert (kept.why, kept.until) == (
        "to deliver your order and for our tax records",
        order.placed_at + Order.name.personal["keep"],
    )
    again = privacy.plan(privacy.held(ADDRESS, Erasures(settings), clock()), clock())
    assert (again.gone, again.kept) == ([], outcome.kept), "what was promised is what is left"


def test_who_works_here_reads_what_is_held_and_that_it_stays_until_they_leave(settings, clock):
    staff = sow_staff(clock())
    holdings = privacy.held(ADDRESS, Erasures(settings), clock())
    listed = {f"{one.table}.{value.name}": value.text for one in holdings for value in one.values}
    assert set(listed) == set(STAFF_SEEDS)
    assert listed["staff.roles"] == "qzrole-77019"
    assert {one.called for one in holdings} > {"Your account at the desk"}
    outcome = privacy.erase(ADDRESS, settings, clock())
    assert outcome.gone == []
    assert {kept.until for kept in outcome.kept} == {clock() + Staff.email.personal["keep"]}
    assert Staff.get_by_id(staff.id).name == STAFF_SEEDS["staff.name"]
    staff.remove()
    left = rows()
    assert not any(seed in left for seed in (ADDRESS, "Qzstaff", "qzrole", "Qzpasskey"))


def test_no_copy_has_what_staff_prove_themselves_with_or_what_opens_a_link(order, settings, clock):
    staff = sow_staff(clock())
    kept = {"password": "qz-hash", "totp": "QZTOTP", "totp_step": 77, "invitation": "qz-invited"}
    Staff.update(kept | {"session_number": 770770770}).where(Staff.id == staff.id).execute()
    RecoveryCode.create(staff=staff, digest="qz-recovery")
    holdings = privacy.held(ADDRESS, Erasures(settings), clock())
    copy = json.dumps(as_json(ADDRESS, holdings, clock()))
    copy += "".join(as_csv(rows) for rows in tables(holdings).values())
    assert STAFF_SEEDS["staff.name"] in copy
    assert "recovery_code" in tables(holdings), "what belongs to an account is counted with it"
    assert {secret for secret in SECRETS if secret in copy} == set()
    assert "totp_step" not in copy


def test_what_is_gone_lies_in_no_file_in_any_coding(order, settings, clock):
    body = "\n".join(texts().values()).encode()
    put_mail(settings, "raw", body, clock())
    put_mail(settings, "base64", base64.encodebytes(body), clock())
    put_mail(settings, "quoted", quopri.encodestring(body), clock())
    put_mail(settings, "others", CONTROL.encode(), clock(), to="bob@example.com")
    churn()
    assert found(settings, SEEDS) == {*SEEDS, "control"}, "the scanner finds what is there"
    privacy.erase(ADDRESS, settings, clock())
    assert privacy.scour(settings, clock())
    expected = HELD - {"order.whose"} if is_sqlite() else set()
    assert found(settings, SEEDS) == {*expected, "control"}
    if is_sqlite():
        with closing(sqlite3.connect(settings.instance / "shop.sqlite")) as looked:
            assert looked.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def churn() -> None:
    """Rows that are written over and over leave old pages and old frames behind."""
    for _ in range(5):
        for record in (Order, OutgoingMail, RightsRequest):
            for row in record.select():
                row.save()


def test_deleting_alone_leaves_traces_which_is_why_the_file_is_written_anew(order, settings, clock):
    if not is_sqlite():
        pytest.skip("this is about SQLite's files")
    churn()
    privacy.erase(ADDRESS, settings, clock())
    assert "order.email" in found(settings, SEEDS)


def test_many_erasures_write_the_file_anew_once(settings, clock):
    for n in range(3):
        privacy.erase(f"qz{n}@example.com", settings, clock())
    assert [privacy.scour(settings, clock()) for _ in range(3)] == [True, False, False]


def test_who_reads_meanwhile_reads_on_and_the_traces_go_later(order, settings, clock):
    if not is_sqlite():
        pytest.skip("this is about SQLite's files")
    privacy.erase(ADDRESS, settings, clock())
    database.execute_sql("PRAGMA busy_timeout = 100")
    with closing(sqlite3.connect(settings.instance / "shop.sqlite")) as reader:
        reader.execute("BEGIN")
        before = reader.execute('SELECT count(*) FROM "order"').fetchone()
        assert not privacy.scour(settings, clock())
        assert reader.execute('SELECT count(*) FROM "order"').fetchone() == before
    assert privacy.scour(settings, clock())
    assert "order.email" not in found(settings, SEEDS)


def test_orders_that_come_while_the_file_is_written_anew_wait_their_turn(settings, clock, plenty):
    privacy.erase(ADDRESS, settings, clock())
    outcomes = []

    def buy() -> None:
        with database.connection_context():
            outcomes.append(place(cart_of((plenty, 1)), clock()))

    shopper = threading.Thread(target=buy)
    if is_sqlite():
        with database.obj._first_in_line():
            shopper.start()
            time.sleep(0.05)
            assert outcomes == [], "it stands in line"
    else:
        shopper.start()
    assert privacy.scour(settings, clock())
    shopper.join()
    assert len(outcomes) == 1


def test_a_person_who_comes_back_is_not_erased_again(order, settings, clock, plenty):
    privacy.erase(ADDRESS, settings, clock())
    clock.forward(days=1)
    RightsRequest.ask(ADDRESS, lambda number: "secret", clock())
    privacy.sweep(settings, clock())
    assert RightsRequest.about(ADDRESS).count() == 1


def test_what_an_order_under_way_still_needed_goes_by_itself_when_it_is_done(
    settings, clock, plenty
):
    order = place(cart_of((plenty, 1)), clock())
    clock.forward(minutes=1)
    outcome = privacy.erase("ann@example.com", settings, clock())
    [needed] = [one for one in outcome.kept if one.why == "because your order waits for your card"]
    assert "e-mail address" in needed.labels
    order.hold_card(clock())
    order.charge(clock())
    clock.forward(days=29)
    order.ship(None, clock(), carrier="DHL", tracking="JD14")
    clock.forward(days=29)
    privacy.sweep(settings, clock())
    assert Order.get().email == "ann@example.com"
    clock.forward(days=2)
    privacy.sweep(settings, clock())
    assert (Order.get().email, Order.get().name) == ("", "Ann Walker")
    assert Parcel.get().tracking == ""
    assert OutgoingMail.select().count() == 0


@pytest.mark.parametrize("state", ["lapsed", "cancelled"])
def test_of_an_order_that_was_never_paid_for_nothing_is_held(settings, clock, plenty, state):
    order = place(cart_of((plenty, 1)), clock())
    clock.forward(minutes=36)
    assert order.lapse(clock())
    Order.update(state=state).execute()
    assert privacy.erase("ann@example.com", settings, clock()).kept == []
    fresh = Order.get()
    assert [fresh.email, fresh.name, fresh.line1, fresh.country, fresh.whose] == [
        "",
        "",
        "",
        "",
        None,
    ]
    assert fresh.state == "cancelled", "nobody can pay for what goes nowhere"


def test_a_refund_that_was_asked_for_keeps_what_it_needs(order, settings, clock):
    DeskInstruction.refund(order, 100, None, lambda *told: "signed", clock())
    [kept, *_] = privacy.erase(ADDRESS, settings, clock()).kept
    assert kept.why == "because your money is on its way back to you"
    assert Order.get().email == ADDRESS


def test_events_of_an_order_are_no_business_of_an_erasure(order, settings, clock):
    before = OrderEvent.select().count()
    privacy.erase(ADDRESS, settings, clock())
    assert OrderEvent.select().count() == before


def test_other_spellings_of_an_address_do_not_fill_its_mailbox(settings, clock):
    for n in range(3 * MOST_AT_ONCE):
        RightsRequest.ask(f"ann+{n}@example.com", lambda number: number, clock())
    assert OutgoingMail.select().count() == MOST_AT_ONCE
