"""What can hold a fact about a person says so where it is stored, or the shop does not start."""

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from peewee import (
    BigBitField,
    BlobField,
    CharField,
    DateField,
    FixedCharField,
    FloatField,
    IntegerField,
    TextField,
    UUIDField,
)
from playhouse.postgres_ext import BinaryJSONField, TSVectorField
from wtforms.fields.core import UnboundField

from storefront import app as shop
from storefront import gate, personal
from storefront.blueprints.checkout import CheckoutForm
from storefront.db import JSONText, Moment, Record
from storefront.models import RECORDS
from storefront.models.totals import Customer
from storefront.personal import Undeclared, check, days, years

STOREFRONT = Path(__file__).resolve().parent.parent / "storefront"
GOOD = {"clause": "orders", "why": "to write to you", "basis": "contract", "keep": days(1)}


def record(since: str = "at", about: bool = True, impersonal: tuple = (), **columns) -> type:
    """A throw-away record with these columns."""
    body = {"at": Moment(), "impersonal": impersonal, "since": since, **columns}
    if about:
        body["about"] = classmethod(lambda cls, email: cls.select())
    return type("Guest", (Record,), body)


def problems(*records: type) -> str:
    with pytest.raises(Undeclared) as trouble:
        check(records)
    return str(trouble.value)


def test_every_record_of_the_shop_is_declared():
    check(RECORDS)


def test_every_record_there_is_stands_in_the_list_that_is_checked(app):
    made = {each for each in Record.__subclasses__() if each.__module__.startswith("storefront.")}
    assert made == set(RECORDS)


KINDS = (
    *(TextField, CharField, FixedCharField, BlobField, JSONText, UUIDField, BigBitField),
    *(BinaryJSONField, TSVectorField, FloatField),
)


@pytest.mark.parametrize("column", KINDS)
def test_a_column_that_may_hold_anything_has_to_be_declared(column):
    assert "Guest.note" in problems(record(note=column()))
    check([record(impersonal=("note",), note=column())])
    check([record(note=personal.personal(column(), **GOOD))])


def test_numbers_and_moments_need_no_word():
    check([record(count=IntegerField(), born=DateField())])


def test_all_problems_are_told_at_once():
    told = problems(record(a=TextField()), record(b=TextField(), c=TextField()))
    assert all(f"Guest.{name} is text" in told for name in "abc")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"about": False}, r"needs about(email)"),
        ({"since": ""}, "needs since"),
        ({"since": "left"}, "needs since"),
        ({"since": "id"}, "needs since"),
        ({"impersonal": ("note",)}, "both personal and listed as impersonal"),
        ({"impersonal": ("nothing",)}, "lists nothing, which is no column"),
        ({"note": personal.personal(TextField(), **GOOD | {"keep": None})}, "how long it is kept"),
    ],
)
def test_a_personal_column_says_how_it_is_found_and_how_long_it_is_kept(wrong, words):
    columns = {"note": personal.personal(TextField(), **GOOD)} | wrong
    assert words in problems(record(**columns))


def test_a_basis_that_the_law_does_not_know_is_refused():
    with pytest.raises(ValueError, match="curiosity"):
        personal.personal(TextField(), **GOOD | {"basis": "curiosity"})


def test_the_shop_does_not_start_with_an_undeclared_column(settings, monkeypatch):
    monkeypatch.setattr(shop, "RECORDS", (*RECORDS, record(note=TextField())))
    with pytest.raises(Undeclared, match=r"Guest\.note"):
        shop.create_app(settings)


def test_every_field_of_the_checkout_is_personal_or_said_to_be_none():
    fields = {name for name, field in vars(CheckoutForm).items() if isinstance(field, UnboundField)}
    declared = {fact.where.partition(".")[2] for fact in personal.fields(CheckoutForm)}
    assert fields == declared | set(CheckoutForm.impersonal)
    assert not declared & set(CheckoutForm.impersonal)
    assert set(Customer.__dataclass_fields__) <= declared, "all of it is kept with the order"


def test_every_fact_names_its_clause_and_why():
    facts = [*personal.columns(RECORDS), *personal.fields(CheckoutForm), *personal.declared()]
    assert len(facts) > 15
    for fact in facts:
        assert fact.clause, fact.where
        assert fact.why, fact.where
        assert fact.basis in personal.BASES, fact.where


def test_every_cookie_that_is_set_is_declared(client, plenty, settings):
    options = {f"option{n + 1}": value for n, value in enumerate(plenty.choice)}
    form = {"product": plenty.product.handle, "quantity": "1"} | options
    answers = [client.get(url) for url in ("/", "/products", "/cart", "/checkout", "/privacy")]
    answers += [client.post("/cart/items", data=form), client.get("/checkout")]
    answers += [client.post("/checkout", data={"email": "x"})]
    lines = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    declared = {fact.where for fact in personal.declared("cookie")}
    assert {line.partition("=")[0] for line in lines} == {"cart"} <= declared


def test_cookies_are_set_where_they_are_declared_and_nowhere_else():
    sets = {"set_cookie", "delete_cookie"}
    found = set()
    for path in STOREFRONT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in sets:
                found.add(path.relative_to(STOREFRONT).as_posix())
            is_put = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
            if is_put and ast.unparse(node.value) in ("session", "flask.session"):
                found.add(path.relative_to(STOREFRONT).as_posix())
    assert found == {"cookies.py", "blueprints/desk/session.py", "blueprints/desk/limits.py"}


def test_everyone_the_shop_connects_to_is_declared(settings, monkeypatch):
    monkeypatch.setattr(gate, "_recipients", {})
    monkeypatch.setattr(personal, "_declared", {})
    mail, store = "smtp://post.example:2525", "postgresql://store.example/shop"
    gate.admit_from(replace(settings, mail_url=mail, database_url=store))
    declared = {fact.where for fact in personal.declared("recipient")}
    named = {recipient.name: recipient for recipient in gate.recipients()}
    assert {"vault", "mail server", "database server"} <= set(named) <= declared
    assert (named["mail server"].host, named["mail server"].port) == ("post.example", 2525)
    assert (named["database server"].host, named["database server"].port) == ("store.example", 5432)


def test_periods_are_counted_in_days():
    assert (days(90), years(7)) == (timedelta(days=90), timedelta(days=2557))
