"""What people ask the shop through the contact form, and what they are answered."""

from collections.abc import Callable
from datetime import datetime

from peewee import TextField

from storefront.db import Moment, Record, database, locked
from storefront.models.blank_places import refuse_open
from storefront.models.guess import Guess, TooMany
from storefront.models.mailbox import mailbox_of
from storefront.models.message import LONGEST, Message
from storefront.models.order_search import order_of, write_seldom
from storefront.models.outbox import OutgoingMail
from storefront.models.plain_text import tidied
from storefront.personal import days, personal
from storefront.refusals import Refused

MOST_FROM_ONE = 10  # an hour that give one mailbox, whose it may be or not
MOST_AN_HOUR = 200  # whoever asks
AT_ONCE = 200  # that one look files
BUSY = "We have had very many messages within the hour. Please send this again later."
MEANWHILE = "This was answered or settled meanwhile. Look at it as it is now."
ASKED = {"clause": "contact", "basis": "interest", "keep": days(365)}


class Question(Record):
    """One message, from an address that nobody has confirmed.

    With the `number` of an order that was placed with that address it becomes a `Message` of the
    order; the worker looks that up, and notes in `looked_at` that it has. Before that the desk
    does not see it. `answer` is what the desk wrote, in which `role`, and `mail` the id of the
    mail that brings it; `settled_at` is set as well where no answer was needed.
    """

    email = personal(TextField(index=True), why="to answer you", **ASKED)
    text = personal(TextField(), why="to answer what you ask", words="what was written", **ASKED)
    number = personal(
        TextField(default=""),
        why="to find the order that you write about",
        words="the order number that you gave",
        **ASKED,
    )
    answer = personal(
        TextField(default=""),
        why="to know what we have told you",
        words="what we answered",
        **ASKED,
    )
    role = TextField(default="")
    mail = TextField(null=True, unique=True)
    asked_at = Moment()
    looked_at = Moment(null=True)
    settled_at = Moment(null=True, index=True)

    impersonal = ("role", "mail")
    secret = ("mail",)
    since = "asked_at"
    whole = True

    @classmethod
    def about(cls, email: str):
        """What was asked with that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Your message of {self.asked_at:%-d %B %Y}"

    @classmethod
    def ask(
        cls, email: str, text: str, number: str, digest: Callable[[str], str], at: datetime
    ) -> None:
        """Keep a message; `digest` is `Erasures.digest`.

        It is the same work whether `number` and address belong together or not. Raises `Refused`,
        with nothing kept, where the words cannot be or too many came.
        """
        text, email = tidied(text, LONGEST), email.strip().lower()
        with database.atomic():
            _count(digest(f"contact {mailbox_of(email)}"), at)
            cls.create(email=email, text=text, number=number, asked_at=at)

    @classmethod
    def file_all(cls, at: datetime) -> int:
        """File what belongs to orders with them; how many were looked at."""
        waiting = list(cls.select().where(cls.looked_at.is_null()).order_by(cls.id).limit(AT_ONCE))
        for one in waiting:
            one._file(at)
        return len(waiting)

    def _file(self, at: datetime) -> None:
        with database.atomic():
            mine = (Question.id == self.id) & Question.looked_at.is_null()
            if not Question.update(looked_at=at).where(mine).execute():
                return
            if order := order_of(self.number, self.email):
                self._become_message(order, at)
            elif self._was_sent_before():
                self.delete_instance()

    def _was_sent_before(self) -> bool:
        """Whether the same words wait already: somebody pressed twice."""
        same = Question.text == self.text, Question.id < self.id, Question.settled_at.is_null()
        return Question.about(self.email).where(*same).exists()

    def _become_message(self, order, at: datetime) -> None:
        """Nothing where too many wait with the order: then it stays a question of its own."""
        try:
            Message.ask(order, self.text, self.asked_at, unconfirmed=True)
        except Refused:
            return
        write_seldom("order_asked", order, at)
        self.delete_instance()

    @classmethod
    def waiting(cls, most: int) -> "list[Question]":
        """Those that wait for an answer, whoever waits longest first; one query."""
        return list(cls._open().order_by(cls.id).limit(most))

    @classmethod
    def count_waiting(cls) -> int:
        """How many wait for an answer."""
        return cls._open().count()

    @classmethod
    def _open(cls):
        return cls.select().where(cls.settled_at.is_null(), cls.looked_at.is_null(False))

    def reply(self, text: str, role: str, at: datetime) -> None:
        """Answer by mail, once; the same words twice are one answer. Raises `Refused`, with nothing
        sent, where the words cannot be, or it was settled meanwhile."""
        text = tidied(text, LONGEST)
        refuse_open(text)
        with database.atomic():
            if self._read_anew().answer == text:
                return
            self._refuse_settled()
            mail = OutgoingMail.write("question_answered", self.email, at)
            facts = {"answer": text, "role": role, "mail": mail.message_id, "settled_at": at}
            Question.update(facts).where(Question.id == self.id).execute()

    def settle(self, at: datetime) -> None:
        """No answer is needed."""
        unsettled = (Question.id == self.id) & Question.settled_at.is_null()
        Question.update(settled_at=at).where(unsettled).execute()

    def _read_anew(self) -> "Question":
        fresh = locked(Question.select().where(Question.id == self.id)).first()
        if fresh is None:
            raise Refused("This was erased meanwhile.")
        self.__data__.update(fresh.__data__)
        return self

    def _refuse_settled(self) -> None:
        if self.settled_at:
            raise Refused(MEANWHILE)

    def erase(self, names, mark, at: datetime) -> None:
        """As any record; the mail with the answer goes with the address that it went to."""
        with database.atomic():
            if self.mail:
                OutgoingMail.delete().where(OutgoingMail.message_id == self.mail).execute()
            super().erase(names, mark, at)


def _count(mailbox: str, at: datetime) -> None:
    """Count a message, by a keyed digest of its mailbox and with all; raises `Refused`.

    What is filed with an order counts on: otherwise it could be told from what is not.
    """
    try:
        Guess.note_in_all(at, mailbox, MOST_FROM_ONE)
        Guess.note_in_all(at, "messages to the shop", MOST_AN_HOUR)
    except TooMany:
        raise Refused(BUSY) from None


def _with_question(mail: OutgoingMail) -> datetime:
    one = Question.get_or_none(Question.mail == mail.message_id)
    return one.gone_at(Question.email) if one else mail.made_at


OutgoingMail.goes_with["question_answered"] = _with_question
