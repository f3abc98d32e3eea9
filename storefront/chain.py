"""Checks that posted versions are what was posted: every row, their chain, the triggers, the notes.

A row is known by its signature, a removed one by the digest in the next, a removed last one by its
note in the instance, a trigger that was taken away or changed by its own text.
"""

from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storefront.archive import Archive, PolicyKey, from_note, signed_note, verify
from storefront.db import database, is_sqlite
from storefront.models import PolicyNotice, PolicyVersion
from storefront.refusals import Refused

BRING_BACK = "`storefront verify-policy --bring-back` puts it back from its note"


def troubles(key: PolicyKey) -> list[str]:
    """Everything that is not as it was posted, in sentences; none when all is well."""
    public = key.public_key()
    return [*_rows(public), *_notes(key.archive, public), *_triggers()]


def remarks(key: PolicyKey) -> list[str]:
    """What is no tampering and still worth a word."""
    unkept = PolicyVersion.select().where(PolicyVersion.number.not_in(key.archive.numbers()))
    return [
        f"version {version.number} has no note in {key.archive.folder} yet: its posting was cut "
        "short; the next posting writes it"
        for version in unkept.order_by(PolicyVersion.number)
    ]


def say(key: PolicyKey, put_back: bool, tell: Callable[[str], None]) -> None:
    """Tell that all is well, after putting back what is missing; raises `Refused` with troubles."""
    for number in bring_back(key) if put_back else ():
        tell(f"version {number} is back")
    for line in remarks(key):
        tell(line)
    if found := troubles(key):
        raise Refused("\n".join(found))
    if last := PolicyVersion.last():
        many = (
            "1 version is as it was"
            if last.number == 1
            else f"{last.number} versions are as they were"
        )
        tell(f"{many} posted; the digest of the last is {last.digest}")
    else:
        tell("no version is posted yet")


def _rows(public: Ed25519PublicKey) -> Iterator[str]:
    before = None
    for version in PolicyVersion.select().order_by(PolicyVersion.number):
        name = f"version {version.number}"
        if not verify(version, public):
            yield f"{name} is not what was signed when it was posted"
        expected = before.number + 1 if before else 1
        if version.number != expected:
            yield f"{name} stands where version {expected} should: versions are missing"
        elif version.previous != (before.digest if before else ""):
            yield f"{name} does not continue the version before it: one of them was replaced"
        if before and version.posted_at < before.posted_at:
            yield f"{name} says that it was posted before version {before.number}"
        if before and version.in_force_at < before.in_force_at:
            yield f"{name} says that it comes into force before version {before.number}"
        before = version


def _notes(archive: Archive, public: Ed25519PublicKey) -> Iterator[str]:
    rows = {version.number: version for version in PolicyVersion.select()}
    for number in archive.numbers():
        note = archive.read(number)
        if _read(note, number, public) is None:
            yield f"the note {archive.folder / f'{number}.note'} is not what this shop signed"
        elif number not in rows:
            yield (
                f"version {number} was posted and is not in the database: an older backup was "
                f"restored, or the row was removed. {BRING_BACK}"
            )
        elif signed_note(rows[number]) != note:
            yield f"version {number} in the database is another one than its note says"


def _read(note: str, number: int, public: Ed25519PublicKey) -> PolicyVersion | None:
    """The version of a note, if this shop has signed it."""
    try:
        version = from_note(note)
        good = version.number == number and verify(version, public)
        return version if good and signed_note(version) == note else None
    except ValueError:
        return None


def bring_back(key: PolicyKey) -> list[int]:
    """Put versions that the database has lost at its end back from their notes; their numbers.

    Raises `Refused` where a note does not continue what is there. Nobody is told of them by mail
    again: that was begun when they were posted.
    """
    brought = []
    with database.atomic():
        last = PolicyVersion.last()
        for number in key.archive.numbers():
            if last and number <= last.number:
                continue
            version = _read(key.archive.read(number), number, key.public_key())
            follows = version and version.previous == (last.digest if last else "")
            if not follows or number != (last.number + 1 if last else 1):
                raise Refused(f"The note of version {number} does not continue what is there.")
            version.save(force_insert=True)
            PolicyNotice.none_for(version)
            last = version
            brought.append(number)
    return brought


# The triggers, as migration 0001 and 0004 made them.

NEVER = "BEGIN SELECT RAISE(ABORT, 'posted policy versions are never changed'); END"
COUNT = "BEGIN UPDATE edition SET number = number + 1; END"
SQLITE = {
    f"policy_version_never_{verb}": f"BEFORE {verb} ON policy_version {NEVER}"
    for verb in ("UPDATE", "DELETE")
}
THERE = (
    "(SELECT 1 FROM policy_version WHERE id = NEW.id OR number = NEW.number OR digest = NEW.digest)"
)
SQLITE["policy_version_never_replaced"] = (
    f"BEFORE INSERT ON policy_version WHEN EXISTS {THERE} {NEVER}"
)
SQLITE |= {
    f"edition_policy_version_{verb.lower()}": f'AFTER {verb} ON "policy_version" {COUNT}'
    for verb in ("INSERT", "UPDATE", "DELETE")
}
FINAL = (
    "policy_version_is_final() BEGIN RAISE EXCEPTION 'posted policy versions are never "
    "changed'; END"
)
NOTED = (
    "note_edition() BEGIN INSERT INTO edition (number) VALUES (txid_current()) ON CONFLICT "
    "(number) DO NOTHING; RETURN NULL; END"
)
POSTGRESQL = {
    "policy_version_never_changed": "BEFORE DELETE OR UPDATE ON policy_version FOR EACH ROW "
    f"EXECUTE FUNCTION {FINAL}",
    "policy_version_never_emptied": "BEFORE TRUNCATE ON policy_version FOR EACH STATEMENT "
    f"EXECUTE FUNCTION {FINAL}",
}
POSTGRESQL |= {
    f"edition_policy_version_{verb.lower()}": f"AFTER {verb} ON policy_version FOR EACH STATEMENT "
    f"EXECUTE FUNCTION {NOTED}"
    for verb in ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
}
# Rules rewrite statements before any trigger sees them.
POSTGRESQL_ASKED = """
SELECT t.tgname, t.tgenabled, l.lanname, pg_get_triggerdef(t.oid, true), p.prosrc
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
WHERE t.tgrelid = 'policy_version'::regclass AND NOT t.tgisinternal
UNION ALL
SELECT rulename, 'O', 'rule', definition, '' FROM pg_rules WHERE tablename = 'policy_version'
"""


def _triggers() -> Iterator[str]:
    wanted = SQLITE if is_sqlite() else POSTGRESQL
    found = dict(_sqlite_triggers() if is_sqlite() else _postgresql_triggers())
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"the trigger {name} is missing, which keeps posted versions as they are"
        elif name not in wanted:
            yield f"there is a trigger {name} on posted versions that this program did not make"
        elif found[name] != wanted[name]:
            yield f"the trigger {name} is not the one that this program made"


def _sqlite_triggers() -> Iterator[tuple[str, str]]:
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    for name, sql in database.execute_sql(asked, ("policy_version",)).fetchall():
        yield name, _plain(sql).removeprefix(f"CREATE TRIGGER {name} ")


def _postgresql_triggers() -> Iterator[tuple[str, str]]:
    for name, enabled, language, sql, body in database.execute_sql(POSTGRESQL_ASKED).fetchall():
        told = f"{_plain(sql).removeprefix(f'CREATE TRIGGER {name} ')} {_plain(body)}"
        yield name, told if (enabled, language) == ("O", "plpgsql") else f"off: {told}"


def _plain(sql: str) -> str:
    return " ".join(sql.split())
