"""Canary cards through both ways of paying, in success, error and timeout; then nothing of them is
anywhere on line: not in a file, a log, a mail, a database, nor in the memory of a living process.

The shop runs under its supervisor, as with `bin/run`. A control, planted in the environment of
every program and in every kind of place, shows that the scanner would have found them.
"""

import base64
import gzip
import http.client
import os
import re
import signal
import socket
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import pytest
from playwright.sync_api import Page, expect

from storefront import programs
from storefront.handoff.seal import passes_luhn
from storefront.handoff.wire import unb64u
from tests.browser.conftest import Shop, environ_with_fresh_database
from tests.browser.test_paying import EXPIRY, NUMBER, order_one
from tests.faults.scanner import Found, Scanner, family

#: Twelve digits that stand nowhere else: of the canaries, and of the control.
CORE, CONTROL = "975318642097", "971302468975"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DATABASE = r"/base/|/pg_wal/" if os.environ.get("DATABASE_URL") else r"\.sqlite"
SCENES = 20 if os.environ.get("FAULTS") == "full" else 4  # of each kind, over both ways


def canary(number: int) -> str:
    stem = f"{CORE}{number:03}"
    return next(stem + digit for digit in "0123456789" if passes_luhn(stem + digit))


def in_text(digits: str) -> str:
    """Every encoding that an environment can hold, side by side."""
    spaced = " ".join(digits[at : at + 4] for at in range(0, 12, 4))
    packed = [base64.b64encode(bytes(at) + digits.encode() + bytes(2)).decode() for at in range(3)]
    url = "".join(f"%{ord(digit):02X}" for digit in digits)
    return " | ".join([digits, spaced, *packed, digits.encode().hex(), url])


@pytest.fixture
def shop(tmp_path):
    """The shop under its supervisor, with a folder for what programs put aside."""
    (tmp_path / "tmp").mkdir()
    with environ_with_fresh_database() as environ:
        shop = Shop(tmp_path / "instance", environ)
        shop.environ |= {"TMPDIR": str(tmp_path / "tmp"), "CONTROL": in_text(CONTROL)}
        # A desk stands for a machine off line, and has cards in its memory.
        command = [programs.script("storefront"), "run", "--set-up", "--no-desk", "--port"]
        run = programs.Program(
            "run", [*command, str(shop.port)], shop.environ, lambda: "[run] ready" in shop.lines
        )
        try:
            shop.start(run)
            yield shop
        finally:
            shop.stop()


class Till:
    """Pays at the payment page, with a new canary each time, and notes what was sealed."""

    def __init__(self, shop: Shop, page: Page):
        self.shop, self.page = shop, page
        self.used, self.sealed = 0, set()
        page.on("request", self._note)

    def _note(self, request) -> None:
        for text in parse_qs(request.post_data or "").get("sealed", []):
            self.sealed.add(unb64u(text))

    def next_canary(self) -> str:
        self.used += 1
        return canary(self.used)

    def fill(self, number: str, expiry: str = "12/39") -> None:
        self.page.locator(NUMBER).fill(number)
        self.page.locator(EXPIRY).fill(expiry)
        self.page.get_by_role("button", name="Pay").click()

    def post(self, address: str, **changes: str) -> int:
        """The form as a browser without script sends it; the status of the answer."""
        asked = parse_qs(urlsplit(address).query)
        fields = {name: asked[name][0] for name in ("offer", "link")}
        fields |= {"cc-number": self.next_canary(), "cc-exp": "12/39"} | changes
        return self.send(urlencode(fields).encode(), FORM)

    def send(self, body: bytes, headers: dict[str, str]) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", self.shop.port + 1)) as line:
            line.request("POST", "/", body, headers)
            answer = line.getresponse()
            answer.read()
            return answer.status

    def half(self, address: str) -> None:
        """A form whose end never comes."""
        body = f"cc-number={self.next_canary()}&cc-exp=12".encode()
        with socket.create_connection(("127.0.0.1", self.shop.port + 1)) as line:
            line.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000\r\n")
            line.sendall(b"Content-Type: " + FORM["Content-Type"].encode() + b"\r\n\r\n" + body)


@contextmanager
def stopped(pid: int):
    """A process that hangs: connections are made, and nothing is answered."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def process_of(shop: Shop, words: str) -> int:
    """The one process of the shop whose command line has these words."""
    run = shop.children["run"].process.pid
    for pid in family(run):
        if words in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode():
            return pid
    pytest.fail(f"nothing runs {words}")


def plant_controls(shop: Shop, page: Page) -> None:
    """The control in the database, as part of a name, in a mail, and in the other places."""
    order_one(page, name=f"Ann {CONTROL}")
    mail = shop.instance / "mail/new"
    give_up = time.monotonic() + 20
    while not any(mail.glob("*")):
        assert time.monotonic() < give_up, "the mail never came"
        time.sleep(0.1)
    # Mails repeat no name that is hardly one.
    (mail / "planted").write_text(CONTROL)
    shop.lines.append(CONTROL)
    (shop.instance / "backups").mkdir(exist_ok=True)
    (shop.instance / "backups/planted.gz").write_bytes(gzip.compress(CONTROL.encode("utf-16")))
    (shop.instance.parent / "tmp/planted").write_text(CONTROL)


def pay_in_every_way(till: Till, vault: int) -> None:
    page = till.page
    for scene in range(SCENES):
        order_one(page)
        address = page.url
        # Errors.
        till.fill(till.next_canary()[:-1] + "x")
        expect(page.locator(".error")).to_be_visible()
        wrong = {"cc-number": till.next_canary()[:-3]}
        assert till.post(address, **wrong) == 422
        assert till.post(address, **{"cc-exp": "01/20"}) == 422
        assert till.post(address, cvv="987") == 422
        assert till.post(address, offer="x") == 400
        assert till.post(address, filler="x" * 4000) == 413
        json = f'{{"pan": "{till.next_canary()}"}}'.encode()
        assert till.send(json, {"Content-Type": "application/json"}) == 415
        till.half(address)
        # Timeout, once: the vault hangs for as long as the page is patient.
        if scene == 0:
            with stopped(vault):
                assert till.post(address) == 503
                till.fill(till.next_canary())
                expect(page.locator("[data-state]")).to_have_attribute("data-state", "unavailable")
            page.goto(address)
        # Success: by turns with script and without.
        if scene % 2:
            assert till.post(address) == 303
        else:
            till.fill(till.next_canary())
            expect(page.locator("[data-state]")).to_have_attribute("data-state", "card_held")


def sealed_at_the_vault(shop: Shop) -> set[bytes]:
    with closing(sqlite3.connect(shop.instance / "vault/store.sqlite")) as store:
        rows = store.execute("SELECT sealed FROM envelopes WHERE sealed IS NOT NULL")
        return {row[0] for row in rows}


def living(shop: Shop) -> dict[int, str]:
    """Every process of the shop, once the payment page has no request under way."""
    run = shop.children["run"].process.pid
    payment = process_of(shop, "payment_server --listen")
    give_up = time.monotonic() + 40
    while len(family(payment)) > 1:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    names = {}
    for pid in family(run):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        names[pid] = words.partition(".venv/bin/")[2] or words
    return names


def everywhere(shop: Shop, scanner: Scanner, *, but_the_vault: bool) -> Found:
    """What is found in files, logs and memory. The vault's own files and memory may hold what is
    sealed: it is the one place for that."""
    vault = process_of(shop, "vault serve")
    found: Found = {}
    places = [scanner.in_bytes(shop.log().encode(), ": the log"), *in_database(shop, scanner)]
    for path in sorted(shop.instance.parent.rglob("*")):
        if path.is_file() and not (but_the_vault and path.parent == shop.instance / "vault"):
            places.append(scanner.in_file(path))
    for pid in living(shop):
        if not (but_the_vault and pid == vault):
            places.append(scanner.in_process(pid))
    for one in places:
        for secret, where in one.items():
            found.setdefault(secret, set()).update(where)
    return found


def in_database(shop: Shop, scanner: Scanner) -> list[Found]:
    """The files of PostgreSQL's server, its log of changes among them."""
    address = shop.environ.get("DATABASE_URL")
    if not address:
        return []  # SQLite's files are in the instance
    with psycopg.connect(address) as server:
        (pid,) = server.execute("SELECT pg_backend_pid()").fetchone()
        folder = os.readlink(f"/proc/{pid}/cwd")  # SHOW data_directory is for superusers alone
    return [scanner.in_folder(Path(folder))]


def controls_in_memory(found: Found, pid: int) -> set[str]:
    """The encodings in which the control was found in the memory of a process."""
    whole = re.compile(rf"([a-z0-9-]+): \S+ of {pid}")
    return {match[1] for where in found["control"] if (match := whole.fullmatch(where))}


def test_no_canary_is_anywhere_after_paying_in_every_way(shop, new_page, allowed_errors):
    allowed_errors += ["status of 503", "status of 400"]
    till = Till(shop, new_page(shop.origin))
    plant_controls(shop, till.page)
    pay_in_every_way(till, process_of(shop, "vault serve"))
    sealed = till.sealed | sealed_at_the_vault(shop)
    assert len(sealed) >= SCENES + 1

    cards = Scanner({"card": CORE.encode(), "control": CONTROL.encode()})
    found = everywhere(shop, cards, but_the_vault=False)
    assert "card" not in found
    where = "\n".join(found["control"])
    for place in ("mail/new", "the log", "backups/planted.gz", "tmp/planted", DATABASE):
        assert re.search(place, where), f"the control was not found in {place}"
    for pid, name in living(shop).items():
        assert controls_in_memory(found, pid) == {"raw", "spaced", "base64", "hex", "url"}, name

    tails = {f"sealed {n}": one[-40:-16] for n, one in enumerate(sorted(sealed))}
    kept = everywhere(shop, Scanner(tails), but_the_vault=True)
    assert kept == {}
