"""A contest: what can be won, who may enter and until when, and how it is drawn.

Dates, prize and all that `FROZEN` names stay as they were from the first entry on, for good. What
may still change then is the text of the rules: in a new version, which those who entered are told
of by mail (`contest_rules`), until the contest closes.
"""

import re
from datetime import datetime, timedelta

from peewee import IntegerField, IntegrityError, TextField

from storefront import beacon
from storefront.db import JSONText, Moment, Record, database, locked
from storefront.models.contest_rules import ContestRules
from storefront.refusals import Refused

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
TAKEN = ("entries", "prizes")  # what stands for something else in addresses
KEPT_DAYS = 60  # after the contest has closed, at most: the policy says so of every entry
WAYS = {"beacon": f"a round of the public beacon drand ({beacon.NAME})", "dice": "dice"}
MARGIN = timedelta(hours=1)  # between closing and the moment of the draw, at least
DAY = timedelta(days=1)
YEARS = range(2000, 2200)
LONGEST_SLUG = 100
MOST_WINNERS = 100
LONGEST_ACCEPTING = 30  # days
#: What may be left out when a contest is announced.
LEFT_OUT = {
    **dict.fromkeys(("eligible", "odds", "free_way"), ""),
    **{"winners": 1, "accept_days": 14, "kept_days": KEPT_DAYS, "way": "beacon"},
}
FROZEN = ("title", "prize", "countries", "opens_at", "closes_at", "draws_at", *LEFT_OUT)


class Contest(Record):
    """One contest. Its dates and rules stay as they are once somebody has entered.

    `text` is Markdown, the rules in force; `countries` are ISO 3166-1 alpha-2 codes, none of them
    means all. At `draws_at` there is the random value that decides, by one of `WAYS`; a contest
    without that moment is of a time when the shop drew nothing. Winners have `accept_days` to
    answer, and entries go `kept_days` after closing. `picture` has digest, width, height, widths.
    """

    slug = TextField(unique=True)
    title = TextField()
    prize = TextField()
    text = TextField()
    eligible = TextField(default="")
    odds = TextField(default="")
    free_way = TextField(default="")
    countries = JSONText(default=list)
    opens_at = Moment()
    closes_at = Moment(index=True)
    draws_at = Moment(null=True)
    way = TextField(default="beacon")
    winners = IntegerField(default=1)
    accept_days = IntegerField(default=14)
    kept_days = IntegerField(default=KEPT_DAYS)
    picture = JSONText(null=True)
    picture_words = TextField(default="")
    rules_version = IntegerField(default=1)
    announced_at = Moment()
    frozen_at = Moment(null=True)
    committed_at = Moment(null=True)

    impersonal = (
        *("slug", "title", "prize", "text", "countries", "eligible", "odds", "free_way"),
        *("way", "picture", "picture_words"),
    )

    @classmethod
    def announce(cls, slug: str, at: datetime, **facts) -> "Contest":
        """Post a contest, or post it anew as long as nobody has entered.

        `facts` are its other columns, of which those in `LEFT_OUT` may be; the draw is a day after
        closing where nothing is said of it. Raises `Refused` in words.
        """
        check_years(facts)
        if "closes_at" in facts and not facts.get("draws_at"):
            facts["draws_at"] = facts["closes_at"] + DAY
        _check(slug, LEFT_OUT | facts, at)
        with database.atomic():
            known = locked(cls.select().where(cls.slug == slug)).first()
            if known and known.frozen_at:
                raise Refused(
                    f"Somebody has entered “{known.title}” already, so its dates and rules stay as "
                    "they are. Announce another contest under another name."
                )
            if known and known.committed_at:
                raise Refused(f"“{known.title}” is over. Announce another under another name.")
            contest = known or cls(slug=slug, rules_version=0)
            for name, value in (LEFT_OUT | facts).items():
                setattr(contest, name, value)
            contest.announced_at, contest.rules_version = at, contest.rules_version + 1
            contest.save()
            ContestRules.post(contest, "", at)
        return contest

    @classmethod
    def begin(cls, slug: str, at: datetime, **facts) -> "Contest":
        """As `announce`, of one that is new: raises `Refused` where the name is taken."""
        taken = Refused(slug="Another contest has this name. Choose one that is free.")
        try:
            with database.atomic():
                if cls.select().where(cls.slug == slug).exists():
                    raise taken
                return cls.announce(slug, at, **facts)
        except IntegrityError:  # somebody announced it in the same moment
            raise taken from None

    def hang(self, picture: dict | None, words: str) -> None:
        """Show a picture of the prize, with words for who cannot see it, or none any more.

        `picture` has digest, width, height, widths. Raises `Refused` for one after the first
        entry: the prize would look another; none is always possible.
        """
        with database.atomic():
            contest = locked(Contest.select().where(Contest.id == self.id)).get()
            if picture and contest.frozen_at:
                raise Refused(picture="Somebody has entered, so the picture stays, or goes.")
            if picture and not words:
                raise Refused(alt="Say in a few words what the picture shows.")
            contest.picture, contest.picture_words = picture, words if picture else ""
            contest.save(only=[Contest.picture, Contest.picture_words])

    @classmethod
    def shown(cls, at: datetime) -> "list[Contest]":
        """Those that run, then those to come, then those of the last year; soonest first."""
        recent = list(cls.select().where(cls.closes_at > at - timedelta(days=365)))
        order = {"open": 0, "coming": 1, "closed": 2}
        return sorted(recent, key=lambda one: (order[one.state(at)], one.closes_at))

    @classmethod
    def newest(cls) -> "list[Contest]":
        """All there are, the one that closes last first."""
        return list(cls.select().order_by(cls.closes_at.desc(), cls.id.desc()))

    @classmethod
    def open_at(cls, at: datetime) -> list[tuple[str, str, str]]:
        """Slug, title and prize of those that run then, soonest over first."""
        running = cls.select(cls.slug, cls.title, cls.prize)
        return list(
            running.where(cls.opens_at <= at, cls.closes_at > at).order_by(cls.closes_at).tuples()
        )

    @classmethod
    def next_change(cls, at: datetime) -> datetime | None:
        """The next moment at which a contest opens or closes."""
        moments = [m for one in cls.shown(at) for m in (one.opens_at, one.closes_at)]
        return min((moment for moment in moments if moment > at), default=None)

    def state(self, at: datetime) -> str:
        """ "coming", "open" or "closed"."""
        if at < self.opens_at:
            return "coming"
        return "open" if at < self.closes_at and not self.committed_at else "closed"

    def check_open(self, at: datetime) -> None:
        """Raise `Refused` where no entry is taken.

        Whoever asked in the last moment may come here behind the one who closed the list: a row
        that is read while it is locked knows.
        """
        if self.state(at) == "coming":
            raise Refused(f"This contest opens on {_day(self.opens_at)}.")
        if self.state(at) == "closed":
            raise Refused(f"This contest closed on {_day(self.closes_at)}. No more is taken.")

    @property
    def erased_at(self) -> datetime:
        """When its entries are gone."""
        return self.closes_at + timedelta(days=self.kept_days)

    @property
    def round(self) -> int | None:
        """The beacon's round that its rules name; None for dice."""
        is_named = self.draws_at and self.way == "beacon"
        return beacon.round_at(self.draws_at) if is_named else None


def check_years(facts: dict) -> None:
    """Raise `Refused` beside each date so far off that nothing could be reckoned from it."""
    dates = {name: facts.get(name) for name in ("opens_at", "closes_at", "draws_at")}
    far = [name for name, moment in dates.items() if moment and moment.year not in YEARS]
    if far:
        raise Refused(**dict.fromkeys(far, "Please give a day of this century or the next."))


def _check(slug: str, facts: dict, at: datetime) -> None:
    if not SLUG.fullmatch(slug) or slug in TAKEN or len(slug) > LONGEST_SLUG:
        raise Refused(
            slug=f"“{slug[:LONGEST_SLUG]}” cannot stand in an address. Use small letters, digits "
            f"and hyphens, and not the words {' or '.join(f'“{word}”' for word in TAKEN)}."
        )
    wrong = {
        name: f"The contest needs a {name}."
        for name in ("title", "prize", "text")
        if not facts[name].strip()
    }
    wrong |= _dates_wrong(facts, at)
    if wrong:
        raise Refused(**wrong)


def _dates_wrong(facts: dict, at: datetime) -> dict[str, str]:
    closes, draws = facts["closes_at"], facts["draws_at"]
    if closes <= max(facts["opens_at"], at):
        return {"closes_at": "A contest closes after it has opened, and not in the past."}
    if draws < closes + MARGIN:
        return {
            "draws_at": "The draw comes an hour or more after closing: first everybody who entered "
            "is told what it is made from."
        }
    most = {"winners": MOST_WINNERS, "accept_days": LONGEST_ACCEPTING, "kept_days": KEPT_DAYS}
    wrong = {
        name: f"This is a number from 1 to {top}."
        for name, top in most.items()
        if not 1 <= facts[name] <= top
    }
    if facts["way"] not in WAYS:
        wrong["way"] = "Choose one of the ways."
    if not wrong and draws + 2 * facts["accept_days"] * DAY > closes + facts["kept_days"] * DAY:
        wrong["kept_days"] = (
            "Entries have to be kept for the draw and twice the time to accept, so that there is "
            "another winner where the first one does not want the prize."
        )
    return wrong


def _day(moment: datetime) -> str:
    return moment.strftime("%-d %B %Y, %H:%M UTC")
