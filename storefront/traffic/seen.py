"""What an answer counts as: said by the view that made it, read by who counts."""

from dataclasses import dataclass

STEPS = ("product", "cart", "checkout", "order")  # the way to an order


@dataclass(slots=True)
class Seen:
    """What an answer counts as.

    `page` is the address it is counted under, of ours and never one that leads to something of
    somebody's, or "" where it is no page; `step` is one of `STEPS` that it takes, or ""; `search`
    has the words that were looked for, and `found` how many products there were. `shows` names
    what else was on the page whose links are counted: those carry the name in `via`. `is_lost`
    says that nothing is at the address that was asked for.
    """

    page: str = ""
    step: str = ""
    search: str = ""
    found: int = 0
    shows: tuple[str, ...] = ()
    is_lost: bool = False

    @property
    def on_trial(self) -> bool:
        """Whether it shows an arm of a trial: each request is shown one that is drawn for it."""
        return any(name.startswith("trial-") for name in self.shows)
