"""A person at the desk: plain text, a line at a time, at a keyboard or through a pipe.

Card numbers are shown with their first six and last four digits only, but for the one moment in
which the person keys one into a card terminal.
"""

import inspect
import re
from collections.abc import Callable
from pathlib import Path

from babel.numbers import get_currency_precision

from storefront.handoff.envelope import HandoffError, Offer

from .acquirer import Amount, Silent, Verdict, is_refund
from .bundle import statement_file
from .desk import Desk, Work, spell_time
from .desk_keys import KeyDestroyed
from .files import shred, write
from .ledger import PENDING, Row
from .opening import CannotOpen, Card, passes_luhn

Say = Callable[[str], None]
Ask = Callable[[str], str | None]

REFERENCE = re.compile(r"[A-Za-z0-9._:/-]{1,64}")
HELP = """\
list                          what waits
show N                        the card of number N, its first six and last four digits
charge N | charge all         charge it, or all
refund N | refund all         give money back as the shop instructed
settle N charged REFERENCE    settle a charge that was begun and has no verdict, by your own word
settle N declined             (the numbers are those of `pending`)
settle N untried
pending                       what was begun and has no verdict
write FILE                    write the statements to carry back
shred                         overwrite and delete the bundle
quit"""


class Terminal:
    """Shows each card to the person who keys it into a card terminal, and takes their word."""

    name = "terminal"

    def __init__(self, say: Say, ask: Ask, wipe: Callable[[], None]):
        self._say, self._ask, self._wipe = say, ask, wipe

    def charge(self, card: Card, amount: Amount, key: str) -> Verdict:
        """Shows the whole number until the person says what became of it."""
        digits = " ".join(card.number[n : n + 4] for n in range(0, len(card.number), 4))
        self._say(f"  Key in:  {digits}   {card.month:02}/{card.year}   {spell(amount)}")
        try:
            verdict = self._answer(("charged", "declined"))
        finally:
            self._wipe()
        if verdict is None:
            raise Silent("No verdict was given. It stays pending.")
        return verdict

    def find(self, key: str) -> Verdict | None:
        """Asks the person to look into the terminal's own journal."""
        what, words = "charge", ("charged", "declined", "untried")
        if is_refund(key):
            what, words = "refund", ("done", "refused", "untried")
        self._say(
            f"  The {what} was begun before and has no verdict. Look into the terminal's journal."
        )
        verdict = self._answer(words)
        if verdict is None:
            raise Silent("No verdict was given. It stays pending.")
        return None if verdict.reason == "untried" else verdict

    def refund(self, reference: str, amount: Amount, key: str) -> Verdict:
        """Asks the person to give back part of a charge."""
        self._say(f"  Give back {spell(amount)} of the charge {reference}.")
        verdict = self._answer(("done", "refused"))
        if verdict is None:
            raise Silent("No answer was given. It stays to be done.")
        return verdict

    def _answer(self, words: tuple[str, ...]) -> Verdict | None:
        prompt = f"{words[0]} REFERENCE, {', '.join(words[1:])}, or stop> "
        while (line := self._ask(prompt)) is not None:
            if line.strip() == "stop":
                return None
            try:
                return read_verdict(line, words)
            except HandoffError as error:
                self._say(f"  {error}")
        return None


def read_verdict(line: str, words: tuple[str, ...]) -> Verdict:
    """What a person says became of it: the first of `words` with a reference, or another alone.

    Raises HandoffError with what to type instead.
    """
    word, *rest = line.split()[:3] or [""]
    if word not in words or len(rest) != (word == words[0]):
        raise HandoffError(f"Type {', '.join(words)}; after {words[0]} the acquirer's reference.")
    if not rest:
        return Verdict(False, reason=word if word == "untried" else "")
    for digits in re.findall(r"[0-9]{12,19}", re.sub(r"[._:/-]", "", rest[0])):
        if passes_luhn(digits):
            raise HandoffError("That holds what looks like a card number. Leave it out.")
    if not REFERENCE.fullmatch(rest[0]):
        raise HandoffError("A reference has up to 64 letters, digits and the signs . _ : / -")
    return Verdict(True, rest[0])


def spell(amount: Amount) -> str:
    """An amount as a person reads it, such as USD 12.34."""
    places = get_currency_precision(amount.currency)
    whole, part = divmod(amount.minor, 10**places)
    return f"{amount.currency} {whole}{f'.{part:0{places}}' if places else ''}"


class Session:
    """One sitting at the desk with one bundle, or with none, to settle what was left."""

    def __init__(self, desk: Desk, bundle: Path | None, say: Say, ask: Ask):
        self._desk, self._bundle, self._say, self._ask = desk, bundle, say, ask
        self._work: Work | None = desk.take(bundle.read_bytes()) if bundle else None
        self._unwritten = 0

    def run(self) -> None:
        """Until `quit`, or the end of what comes through the pipe."""
        self._greet()
        while (line := self._ask("desk> ")) is not None:
            word, *rest = line.split() or [""]
            if word == "quit":
                break
            try:
                self._do(word, rest)
            except (HandoffError, OSError) as error:
                self._say(str(error))
        if self._unwritten:
            self._say(f"{self._unwritten} verdicts are in the ledger and not yet in a file.")

    def _do(self, word: str, rest: list[str]) -> None:
        steps = {"list": self._list, "show": self._show, "charge": self._charge, "": lambda: None}
        steps |= {"refund": self._refund, "settle": self._settle, "pending": self._pending}
        steps |= {"write": self._write, "shred": self._shred, "help": lambda: self._say(HELP)}
        if word not in steps:
            return self._say(f"{word[:20]!r} is not understood; `help` says what is.")
        try:
            inspect.signature(steps[word]).bind(*rest)
        except TypeError:
            return self._say(f"`{word}` wants something else after it; `help` says what.")
        return steps[word](*rest)

    def _greet(self) -> None:
        if self._work:
            bundle = self._work.bundle
            self._say(f"Bundle {bundle.number} of {spell_time(bundle.made_at)}")
            for sentence in self._work.odd:
                self._say(f"  ! {sentence}")
        self._list()
        self._pending()
        self._say("`help` says what can be done.")

    def _list(self) -> None:
        waiting, refunds = self._waiting(), self._refunds()
        self._say(f"{len(waiting)} cards wait, {len(refunds)} refunds")
        for number, each in enumerate(waiting, start=1):
            row = self._desk.ledger.row(each.offer.order, each.offer.attempt)
            state = row.state if row else "waits"
            name = f"{each.offer.order} attempt {each.offer.attempt}"
            self._say(f"{number:>4}  {name:<24} {spell(each.amount):>16}  {state}")
        for number, told in enumerate(refunds, start=1):
            amount = spell(Amount(told.amount_minor, told.currency))
            self._say(f"  R{number}  {told.order:<24} {amount:>16}  refund")

    def _waiting(self):
        return self._work.waiting if self._work else []

    def _refunds(self):
        return self._work.refunds if self._work else []

    def _show(self, number: str) -> None:
        waiting = _pick(self._waiting(), number)[0]
        try:
            card = self._desk.look(waiting)
        except (CannotOpen, KeyDestroyed) as error:
            return self._say(str(error))
        return self._say(f"  {card.masked}  {card.month:02}/{card.year}  {spell(waiting.amount)}")

    def _charge(self, which: str) -> None:
        for waiting in _pick(self._waiting(), which):
            name = f"{waiting.offer.order} attempt {waiting.offer.attempt}"
            self._say(f"  {name}  {spell(waiting.amount)}{self._first(waiting.offer)}")
            try:
                row = self._desk.charge(waiting)
            except HandoffError as error:
                self._say(f"  {name}: {error}")
                continue
            self._unwritten += 1
            reason = f" ({row.reason})" if row.reason else ""
            self._say(f"  {name}: {row.state}{reason}")

    def _first(self, offer: Offer) -> str:
        """What is asked about before: an earlier attempt that has no verdict yet."""
        live = self._desk.ledger.live(offer.order)
        if live is None or live.state != PENDING or live.attempt >= offer.attempt:
            return ""
        return f"; first attempt {live.attempt}"

    def _refund(self, which: str) -> None:
        for told in _pick(self._refunds(), which):
            self._say(f"  {told.order}  {spell(Amount(told.amount_minor, told.currency))} back")
            try:
                done = self._desk.refund(told)
            except HandoffError as error:
                self._say(f"  {told.order}: {error}")
                continue
            self._unwritten += done
            self._say(f"  {told.order}: {'refunded' if done else 'the acquirer refused'}")

    def _pending(self) -> None:
        for number, row in enumerate(self._desk.ledger.pending(), start=1):
            amount = spell(Amount(row.amount_minor, row.currency))
            self._say(f"  P{number}  {row.order} attempt {row.attempt}  {amount}  has no verdict")

    def _settle(self, number: str, *words: str) -> None:
        row: Row = _pick(self._desk.ledger.pending(), number.lstrip("Pp"))[0]
        verdict = read_verdict(" ".join(words), ("charged", "declined", "untried"))
        settled = self._desk.settle(row, None if verdict.reason == "untried" else verdict)
        self._unwritten += 1
        self._say(f"  {row.order} attempt {row.attempt}: {settled.state}")

    def _write(self, file: str) -> None:
        statements = self._desk.statements(self._work)
        if not statements:
            return self._say("There is nothing to say.")
        write(Path(file), statement_file(statements))
        self._unwritten = 0
        return self._say(f"{len(statements)} statements are in {file}")

    def _shred(self) -> None:
        if self._bundle is None or not self._bundle.exists():
            return self._say("There is no bundle.")
        left = [w for w in self._waiting() if not self._has_verdict(w)]
        if left and (self._ask(f"{len(left)} cards have no verdict. Shred (yes/no)> ") != "yes"):
            return self._say("The bundle is kept.")
        shred(self._bundle)
        return self._say(f"{self._bundle} is overwritten and deleted.")

    def _has_verdict(self, waiting) -> bool:
        row = self._desk.ledger.row(waiting.offer.order, waiting.offer.attempt)
        return row is not None and row.state != PENDING


def _pick(things: list, which: str) -> list:
    """All of them, or the one with that number, counted from one."""
    if which == "all":
        return list(things)
    if not re.fullmatch(r"[0-9]{1,6}", which) or not 1 <= int(which) <= len(things):
        raise HandoffError(f"There is no number {which[:10]}; `list` and `pending` show them.")
    return [things[int(which) - 1]]
