"""How it is decided what is shown, and in numbers what was: everybody may look."""

from collections import Counter

from storefront.blueprints.testimonials import testimonials
from storefront.models.moderating import REASONS, Decision
from storefront.models.rating import STARS
from storefront.pages import public, show

COLUMNS = (*STARS, None)  # the last: without a rating


@testimonials.get("/testimonials/moderation")
@public
def moderation():
    counts = Decision.counts()
    shown = _row("Shown", [row for row in counts if row[0]])
    refused = [row for row in counts if not row[0]]
    reasons = [
        _row(words, [row for row in refused if row[1] == reason])
        for reason, words in REASONS.items()
    ]
    every = _row("Refused altogether", refused)
    context = {"reasons": REASONS.values(), "columns": COLUMNS, "decided": shown[2] + every[2]}
    return show("testimonials/moderation.html", rows=[shown, *reasons, every], **context)


def _row(words: str, counts: list[tuple]) -> tuple[str, list[int], int]:
    """What was decided so: in words, how many of each rating, and how many."""
    by_stars: Counter = Counter()
    for _, _, stars, count in counts:
        by_stars[stars] += count
    return words, [by_stars[stars] for stars in COLUMNS], sum(by_stars.values())
