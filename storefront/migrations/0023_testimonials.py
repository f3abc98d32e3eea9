"""Testimonials, ratings, moderators' decisions; resellers and how often their widgets are seen."""

from peewee import *

SQLITE = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}"
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" FOR EACH STATEMENT
EXECUTE FUNCTION note_edition()
"""
RESOLD = "WHERE ((state = 'approved') AND (resellers_policy_id IS NOT NULL))"
INDEXES = (
    "CREATE INDEX testimonial_resold ON testimonial "
    f"(state, (id + 0), resellers_policy_id) {RESOLD}",
    "CREATE INDEX testimonial_resold_of ON testimonial "
    f"(product_id, (0 + id), state, resellers_policy_id) {RESOLD}",
)
# The lists that pages ask for: of a product and of all, of everything and of what has pictures.
LISTS = {
    "new": "",
    "rated": "stars, ",
    "helpful": "helpful, ",
    "rated_helpful": "stars, helpful, ",
}
LIST = """
CREATE INDEX testimonial_{of}_{name}{end} ON testimonial ({first}{columns}written_at, id)
WHERE ({where})
"""
APPROVED = "state = 'approved'"


def indexes():
    yield from INDEXES
    for name, columns in LISTS.items():
        for of, first in (("of", "product_id, "), ("all", "")):
            for end, where in (("", APPROVED), ("_pictured", f"{APPROVED} AND pictured")):
                yield LIST.format(
                    of=of, name=name, end=end, first=first, columns=columns, where=where
                )


def up(migrator, db):
    class PolicyVersion(Model):
        class Meta:
            database = db
            table_name = "policy_version"

    class Product(Model):
        class Meta:
            database = db
            table_name = "product"

    class Decision(Model):
        at = DateTimeField()
        approved = BooleanField()
        stars = IntegerField(null=True)
        reason = TextField()

        class Meta:
            database = db
            table_name = "decision"
            indexes = ((("approved", "reason", "stars"), False),)

    class Testimonial(Model):
        product = ForeignKeyField(Product, on_delete="CASCADE")
        policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
        resellers_policy = ForeignKeyField(
            PolicyVersion, null=True, index=False, on_delete="RESTRICT"
        )
        decision = ForeignKeyField(Decision, null=True, index=False, on_delete="SET NULL")
        key = TextField(unique=True)
        state = TextField()
        stars = IntegerField(null=True)
        words = TextField()
        name = TextField()
        email = TextField(index=True)
        shows_email = BooleanField()
        connection = TextField()
        pictures = TextField()
        pictured = BooleanField()
        bought = BooleanField()
        reply = TextField()
        mailbox = TextField()
        imported_from = TextField()
        source = TextField(null=True, unique=True)
        reason = TextField()
        helpful = IntegerField()
        voted_on = DateField(null=True)
        voted = IntegerField()
        written_at = DateTimeField()
        made_at = DateTimeField()
        changed_at = DateTimeField()
        confirmed_at = DateTimeField(null=True)
        decided_at = DateTimeField(null=True)
        replied_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "testimonial"
            indexes = ((("mailbox", "product"), False), (("state", "changed_at"), False))

    class GoneImport(Model):
        source = TextField(unique=True)

        class Meta:
            database = db
            table_name = "gone_import"

    class Rating(Model):
        product = ForeignKeyField(Product, unique=True, on_delete="CASCADE")
        count = IntegerField()
        stars1 = IntegerField()
        stars2 = IntegerField()
        stars3 = IntegerField()
        stars4 = IntegerField()
        stars5 = IntegerField()
        pictured = IntegerField()
        pictured1 = IntegerField()
        pictured2 = IntegerField()
        pictured3 = IntegerField()
        pictured4 = IntegerField()
        pictured5 = IntegerField()

        class Meta:
            database = db
            table_name = "rating"

    class Reseller(Model):
        name = TextField()
        key = TextField(unique=True)
        origins = TextField()
        products = TextField()
        look = TextField()
        made_at = DateTimeField()
        changed_at = DateTimeField()
        revoked_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "reseller"

    class WidgetViews(Model):
        reseller = ForeignKeyField(Reseller, on_delete="CASCADE")
        day = DateField()
        views = BigIntegerField()

        class Meta:
            database = db
            table_name = "widget_views"
            indexes = ((("reseller", "day"), True),)

    db.create_tables([Decision, Testimonial, GoneImport, Rating, Reseller, WidgetViews])
    for index in indexes():
        db.execute_sql(index)
    about = ForeignKeyField(Testimonial, field=Testimonial.id, null=True, on_delete="CASCADE")
    migrator.migrate(migrator.add_column("outgoing_mail", "testimonial_id", about))
    sqlite = isinstance(db, SqliteDatabase)
    for table in ("rating", "reseller"):
        for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
            text = SQLITE if sqlite else POSTGRESQL
            db.execute_sql(text.format(table=table, verb=verb, event=verb.upper()))
