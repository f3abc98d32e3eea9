"""Rights: links by mail to what is held, what is left of an erased order, upkeep."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("order", "whose", TextField(null=True)),
        migrator.add_index("order", ("whose",)),
    )

    class RightsRequest(Model):
        email = TextField(index=True)
        digest = TextField(unique=True)
        message_id = TextField()
        asked_at = DateTimeField(index=True)
        valid_until = DateTimeField(index=True)
        answer = TextField(null=True)

        class Meta:
            database = db
            table_name = "rights_request"

    class Upkeep(Model):
        applied = IntegerField()
        changed = IntegerField()
        scoured = IntegerField()
        swept_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "upkeep"

    db.create_tables([RightsRequest, Upkeep])
    Upkeep.create(applied=0, changed=0, scoured=0)
