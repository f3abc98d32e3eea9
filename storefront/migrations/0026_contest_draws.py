"""Rules of contests with versions, and draws that anybody who entered can check."""

from datetime import UTC, datetime, timedelta

from peewee import *

SQLITE = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}"
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" FOR EACH STATEMENT
EXECUTE FUNCTION note_edition()
"""
# As they stand, because playhouse copies a table of SQLite that gets such a column, and its
# triggers stay behind.
COLUMNS = {
    "contest": (
        *("eligible TEXT NOT NULL", "odds TEXT NOT NULL", "free_way TEXT NOT NULL"),
        *("way TEXT NOT NULL", "picture_words TEXT NOT NULL", "picture TEXT"),
        *("winners INTEGER NOT NULL", "accept_days INTEGER NOT NULL"),
        *("kept_days INTEGER NOT NULL", "draws_at {moment}", "frozen_at {moment}"),
        "committed_at {moment}",
    ),
    "contest_entry": ("salt TEXT NOT NULL", "digest TEXT NOT NULL", "place INTEGER"),
}
DEFAULTS = {"way": "'beacon'", "winners": "1", "accept_days": "14", "kept_days": "60"}
DAY = timedelta(days=1)


def up(migrator, db):
    sqlite = isinstance(db, SqliteDatabase)
    for table, columns in COLUMNS.items():
        for column in columns:
            add_column(db, table, column, sqlite)
    make_tables(migrator, db)
    for table in ("contest_rules", "draw", "winner"):
        for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
            text = SQLITE if sqlite else POSTGRESQL
            db.execute_sql(text.format(table=table, verb=verb, event=verb.upper()))
    carry_over(db)


def add_column(db, table, column, sqlite):
    column = column.format(moment="DATETIME" if sqlite else "TIMESTAMP")
    name = column.partition(" ")[0]
    if "NOT NULL" in column:
        column += f" DEFAULT {DEFAULTS.get(name, repr(''))}"
    db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN {column}')
    if not sqlite and "NOT NULL" in column:
        db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN {name} DROP DEFAULT')


def make_tables(migrator, db):
    class Contest(Model):
        class Meta:
            database = db
            table_name = "contest"

    class ContestEntry(Model):
        class Meta:
            database = db
            table_name = "contest_entry"

    class ContestRules(Model):
        contest = ForeignKeyField(Contest, on_delete="CASCADE")
        number = IntegerField()
        text = TextField()
        facts = TextField()
        changes = TextField()
        posted_at = DateTimeField()

        class Meta:
            database = db
            table_name = "contest_rules"
            indexes = ((("contest", "number"), True),)

    class Draw(Model):
        contest = ForeignKeyField(Contest, unique=True, on_delete="CASCADE")
        root = TextField()
        size = IntegerField()
        round = BigIntegerField(null=True)
        due_at = DateTimeField()
        late = BooleanField()
        formula = IntegerField()
        value = TextField()
        signature = TextField()
        ceremony = TextField(null=True)
        committed_at = DateTimeField()
        drawn_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "draw"

    class DrawLeaf(Model):
        draw = ForeignKeyField(Draw, index=False, on_delete="CASCADE")
        place = IntegerField()
        leaf = TextField()

        class Meta:
            database = db
            table_name = "draw_leaf"
            indexes = ((("draw", "place"), True),)

    class Winner(Model):
        draw = ForeignKeyField(Draw, index=False, on_delete="CASCADE")
        number = IntegerField()
        place = IntegerField()
        entry = ForeignKeyField(ContestEntry, null=True, on_delete="SET NULL")
        key = TextField(null=True, unique=True)
        state = TextField()
        shows = TextField()
        shows_town = BooleanField()
        told_at = DateTimeField()
        until = DateTimeField()
        decided_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "winner"
            indexes = ((("draw", "number"), True), (("state", "until"), False))

    db.create_tables([ContestRules, Draw, DrawLeaf, Winner])
    of = ForeignKeyField(ContestEntry, field=ContestEntry.id, null=True, on_delete="CASCADE")
    migrator.migrate(migrator.add_column("outgoing_mail", "entry_id", of))


def carry_over(db):
    """The rules there are become a version; who runs a contest now gets a draw the day after."""

    class Contest(Model):
        text = TextField()
        opens_at = DateTimeField()
        closes_at = DateTimeField()
        draws_at = DateTimeField(null=True)
        frozen_at = DateTimeField(null=True)
        rules_version = IntegerField()
        announced_at = DateTimeField()

        class Meta:
            database = db
            table_name = "contest"

    class ContestEntry(Model):
        contest = ForeignKeyField(Contest)
        entered_at = DateTimeField()

        class Meta:
            database = db
            table_name = "contest_entry"

    class ContestRules(Model):
        contest = ForeignKeyField(Contest)
        number = IntegerField()
        text = TextField()
        facts = TextField()
        changes = TextField()
        posted_at = DateTimeField()

        class Meta:
            database = db
            table_name = "contest_rules"

    now = datetime.now(UTC).replace(tzinfo=None)
    for one in list(Contest.select()):
        entries = ContestEntry.select(fn.MIN(ContestEntry.entered_at))
        first = entries.where(ContestEntry.contest == one).scalar()
        # Entries of one that is over may be gone; it was open, so somebody may have entered.
        over = one.closes_at <= now
        one.frozen_at = first or (one.closes_at if over else None)
        one.draws_at = None if over else one.closes_at + DAY
        one.save(only=[Contest.frozen_at, Contest.draws_at])
        said = {"number": one.rules_version, "text": one.text, "posted_at": one.announced_at}
        ContestRules.create(contest=one, facts="{}", changes="", **said)
