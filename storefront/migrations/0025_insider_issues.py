"""Issues of the Insider Update, and their mails; a public issue is a new edition of the pages."""

from peewee import *

SQLITE = """
CREATE TRIGGER edition_insider_issue_{verb} AFTER {event} ON "insider_issue" WHEN {when}
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_insider_issue_{verb} AFTER {event} ON "insider_issue" FOR EACH ROW
WHEN ({when}) EXECUTE FUNCTION note_edition()
"""
TRUNCATED = """
CREATE TRIGGER edition_insider_issue_truncate AFTER TRUNCATE ON "insider_issue"
FOR EACH STATEMENT EXECUTE FUNCTION note_edition()
"""
# Drafts and numbers change all day long, and no public page shows them.
PUBLIC = {
    "insert": ("INSERT", "NEW.published_at IS NOT NULL"),
    "update": (
        "UPDATE OF slug, title, text, published_at",
        "OLD.published_at IS NOT NULL OR NEW.published_at IS NOT NULL",
    ),
    "delete": ("DELETE", "OLD.published_at IS NOT NULL"),
}


def up(migrator, db):
    class InsiderIssue(Model):
        slug = TextField(unique=True)
        title = TextField()
        text = TextField()
        state = TextField(index=True)
        revision = IntegerField()
        per_minute = IntegerField()
        due_at = DateTimeField(null=True)
        published_at = DateTimeField(null=True, index=True)
        ended_at = DateTimeField(null=True)
        made_at = DateTimeField()
        changed_at = DateTimeField()
        trouble = TextField()
        addressed = IntegerField()
        sent = IntegerField()
        bounced = IntegerField()
        delayed = IntegerField()
        views = BigIntegerField()

        class Meta:
            database = db
            table_name = "insider_issue"

    db.create_tables([InsiderIssue])
    for name in ("issue_id", "trial_of_id"):
        field = ForeignKeyField(
            InsiderIssue, field=InsiderIssue.id, null=True, index=False, on_delete="CASCADE"
        )
        migrator.migrate(migrator.add_column("outgoing_mail", name, field))
    migrator.migrate(
        migrator.add_index("outgoing_mail", ("issue_id", "state", "id")),
        migrator.add_index("outgoing_mail", ("issue_id", "insider_id"), unique=True),
        migrator.add_index("outgoing_mail", ("issue_id", "claimed_at")),
    )
    sqlite = isinstance(db, SqliteDatabase)
    for verb, (event, when) in PUBLIC.items():
        text = SQLITE if sqlite else POSTGRESQL
        db.execute_sql(text.format(verb=verb, event=event, when=when))
    if not sqlite:
        db.execute_sql(TRUNCATED)
