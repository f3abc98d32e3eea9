"""Customers' accounts: address books, passkeys, and the links by mail that sign in."""

from peewee import *


def up(migrator, db):
    class Account(Model):
        email = TextField(unique=True)
        session_number = BigIntegerField()
        made_at = DateTimeField()
        seen_at = DateTimeField()

        class Meta:
            database = db
            table_name = "account"

    class SavedAddress(Model):
        account = ForeignKeyField(Account, on_delete="CASCADE")
        name = TextField()
        line1 = TextField()
        line2 = TextField()
        city = TextField()
        region = TextField()
        postal_code = TextField()
        country = TextField()
        is_default = BooleanField()
        made_at = DateTimeField()
        seen_at = DateTimeField()

        class Meta:
            database = db
            table_name = "saved_address"

    class AccountPasskey(Model):
        account = ForeignKeyField(Account, on_delete="CASCADE")
        name = TextField()
        credential = TextField(unique=True)
        public_key = TextField()
        uses = BigIntegerField()
        made_at = DateTimeField()
        used_at = DateTimeField()

        class Meta:
            database = db
            table_name = "account_passkey"

    class AccountLink(Model):
        email = TextField(index=True)
        account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
        digest = TextField(unique=True)
        browser = TextField(index=True)
        message_id = TextField()
        asked_at = DateTimeField(index=True)
        valid_until = DateTimeField()
        used_at = DateTimeField(null=True)
        tries = IntegerField()

        class Meta:
            database = db
            table_name = "account_link"

    db.create_tables([Account, SavedAddress, AccountPasskey, AccountLink])
