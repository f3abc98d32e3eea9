"""Statements of the desk, instructions to it, and the verdict on each attempt to pay."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("payment_attempt", "verdict", TextField(null=True)))

    class Order(Model):
        class Meta:
            database = db
            table_name = "order"

    class OrderLine(Model):
        class Meta:
            database = db
            table_name = "order_line"

    class DeskStatement(Model):
        order = ForeignKeyField(Order, null=True, on_delete="SET NULL")
        desk_seq = BigIntegerField(unique=True)
        number = BigIntegerField(index=True)
        outcome = TextField()
        amount_minor = BigIntegerField()
        currency = TextField()
        reference = TextField()
        instruction = BigIntegerField(null=True)
        text = TextField()
        taken_at = DateTimeField()

        class Meta:
            database = db
            table_name = "desk_statement"

    class DeskInstruction(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        line = ForeignKeyField(OrderLine, null=True, on_delete="SET NULL")
        seq = BigIntegerField(unique=True)
        what = TextField()
        amount_minor = BigIntegerField()
        currency = TextField()
        text = TextField()
        made_at = DateTimeField()
        sent_at = DateTimeField(null=True, index=True)

        class Meta:
            database = db
            table_name = "desk_instruction"

    db.create_tables([DeskStatement, DeskInstruction])
