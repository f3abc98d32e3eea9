"""The page's sealer and the server's, against RFC 9180 and against somebody else's HPKE.

The script is the shipped one, in a real Chromium. The other implementation is `hpke` from npm with
`@panva/hpke-noble`, whose every part, from X25519 to AES, is its own and not the browser's.
"""

import gzip
import json
import os
import random
import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from storefront.handoff import suites
from storefront.handoff.manifest import Epoch
from storefront.handoff.seal import (
    INFO,
    SENTENCES,
    BadCard,
    Card,
    check_card,
    passes_luhn,
    seal_hybrid,
)
from storefront.handoff.suites import X25519
from storefront.handoff.wire import b64u, canonical, unb64u
from tests.opening import CannotOpen, open_sealed

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "storefront/static/sealer.js").read_text("utf-8")
NPM = ROOT / "build/npm/node_modules"
VECTOR = json.loads(Path(__file__).with_name("rfc9180.json").read_text())
HERE = "http://localhost:9/"  # nobody listens there: every request is answered by the test

FULL = os.environ.get("FAULTS") == "full"
ROUND_TRIPS = 10_000 if FULL else 200
MUTATIONS = 100_000 if FULL else 2_000
STRANGERS = 1_000 if FULL else 50  # each way with the other implementation

PAGE = f"""<!doctype html><title>sealer</title>
<script type="importmap">{{"imports": {{
  "hpke": "/hpke/index.js", "@panva/hpke-noble": "/@panva/hpke-noble/index.js",
  "@noble/": "/@noble/"}}}}</script>
<script>{SCRIPT}</script>
"""


@pytest.fixture
def page(new_page) -> Page:
    """A page with the script in it and nothing else."""
    page = new_page(HERE)
    page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.goto(HERE)
    return page


@pytest.fixture
def stranger(page) -> Page:
    """The page, with the other implementation's suites as `strange["x25519"]` and so on."""
    if not NPM.exists():
        pytest.fail("build/npm is missing: bin/test installs it, which needs npm and its registry")
    page.route(re.compile(r"\.js$"), serve)
    page.evaluate("""async () => {
        const { CipherSuite } = await import("hpke");
        const other = await import("@panva/hpke-noble");
        const suite = (kem) =>
            new CipherSuite(kem, other.KDF_HKDF_SHA256, other.AEAD_AES_256_GCM);
        window.strange = {
            "x25519": suite(other.KEM_DHKEM_X25519_HKDF_SHA256),
            "mlkem768-x25519": suite(other.KEM_MLKEM768_X25519),
        };
    }""")
    return page


def serve(route) -> None:
    path = NPM / route.request.url.removeprefix(HERE)
    route.fulfill(body=path.read_bytes(), content_type="text/javascript")


@pytest.fixture(scope="module")
def private():
    return suites.new_private_halves()


@pytest.fixture(scope="module")
def epoch(private):
    keys = suites.public_halves(private)
    return Epoch("0123456789abcdef", suites.SUITES, keys, 0, 1, 1)


@pytest.fixture
def dice():
    return random.Random(9180)


def some_card(dice: random.Random) -> Card:
    stem = "".join(dice.choices("0123456789", k=dice.randint(11, 18)))
    number = next(stem + digit for digit in "0123456789" if passes_luhn(stem + digit))
    return Card(number, dice.randint(2030, 2049), dice.randint(1, 12))


def some_offer(dice: random.Random) -> bytes:
    return canonical({"env_id": b64u(dice.randbytes(16)), "amount_minor": dice.randint(1, 10**6)})


def seal_in_page(page: Page, epoch: Epoch, jobs: list[tuple[Card, bytes]]) -> list[bytes]:
    """Every card sealed to its offer, by the shipped script."""
    todo = [[card.number, f"{card.year}-{card.month:02}", b64u(raw)] for card, raw in jobs]
    sealed = page.evaluate(
        """async ([jobs, key]) => Promise.all(jobs.map(async ([pan, exp, offer]) =>
            b64u(await sealCard(pan, exp, unb64u(offer), unb64u(key)))))""",
        [todo, b64u(epoch.public_keys[X25519])],
    )
    return list(map(unb64u, sealed))


def seal_anywhere(page, epoch, suite, jobs) -> list[bytes]:
    if suite == X25519:
        return seal_in_page(page, epoch, jobs)
    return [seal_hybrid(card, raw, epoch) for card, raw in jobs]


def some_jobs(dice: random.Random, count: int) -> list[tuple[Card, bytes]]:
    return [(some_card(dice), some_offer(dice)) for _ in range(count)]


# Size


def test_the_script_has_less_than_3_kib_by_gzip_and_by_brotli():
    count = (
        "process.stdout.write(String(require('zlib').brotliCompressSync(process.argv[1]).length))"
    )
    done = subprocess.run(["node", "-e", count, SCRIPT], capture_output=True, check=True)
    assert int(done.stdout) < 3072
    assert len(gzip.compress(SCRIPT.encode())) < 3072


# RFC 9180


def test_the_script_seals_as_rfc_9180_says(page):
    """The vector's ephemeral key and its aad, which ours never has, come in through WebCrypto."""
    page.evaluate(
        """async ({ skEm, pkEm, aad }) => {
            const { subtle } = crypto;
            const pkcs8 = join(unhex("302e020100300506032b656e04220420"), unhex(skEm));
            const privateKey =
                await subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
            const publicKey = await subtle.importKey("raw", unhex(pkEm), "X25519", true, []);
            subtle.generateKey = async () => ({ privateKey, publicKey });
            const encrypt = subtle.encrypt.bind(subtle);
            subtle.encrypt = (how, ...rest) =>
                encrypt({ ...how, additionalData: unhex(aad) }, ...rest);
            function unhex(text) {
                return Uint8Array.from(text.match(/../g), (byte) => parseInt(byte, 16));
            }
        }""",
        VECTOR,
    )
    sealed = page.evaluate(
        "async (given) => b64u(await seal(...given.map(unb64u)))",
        [b64u(bytes.fromhex(VECTOR[name])) for name in ("pkRm", "info", "pt")],
    )
    assert unb64u(sealed).hex() == VECTOR["enc"] + VECTOR["ct"]


# The desk opens what was sealed, and only that.


@pytest.mark.parametrize("suite", suites.SUITES)
def test_what_is_sealed_opens_at_the_desk(page, epoch, private, dice, suite):
    for start in range(0, ROUND_TRIPS, 100):
        jobs = some_jobs(dice, min(100, ROUND_TRIPS - start))
        for (card, raw), sealed in zip(jobs, seal_anywhere(page, epoch, suite, jobs), strict=True):
            assert open_sealed(suite, sealed, raw, private[suite]) == card


@pytest.mark.parametrize("suite", suites.SUITES)
def test_no_mutation_opens(page, epoch, private, dice, suite):
    jobs = some_jobs(dice, 100)
    ready = list(zip(jobs, seal_anywhere(page, epoch, suite, jobs), strict=True))
    for _ in range(MUTATIONS):
        (_, raw), sealed = dice.choice(ready)
        sealed, raw = mutated(dice, sealed, raw, ready)
        with pytest.raises(CannotOpen):
            open_sealed(suite, sealed, raw, private[suite])


def mutated(dice: random.Random, sealed: bytes, raw: bytes, ready) -> tuple[bytes, bytes]:
    """The pair with one of them changed: bits, bytes, length, or a part of another message."""
    other = next(pair for pair in dice.sample(ready, 2) if pair[1] != sealed)
    at = dice.randrange(len(sealed))
    ways = (
        lambda: (flipped(dice, sealed), raw),
        lambda: (sealed, flipped(dice, raw)),
        lambda: (sealed[:at], raw),
        lambda: (sealed + dice.randbytes(dice.randint(1, 40)), raw),
        lambda: (dice.randbytes(len(sealed)), raw),
        lambda: (sealed[:-144] + other[1][-144:], raw),
        lambda: (other[1][:-144] + sealed[-144:], raw),
        lambda: (sealed, other[0][1]),
    )
    return dice.choice(ways)()


def flipped(dice: random.Random, value: bytes) -> bytes:
    at = dice.randrange(len(value))
    return value[:at] + bytes([value[at] ^ (1 << dice.randrange(8))]) + value[at + 1 :]


# Somebody else's HPKE, both ways.


@pytest.mark.parametrize("suite", suites.SUITES)
def test_the_other_implementation_opens_what_we_seal(stranger, epoch, private, dice, suite):
    jobs = some_jobs(dice, STRANGERS)
    sealed = seal_anywhere(stranger, epoch, suite, jobs)
    enc = suites.ENC_BYTES[suite]
    todo = [
        [b64u(one[:enc]), b64u(one[enc:]), b64u(INFO + raw)]
        for one, (_, raw) in zip(sealed, jobs, strict=True)
    ]
    opened = stranger.evaluate(
        """async ([suite, key, todo]) => {
            const ours = await strange[suite].DeserializePrivateKey(unb64u(key));
            return Promise.all(todo.map(async ([enc, ct, info]) => b64u(
                await strange[suite].Open(ours, unb64u(enc), unb64u(ct), { info: unb64u(info) }))));
        }""",
        [suite, b64u(private[suite]), todo],
    )
    for plaintext, (card, raw) in zip(map(unb64u, opened), jobs, strict=True):
        assert plaintext == plaintext_of(card, raw)


@pytest.mark.parametrize("suite", suites.SUITES)
def test_we_open_what_the_other_implementation_seals(stranger, epoch, private, dice, suite):
    jobs = some_jobs(dice, STRANGERS)
    todo = [[b64u(plaintext_of(card, raw)), b64u(INFO + raw)] for card, raw in jobs]
    sealed = stranger.evaluate(
        """async ([suite, key, todo]) => {
            const theirs = await strange[suite].DeserializePublicKey(unb64u(key));
            return Promise.all(todo.map(async ([plaintext, info]) => {
                const made = await strange[suite].Seal(
                    theirs, unb64u(plaintext), { info: unb64u(info) });
                return b64u(join(made.encapsulatedSecret, made.ciphertext));
            }));
        }""",
        [suite, b64u(epoch.public_keys[suite]), todo],
    )
    for one, (card, raw) in zip(map(unb64u, sealed), jobs, strict=True):
        assert open_sealed(suite, one, raw, private[suite]) == card


def plaintext_of(card: Card, raw: bytes) -> bytes:
    """docs/handoff.md, "Sealing", written out once more."""
    exp, digest = f"{card.year}-{card.month:02}", b64u(sha256(raw).digest())
    text = f'{{"exp":"{exp}","offer_sha256":"{digest}","pan":"{card.number}"}}'
    return text.encode().ljust(128, b"\0")


# The rules for a card are the same in the page and on the server.

spacing = st.sampled_from(["", " ", "-", "\u00a0", "\u2011", "  "])
digits = st.text("0123456789", min_size=1, max_size=21)
numbers = st.one_of(
    st.lists(st.tuples(digits, spacing), max_size=4).map(
        lambda parts: "".join(part for pair in parts for part in pair)
    ),
    st.integers(0, 2**32).map(lambda seed: some_card(random.Random(seed)).number),
    st.text("0123456789 -x٤é", max_size=20),
)
expiries = st.one_of(
    st.text("0123456789/- ", max_size=9),
    st.tuples(st.integers(0, 14), st.sampled_from(["/", "-", " / ", ""]), st.integers(20, 40)).map(
        lambda parts: f"{parts[0]:02}{parts[1]}{parts[2]}"
    ),
)


def judged_by_server(number: str, expiry: str) -> tuple[dict, tuple[str, str] | None]:
    names = {sentence: name for name, sentence in SENTENCES.items()}
    try:
        card = check_card(number, expiry, 1795000000)  # in November 2026
    except BadCard as refused:
        return {field: names[said] for field, said in refused.errors.items()}, None
    return {}, (card.number, f"{card.year}-{card.month:02}")


def test_the_page_and_the_server_judge_a_card_alike(page):
    @settings(
        max_examples=2_000 if FULL else 50,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(st.tuples(numbers, expiries), min_size=20, max_size=60))
    def judged_alike(cards):
        todo = [list(card) for card in cards]
        said = page.evaluate("(todo) => todo.map((card) => check(...card, '2026-11'))", todo)
        for card, verdict in zip(cards, said, strict=True):
            wrong = {field: name for field, name in verdict["wrong"].items() if name}
            found = None if wrong else (verdict["pan"], verdict["exp"])
            assert (wrong, found) == judged_by_server(*card)

    judged_alike()
