"""People who buy over HTTP while programs die under them, and what they were told.

A request that fails is sent again as it was, as a person presses the button again; sometimes the
browser dies and never comes back.
"""

import http.client
import random
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

from tests.faults.world import DECLINED, VISA
from tests.journey import ANN, hidden_in, item

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Gone(Exception):
    """The shopper gives up: everything is being stopped."""


@dataclass
class Told:
    """What programs have told shoppers, from all threads."""

    orders: dict[str, set[str]] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ordered(self, placement: str, number: str) -> None:
        with self.lock:
            self.orders.setdefault(placement, set()).add(number)


class Shopper(threading.Thread):
    """Buys one thing after the other until `stop` is set."""

    def __init__(self, place, variant, told: Told, stop: threading.Event, seed: int):
        super().__init__(daemon=True)
        self._place, self._item = place, item(variant, 1)
        self._told, self._stop_buying = told, stop
        self._chance = random.Random(seed)
        self._cookie = ""

    def run(self) -> None:
        """One purchase after the other."""
        while not self._stop_buying.is_set():
            try:
                self._buy()
            except Gone:
                return
            except Exception as trouble:
                self._told.broken.append(repr(trouble))
                return

    def _buy(self) -> None:
        shop, self._cookie = self._place.shop, ""
        self._insist("POST", f"{shop}/cart/items", self._item, wanted=(303,))
        form = ANN | hidden_in(self._insist("GET", f"{shop}/checkout", wanted=(200,))[2])
        _, address, _ = self._insist("POST", f"{shop}/checkout", form, wanted=(303,))
        query = dict(part.split("=", 1) for part in urlsplit(address).query.split("&") if part)
        path = f"/orders/{query['link']}" if "link" in query else urlsplit(address).path
        number = path.removeprefix("/orders/").partition(".")[0]
        self._told.ordered(form["placement"], number)
        if "link" in query:
            self._pay(address, number)
        if self._chance.random() < 0.7:  # others never look again
            self._look(shop + path, number)

    def _pay(self, address: str, number: str) -> None:
        payment = self._place.payment
        status, _, page = self._insist("GET", address, wanted=(200, 410, 503))
        if status != 200:
            return
        card = {"cc-number": self._chance.choice([VISA, DECLINED]), "cc-exp": "12/39"}
        form = hidden_in(page) | card
        for _ in range(6):
            status, back, _ = self._insist("POST", f"{payment}/", form, wanted=(303, 410, 503))
            if status == 303:
                self._told.receipts[number] = back
                if self._chance.random() < 0.7:
                    self._insist("GET", back, wanted=(303, 422))
                return
            if status == 410:
                return
            time.sleep(0.05)

    def _look(self, address: str, number: str) -> None:
        for _ in range(3):
            status, on, page = self._insist("GET", address, wanted=(200, 303))
            if status == 200:
                break
            self._insist("GET", urljoin(address, on), wanted=(303, 422))
        if 'data-state="card_held"' in page:
            self._told.held.add(number)

    def _insist(self, method, address, fields=None, wanted=()):
        """Asks until there is one of the wanted answers; status, where to, and the page."""
        while not self._stop_buying.is_set():
            try:
                status, on, page = self._ask(method, address, fields)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            if status in wanted:
                return status, on, page
            if status < 500:
                raise AssertionError(f"{method} {urlsplit(address).path[:20]} gave {status}")
            time.sleep(0.02)
        raise Gone

    def _ask(self, method, address, fields):
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=15)
        try:
            body = urlencode(fields) if fields is not None else None
            headers = (FORM if body else {}) | ({"Cookie": self._cookie} if self._cookie else {})
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            page = answer.read().decode("utf-8", "replace")
            if parts.port == urlsplit(self._place.shop).port and answer.getheader("Set-Cookie"):
                self._cookie = answer.getheader("Set-Cookie").partition(";")[0]
            return answer.status, answer.getheader("Location"), page
        finally:
            connection.close()
