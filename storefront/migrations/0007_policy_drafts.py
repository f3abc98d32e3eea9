"""Drafts of the privacy policy's next version."""

from peewee import *


def up(migrator, db):
    class PolicyDraft(Model):
        text = TextField()
        changes = TextField()
        in_force_on = DateField(null=True)
        started_from = IntegerField(null=True)
        revision = IntegerField()
        updated_at = DateTimeField()
        updated_by = TextField()

        class Meta:
            database = db
            table_name = "policy_draft"

    db.create_tables([PolicyDraft])
