"""People who asked for the Insider Update, and keyed digests of those who have left."""

from peewee import *


def up(migrator, db):
    class PolicyVersion(Model):
        class Meta:
            database = db
            table_name = "policy_version"

    class GoneInsider(Model):
        digest = TextField(unique=True)
        left_at = DateTimeField()

        class Meta:
            database = db
            table_name = "gone_insider"

    class Insider(Model):
        email = TextField(unique=True)
        mailbox = TextField(index=True)
        key = TextField(unique=True)
        policy = ForeignKeyField(PolicyVersion, index=False, on_delete="RESTRICT")
        wording = TextField()
        way = TextField()
        statement = TextField()
        asked_at = DateTimeField()
        mails = IntegerField()
        mailed_at = DateTimeField(null=True)
        confirmed_at = DateTimeField(null=True, index=True)

        class Meta:
            database = db
            table_name = "insider"
            indexes = ((("way", "mailed_at"), False),)

    db.create_tables([GoneInsider, Insider])
    about = ForeignKeyField(Insider, field=Insider.id, null=True, on_delete="CASCADE")
    migrator.migrate(migrator.add_column("outgoing_mail", "insider_id", about))
