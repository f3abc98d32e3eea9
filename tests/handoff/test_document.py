"""docs/handoff.md says what the program does: its worked example, byte for byte."""

import hashlib
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff.envelope import (
    Envelope,
    Instruction,
    Manifest,
    Offer,
    Receipt,
    Statement,
    public_halves,
    unb64u,
)
from vault.bundle import Bundle
from vault.opening import Card, open_card

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "handoff.md"
KID = "0123456789abcdef"


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    """The blocks of the section, by name, unfolded."""
    section = DOCUMENT.read_text("utf-8").partition("## A worked example")[2].partition("\n## ")[0]
    blocks = re.findall(r"^`([^`]+)`[^\n]*\n```\n(.*?)\n```$", section, re.M | re.S)
    return {
        # The lines of a bundle are its own; what is folded in them begins with two spaces.
        name: text.replace("\n  ", "") if name == "bundle" else text.replace("\n", "")
        for name, text in blocks
    }


def seed(name: str) -> bytes:
    return hashlib.sha256(f"storefront example {name}".encode()).digest()


def key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed(name))


HALVES = {suite: seed(suite) for suite in ("x25519", "mlkem768-x25519")}


@pytest.mark.parametrize("name", ["root", "shop", "vault", "desk"])
def test_the_keys_are_as_they_are_said_to_be_made(example, name):
    assert example[f"{name} public"] == key(name).public_key().public_bytes_raw().hex()


def test_the_public_halves_are_as_they_are_said_to_be_made(example):
    public = public_halves(HALVES)
    assert example["x25519 public"] == public["x25519"].hex()
    digest = hashlib.sha256(public["mlkem768-x25519"]).hexdigest()
    assert example["mlkem768-x25519 public sha256"] == digest


def test_the_manifest_is_the_roots(example):
    manifest = Manifest.read(example["manifest"], key("root").public_key())
    [epoch] = manifest.epochs
    assert (manifest.seq, epoch.kid, epoch.suites) == (1, KID, ("x25519",))
    assert epoch.public_keys["x25519"].hex() == example["x25519 public"]
    assert manifest.sign(key("root")) == example["manifest"]


def test_the_offer_is_the_shops_and_its_bytes_are_canonical(example):
    offer = Offer.verify(example["offer"], key("shop").public_key())
    assert offer.raw.decode() == example["offer bytes"]
    assert offer.sign(key("shop")) == example["offer"]
    assert (offer.order, offer.amount_minor, offer.kid) == ("K7M2P-9QXDA", 12400, KID)


@pytest.mark.parametrize("suite", ["x25519", "mlkem768-x25519"])
def test_the_sealed_card_opens_to_the_plaintext(example, suite):
    envelope = Envelope.around(
        unb64u(example[f"sealed {suite}"]), compact_offer=example["offer"], kid=KID, suite=suite
    )
    card = open_card(envelope, HALVES)
    assert card == Card("4242424242424242", 2039, 12)
    digest = hashlib.sha256(example["offer bytes"].encode()).digest()
    members = {"pan": card.number, "exp": f"{card.year}-{card.month}"}
    assert unb64u(re.search(r'"offer_sha256":"([^"]+)"', example["plaintext"])[1]) == digest
    assert all(f'"{name}":"{value}"' in example["plaintext"] for name, value in members.items())


def test_the_envelope_holds_offer_and_card(example):
    raw = example["envelope"].encode()
    envelope = Envelope.read(raw)
    assert envelope.compact_offer == example["offer"]
    assert envelope.sealed == unb64u(example["sealed x25519"])
    assert envelope.sha256 == hashlib.sha256(raw).hexdigest() == example["envelope sha256"]


def test_the_receipt_is_the_vaults_for_this_envelope(example):
    receipt = Receipt.verify(example["receipt"], key("vault").public_key())
    assert receipt.envelope_sha256 == example["envelope sha256"]
    assert receipt.sign(key("vault")) == example["receipt"]


def test_the_statement_is_the_desks_and_says_that_it_was_charged(example):
    told = Statement.verify(example["statement"], key("desk").public_key())
    assert (told.order, told.outcome, told.amount_minor) == ("K7M2P-9QXDA", "charged", 12400)
    assert told.sign(key("desk")) == example["statement"]


def test_the_instruction_is_the_shops_and_the_bundle_carries_it(example):
    told = Instruction.verify(example["instruction"], key("shop").public_key())
    assert (told.what, told.line, told.amount_minor) == ("refund", 3, 6200)
    assert told.sign(key("shop")) == example["instruction"]
    raw = example["bundle"].encode() + b"\n"
    bundle = Bundle.read(raw, key("vault").public_key())
    assert bundle.instructions == (example["instruction"],)
    assert bundle.to_bytes(key("vault")) == raw


def test_every_message_that_is_signed_has_its_prefix_in_the_document():
    text = DOCUMENT.read_text("utf-8")
    for kind in ("offer", "receipt", "manifest", "statement", "instruction", "bundle", "card"):
        assert f"storefront-{kind}/1" in text
