"""Reads a contest from a file: lines of facts, an empty line, and the rules in Markdown."""

from datetime import UTC, date, datetime, time
from pathlib import Path

from storefront.address import countries
from storefront.refusals import Refused

LARGEST = 64 * 1024  # bytes
WANTED = ("name", "prize", "opens", "closes")
# What a file may leave out; the names of `Contest.announce` beside them.
MORE = {"who": "eligible", "odds": "odds", "free way": "free_way"}
FACTS = (*WANTED, "countries", *MORE, "winners", "draw")


def read(path: Path) -> tuple[str, dict]:
    """The name and the facts for `Contest.announce`; raises `Refused` naming what is wrong.

        Name: alps
        Prize: Two weeks of walking, for two
        Opens: 2026-12-01
        Closes: 2027-01-15
        Countries: US, CA
        Who: Anybody of 18 years or more
        Odds: They depend on how many enter
        Free way: The form is enough
        Winners: 2
        Draw: 2027-01-17 12:00

        # Two weeks in the Alps
        Anybody of 18 years or more may enter…

    Days are whole ones, in UTC: it opens as the first begins and closes as the last ends. Without
    `Countries` anybody may enter. The draw, a moment in UTC, is a day after closing unless the
    file says otherwise.
    """
    head, _, text = _text(path).strip().partition("\n\n")
    facts = dict(_fact(line) for line in head.splitlines())
    if missing := [name for name in WANTED if not facts.get(name)]:
        raise Refused(f"The first lines of {path.name} lack {', '.join(missing)}.")
    title, _, rules = text.lstrip().partition("\n")
    codes = facts.get("countries", "").upper().replace(",", " ").split()
    return facts["name"], {
        "title": title.lstrip("# ").strip(),
        "prize": facts["prize"],
        "text": rules.strip(),
        "countries": [_country(code) for code in codes],
        "opens_at": datetime.combine(_day(facts, "opens"), time.min, UTC),
        "closes_at": datetime.combine(_day(facts, "closes"), time(23, 59, 59), UTC),
    } | _more(facts)


def _more(facts: dict[str, str]) -> dict:
    """What the file says besides."""
    said = {column: facts[name] for name, column in MORE.items() if name in facts}
    if "winners" in facts:
        said["winners"] = _number(facts["winners"])
    if "draw" in facts:
        said["draws_at"] = _moment(facts["draw"])
    return said


def _country(code: str) -> str:
    if code not in countries():
        raise Refused(f"“{code[:60]}” is no country; write codes as in Countries: US, CA.")
    return code


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(f"“{text[:60]}” is no number; write it as in Winners: 2.")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        said = "is no moment; write it as in Draw: 2027-01-17 12:00."
        raise Refused(f"“{text[:60]}” {said}") from None


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Refused(f"{path.name} is larger than {LARGEST // 1024} KiB.")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # which PostgreSQL cannot keep
        raise Refused(f"{path.name} is not UTF-8 text. Save it as UTF-8 and try again.")
    return text


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
