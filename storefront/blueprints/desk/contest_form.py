"""What staff type of a contest, as the facts that `Contest.announce` takes."""

from datetime import UTC, datetime, time, timedelta

from storefront.blueprints.desk.entered import Entered, in_words
from storefront.blueprints.desk.typed import moment
from storefront.models import Contest
from storefront.models.contest import check_years
from storefront.models.shipping import WORLD
from storefront.refusals import Refused

LINES = {
    "title": "Please give it a title.",
    "prize": "Please say what can be won.",
    "eligible": "Please say who may enter.",
    "odds": "Please say in words what the odds are.",
    "free_way": "Please say how everybody enters for free.",
}
LONGEST = 500
NUMBERS = ("winners", "accept_days", "kept_days")
DAY = timedelta(days=1)


def read(form) -> tuple[str, dict]:
    """The name for its address, and the facts; raises `Refused` with a sentence for each field."""
    entered = Entered(form, "")
    facts = {name: entered.text(name, LONGEST) for name in LINES}
    facts |= {name: _number(entered, name) for name in NUMBERS}
    facts["text"] = form.get("text", "").replace("\r\n", "\n").strip()
    facts["way"] = entered.text("way")
    facts["countries"] = [code for code in entered.countries("countries") if code != WORLD]
    facts["opens_at"] = entered.day("opens_at")
    # As the last day ends.
    last = entered.day("closes_at")
    facts["closes_at"] = last and datetime.combine(last, time(23, 59, 59), UTC)
    facts["draws_at"] = _moment(entered, "draws_at")
    _look_over(entered, facts)
    return entered.text("slug", 100), facts


def _number(entered: Entered, name: str) -> int:
    found = entered.number(name)
    return 0 if found is None else min(found, 10**6)


def _moment(entered: Entered, name: str) -> datetime | None:
    try:
        return moment(entered.form.get(name, ""))
    except Refused as refusal:
        entered.problems[name] = refusal.sentence
        return None


def _look_over(entered: Entered, facts: dict) -> None:
    """Note what is missing, and raise `Refused` where anything is wrong."""
    missing = {name: words for name, words in LINES.items() if not facts[name]}
    if not facts["text"]:
        missing["text"] = "Please write the rules."
    for name in ("opens_at", "closes_at", "draws_at"):
        if not facts[name]:
            missing[name] = "Please give a day."
    try:
        check_years(facts)
    except Refused as far:
        missing |= far.problems
    entered.problems = missing | entered.problems
    if entered.problems:
        raise Refused(**entered.problems)


def fresh(at: datetime) -> dict[str, str]:
    """What stands in the form of a new contest."""
    opens, closes = at + DAY, at + 31 * DAY
    return {
        "opens_at": f"{opens:%Y-%m-%d}",
        "closes_at": f"{closes:%Y-%m-%d}",
        "draws_at": f"{closes + 2 * DAY:%Y-%m-%d}T12:00",
        "way": "beacon",
        "winners": "1",
        "accept_days": "14",
        "kept_days": "60",
        "free_way": "Entering costs nothing, and nobody has to buy anything: the form is enough.",
    }


def typed(contest: Contest) -> dict[str, str]:
    """What stands in the form of one that there is."""
    said = {name: getattr(contest, name) for name in (*LINES, "text", "way", "slug")}
    said |= {name: str(getattr(contest, name)) for name in NUMBERS}
    days = {name: f"{getattr(contest, name):%Y-%m-%d}" for name in ("opens_at", "closes_at")}
    draws = contest.draws_at
    return (
        said
        | days
        | {
            "of": str(contest.id),
            "draws_at": f"{draws:%Y-%m-%dT%H:%M}" if draws else "",
            "countries": in_words(contest.countries),
        }
    )
