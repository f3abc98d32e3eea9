"""How the shop is used: numbers by hour and by day."""

from peewee import *


def up(migrator, db):
    # On SQLite the rows stand in the key's own tree: half the size. PostgreSQL knows no such thing.
    is_sqlite = isinstance(db, SqliteDatabase)

    class TrafficHour(Model):
        hour = DateTimeField()
        what = TextField()
        count = BigIntegerField()

        class Meta:
            database = db
            table_name = "traffic_hour"
            primary_key = CompositeKey("what", "hour")
            without_rowid = is_sqlite

    class TrafficDay(Model):
        day = DateField()
        what = TextField()
        value = TextField()
        count = BigIntegerField()

        class Meta:
            database = db
            table_name = "traffic_day"
            primary_key = CompositeKey("what", "day", "value")
            without_rowid = is_sqlite

    db.create_tables([TrafficHour, TrafficDay])
