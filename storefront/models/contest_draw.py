"""The draw of a contest: its entries under one root, then the random value, then who has won.

The root is published before the value exists, so that nobody can choose who is in to suit it; the
value is public, so that everybody draws the same. What is kept of the entries is a hash each.
"""

import secrets
from datetime import datetime, timedelta
from functools import lru_cache

from peewee import BigIntegerField, BooleanField, ForeignKeyField, IntegerField, TextField

from storefront import beacon, lots
from storefront.db import JSONText, Moment, Record, database, locked
from storefront.models.contest import MARGIN, Contest
from storefront.models.contest_entry import ContestEntry
from storefront.models.outbox import OutgoingMail
from storefront.refusals import Refused

AT_ONCE = 500  # rows of one statement
HASTE = timedelta(minutes=10)  # a root that comes so close before the value is too late for it
DONE = "This contest has been drawn already, with another value. Nothing was changed."


class Draw(Record):
    """The draw of a contest, from the moment its list was closed.

    `round` is the beacon's, None for dice; the value comes at `due_at`. `value` is hexadecimal, ""
    until it is known; of a round it is the SHA-256 of `signature`, of dice that of the digits in
    `ceremony`, which also says in words who threw them, when, and which they were. It is `late`
    where the root came too late for the moment that the rules had named.
    """

    contest = ForeignKeyField(Contest, unique=True, backref="draws", on_delete="CASCADE")
    root = TextField()
    size = IntegerField()
    round = BigIntegerField(null=True)
    due_at = Moment()
    late = BooleanField(default=False)
    formula = IntegerField(default=lots.FORMULA)
    value = TextField(default="")
    signature = TextField(default="")
    ceremony = JSONText(null=True)
    committed_at = Moment()
    drawn_at = Moment(null=True)

    impersonal = ("root", "value", "signature", "ceremony")

    @classmethod
    def of(cls, contest: Contest) -> "Draw | None":
        """The draw of a contest, once its list is closed."""
        return cls.get_or_none(cls.contest == contest)

    @classmethod
    def commit_due(cls, at: datetime) -> int:
        """Close the lists of all contests that are over; how many."""
        waits = Contest.committed_at.is_null() & Contest.draws_at.is_null(False)
        over = Contest.select().where(waits, Contest.closes_at <= at)
        return sum(cls.commit(contest, at) is not None for contest in list(over))

    @classmethod
    def commit(cls, contest: Contest, at: datetime) -> "Draw | None":
        """Close the list: the root over all confirmed entries, and a mail to each with its proof.

        None where it is closed already, or not over yet. In the order of their hashes, so that a
        place says nothing of when somebody entered.
        """
        with database.atomic():
            contest = locked(Contest.select().where(Contest.id == contest.id)).get()
            if contest.committed_at or not contest.draws_at or at < contest.closes_at:
                return None
            entries = list(locked(ContestEntry.confirmed(contest)))
            leaves = _seal(entries, contest)
            draw = cls._begun(contest, lots.Tree(leaves).root, len(leaves), at)
            DrawLeaf.keep(draw, leaves)
            tell("contest_closed", entries, at)
            Contest.update(committed_at=at).where(Contest.id == contest.id).execute()
        return draw

    @classmethod
    def _begun(cls, contest: Contest, root: bytes, size: int, at: datetime) -> "Draw":
        late = at > contest.draws_at - HASTE
        due = at + MARGIN if late else contest.draws_at
        return cls.create(
            contest=contest,
            root=root.hex(),
            size=size,
            round=beacon.round_at(due) if contest.way == "beacon" else None,
            due_at=due,
            late=late,
            committed_at=at,
        )

    def reveal(self, said: beacon.Value, at: datetime) -> None:
        """Draw with the beacon's value. The same once more does nothing; raises `Refused`."""
        if self.round is None:
            raise Refused(answer="The rules of this contest name dice, not the beacon.")
        if said.round != self.round:
            raise Refused(
                answer=f"This is the value of round {said.round}. This draw goes by round "
                f"{self.round}, and by no other."
            )
        self._draw(at, value=said.randomness, signature=said.signature)

    def throw(self, digits: str, words: dict[str, str], at: datetime) -> None:
        """Draw with dice; `words` say `who` threw them, `when`, and `which` they were.

        Raises `Refused`.
        """
        if self.round is not None:
            raise Refused(digits="The rules of this contest name the beacon, not dice.")
        thrown, value = beacon.value_of_dice(digits)
        self._draw(at, value=value, ceremony=words | {"digits": thrown})

    def _draw(self, at: datetime, **found) -> None:
        from storefront.models.contest_winner import Winner  # which stands on this

        with database.atomic():
            contest = locked(Contest.select().where(Contest.id == self.contest_id)).get()
            draw = Draw.get_by_id(self.id)
            if draw.value:
                if draw.value == found["value"]:
                    return
                raise Refused(DONE)
            draw._check_time(at)
            Draw.update(**found, drawn_at=at).where(Draw.id == self.id).execute()
            Winner.fill(contest, Draw.get_by_id(self.id), at)

    def _check_time(self, at: datetime) -> None:
        if not self.size:
            raise Refused("Nobody has entered, so there is nothing to draw.")
        if at < self.due_at:
            raise Refused(f"The value comes on {self.due_at:%-d %B %Y, %H:%M:%S} UTC, not before.")

    def proof(self, entry: ContestEntry) -> dict:
        """What proves that an entry was in the list: for the mail to whoever made it.

        Without the facts, where they are no longer what was sealed.
        """
        facts = entry.sealed_facts
        said = {"facts": facts} if lots.digest_of(facts).hex() == entry.digest else {}
        return said | {
            "format": "storefront-draw-proof/1",
            "contest": self.contest.slug,
            "digest": entry.digest,
            "salt": entry.salt,
            "index": entry.place,
            "entries": self.size,
            "path": [each.hex() for each in _tree(self.id, self.root).path(entry.place)],
            "root": self.root,
            "round": self.round,
        }


class DrawLeaf(Record):
    """One leaf of a draw's tree: the hash that is left of an entry."""

    draw = ForeignKeyField(Draw, backref="leaves", index=False, on_delete="CASCADE")
    place = IntegerField()
    leaf = TextField()

    impersonal = ("leaf",)

    class Meta:
        indexes = ((("draw", "place"), True),)

    @classmethod
    def keep(cls, draw: Draw, leaves: list[bytes]) -> None:
        """Write them down, in their order."""
        rows = [cls(draw=draw, place=n, leaf=leaf.hex()) for n, leaf in enumerate(leaves)]
        for start in range(0, len(rows), AT_ONCE):
            cls.add(*rows[start : start + AT_ONCE])

    @classmethod
    def of(cls, draw: Draw | int) -> list[str]:
        """All leaves of a draw, in their order, hexadecimal."""
        rows = cls.select(cls.leaf).where(cls.draw == draw).order_by(cls.place)
        return [leaf for (leaf,) in rows.tuples()]


def _seal(entries: list[ContestEntry], contest: Contest) -> list[bytes]:
    """Give each entry its salt, digest and place; the leaves in their order."""
    made = []
    for entry in entries:
        entry.contest = contest
        salt, digest = secrets.token_bytes(32), lots.digest_of(entry.sealed_facts)
        made.append((lots.sealed(salt, digest), salt, digest, entry))
    made.sort(key=lambda one: one[0])
    for place, (_, salt, digest, entry) in enumerate(made):
        found = {"salt": salt.hex(), "digest": digest.hex(), "place": place}
        ContestEntry.update(found).where(ContestEntry.id == entry.id).execute()
    return [leaf for leaf, *_ in made]


def tell(kind: str, entries: list[ContestEntry], at: datetime) -> None:
    """Put a mail of that kind to each of them into the outbox, in the caller's transaction."""
    mails = [OutgoingMail.of(kind, entry.email, at) for entry in entries if entry.email]
    for mail, entry in zip(mails, [one for one in entries if one.email], strict=True):
        mail.entry = entry
    for start in range(0, len(mails), AT_ONCE):
        OutgoingMail.add(*mails[start : start + AT_ONCE])


@lru_cache(maxsize=2)
def _tree(draw_id: int, root: str) -> lots.Tree:
    """The tree of a draw, which never changes: one mail after the other is written from it."""
    return lots.Tree([bytes.fromhex(leaf) for leaf in DrawLeaf.of(draw_id)])
