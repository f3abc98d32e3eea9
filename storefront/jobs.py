"""What happens without a visitor: mail goes out, receipts are fetched, stock is let go.

The records are the truth; huey, on the same database, only wakes the worker when there is
something to do, and once a minute in case a call was missed.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

from huey import crontab
from huey.contrib.sql_huey import SqlHuey
from huey.serializer import SignedSerializer
from peewee import PeeweeException

from storefront import gate, photographs, places, privacy, tally, testimonial_pictures
from storefront.catching_up import catch_up
from storefront.config import Settings
from storefront.db import database
from storefront.models import (
    CatalogueImport,
    ContestEntry,
    Draw,
    Edition,
    Guess,
    Insider,
    InsiderIssue,
    OrderSearch,
    PolicyVersion,
    Question,
    RightsRequest,
    Testimonial,
    Waiting,
    Winner,
    collection_filling,
)
from storefront.payment import Payments

UNSEEN = timedelta(days=1)  # that a picture's files stay when nothing shows it any more
LISTED_EVERY = timedelta(hours=1)  # between two looks at what sells, and at what is new
TIDIED_EVERY = timedelta(minutes=20)  # between two looks for pictures of testimonials that are gone
DEMO_SECONDS = 2  # between two looks for what the demonstration's desk has done

log = logging.getLogger(__name__)


class Jobs:
    """The shop's jobs, for those who wake them (the shop) and for the one who does them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Tasks are pickled: signed, so that a row written by anyone else is never loaded.
        self.huey = SqlHuey(
            "storefront",
            database=database.obj,
            create_tables=False,
            serializer=SignedSerializer(secret=settings.wake_key),
            results=False,
        )
        self._send = self.huey.task(name="send_mail")(self.send_mail)
        self._scour = self.huey.task(name="scour")(self.scour)
        self._import = self.huey.task(name="import_catalogues")(self.import_catalogues)
        self._issues = self.huey.task(name="send_issues")(self.send_issues)
        self._importing, self._issuing, self._ending = None, None, threading.Event()
        self._tidied: datetime | None = None
        self._listed: datetime | None = None
        every_minute = self.huey.periodic_task(crontab(minute="*"), name="look_after")
        self._look_after = every_minute(self.look_after)

    def wake(self) -> None:
        """Tell the worker that mail waits; call it after the transaction that wrote the mail.

        The worker looks by itself every minute, so a call that fails is no trouble for anyone.
        """
        self._call(self._send)

    def wake_scourer(self) -> None:
        """Tell the worker that something was erased, whose traces are to go."""
        self._call(self._scour)

    def wake_importer(self) -> None:
        """Tell the worker that a catalogue file waits to be tried or imported."""
        self._call(self._import)

    def wake_issues(self) -> None:
        """Tell the worker that an issue of the Insider Update is to go out."""
        self._call(self._issues)

    def _call(self, task) -> None:
        try:
            task()
        except PeeweeException as trouble:
            log.warning("the worker was not woken: %s", type(trouble).__name__)

    def scour(self) -> None:
        """Have what was erased leave the files; once, however many were erased meanwhile."""
        at = datetime.now(UTC)
        if privacy.scour(self._settings, at):
            self._let_go_of_testimonial_pictures(at)

    def send_mail(self) -> None:
        """See to what strangers asked for, and send what is due in the outbox."""
        from storefront.mail import Postman  # the shop only wakes who sends; see `sparing`

        try:
            OrderSearch.answer_all(datetime.now(UTC))
            Question.file_all(datetime.now(UTC))
        finally:
            Postman(self._settings).deliver_due(lambda: datetime.now(UTC))

    def import_catalogues(self) -> None:
        """Have what waits be imported, beside all else: it may take long, and mail is not to wait.

        One thread does it all; who comes while it is at work has come for nothing, and it looks
        again at the end.
        """
        if self._importing is None or not self._importing.is_alive():
            self._importing = threading.Thread(target=self._import_all, name="imports")
            self._importing.start()

    def _import_all(self) -> None:
        from storefront.importing import Importer  # the shop only wakes who does this

        try:
            with database.connection_context():
                Importer(self._settings, self._ending.is_set).work_off(lambda: datetime.now(UTC))
        except Exception as trouble:
            log.error("imports were not looked after: %s", type(trouble).__name__)

    def send_issues(self) -> None:
        """Have issues go out at their pace, beside all else: no order's mail waits behind them."""
        at_work = self._issuing is not None and self._issuing.is_alive()
        if not at_work and InsiderIssue.at_work(datetime.now(UTC)):
            self._issuing = threading.Thread(target=self._send_all_issues, name="issues")
            self._issuing.start()

    def _send_all_issues(self) -> None:
        from storefront.rounds import Round  # the shop only wakes who does this

        try:
            with database.connection_context():
                Round(self._settings, lambda: datetime.now(UTC), self._ending).go()
        except Exception as trouble:
            log.error("issues were not looked after: %s", type(trouble).__name__)

    def look_after(self) -> None:
        """Fetch receipts and statements, let stock go, tell people, send mail, tidy up, sweep."""
        payments = Payments(self._settings)
        try:
            payments.hear_all(datetime.now(UTC))
            payments.settle(datetime.now(UTC))
        finally:
            self._give_notice()
            Waiting.tell(datetime.now(UTC))
            self._invite()
            self._look_after_contests()
            self.send_mail()
            self.send_issues()
            self._look_after_imports()
            self._keep_lists()
            Edition.tidy()
            tally.write_down(datetime.now(UTC))
            places.let_go_of_backups(self._settings, datetime.now(UTC))
            self.keep_promises()

    def _look_after_contests(self) -> None:
        """Close the lists of contests that are over, and draw for winners who have not answered."""
        Draw.commit_due(datetime.now(UTC))
        Winner.go_on(datetime.now(UTC))

    def _look_after_imports(self) -> None:
        """Begin what waits, and note of what was broken off that it was."""
        if CatalogueImport.at_work_now():
            self.import_catalogues()

    def _keep_lists(self) -> None:
        """Have lists that go by orders and by days follow them, once an hour."""
        at = datetime.now(UTC)
        if self._listed is None or at - self._listed >= LISTED_EVERY:
            collection_filling.keep_up(at)
            self._listed = at

    def _give_notice(self) -> None:
        """Write some mails to those who are to be told of a change; see `notices`."""
        from storefront import notices  # the shop only wakes who does this; see `sparing`

        notices.go_on(datetime.now(UTC))

    def _invite(self) -> None:
        """Ask some of those whose addresses were imported whether they want the Insider Update."""
        at = datetime.now(UTC)
        Insider.invite(PolicyVersion.in_force(at), at)

    def keep_promises(self) -> None:
        """Let go of what is past its period, once a day, and have what went leave the files.

        Of links that are over, and entries that nobody confirmed, at once.
        """
        at = datetime.now(UTC)
        Guess.let_go(at)
        gone = RightsRequest.let_go(at) + ContestEntry.forget_unconfirmed(at) + Waiting.let_go(at)
        if gone + Testimonial.let_go(at) + Insider.let_go(at):
            privacy.clear_mail(self._settings, at)
        if self._tidied is None or at - self._tidied >= TIDIED_EVERY:
            self._let_go_of_testimonial_pictures(at)
        if privacy.sweep_if_due(self._settings, at):
            self._clear_files(at)
        self.scour()

    def _let_go_of_testimonial_pictures(self, at: datetime) -> None:
        testimonial_pictures.let_go(self._settings, at)
        self._tidied = at

    def _clear_files(self, at: datetime) -> None:
        """Delete files of pictures that nothing shows, and of imports that are over."""
        from storefront.brought import Place

        photographs.delete_orphans(self._settings.instance / "media", at - UNSEEN)
        Place(self._settings).tidy(at)

    def work(self) -> None:
        """Do the jobs until told to stop; what was left undone is done first."""
        gate.close()
        catch_up(self._settings, datetime.now(UTC))
        self._look_after()  # as a task, so that what goes wrong in it is logged and work goes on
        consumer = self.huey.create_consumer(
            workers=1, initial_delay=0.1, max_delay=1.0, check_worker_health=True
        )
        log.info("worker is awake")
        try:
            with self._listening() if self._settings.demo_desk else nullcontext():
                consumer.run()
        finally:  # an import that is under way stops, with nothing written
            self._ending.set()
            for thread in filter(None, (self._importing, self._issuing)):
                thread.join()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """The demonstration's desk takes seconds where a real one takes days: hear it at once."""
        stop = threading.Event()
        thread = threading.Thread(target=self._listen, args=(stop,), name="demo desk")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _listen(self, stop: threading.Event) -> None:
        payments = Payments(self._settings)
        while not stop.wait(DEMO_SECONDS):
            try:
                with database.connection_context():
                    if payments.hear_all(datetime.now(UTC)):
                        self.send_mail()
            except Exception as trouble:
                log.error("the demonstration's desk was not heard: %s", type(trouble).__name__)
