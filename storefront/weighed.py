"""What is kept while it is asked for, bounded in bytes: nothing strangers ask for fills memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress


class Weighed:
    """Keeps the most recently used values, together up to `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._weight = most, 0
        self._kept: OrderedDict[Hashable, tuple[object, int, Hashable]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], object], weigh: Callable[[object], int]):
        """The value of that key, made if it is not there; `weigh(value)` is in bytes, about.

        One that is heavier than an eighth of all is made, given, and not kept.
        """
        if found := self._kept.get(key):
            with suppress(KeyError):  # it may be let go of just now
                # By the key it is kept under: an equal one would be compared again, all of it.
                self._kept.move_to_end(found[2])
            return found[0]
        value = make()
        weight = weigh(value)
        if weight <= self._most // 8:
            with self._lock:
                _, before, _ = self._kept.pop(key, (None, 0, None))
                self._kept[key] = value, weight, key
                self._weight += weight - before
                while self._weight > self._most:
                    _, (_, gone, _) = self._kept.popitem(last=False)
                    self._weight -= gone
        return value
