"""What customers and the shop write to each other about an order, and what staff note."""

from peewee import *


def up(migrator, db):
    class Order(Model):
        class Meta:
            database = db
            table_name = "order"

    class Message(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        role = TextField()
        text = TextField()
        at = DateTimeField()
        read_at = DateTimeField(null=True, index=True)

        class Meta:
            database = db
            table_name = "message"

    class Note(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        role = TextField()
        text = TextField()
        at = DateTimeField()

        class Meta:
            database = db
            table_name = "note"

    db.create_tables([Message, Note])
