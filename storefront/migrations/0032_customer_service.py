"""Looking for an order, writing to the shop without its link, and answers that staff keep."""

from peewee import *


def up(migrator, db):
    class OrderSearch(Model):
        email = TextField(index=True)
        number = TextField()
        asked_at = DateTimeField()

        class Meta:
            database = db
            table_name = "order_search"

    class Question(Model):
        email = TextField(index=True)
        text = TextField()
        number = TextField()
        answer = TextField()
        role = TextField()
        mail = TextField(null=True, unique=True)
        asked_at = DateTimeField()
        looked_at = DateTimeField(null=True)
        settled_at = DateTimeField(null=True, index=True)

        class Meta:
            database = db
            table_name = "question"

    class SavedAnswer(Model):
        name = TextField(unique=True)
        text = TextField()
        changed_at = DateTimeField()

        class Meta:
            database = db
            table_name = "saved_answer"

    db.create_tables([OrderSearch, Question, SavedAnswer])
    kind = "INTEGER" if isinstance(db, SqliteDatabase) else "BOOLEAN"
    db.execute_sql(f'ALTER TABLE "message" ADD COLUMN "unconfirmed" {kind} NOT NULL DEFAULT false')
