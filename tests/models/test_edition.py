"""The edition of the public pages changes with all they show, and with nothing else."""

from datetime import UTC, datetime

import pytest
from peewee import BooleanField, DateTimeField, ForeignKeyField, IntegerField

from storefront.db import JSONText, database
from storefront.models import (
    BoughtTogether,
    Collection,
    CollectionItem,
    CollectionRule,
    Contest,
    ContestRules,
    Draw,
    Edition,
    Page,
    Picture,
    Pin,
    PolicyVersion,
    Product,
    Promotion,
    Redirect,
    SameWords,
    SearchRedirect,
    Variant,
    Winner,
)
from storefront.models import edition as editions
from tests.models.placing import cart_of, place
from tests.models.test_contest import announced, enter

SHOWN = (
    *(Product, Variant, Picture, Collection, CollectionItem, Redirect, Page),
    *(Contest, ContestRules, Draw, Winner, Promotion, CollectionRule, BoughtTogether),
    *(Pin, SameWords, SearchRedirect),
)
# Of stock, pages show only some changes; when it is low concerns the desk alone.
# A row of a contest belongs to it for good.
NOT_SHOWN = (
    *((Variant, "stock"), (Variant, "low_at")),
    (CollectionRule, "settled_at"),
    *((ContestRules, "contest"), (Draw, "contest"), (Winner, "draw")),
)
COLUMNS = [
    (record, field.name)
    for record in SHOWN
    for field in record._meta.sorted_fields
    if field.name != "id" and (record, field.name) not in NOT_SHOWN
]


@pytest.fixture
def changed(settings):
    """Whether the edition has changed since this was last asked."""
    seen = [Edition.current()]

    def changed() -> bool:
        seen.append(Edition.current())
        return seen[-1] != seen[-2]

    return changed


def row_of(record, shirt):
    """A row of that table, made where the demo has none."""
    if record is Picture:
        return Picture.create(product=shirt, source="https://old.example/x.jpg")
    if record is Redirect:
        return Redirect.create(handle="as-it-was", product=shirt)
    if record is CollectionRule:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        return CollectionRule.create(collection=Collection.get(), settled_at=moment)
    if record is BoughtTogether:
        return BoughtTogether.create(product=shirt, other=Product.get(), orders=10)
    if record in (ContestRules, Draw, Winner):
        return of_a_draw(record)
    if record is Contest:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        words = dict.fromkeys(("slug", "title", "prize", "text"), "alps")
        moments = [f.name for f in Contest._meta.sorted_fields if isinstance(f, DateTimeField)]
        moments = dict.fromkeys(moments, moment)
        return Contest.create(**words, **moments)
    if record is Promotion:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        return Promotion.create(title="alps", starts_at=moment, ends_at=moment)
    if record in (Pin, SameWords, SearchRedirect):
        return record.create(
            **({"phrases": ["alps"]} if record is SameWords else {"words": "alps"})
        )
    return record.select().order_by(record.id).first()


def of_a_draw(record):
    """The rules, the draw and the winner of a contest; there is another of each."""
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    for slug in ("sea", "alps"):
        contest = announced(moment, slug=slug)
        entry = enter(contest, moment)
        entry.confirm(moment)
        facts = {"contest": contest, "size": 1, "root": slug, "committed_at": moment}
        draw = Draw.create(due_at=moment, drawn_at=moment, **facts)
        facts = dict.fromkeys(("told_at", "until", "decided_at"), moment)
        Winner.create(draw=draw, number=0, place=0, entry=entry, state="told", **facts)
    return record.select().order_by(record.id).first()


def another(field, row):
    """A value for the column other than the row's own."""
    if isinstance(field, JSONText):
        return ["another"]
    if isinstance(field, ForeignKeyField):
        return field.rel_model.select().order_by(field.rel_model.id.desc()).first()
    if isinstance(field, BooleanField):
        return not getattr(row, field.name)
    if isinstance(field, DateTimeField):
        return (getattr(row, field.name) or datetime(2026, 3, 1, tzinfo=UTC)).replace(year=2001)
    return 4711 if isinstance(field, IntegerField) else "another"


@pytest.mark.parametrize(
    ("record", "name"), COLUMNS, ids=[f"{record.__name__}.{name}" for record, name in COLUMNS]
)
def test_every_column_that_pages_show_makes_a_new_edition(changed, shirt, record, name):
    row = row_of(record, shirt)
    changed()
    field = record._meta.fields[name]
    record.update({field: another(field, row)}).where(record.id == row.id).execute()
    assert changed()


@pytest.mark.parametrize("record", SHOWN)
def test_what_is_taken_away_makes_a_new_edition(changed, shirt, record):
    row = row_of(record, shirt)
    changed()
    record.delete().where(record.id == row.id).execute()
    assert changed()


def test_a_posted_policy_makes_a_new_edition(changed, runner, tmp_path):
    (tmp_path / "policy.md").write_text("# Privacy\n\nNew words.\n")
    before = PolicyVersion.select().count()
    options = ("--changes", "New words.", "--switch-off")
    assert runner("publish-policy", tmp_path / "policy.md", *options).exit_code == 0
    assert PolicyVersion.select().count() == before + 1
    assert changed()


@pytest.mark.parametrize(
    ("before", "after", "shows"),
    [
        (50, 49, False),
        (7, 6, False),
        (6, 5, True),
        (5, 4, True),
        (1, 0, True),
        (0, -1, False),
        (0, 1, True),
        (None, 3, True),
        (3, None, True),
        (None, 50, True),
    ],
)
def test_stock_makes_a_new_edition_where_the_page_tells_it(changed, plenty, before, after, shows):
    one = Variant.id == plenty.id
    Variant.update(stock=before).where(one).execute()
    changed()
    Variant.update(stock=after).where(one).execute()
    assert changed() is shows


def test_a_price_that_changes_with_the_stock_is_not_overlooked(changed, plenty):
    one = Variant.id == plenty.id
    Variant.update(stock=50).where(one).execute()
    changed()
    Variant.update(stock=49, price_minor=1).where(one).execute()
    assert changed()


def test_an_order_that_leaves_plenty_makes_no_new_edition(changed, plenty, clock):
    Variant.update(stock=50).where(Variant.id == plenty.id).execute()
    changed()
    place(cart_of((plenty, 1)), clock())
    assert not changed()


def test_what_is_rolled_back_makes_no_new_edition(changed, shirt):
    with database.atomic() as transaction:
        Product.update(title="Never").where(Product.id == shirt.id).execute()
        transaction.rollback()
    assert not changed()


def test_old_editions_are_tidied_away_and_that_is_not_taken_for_the_same_edition(changed):
    Edition.insert_many([(-n,) for n in range(1, editions.KEPT + 2)], [Edition.number]).execute()
    changed()
    assert Edition.tidy() > 0
    assert Edition.select().count() <= editions.KEPT // 2
    assert changed()
    assert Edition.tidy() == 0
