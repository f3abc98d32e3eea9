"""Trials: two ways of showing the same, judged by counts."""

from peewee import *

SQLITE = """
CREATE TRIGGER edition_trial_{verb} AFTER {verb} ON "trial"
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_trial_{verb} AFTER {verb} ON "trial" FOR EACH STATEMENT
EXECUTE FUNCTION note_edition()
"""


def up(migrator, db):
    class Collection(Model):
        class Meta:
            database = db
            table_name = "collection"

    class Promotion(Model):
        class Meta:
            database = db
            table_name = "promotion"

    class Trial(Model):
        collection = ForeignKeyField(Collection, null=True, index=False, on_delete="CASCADE")
        order = TextField()
        promotion = ForeignKeyField(Promotion, null=True, index=False, on_delete="CASCADE")
        against = ForeignKeyField(
            Promotion, null=True, index=False, backref="rivals", on_delete="CASCADE"
        )
        began_at = DateTimeField()
        ended_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "trial"

    for name in ("collection", "promotion", "against"):
        column = getattr(Trial, name)
        Trial.add_index(
            column, unique=True, where=Trial.ended_at.is_null(), name=f"trial_running_{name}"
        )
    db.create_tables([Trial])
    sqlite = isinstance(db, SqliteDatabase)
    for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
        db.execute_sql((SQLITE if sqlite else POSTGRESQL).format(verb=verb))
