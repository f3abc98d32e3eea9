"""How many connections were made to each recipient, by month."""

from peewee import *


def up(migrator, db):
    class ConnectionCount(Model):
        recipient = TextField()
        month = DateField()
        connections = BigIntegerField()

        class Meta:
            database = db
            table_name = "connection_count"
            indexes = ((("recipient", "month"), True),)

    db.create_tables([ConnectionCount])
