"""How the shop is used: numbers by hour and by day."""

from peewee import *


def up(migrator, db):
    class TrafficHour(Model):
        hour = DateTimeField()
        what = TextField()
        count = BigIntegerField()

        class Meta:
            database = db
            table_name = "traffic_hour"
            indexes = ((("hour", "what"), True),)

    class TrafficDay(Model):
        day = DateField()
        what = TextField()
        value = TextField()
        count = BigIntegerField()

        class Meta:
            database = db
            table_name = "traffic_day"
            indexes = ((("day", "what", "value"), True),)

    db.create_tables([TrafficHour, TrafficDay])
