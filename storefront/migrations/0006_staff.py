"""Those who work here: accounts, passkeys, recovery codes, and the count of wrong guesses."""

from peewee import *


def up(migrator, db):
    class Staff(Model):
        email = TextField(unique=True)
        name = TextField()
        roles = TextField()
        password = TextField(null=True)
        totp = TextField(null=True)
        totp_step = BigIntegerField(null=True)
        session_number = BigIntegerField()
        invitation = TextField(null=True, unique=True)
        invited_until = DateTimeField(null=True)
        made_at = DateTimeField()
        seen_at = DateTimeField()

        class Meta:
            database = db
            table_name = "staff"

    class Passkey(Model):
        staff = ForeignKeyField(Staff, on_delete="CASCADE")
        name = TextField()
        credential = TextField(unique=True)
        public_key = TextField()
        uses = BigIntegerField()
        made_at = DateTimeField()
        used_at = DateTimeField()

        class Meta:
            database = db
            table_name = "passkey"

    class RecoveryCode(Model):
        staff = ForeignKeyField(Staff, on_delete="CASCADE")
        digest = TextField(unique=True)

        class Meta:
            database = db
            table_name = "recovery_code"

    class Guess(Model):
        key = TextField(unique=True)
        count = IntegerField()
        last_at = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "guess"

    class SpentTicket(Model):
        digest = TextField(unique=True)
        until = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "spent_ticket"

    db.create_tables([Staff, Passkey, RecoveryCode, Guess, SpentTicket])
