"""Winners: told by mail, they accept or decline within the time that the rules give.

Who declines, or lets the time pass, makes room for the next one that the same formula draws. What
everybody may read of a winner is read from the entry, so it is gone with it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from peewee import JOIN, BooleanField, ForeignKeyField, IntegerField, TextField

from storefront import lots
from storefront.db import Moment, Record, database, locked
from storefront.models.contest import Contest
from storefront.models.contest_draw import Draw
from storefront.models.contest_entry import ContestEntry
from storefront.models.outbox import OutgoingMail
from storefront.refusals import Refused

SHOWS = ("", "initials", "name")
HOLDS = ("told", "accepted")  # states that keep a prize for somebody


class Winner(Record):
    """One that was drawn, the `number`th of a draw from 0 on, at that `place` in its list.

    States: told → accepted | declined | lapsed; `gone` where the entry had been taken back or
    erased. `shows` says what everybody may read: nothing, initials or name; `shows_town` the town.
    """

    draw = ForeignKeyField(Draw, backref="winners", index=False, on_delete="CASCADE")
    number = IntegerField()
    place = IntegerField()
    entry = ForeignKeyField(ContestEntry, null=True, on_delete="SET NULL")
    key = TextField(null=True, unique=True)
    state = TextField()
    shows = TextField(default="")
    shows_town = BooleanField(default=False)
    told_at = Moment()
    until = Moment()
    decided_at = Moment(null=True)

    impersonal = secret = ("key", "state", "shows")

    class Meta:
        indexes = ((("draw", "number"), True), (("state", "until"), False))

    @classmethod
    def of(cls, draw: Draw) -> "list[Winner]":
        """All of a draw in the order in which they were drawn, with their entries."""
        rows = cls.select(cls, ContestEntry).join(ContestEntry, JOIN.LEFT_OUTER)
        return list(rows.where(cls.draw == draw).order_by(cls.number))

    @classmethod
    def go_on(cls, at: datetime) -> int:
        """Let the time of those pass who have not answered, and draw for them; how many are told.

        Also for those whose entry is gone meanwhile.
        """
        silent = (cls.state == "told") & ((cls.until <= at) | cls.entry.is_null())
        late = Draw.select(Draw).join(cls).where(silent).distinct()
        return sum(cls._go_on(draw, at) for draw in list(late))

    @classmethod
    def _go_on(cls, draw: Draw, at: datetime) -> int:
        with database.atomic():
            contest = _held(draw)
            mine = (cls.draw == draw) & (cls.state == "told")
            gone = cls.update(state="gone", decided_at=at).where(mine, cls.entry.is_null())
            lapsed = cls.update(state="lapsed", decided_at=at).where(mine, cls.until <= at)
            gone.execute()
            lapsed.execute()
            return cls.fill(contest, draw, at)

    @classmethod
    def fill(cls, contest: Contest, draw: Draw, at: datetime) -> int:
        """Draw until every prize is held by somebody; how many are told. In the caller's
        transaction, which holds the contest.

        Nobody is told who could not answer before the entries are erased.
        """
        until = at + timedelta(days=contest.accept_days)
        if until > contest.erased_at:
            return 0
        drawn = cls.select().where(cls.draw == draw)
        missing = contest.winners - drawn.where(cls.state.in_(HOLDS)).count()
        told = 0
        for number, place in _next(draw, drawn.count()):
            if told >= missing:
                break
            told += cls._tell(draw, number, place, at, until)
        return told

    @classmethod
    def _tell(cls, draw: Draw, number: int, place: int, at: datetime, until: datetime) -> bool:
        here = (ContestEntry.contest == draw.contest_id) & (ContestEntry.place == place)
        entry = ContestEntry.get_or_none(here)
        facts = {"draw": draw, "number": number, "place": place, "told_at": at, "until": until}
        if entry is None:
            cls.create(state="gone", decided_at=at, **facts)
            return False
        mail = OutgoingMail.of("contest_won", entry.email, at)
        mail.entry = entry
        OutgoingMail.add(mail)
        cls.create(state="told", entry=entry, key=mail.message_id, **facts)
        return True

    def accept(self, shows: str, shows_town: bool, at: datetime) -> None:
        """Take the prize, and say what may be shown; once more changes only that.

        Raises `Refused` where the time is over, or the prize was declined.
        """
        if shows not in SHOWS:
            raise Refused(shows="Please choose one of these.")
        with database.atomic():
            fresh = self._fresh()
            if fresh.state != "accepted":
                fresh._check_waits(at)
            facts = {"state": "accepted", "shows": shows, "shows_town": shows_town}
            facts |= {} if fresh.state == "accepted" else {"decided_at": at}
            Winner.update(facts).where(Winner.id == self.id).execute()

    def decline(self, at: datetime) -> None:
        """Leave the prize to the next one; once more does nothing. Raises `Refused`."""
        with database.atomic():
            fresh = self._fresh()
            if fresh.state == "declined":
                return
            if fresh.state != "accepted":
                fresh._check_waits(at)
            facts = {"state": "declined", "decided_at": at, "shows": "", "shows_town": False}
            Winner.update(facts).where(Winner.id == self.id).execute()
            Winner.fill(fresh.draw.contest, fresh.draw, at)

    def _fresh(self) -> "Winner":
        _held(self.draw)
        return Winner.get_by_id(self.id)

    def _check_waits(self, at: datetime) -> None:
        if self.state == "declined":
            raise Refused("You left this prize to the next one, who has been told.")
        if self.state != "told" or at >= self.until:
            raise Refused(
                f"The time to answer ended on {self.until:%-d %B %Y, %H:%M} UTC, and the prize "
                "goes to the next one who is drawn."
            )

    @property
    def shown(self) -> str:
        """What everybody may read: "A. B., Portland", or ""."""
        if self.state != "accepted" or self.entry is None:
            return ""
        names = {"": "", "name": self.entry.name, "initials": _initials(self.entry.name)}
        town = self.entry.city if self.shows_town else ""
        return ", ".join(part for part in (names[self.shows], town) if part)


def _initials(name: str) -> str:
    return " ".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())


def _held(draw: Draw) -> Contest:
    """The contest of a draw as it is now, while nobody else changes what belongs to it."""
    return locked(Contest.select().where(Contest.id == draw.contest_id)).get()


def _next(draw: Draw, drawn: int) -> Iterator[tuple[int, int]]:
    """Number and place of those that come behind the first `drawn`."""
    order = lots.order(bytes.fromhex(draw.root), bytes.fromhex(draw.value), draw.size)
    return ((number, place) for number, place in enumerate(order) if number >= drawn)
