"""Votes: how many found a testimonial helpful, about. Nobody is counted by name or address."""

from datetime import datetime

from peewee import Case

MOST_A_DAY = 20  # votes that one testimonial takes
EXACT = 10  # below this a count is said as it is


class Helpful:
    """What becomes of votes; mixed into `Testimonial`."""

    def vote(self, at: datetime) -> bool:
        """Count one more who found it helpful; whether it was counted.

        One statement, and nothing else of the row is read: two votes at once both count.
        """
        cls, today = type(self), at.date()
        same = cls.voted_on == today
        changes = {
            "helpful": cls.helpful + 1,
            "voted": Case(None, [(same, cls.voted + 1)], 1),
            "voted_on": today,
        }
        room = cls.voted_on.is_null() | (cls.voted_on != today) | (cls.voted < MOST_A_DAY)
        here = (cls.id == self.id) & (cls.state == "approved")
        return bool(cls.update(changes).where(here & room).execute())

    @property
    def votes(self) -> str:
        """How many found it helpful, in words; "" where nobody said so. Rounded from ten up."""
        if not self.helpful:
            return ""
        if self.helpful == 1:
            return "One person found this helpful"
        about = self.helpful < EXACT
        count = self.helpful if about else (self.helpful + 5) // 10 * 10
        return f"{'' if about else 'About '}{count:,} people found this helpful"
