"""The first schema: catalogue, delivery, tax, policy, orders, payment attempts, outbox.

The models here are frozen copies: what the schema was, whatever the shop's models become.
"""

from peewee import *

SQLITE_FINAL = """
CREATE TRIGGER policy_version_never_{what} BEFORE {what} ON policy_version
BEGIN SELECT RAISE(ABORT, 'posted policy versions are never changed'); END
"""

# INSERT OR REPLACE deletes without firing the trigger above, unless the connection asked for
# recursive triggers: so what is there already is refused on its way in.
SQLITE_NEVER_REPLACED = """
CREATE TRIGGER policy_version_never_replaced BEFORE INSERT ON policy_version
WHEN EXISTS (SELECT 1 FROM policy_version
             WHERE id = NEW.id OR number = NEW.number OR digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'posted policy versions are never changed'); END
"""

POSTGRESQL_FINAL = """
CREATE FUNCTION policy_version_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'posted policy versions are never changed'; END $$;
CREATE TRIGGER policy_version_never_changed BEFORE UPDATE OR DELETE ON policy_version
FOR EACH ROW EXECUTE FUNCTION policy_version_is_final();
CREATE TRIGGER policy_version_never_emptied BEFORE TRUNCATE ON policy_version
FOR EACH STATEMENT EXECUTE FUNCTION policy_version_is_final();
"""


def up(migrator, db):

    class PolicyVersion(Model):
        number = IntegerField(unique=True)
        text = TextField()
        covers = TextField()
        changes = TextField()
        posted_by = TextField()
        posted_at = DateTimeField()
        in_force_at = DateTimeField(index=True)
        previous = TextField()
        signature = TextField()
        digest = TextField(unique=True)

        class Meta:
            database = db
            table_name = "policy_version"

    db.create_tables([PolicyVersion])

    class Order(Model):
        number = TextField(unique=True)
        placement = TextField(unique=True)
        state = TextField()
        currency = TextField()
        subtotal_minor = BigIntegerField()
        shipping_minor = BigIntegerField()
        tax_minor = BigIntegerField()
        total_minor = BigIntegerField()
        shipping_name = TextField()
        placed_at = DateTimeField()
        hold_until = DateTimeField(index=True, null=True)
        policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
        email = TextField(index=True)
        name = TextField()
        line1 = TextField()
        line2 = TextField()
        city = TextField()
        region = TextField()
        postal_code = TextField()
        country = TextField()

        class Meta:
            database = db
            table_name = "order"

    db.create_tables([Order])

    class OrderEvent(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        what = TextField()
        at = DateTimeField()

        class Meta:
            database = db
            table_name = "order_event"

    db.create_tables([OrderEvent])

    class Product(Model):
        handle = TextField(unique=True)
        title = TextField()
        description = TextField()
        vendor = TextField()
        type = TextField()
        tags = TextField()
        status = TextField()
        published = BooleanField()
        gift_card = BooleanField()
        seo_title = TextField()
        seo_description = TextField()
        options = TextField()
        currency = TextField()
        price_from = IntegerField()
        price_to = IntegerField()
        reduced = BooleanField()
        available = BooleanField()
        colour = TextField()
        made_at = DateTimeField()
        changed_at = DateTimeField()

        class Meta:
            database = db
            table_name = "product"
            indexes = ((("status", "published", "id"), False),)

    db.create_tables([Product])

    class Variant(Model):
        product = ForeignKeyField(Product, on_delete="CASCADE")
        position = IntegerField()
        choice = TextField()
        sku = TextField()
        barcode = TextField()
        price_minor = IntegerField()
        compare_at_minor = IntegerField(null=True)
        cost_minor = IntegerField(null=True)
        currency = TextField()
        grams = IntegerField()
        stock = IntegerField(null=True)
        tracked = BooleanField()
        oversell = BooleanField()
        needs_shipping = BooleanField()
        taxable = BooleanField()

        class Meta:
            database = db
            table_name = "variant"
            indexes = ((("product", "choice"), True),)

    db.create_tables([Variant])

    class OrderLine(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        variant = ForeignKeyField(Variant, null=True, on_delete="SET NULL")
        handle = TextField()
        title = TextField()
        choice = TextField()
        sku = TextField()
        quantity = IntegerField()
        price_minor = IntegerField()
        currency = TextField()

        class Meta:
            database = db
            table_name = "order_line"

    db.create_tables([OrderLine])

    class OutgoingMail(Model):
        kind = TextField()
        to = TextField(index=True)
        message_id = TextField(unique=True)
        made_at = DateTimeField()
        due_at = DateTimeField()
        claimed_at = DateTimeField(null=True)
        sent_at = DateTimeField(null=True)
        tries = IntegerField()
        trouble = TextField()
        order = ForeignKeyField(Order, null=True, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "outgoing_mail"
            indexes = ((("sent_at", "due_at"), False),)

    db.create_tables([OutgoingMail])

    class PaymentAttempt(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        number = IntegerField()
        env_id = TextField(unique=True)
        offer = TextField()
        expires_at = DateTimeField()
        receipt = TextField(null=True)
        received_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "payment_attempt"
            indexes = ((("order", "number"), True),)

    db.create_tables([PaymentAttempt])

    class Picture(Model):
        product = ForeignKeyField(Product, on_delete="CASCADE")
        variant = ForeignKeyField(Variant, null=True, on_delete="SET NULL")
        position = IntegerField()
        source = TextField()
        alt = TextField()

        class Meta:
            database = db
            table_name = "picture"
            indexes = ((("product", "source"), True),)

    db.create_tables([Picture])

    class ShippingZone(Model):
        name = TextField()
        countries = TextField()

        class Meta:
            database = db
            table_name = "shipping_zone"

    db.create_tables([ShippingZone])

    class ShippingRate(Model):
        zone = ForeignKeyField(ShippingZone, on_delete="CASCADE")
        name = TextField()
        promise = TextField()
        price_minor = IntegerField()
        currency = TextField()

        class Meta:
            database = db
            table_name = "shipping_rate"

    db.create_tables([ShippingRate])

    class TaxRate(Model):
        name = TextField()
        countries = TextField()
        basis_points = IntegerField()
        included = BooleanField()

        class Meta:
            database = db
            table_name = "tax_rate"

    db.create_tables([TaxRate])

    if isinstance(db, SqliteDatabase):
        for what in ("UPDATE", "DELETE"):
            db.execute_sql(SQLITE_FINAL.format(what=what))
        db.execute_sql(SQLITE_NEVER_REPLACED)
    else:
        db.execute_sql(POSTGRESQL_FINAL)
