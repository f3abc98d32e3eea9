"""Reads a contest from a file: lines of facts, an empty line, and the rules in Markdown."""

from datetime import UTC, date, datetime, time
from pathlib import Path

from storefront.refusals import Refused

LARGEST = 64 * 1024  # bytes
FACTS = ("name", "prize", "opens", "closes", "countries")


def read(path: Path) -> tuple[str, dict]:
    """The name and the facts for `Contest.announce`; raises `Refused` naming what is wrong.

        Name: alps
        Prize: Two weeks of walking, for two
        Opens: 2026-12-01
        Closes: 2027-01-15
        Countries: US, CA

        # Two weeks in the Alps
        Anybody of 18 years or more may enter…

    Days are whole ones, in UTC: it opens as the first begins and closes as the last ends. Without
    `Countries` anybody may enter.
    """
    head, _, text = _text(path).strip().partition("\n\n")
    facts = dict(_fact(line) for line in head.splitlines())
    if missing := [name for name in FACTS[:-1] if not facts.get(name)]:
        raise Refused(f"The first lines of {path.name} lack {', '.join(missing)}.")
    title, _, rules = text.lstrip().partition("\n")
    countries = facts.get("countries", "").upper().replace(",", " ").split()
    return facts["name"], {
        "title": title.lstrip("# ").strip(),
        "prize": facts["prize"],
        "text": rules.strip(),
        "countries": countries,
        "opens_at": datetime.combine(_day(facts, "opens"), time.min, UTC),
        "closes_at": datetime.combine(_day(facts, "closes"), time(23, 59, 59), UTC),
    }


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Refused(f"{path.name} is larger than {LARGEST // 1024} KiB.")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused(f"{path.name} is not UTF-8 text. Save it as UTF-8 and try again.") from None


def _fact(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or name.strip().lower() not in FACTS:
        named = ", ".join(fact.capitalize() for fact in FACTS)
        raise Refused(f"“{line[:60]}” is none of the first lines, which are: {named}.")
    return name.strip().lower(), value.strip()


def _day(facts: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(facts[name])
    except ValueError:
        raise Refused(
            f"“{facts[name]}” is no day; write it as in {name.capitalize()}: 2026-12-01."
        ) from None
