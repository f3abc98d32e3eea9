"""How an issue goes out: queued with one statement, sent at its pace, paused, stopped, counted."""

from datetime import datetime, timedelta

from peewee import fn

from storefront.db import database, is_sqlite
from storefront.models.insider import GoneInsider, Insider
from storefront.models.outbox import STATES, OutgoingMail
from storefront.models.policy import PolicyVersion
from storefront.refusals import Refused

MINUTE = timedelta(minutes=1)
BEGUN = ("sending", "paused", "sent", "stopped")
COLUMNS = (
    *("kind", '"to"', "insider_id", "issue_id", "message_id"),
    *("state", "made_at", "due_at", "tries", "trouble"),
)


class Sending:
    """The verbs of sending; mixed into `InsiderIssue`."""

    def schedule(self, when: datetime, at: datetime) -> "Sending":
        """Have it begin at that moment, or at once where it is past. Raises `Refused`."""
        with database.atomic():
            issue = self._in("draft", say=NO_DRAFT)
            issue.check()
            _check_policy(at)
            return issue._set(state="scheduled", due_at=max(when, at), trouble="")

    def take_back(self) -> "Sending":
        """A draft again, to be written on; raises `Refused` where it has begun."""
        with database.atomic():
            return self._in("scheduled", say=BEGUN_ALREADY)._set(state="draft", due_at=None)

    @classmethod
    def begin_due(cls, at: datetime) -> int:
        """Begin what is to begin by then; how many. What cannot is a draft again, and says why."""
        due = list(cls.select().where(cls.state == "scheduled", cls.due_at <= at))
        return sum(issue._begin_or_say_why(at) for issue in due)

    def _begin_or_say_why(self, at: datetime) -> bool:
        try:
            self.begin(at)
        except Refused as refusal:
            waiting = (type(self).id == self.id) & (type(self).state == "scheduled")
            facts = {"state": "draft", "due_at": None, "trouble": refusal.sentence}
            type(self).update(facts).where(waiting).execute()
            return False
        return True

    def begin(self, at: datetime) -> "Sending":
        """Queue a mail for everybody who has confirmed, and make it public: all or nothing."""
        with database.atomic():
            issue = self._in("scheduled", say=BEGUN_ALREADY)
            issue.check()
            _check_policy(at)
            issue._set(state="sending", published_at=at)
            return issue._set(addressed=issue._queue(at))

    def _queue(self, at: datetime) -> int:
        """One statement, so that no row of it comes through here; how many there are."""
        name = "lower(hex(randomblob(16)))" if is_sqlite() else UUID
        reading = Insider.reading().select(Insider.id, Insider.email)
        if not is_sqlite():  # who leaves while it runs would make all of it fail
            reading = reading.for_update("FOR KEY SHARE")
        sql, values = reading.sql()
        columns = ", ".join(COLUMNS)
        moment, mark = type(self).made_at.db_value(at), database.param
        cursor = database.execute_sql(
            f'INSERT INTO "outgoing_mail" ({columns}) '  # noqa: S608
            f"SELECT 'insider_issue', r.email, r.id, {self.id}, {name}, 'waiting', "
            f"{_moment(mark)}, {_moment(mark)}, 0, '' FROM ({sql}) AS r",
            [moment, moment, *values],
        )
        return cursor.rowcount

    def pause(self) -> "Sending":
        """Send nothing more of it for now; raises `Refused` where it does not go out."""
        with database.atomic():
            return self._in("sending", say=NOT_GOING_OUT)._set(state="paused")

    def go_on(self) -> "Sending":
        """Go on where it was paused."""
        with database.atomic():
            return self._in("paused", say="This issue is not paused.")._set(state="sending")

    def stop(self, at: datetime) -> "Sending":
        """Send nothing more of it, for good: what waits is dropped. One of which nothing has gone
        or is under way is taken out of the archive."""
        with database.atomic():
            issue = self._in("sending", "paused", say=NOT_GOING_OUT)
            self._mails("waiting").execute()
            gone = issue.sent or OutgoingMail.select().where(OutgoingMail.issue == self.id).exists()
            kept = {} if gone else {"published_at": None}
            return issue._set(state="stopped", ended_at=at, **kept)

    def _mails(self, state: str):
        of_mine = (OutgoingMail.issue == self.id) & (OutgoingMail.state == state)
        return OutgoingMail.delete().where(of_mine)

    def next_mails(self, at: datetime, most: int) -> list[OutgoingMail]:
        """What may go now, in the order people signed up: as many as its pace has room for."""
        mail = OutgoingMail
        tried = (
            (mail.issue == self.id) & (mail.state != "waiting") & (mail.claimed_at > at - MINUTE)
        )
        room = self.per_minute - mail.select().where(tried).count()
        waits = (mail.issue == self.id) & (mail.state == "waiting") & (mail.due_at <= at)
        return list(mail.select().where(waits).order_by(mail.id).limit(max(0, min(room, most))))

    def finish(self, at: datetime) -> bool:
        """It is sent where nothing of it waits or is under way; whether that is so."""
        mail = OutgoingMail
        of_mine = (mail.issue == self.id) & mail.state.in_(("waiting", "sending"))
        under_way = mail.select().where(of_mine)
        if under_way.exists():  # first without a transaction, since it is asked each second
            return False
        with database.atomic():
            if under_way.exists():
                return False
            mine = (type(self).id == self.id) & (type(self).state == "sending")
            done = type(self).update(state="sent", ended_at=at).where(mine)
            return bool(done.execute())

    def settle(self, arrived: bool, at: datetime) -> "Sending":
        """Somebody says of its mails in doubt that they arrived, or has them sent once more.

        Raises `Refused` where they cannot be sent, because it was stopped.
        """
        mail, issue = OutgoingMail, type(self)
        mine = (mail.issue == self.id) & (mail.state == "doubtful")
        with database.atomic():
            if arrived:
                gone = {"state": "sent", "sent_at": mail.claimed_at, "trouble": ""}
                count = mail.update(gone).where(mine).execute()
                return self._set(sent=issue.sent + count)
            known = self._in("sending", "paused", "sent", say=STOPPED_ALREADY)
            again = {"state": "waiting", "claimed_at": None, "due_at": at, "tries": 0}
            if mail.update(again).where(mine).execute() and known.state == "sent":
                return self._set(state="sending", ended_at=None)
            return known

    @classmethod
    def count(cls, number: int, **more: int) -> None:
        """Count up what became of its mails: `sent`, `bounced` or `delayed`."""
        columns = {name: getattr(cls, name) + value for name, value in more.items()}
        cls.update(columns).where(cls.id == number).execute()

    @classmethod
    def add_views(cls, more: dict[str, int]) -> None:
        """Count up views of archive pages, by slug; names that no page has are passed over."""
        for slug, count in sorted(more.items()):
            shown = (cls.slug == slug) & cls.published_at.is_null(False)
            cls.update(views=cls.views + count).where(shown).execute()

    def queue(self) -> dict[str, int]:
        """How many of its mails there are in each state; those of who left have gone."""
        rows = OutgoingMail.select(OutgoingMail.state, fn.COUNT(OutgoingMail.id))
        mine = rows.where(OutgoingMail.issue == self.id).group_by(OutgoingMail.state)
        return dict.fromkeys(STATES, 0) | dict(mine.tuples())

    @classmethod
    def to_look_at(cls) -> int:
        """How many could not go out, or have mails in doubt."""
        mail = OutgoingMail
        doubted = mail.select(mail.issue).where(mail.state == "doubtful", mail.issue.is_null(False))
        unsent = (cls.state == "draft") & (cls.trouble != "")
        return cls.select().where(unsent | cls.id.in_(doubted)).count()

    def left_since(self) -> int:
        """How many have left since it began to go out, whatever made them."""
        begun = self.published_at
        return GoneInsider.select().where(GoneInsider.left_at >= begun).count() if begun else 0


def _moment(mark: str) -> str:
    """A parameter in a list of what is selected, whose type PostgreSQL would take for text."""
    return mark if is_sqlite() else f"CAST({mark} AS timestamp)"


def _check_policy(at: datetime) -> None:
    policy = PolicyVersion.in_force(at)
    if policy is None:
        raise Refused("No privacy page has been posted yet.")
    policy.require("insider")


UUID = "replace(CAST(gen_random_uuid() AS text), '-', '')"
NO_DRAFT = "This issue is no draft any more, so it stays as it is."
BEGUN_ALREADY = "This issue is not waiting to be sent: it has begun, or was taken back."
STOPPED_ALREADY = "This issue was stopped, so nothing of it is sent again."
NOT_GOING_OUT = "This issue is not going out."
