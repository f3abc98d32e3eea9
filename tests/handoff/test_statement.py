"""Statements and instructions: who signed them, and what none may say."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront.handoff import wire
from storefront.handoff.envelope import BadInstruction, BadStatement, Instruction, Statement
from storefront.handoff.statement import INSTRUCTION_KIND, STATEMENT_KIND

KEY = Ed25519PrivateKey.generate()
STATEMENT = Statement("A" * 22, "K7M2-9QXD", "charged", 1999, "USD", "ch_17", None, 1)
INSTRUCTION = Instruction("refund", "K7M2-9QXD", None, 500, "USD", 1)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"outcome": "refunded", "instruction": 7},
        {"acquirer_reference": ""},
        {"desk_seq": 2**53 - 1},
    ],
)
def test_a_statement_that_the_desk_signed_is_read_back(changes):
    told = dataclasses.replace(STATEMENT, **changes)
    assert Statement.verify(told.sign(KEY), KEY.public_key()) == told


@pytest.mark.parametrize("changes", [{}, {"what": "cancel"}, {"line": 3}])
def test_an_instruction_that_the_shop_signed_is_read_back(changes):
    told = dataclasses.replace(INSTRUCTION, **changes)
    assert Instruction.verify(told.sign(KEY), KEY.public_key()) == told


def test_what_another_key_signed_is_refused():
    other = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(BadStatement, match="signature"):
        Statement.verify(STATEMENT.sign(KEY), other)
    with pytest.raises(BadInstruction, match="signature"):
        Instruction.verify(INSTRUCTION.sign(KEY), other)


def test_a_signature_on_one_kind_is_none_on_another():
    signed = wire.sign(INSTRUCTION_KIND, dataclasses.asdict(STATEMENT), KEY)
    with pytest.raises(BadStatement, match="signature"):
        Statement.verify(signed, KEY.public_key())


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "lost"},
        {"outcome": None},
        {"outcome": ["charged"]},
        {"env_id": "short"},
        {"order": "order"},
        {"amount_minor": 0},
        {"amount_minor": 1.5},
        {"currency": "usd"},
        {"acquirer_reference": "a b"},
        {"acquirer_reference": "a" * 65},
        {"instruction": 0},
        {"instruction": "1"},
        {"desk_seq": 0},
        {"desk_seq": True},
    ],
)
def test_a_statement_that_says_what_none_may_say_is_neither_signed_nor_believed(changes):
    members = dataclasses.asdict(STATEMENT) | changes
    with pytest.raises(wire.HandoffError):
        Statement(**members).sign(KEY)
    with pytest.raises((BadStatement, wire.HandoffError)):
        Statement.verify(wire.sign(STATEMENT_KIND, members, KEY), KEY.public_key())


@pytest.mark.parametrize(
    "changes",
    [
        {"what": "charge"},
        {"line": 0},
        {"line": "3"},
        {"amount_minor": -5},
        {"seq": 0},
        {"seq": 2**53},
    ],
)
def test_an_instruction_that_asks_for_what_none_may_is_neither_signed_nor_believed(changes):
    members = dataclasses.asdict(INSTRUCTION) | changes
    with pytest.raises(wire.HandoffError):
        Instruction(**members).sign(KEY)
    with pytest.raises((BadInstruction, wire.HandoffError)):
        Instruction.verify(wire.sign(INSTRUCTION_KIND, members, KEY), KEY.public_key())


@pytest.mark.parametrize("name", ["cvv", "pan", "note"])
def test_a_member_too_many_is_refused_and_not_repeated(name):
    members = dataclasses.asdict(STATEMENT) | {name: "4242424242424242"}
    with pytest.raises(BadStatement) as refused:
        Statement.verify(wire.sign(STATEMENT_KIND, members, KEY), KEY.public_key())
    assert "4242" not in str(refused.value)
    assert name not in str(refused.value)
