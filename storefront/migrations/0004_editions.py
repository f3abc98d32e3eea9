"""Note which edition of the public pages is out, whenever something they show has changed."""

from peewee import *

TABLES = ("product", "picture", "collection", "collection_item", "redirect", "page")
TABLES += ("policy_version", "facet_value", "word")
# Pages tell five left from four, and nothing from nothing; they do not tell 50 from 49.
SHOWN_STOCK = "CASE WHEN {row}.stock IS NULL THEN 7 ELSE {least}({most}({row}.stock, 0), 6) END"

SQLITE = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" {when}
BEGIN UPDATE edition SET number = number + 1; END
"""

# ON CONFLICT: the transaction has noted it already. Nobody waits for anybody.
POSTGRESQL_NOTE = """
CREATE FUNCTION note_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO edition (number) VALUES (txid_current()) ON CONFLICT (number) DO NOTHING;
  RETURN NULL;
END $$
"""
POSTGRESQL = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" FOR EACH {each} {when}
EXECUTE FUNCTION note_edition()
"""


def up(migrator, db):
    class Edition(Model):
        number = BigIntegerField(unique=True)

        class Meta:
            database = db
            table_name = "edition"

    db.create_tables([Edition])
    Edition.create(number=0)
    sqlite = isinstance(db, SqliteDatabase)
    if not sqlite:
        db.execute_sql(POSTGRESQL_NOTE)
    for table in TABLES:
        for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
            _note(db, sqlite, table, verb, verb.upper())
    _note_variants(db, sqlite)


def _note_variants(db, sqlite):
    """As the others, but for stock, which changes with every order and mostly shows nowhere."""
    others = [column.name for column in db.get_columns("variant") if column.name != "stock"]
    listed = ", ".join(f'"{name}"' for name in others)
    _note(db, sqlite, "variant", "insert", "INSERT")
    _note(db, sqlite, "variant", "delete", "DELETE")
    if not sqlite:
        _note(db, sqlite, "variant", "truncate", "TRUNCATE")
    _note(db, sqlite, "variant", "update", f"UPDATE OF {listed}")
    least, most = ("min", "max") if sqlite else ("least", "greatest")
    before = SHOWN_STOCK.format(least=least, most=most, row="old")
    after = SHOWN_STOCK.format(least=least, most=most, row="new")
    _note(db, sqlite, "variant", "stock", "UPDATE OF stock", f"WHEN ({before} <> {after})")


def _note(db, sqlite, table, verb, event, when=""):
    each = "ROW" if when else "STATEMENT"
    text = SQLITE if sqlite else POSTGRESQL
    db.execute_sql(text.format(table=table, verb=verb, event=event, when=when, each=each))
