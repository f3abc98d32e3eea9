"""The words that products are found by, to guess what a mistyped word was meant to be."""

from collections.abc import Iterable

from peewee import TextField

from storefront.db import Record, database

MOST_GUESSED = 2  # words of one search
LONGEST_GUESSED = 24
LAST = "\uffff"  # sorts behind whatever a word goes on with


class Word(Record):
    """A word that stands in some product's title or facts. Words that go out of use stay known."""

    text = TextField(unique=True)

    impersonal = ("text",)

    @classmethod
    def learn(cls, words: Iterable[str]) -> None:
        """Know these words from now on."""
        rows = [{"text": word} for word in sorted(set(words)) if len(word) > 2]
        with database.atomic():
            for start in range(0, len(rows), 200):
                cls.insert_many(rows[start : start + 200]).on_conflict_ignore().execute()


def corrected(words: list[str]) -> list[str]:
    """The words with those that nobody knows replaced by the nearest known one; [] if none is.

    One slip is forgiven in words of up to five letters, two in longer ones. The first letter is
    taken to be right, which keeps the words to compare few; then any is tried. Only the first two
    unknown words are guessed at: each means looking through all that are known.
    """
    unknown = [word for word in words if not _known(word)][:MOST_GUESSED]
    changed = [(word in unknown and _nearest(word)) or word for word in words]
    return changed if changed != words else []


def _nearest(word: str) -> str | None:
    if len(word) < 3 or len(word) > LONGEST_GUESSED:
        return None
    # Three MiB that are loaded when a first search finds nothing.
    from rapidfuzz.distance import DamerauLevenshtein
    from rapidfuzz.process import extractOne

    slips = 1 if len(word) <= 5 else 2
    for pattern in (f"{word[0]}%", "%"):
        near = (row[0] for row in Word.select(Word.text).where(Word.text**pattern).tuples())
        found = extractOne(word, near, scorer=DamerauLevenshtein.distance, score_cutoff=slips)
        if found:
            return found[0]
    return None


def _known(word: str) -> bool:
    """Whether some known word begins so."""
    return Word.select().where(Word.text >= word, Word.text < word + LAST).exists()
