"""A catalogue file that somebody brought to the desk: what was tried with it, and what came of it.

The row is the truth of it. Where the file itself lies, how far a run has come while it lasts, and
whether it is still alive, `importing` knows.
"""

from datetime import datetime, timedelta

from peewee import BooleanField, IntegerField, TextField

from storefront.db import JSONText, Moment, Record, database, locked
from storefront.refusals import Refused

STEPS = ("trial", "import", "pictures")
REMEMBERED = timedelta(days=90)
AT_WORK = ("waiting", "running")


class CatalogueImport(Record):
    """One file. `step` is trial, import or pictures; `state` how that step stands.

    A step is waiting, running, done, refused (`trouble` says why), stopped by somebody, or broken:
    its worker died. `file` names the file in its folder. The counts are those of the last step,
    `recounted` the variants whose stock here is another than the file's; `fetched` and `missed`
    count pictures. `changes` and `remarks` are lines of the report, as many as fit on a page.
    """

    file = TextField(unique=True)
    name = TextField()
    format = TextField()
    step = TextField(default="trial")
    state = TextField(default="waiting", index=True)
    keeps_stock = BooleanField(default=True)
    fetches = BooleanField(default=False)
    made_at = Moment()
    moved_at = Moment()
    products = IntegerField(default=0)
    variants = IntegerField(default=0)
    pictures = IntegerField(default=0)
    skipped = IntegerField(default=0)
    made = IntegerField(default=0)
    changed = IntegerField(default=0)
    recounted = IntegerField(default=0)
    fetched = IntegerField(default=0)
    missed = IntegerField(default=0)
    changes = JSONText(default=list)
    remarks = JSONText(default=list)
    trouble = TextField(default="")

    impersonal = ("file", "name", "format", "step", "state", "changes", "remarks", "trouble")

    @classmethod
    def receive(cls, file: str, name: str, format: str, at: datetime) -> "CatalogueImport":
        """A file that has come, to be tried first."""
        return cls.create(file=file, name=name, format=format, made_at=at, moved_at=at)

    @classmethod
    def newest_first(cls) -> "list[CatalogueImport]":
        """The last ones."""
        return list(cls.select().order_by(cls.id.desc()).limit(20))

    @classmethod
    def waiting(cls) -> "list[CatalogueImport]":
        """Those that a worker is to take up, the oldest first."""
        return list(cls.select().where(cls.state == "waiting").order_by(cls.id))

    @classmethod
    def at_work_now(cls) -> bool:
        """Whether anything waits, or is under way."""
        return cls.select().where(cls.state.in_(AT_WORK)).exists()

    @property
    def same(self) -> int:
        """Products that are in the shop as the file has them."""
        return self.products - self.made - self.changed

    @property
    def at_work(self) -> bool:
        """Whether something waits for a worker, or one is at it."""
        return self.state in AT_WORK

    @property
    def may_begin(self) -> bool:
        """Whether it was tried to the end, and nothing is written yet."""
        return self.step == "trial" and self.state == "done"

    @property
    def may_try_again(self) -> bool:
        """Whether a step ended before its end."""
        return self.state in ("stopped", "broken") or (
            self.state == "refused" and self.step == "pictures"
        )

    def take_up(self, at: datetime) -> bool:
        """Begin the step that waits; False where another worker has, or somebody stopped it."""
        return self._move(("waiting",), "running", at)

    def begin(self, keeps_stock: bool, fetches: bool, at: datetime) -> None:
        """Have it imported, once it was tried. Raises `Refused`."""
        with database.atomic():
            fresh = self._held()
            if not fresh.may_begin:
                raise Refused("This was begun already, or is not tried yet. Here is how it stands.")
            facts = {"keeps_stock": keeps_stock, "fetches": fetches}
            fresh._note(at, step="import", state="waiting", **facts)

    def try_again(self, at: datetime) -> None:
        """Have the step done again that ended before its end. Raises `Refused`."""
        with database.atomic():
            if not (fresh := self._held()).may_try_again:
                raise Refused("This went on meanwhile. Here is how it stands.")
            fresh._note(at, state="waiting", trouble="")

    def stop_waiting(self, at: datetime) -> bool:
        """Take it back before a worker has taken it up."""
        return self._move(("waiting",), "stopped", at)

    def ended(self, state: str, at: datetime, **facts) -> None:
        """The step has come to its end: done, refused, stopped or broken, with what came of it.

        In the caller's transaction, so that what was written and that it was stand together.
        """
        more = {"step": "pictures", "state": "waiting"}
        on = state == "done" and self.step == "import" and self.fetches
        self._note(at, **{"state": state} | facts | (more if on else {}))

    def break_off(self, at: datetime) -> bool:
        """Its worker has died in the middle of it."""
        return self._move(("running",), "broken", at)

    def discard(self) -> None:
        """Forget it. Raises `Refused` while something is under way."""
        with database.atomic():
            if self._held().at_work:
                raise Refused("This is under way. Stop it first.")
            self.delete_instance()

    @classmethod
    def forget(cls, at: datetime) -> int:
        """Delete those nobody has moved for a while; how many."""
        old = (cls.moved_at < at - REMEMBERED) & cls.state.not_in(AT_WORK)
        return cls.delete().where(old).execute()

    def _held(self) -> "CatalogueImport":
        held = locked(CatalogueImport.select().where(CatalogueImport.id == self.id)).first()
        if held is None:
            raise Refused("This import was thrown away meanwhile.")
        return held

    def _move(self, before: tuple[str, ...], state: str, at: datetime) -> bool:
        same = (CatalogueImport.id == self.id) & CatalogueImport.state.in_(before)
        return bool(
            CatalogueImport.update(state=state, moved_at=at, trouble="").where(same).execute()
        )

    def _note(self, at: datetime, **facts) -> None:
        same = CatalogueImport.id == self.id
        CatalogueImport.update(moved_at=at, **facts).where(same).execute()
        for name, value in facts.items():
            setattr(self, name, value)
