"""What can hold a fact about a person says so where it is stored, or the shop does not start."""

import ast
import gc
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask_wtf import FlaskForm
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
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
)

from storefront import app as shop
from storefront import gate, personal, register
from storefront.blueprints.checkout import CheckoutForm
from storefront.db import JSONText, Moment, Record
from storefront.models import RECORDS
from storefront.models.totals import Customer
from storefront.personal import Undeclared, check, days, years
from tests.journey import fill_cart

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
    monkeypatch.setattr(register, "RECORDS", (*RECORDS, record(note=TextField())))
    with pytest.raises(Undeclared, match=r"Guest\.note"):
        shop.create_app(settings)


def test_the_fields_of_every_form_are_personal_or_said_to_be_none(app):
    assert CheckoutForm in register.forms()
    register.check()


def test_what_the_checkout_keeps_is_personal():
    declared = {fact.where.partition(".")[2] for fact in personal.fields(CheckoutForm)}
    assert set(Customer.__dataclass_fields__) <= declared, "all of it is kept with the order"


@pytest.fixture
def form():
    """Makes a form of the shop, which is forgotten again after the test."""
    yield lambda **fields: type("TrialForm", (FlaskForm,), {"__module__": "storefront.x"} | fields)
    gc.collect()
    assert "TrialForm" not in [kind.__name__ for kind in register.forms()]


FIELDS = (StringField, HiddenField, FileField, BooleanField, SelectField, PasswordField)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_nobody_declared_is_found_and_the_shop_does_not_start(settings, form, field):
    made = form(note=field("Note"), impersonal=())
    with pytest.raises(Undeclared, match=r"TrialForm\.note"):
        shop.create_app(settings)
    made.impersonal = ("note",)
    register.check()
    del made


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"impersonal": ("nothing",)}, "lists nothing, which is no field"),
        (
            {"note": personal.personal(StringField(), **GOOD), "impersonal": ("note",)},
            "both personal and listed as impersonal",
        ),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(settings, form, fields, words):
    made = form(**fields)
    with pytest.raises(Undeclared, match=words):
        register.check()
    del made


def test_a_field_of_a_form_below_another_is_found_too(settings, form):
    made = form(note=personal.personal(StringField(), **GOOD))
    below = type("Below", (made,), {"__module__": "storefront.x", "more": HiddenField()})
    with pytest.raises(Undeclared, match=r"Below\.more"):
        register.check()
    del made, below


def test_every_fact_names_its_clause_and_why(app):
    facts = register.facts()
    assert len(facts) > 25
    for fact in facts:
        assert fact.clause, fact.where
        assert fact.why, fact.where
        assert fact.basis in personal.BASES, fact.where


def test_every_clause_of_a_form_is_one_of_something_else_too(app):
    """Commands load no forms: what they know of clauses must be all there is."""
    others = {fact.clause for fact in register.facts() if fact.kind != "form field"}
    assert {fact.clause for form in register.forms() for fact in personal.fields(form)} <= others


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
    desk = {"blueprints/desk/session.py", "blueprints/desk/limits.py"}
    assert found == {"cookies.py", "trails.py", "blueprints/account/session.py", *desk}


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


def test_the_checkout_draws_no_field_that_its_form_does_not_declare(client, plenty):
    fill_cart(client, plenty)
    drawn = set(re.findall(r'<(?:input|select)[^>]* name="([^"]+)"', client.get("/checkout").text))
    fields = {name: getattr(CheckoutForm, name) for name in dir(CheckoutForm)}
    named = {field.name or name for name, field in fields.items() if hasattr(field, "field_class")}
    assert {"email", "postal-code", "placement"} <= drawn
    # What another country's address had is kept in the form under its own name.
    assert {name.removeprefix("kept-") for name in drawn} <= named
