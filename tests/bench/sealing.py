"""What sealing costs, and an envelope's way to its receipt beside the least it could cost.

`main(rounds)` gives rows of a name and figures: milliseconds (median and 99th percentile), how many
go through in a second one after the other, and how many a core could do, from the processor time
of the processes that take part. Everything that is compared is measured in turn, round by round,
on the same disk.
"""

import http.client
import os
import resource
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from storefront.handoff import line as lines
from storefront.handoff import suites
from storefront.handoff.envelope import Envelope, ManifestFile, load_private_key, load_public_key
from storefront.handoff.offer import Offer
from storefront.handoff.seal import INFO, Card, seal_hybrid
from storefront.handoff.wire import b64u
from vault import keys

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"
EACH = 100  # of everything, in each round
FORM = "application/x-www-form-urlencoded"
CARD = Card("4242424242424242", 2039, 12)
VAULT = ("-m", "vault", "serve")
PAYMENT_PAGE = ("-m", "storefront.handoff.payment_server")
# The vault as it is, but that it answers at once and keeps nothing.
KEEPS_NOTHING = """
from vault.commands import main
from vault.intake import Answer, Vault
Vault.put = lambda self, raw: Answer(201, {"receipt": "x" * 300})
main(prog_name="vault")
"""
IN_PAGE = """async ([count, key, offer]) => {
    const times = [];
    for (let n = 0; n < count; n++) {
        const begun = performance.now();
        await sealCard("4242424242424242", "2039-12", unb64u(offer), unb64u(key));
        times.push(performance.now() - begun);
    }
    return times;
}"""

Row = tuple[str, dict[str, float]]


class Series:
    """Milliseconds of one thing after another, and the processor time they took."""

    def __init__(self, name: str, *processes: int):
        self.name, self._processes = name, processes
        self.times: list[float] = []
        self._cpu, self._done = 0.0, 0

    def timed(self, action, *arguments) -> None:
        """Does it once, by the clock."""
        begun = time.perf_counter()
        action(*arguments)
        self.times.append((time.perf_counter() - begun) * 1000)

    def spend(self, action, many: list) -> None:
        """Does it many times without a pause, by the processor's time."""
        before = self._spent()
        for each in many:
            action(each)
        self._cpu += self._spent() - before
        self._done += len(many)

    def _spent(self) -> float:
        return time.process_time() + sum(map(processor_seconds, self._processes))

    def row(self) -> Row:
        return self.name, figures(self.times) | {"per s and core": self._done / self._cpu}


def figures(times: list[float]) -> dict[str, float]:
    return {
        "p50 ms": statistics.median(times),
        "p99 ms": statistics.quantiles(times, n=100)[98],
        "per s": 1000 * len(times) / sum(times),
    }


def processor_seconds(pid: int) -> float:
    """What a process and its ended children have spent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Maker:
    """Offers and envelopes for them, each for an order of its own."""

    def __init__(self, instance: Path):
        self._shop_key = load_private_key(instance / "keys/shop.key")
        root = load_public_key(instance / "keys/root.pub")
        manifest = ManifestFile(instance / "keys/manifest", root).current()
        self.epoch = manifest.epoch_at(int(time.time()))
        self._made = 0

    def offer(self) -> tuple[str, bytes]:
        """A signed offer, and the exact bytes that are signed."""
        self._made += 1
        offer = Offer.issue(
            aud="http://127.0.0.1:8001",
            order=f"BENCH-{self._made}",
            attempt=1,
            amount_minor=1999,
            currency="USD",
            epoch=self.epoch,
            policy_version=1,
            now=int(time.time()),
        )
        return offer.sign(self._shop_key), offer.raw

    def form(self, way: str) -> str:
        """A form for the payment page, with a card that is `sealed` or `typed`."""
        signed, raw = self.offer()
        fields = {"offer": signed, "link": "MTIzNDU2.link-_of.an-order"}
        if way == "sealed":
            key = suites.public_key(suites.X25519, self.epoch.public_keys[suites.X25519])
            # What is inside is no concern of the payment page's.
            fields["sealed"] = b64u(suites.HPKE[suites.X25519].encrypt(bytes(128), key, INFO + raw))
        else:
            fields |= {"cc-number": CARD.number, "cc-exp": "12/39"}
        return urlencode(fields)

    def envelope(self) -> bytes:
        signed, raw = self.offer()
        sealed = seal_hybrid(CARD, raw, self.epoch)
        return Envelope.around(
            sealed, compact_offer=signed, kid=self.epoch.kid, suite=suites.HYBRID
        ).to_bytes()


@contextmanager
def serving(instance: Path, *program: str, **told: str):
    """A program that serves and says so in one line; where it listens, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    environ = os.environ | told | {"STOREFRONT_INSTANCE": str(instance)}
    command = [sys.executable, *program, "--listen", address]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, cwd=ROOT, env=environ, **quiet)
    try:
        child.stdout.readline()
        yield address, child.pid
    finally:
        child.terminate()
        child.communicate(timeout=40)


def bare_post(address: str, folder: Path):
    """A connection to `address` that is kept, and a function that sends bytes over it."""
    context, _ = lines._trust(folder)
    connection = http.client.HTTPSConnection(address, context=context)

    def post(body: bytes) -> None:
        connection.request("PUT", "/envelopes", body)
        connection.getresponse().read()

    return connection, post


def bare_insert(path: Path):
    """A table on the same disk, and a function that has bytes on it when it returns."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, bytes BLOB)")
    return connection, lambda body: connection.execute(
        "INSERT INTO kept (bytes) VALUES (?)", [body]
    )


def main(rounds: int) -> list[Row]:
    """The figures after so many rounds of a hundred each."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    instance = Path(tempfile.mkdtemp(dir=FOLDER))
    try:
        keys.init(instance, int(time.time()))
        return [
            *handed_down(instance, rounds),
            *paid(instance, rounds),
            *sealed(instance, rounds),
        ]
    finally:
        shutil.rmtree(instance)


def handed_down(instance: Path, rounds: int) -> list[Row]:
    maker, folder = Maker(instance), instance / "payment"
    with ExitStack() as stack:
        address, pid = stack.enter_context(serving(instance, *VAULT))
        nothing, nothing_pid = stack.enter_context(serving(instance, "-c", KEEPS_NOTHING, "serve"))
        connection, post = bare_post(nothing, folder)
        stack.enter_context(closing(connection))
        connection, insert = bare_insert(instance / "bare.sqlite")
        stack.enter_context(closing(connection))
        line, other = lines.Line(address, folder), lines.Line(address, folder)

        def anew(envelope: bytes) -> None:
            other.put_envelope(envelope)
            other._idle.close()

        ways = {
            line.put_envelope: Series("envelope to receipt, connection used again", pid),
            anew: Series("envelope to receipt, new connection", pid),
            post: Series("bare HTTPS request, nothing stored", nothing_pid),
            insert: Series("bare insert with fsync"),
        }
        for _ in range(rounds):
            for _ in range(EACH):  # in turn, so that what disturbs one disturbs all
                for way, series in ways.items():
                    series.timed(way, maker.envelope())
            for way, series in ways.items():
                series.spend(way, [maker.envelope() for _ in range(EACH)])
    ours, _, bare, kept = (statistics.median(series.times) for series in ways.values())
    ratio = {"times": ours / (bare + kept)}
    return [*(series.row() for series in ways.values()), ("envelope : request + insert", ratio)]


def paid(instance: Path, rounds: int) -> list[Row]:
    """The whole way at the payment page, from the form to the receipt, without a browser."""
    maker = Maker(instance)
    with ExitStack() as stack:
        address, pid = stack.enter_context(serving(instance, *VAULT))
        told = {"STOREFRONT_VAULT": address, "STOREFRONT_LIMITS": "off"}
        origin, page_pid = stack.enter_context(serving(instance, *PAYMENT_PAGE, **told))
        series = {
            "sealed": Series("payment page, form sealed in the page", pid, page_pid),
            "typed": Series("payment page, form sealed on the server", pid, page_pid),
        }
        for _ in range(rounds):
            for way, one in series.items():
                forms = [maker.form(way) for _ in range(EACH)]
                for form in forms[: EACH // 2]:
                    one.timed(pay, origin, form)
                one.spend(lambda form: pay(origin, form), forms[EACH // 2 :])
    return [one.row() for one in series.values()]


def pay(address: str, form: str) -> None:
    with closing(http.client.HTTPConnection(address)) as connection:
        connection.request("POST", "/", form, {"Content-Type": FORM, "Host": "127.0.0.1"})
        answer = connection.getresponse()
        assert answer.status == 303, answer.read()


def sealed(instance: Path, rounds: int) -> list[Row]:
    maker = Maker(instance)
    on_server, in_page = Series("sealing on the server"), []
    with sync_playwright() as playwright, page_with_script(playwright) as page:
        for _ in range(rounds):
            raws = [maker.offer()[1] for _ in range(EACH)]
            for raw in raws:
                on_server.timed(seal_hybrid, CARD, raw, maker.epoch)
            on_server.spend(lambda raw: seal_hybrid(CARD, raw, maker.epoch), raws)
            key = b64u(maker.epoch.public_keys[suites.X25519])
            in_page += page.evaluate(IN_PAGE, [EACH, key, b64u(raws[0])])
    return [on_server.row(), ("sealing in the page", figures(in_page))]


@contextmanager
def page_with_script(playwright):
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = playwright.chromium.launch(executable_path=program, args=options)
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    page.goto("http://localhost:9/")  # WebCrypto is for secure contexts, and localhost is one
    page.add_script_tag(path=ROOT / "storefront/static/sealer.js")
    yield page
    browser.close()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, row in main(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(f"{name:45}", *(f"{unit} {value:9.2f}" for unit, value in row.items()), sep="  ")
