"""What the shop says no to, in words for the person who asked."""


class Refused(Exception):
    """A request that cannot be granted, with a sentence for each field it concerns.

    `problems` maps a field's name (or "" for the whole) to one sentence a person can act on.
    """

    def __init__(self, sentence: str = "", **problems: str) -> None:
        self.problems = {"": sentence} if sentence else {}
        self.problems |= problems
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """All problems as one text."""
        return " ".join(self.problems.values())


class SoldOut(Refused):
    """There is less in stock than was asked for; nothing was taken."""
