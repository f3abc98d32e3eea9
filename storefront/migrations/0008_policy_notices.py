"""Notices of a changed policy: one for each version, and a mail for each version and address."""

from peewee import *

# Versions that were posted before notices were known are not told of.
KNOWN = """
INSERT INTO policy_notice (version_id, clauses, begun_at, done_at)
SELECT id, '[]', posted_at, posted_at FROM policy_version
"""


def up(migrator, db):
    class PolicyVersion(Model):
        class Meta:
            database = db
            table_name = "policy_version"

    class PolicyNotice(Model):
        version = ForeignKeyField(PolicyVersion, unique=True, on_delete="RESTRICT")
        clauses = TextField()
        begun_at = DateTimeField()
        done_at = DateTimeField(null=True, index=True)

        class Meta:
            database = db
            table_name = "policy_notice"

    db.create_tables([PolicyNotice])
    db.execute_sql(KNOWN)

    class OutgoingMail(Model):
        policy = ForeignKeyField(PolicyVersion, null=True, on_delete="RESTRICT", index=False)

        class Meta:
            database = db
            table_name = "outgoing_mail"

    migrator.migrate(
        migrator.add_column("outgoing_mail", "policy_id", OutgoingMail.policy),
        migrator.add_index("outgoing_mail", ("policy_id", "to"), unique=True),
    )
