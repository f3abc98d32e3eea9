"""Contests and entries; a contest that is announced is a new edition of the public pages."""

from peewee import *

SQLITE = """
CREATE TRIGGER edition_contest_{verb} AFTER {event} ON "contest"
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_contest_{verb} AFTER {event} ON "contest" FOR EACH STATEMENT
EXECUTE FUNCTION note_edition()
"""


def up(migrator, db):
    class PolicyVersion(Model):
        class Meta:
            database = db
            table_name = "policy_version"

    class Contest(Model):
        slug = TextField(unique=True)
        title = TextField()
        prize = TextField()
        text = TextField()
        countries = TextField()
        opens_at = DateTimeField()
        closes_at = DateTimeField(index=True)
        rules_version = IntegerField()
        announced_at = DateTimeField()

        class Meta:
            database = db
            table_name = "contest"

    class ContestEntry(Model):
        contest = ForeignKeyField(Contest, on_delete="CASCADE")
        policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
        rules_version = IntegerField()
        key = TextField(unique=True)
        entered_at = DateTimeField()
        confirmed_at = DateTimeField(null=True)
        closes_at = DateTimeField()
        email = TextField(index=True)
        name = TextField()
        line1 = TextField()
        line2 = TextField()
        city = TextField()
        region = TextField()
        postal_code = TextField()
        country = TextField()
        mailbox = TextField()
        person = TextField()

        class Meta:
            database = db
            table_name = "contest_entry"
            indexes = ((("contest", "mailbox"), False), (("contest", "person"), False))

    db.create_tables([Contest, ContestEntry])
    sqlite = isinstance(db, SqliteDatabase)
    for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
        text = SQLITE if sqlite else POSTGRESQL
        db.execute_sql(text.format(verb=verb, event=verb.upper()))
