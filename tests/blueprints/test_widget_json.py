"""The signed JSON: what it says, who may read it, and the checks that docs/widget.md shows."""

import base64
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playhouse.test_utils import count_queries

from storefront import signing
from storefront.config import ROOT, write_private
from storefront.models import Testimonial
from storefront.signing import Signer
from tests.resellers import SITE, resold

GUIDE = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")


@pytest.fixture
def address(hill) -> str:
    return f"/widget/{hill.key}.json"


def test_it_says_what_the_frame_shows(nobody, address, shirt, clock):
    picture = {"digest": "d" * 32, "width": 800, "height": 600, "widths": [200, 800]}
    (one,) = resold(shirt, clock(), connection="given", pictures=[picture], shows_email=True)
    one.answer("Thank you.", clock())
    said = nobody.get(address).json
    shop = "http://localhost:8000"
    assert said["shop"] == {"name": "Larch & Lane", "address": shop}
    assert said["product"] is None
    assert said["rating"] == {"average_tenths": 50, "ratings": 1, "testimonials": 1}
    assert said["testimonials"] == [
        {
            "id": one.id,
            "product": {"title": shirt.title, "address": f"{shop}/products/{shirt.handle}"},
            "stars": 5,
            "words": one.words,
            "name": "Person 0",
            "date": f"{clock():%Y-%m-%d}",
            "bought": False,
            "disclosure": "Got it free or cheaper, or was paid for writing",
            "imported": False,
            "pictures": [
                {
                    "address": f"{shop}/testimonials/{one.id}/pictures/{'d' * 32}-800.webp",
                    "width": 800,
                    "height": 600,
                }
            ],
            "reply": "Thank you.",
            "address": f"{shop}/testimonials/{one.id}",
            "address_page": f"{shop}/testimonials/{one.id}",
        }
    ]
    assert "person0@" not in json.dumps(said)


def test_of_one_product_it_says_which(nobody, address, shirt, clock):
    resold(shirt, clock())
    assert nobody.get(f"{address}?product={shirt.handle}").json["product"] == shirt.handle
    assert nobody.get(f"{address}?product=nothing").status_code == 404


def test_it_is_good_for_a_minute_from_when_it_was_made(nobody, address, clock):
    for _ in range(2):
        answer = nobody.get(address)
        said = answer.json
        made, ends = (datetime.fromisoformat(said[name]) for name in ("made", "expires"))
        assert 0 <= (clock() - made).total_seconds() < 1
        assert (ends - made).total_seconds() == 60
        assert answer.headers["Cache-Control"] == "public, max-age=30, stale-while-revalidate=30"
        clock.forward(seconds=59)


def test_its_facts_are_looked_up_once_and_signed_each_time(nobody, address, shirt, clock):
    (one,) = resold(shirt, clock())
    first = nobody.get(address).json
    clock.forward(seconds=5)
    with count_queries() as counted:
        second = nobody.get(address).json
    assert counted.count <= 3  # whose key it is, and which edition is out
    assert first["signature"] != second["signature"]
    assert first["testimonials"] == second["testimonials"]
    one.answer("Thanks.", clock())
    assert nobody.get(address).json["testimonials"][0]["reply"] == "Thanks."


def test_only_pages_of_the_resellers_origins_may_read_it(nobody, address):
    for origin, told in ((SITE, SITE), ("https://other.example", None), ("null", None)):
        answer = nobody.get(address, headers={"Origin": origin})
        assert answer.headers.get("Access-Control-Allow-Origin") == told
        assert answer.headers["Vary"] == "Accept-Encoding, Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers
    plain = nobody.get(address, headers={"Accept-Encoding": "br"})
    assert plain.status_code == 200
    assert "Access-Control-Allow-Origin" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding, Origin"


def test_its_bytes_are_the_canonical_ones(nobody, address, shirt, clock):
    resold(shirt, clock(), words='Ünï "quoted" \\ and\nlines, € and 🧥, \u2028 too', name="Zoë")
    body = nobody.get(address).data
    assert signing.canonical(json.loads(body)) == body


def test_the_key_is_made_once_and_for_its_owner_alone(settings, tmp_path):
    path = settings.keys / signing.FILE
    before = path.read_bytes()
    signing.make_key(settings.keys, write_private)
    assert path.read_bytes() == before
    signing.make_key(tmp_path, write_private)
    made = tmp_path / signing.FILE
    assert made.read_bytes() != before
    assert made.stat().st_mode & 0o077 == 0


def test_the_key_is_for_everybody_and_named_in_what_it_signs(nobody, address, settings):
    answer = nobody.get("/widget/key.pub")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.data.startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert nobody.get(address).json["key"] == Signer(settings.keys).key_id


# The checks, as they stand in the guide


def in_python(body: bytes, key: bytes, now: datetime) -> str:
    """What the guide's Python says of a copy: its first testimonial's words, or why not."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    rooms: dict = {}
    exec(compile(code, "docs/widget.md", "exec"), rooms)
    try:
        return rooms["checked"](body, key, now)["testimonials"][0]["words"]
    except ValueError as why:
        return f"refused: {why}"


CALLER = """
const [body, key, now] = JSON.parse(await new Response(process.stdin).text());
try {
  console.log(JSON.stringify((await checked(body, key, new Date(now))).testimonials[0].words));
} catch (why) {
  console.log(JSON.stringify(`refused: ${why.message}`));
}
"""


def in_javascript(body: bytes, key: bytes, now: datetime) -> str:
    """The same of the guide's JavaScript."""
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    (code,) = re.findall(r"```js\n(.*?)```", GUIDE, re.DOTALL)
    given = json.dumps([body.decode(), key.decode(), now.isoformat()])
    command = ["node", "--no-warnings", "--input-type=module", "--eval", code + CALLER]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("check", [in_python, in_javascript])
def test_a_copy_is_checked_as_the_guide_says(nobody, address, shirt, clock, check):
    words = 'Ünï "quoted" \\ and\nlines, € and 🧥, \u2028 too'
    resold(shirt, clock(), words=words)
    body, key = nobody.get(address).data, nobody.get("/widget/key.pub").data
    now = clock().astimezone(UTC)
    assert check(body, key, now) == Testimonial.get().words
    spaced = json.dumps(dict(reversed(json.loads(body).items())), indent=2).encode()
    assert check(spaced, key, now) == Testimonial.get().words
    better = body.replace(b'"stars":5', b'"stars":4')
    assert better != body
    assert check(better, key, now) == "refused: not signed by the shop"
    later = re.sub(rb'"expires":"\d{4}', b'"expires":"2099', body)
    assert check(later, key, now) == "refused: not signed by the shop"
    for given in (b'"stars":5,"stars":4', b'"stars":5e9', b'"stars":"5"', b'"stars":"\\ud800"'):
        assert check(body.replace(b'"stars":5', given), key, now).startswith("refused: ")
    unsigned = {name: value for name, value in json.loads(body).items() if name != "signature"}
    assert check(json.dumps(unsigned).encode(), key, now).startswith("refused: ")
    clock.forward(seconds=61)
    assert check(body, key, clock()) == "refused: too old"
    assert check(body, _another_key(), now) == "refused: not signed by the shop"


def _another_key() -> bytes:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    # RFC 8410, 4: the DER of such a key is its raw bytes behind these.
    der = bytes.fromhex("302a300506032b6570032100") + raw
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n".encode()
