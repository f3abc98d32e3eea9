"""What staff did with people's data; and of each mail in what state it is, and of which event."""

from peewee import *

# A sender that began before this and has not come back has left its mail in doubt.
STATES = """
UPDATE outgoing_mail SET state = CASE WHEN sent_at IS NOT NULL THEN 'sent'
WHEN claimed_at IS NOT NULL THEN 'doubtful' ELSE 'waiting' END
"""


def up(migrator, db):
    class StaffAction(Model):
        at = DateTimeField(index=True)
        role = TextField()
        what = TextField()
        clause = TextField()
        table = TextField()
        row = IntegerField(null=True)

        class Meta:
            database = db
            table_name = "staff_action"
            indexes = ((("table", "row"), False),)

    db.create_tables([StaffAction])

    class OrderEvent(Model):
        class Meta:
            database = db
            table_name = "order_event"

    class OutgoingMail(Model):
        event = ForeignKeyField(OrderEvent, null=True, on_delete="SET NULL")

        class Meta:
            database = db
            table_name = "outgoing_mail"

    migrator.migrate(
        migrator.add_column("outgoing_mail", "state", TextField(default="waiting")),
        migrator.drop_index("outgoing_mail", "outgoingmail_sent_at_due_at"),
        migrator.add_index("outgoing_mail", ("state", "id")),
    )
    if "event_id" not in [column.name for column in db.get_columns("outgoing_mail")]:
        migrator.migrate(migrator.add_column("outgoing_mail", "event_id", OutgoingMail.event))
    db.execute_sql(STATES)
