import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from storefront.handoff import wire
from storefront.handoff.wire import HandoffError

KIND = b"storefront-test/1\0"
SHAPE = {"name": wire.text(r"[a-z]+"), "count": wire.whole(1, 5)}

values = st.recursive(
    st.none() | st.integers(-wire.LARGEST, wire.LARGEST) | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner)
    ),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back(value):
    assert wire.read_canonical(wire.canonical(value)) == value


def test_members_are_sorted_without_spaces_in_utf_8():
    value = {"b": [1, "é"], "a": None, "B": "\n\x01"}
    assert wire.canonical(value) == '{"B":"\\n\\u0001","a":null,"b":[1,"é"]}'.encode()


@pytest.mark.parametrize(
    "value", [1.0, True, float("nan"), 2**53, -(2**53), b"x", {"é": 1}, {1: 2}, "\ud800", {1, 2}]
)
def test_what_has_no_one_encoding_is_not_written(value):
    with pytest.raises(HandoffError):
        wire.canonical(value)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1, "b":2}',
        b'{"b":1,"a":2}',
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":true}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'"\xff"',
        b"[" * 3000 + b"]" * 3000,
        b"[" * 100_000,
        b"",
        b"{",
    ],
)
def test_any_other_spelling_is_refused(raw):
    with pytest.raises(HandoffError):
        wire.read_canonical(raw)


@given(st.binary())
def test_bytes_survive_base64url(raw):
    assert wire.unb64u(wire.b64u(raw)) == raw


@pytest.mark.parametrize("text", ["AA==", "AB", "A", "AAA+", "AA A", "AA\n", "+/+/", "é", "A" * 5])
def test_any_other_base64url_is_refused(text):
    with pytest.raises(HandoffError):
        wire.unb64u(text)


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


def test_a_signed_message_opens_with_its_key(key):
    compact = wire.sign(KIND, {"name": "a", "count": 1}, key)
    opened = wire.open_signed(KIND, compact, key.public_key(), SHAPE)
    assert opened == {"name": "a", "count": 1}


def test_a_signature_on_one_kind_of_message_does_not_pass_for_another(key):
    compact = wire.sign(KIND, {"name": "a", "count": 1}, key)
    with pytest.raises(HandoffError, match="signature"):
        wire.open_signed(b"storefront-test/2\0", compact, key.public_key(), SHAPE)


def test_no_character_of_a_signed_message_can_be_changed(key):
    compact = wire.sign(KIND, {"name": "a", "count": 1}, key)
    for at, character in enumerate(compact):
        changed = compact[:at] + ("B" if character != "B" else "C") + compact[at + 1 :]
        with pytest.raises(HandoffError):
            wire.open_signed(KIND, changed, key.public_key(), SHAPE)


@pytest.mark.parametrize("cut", ["", ".", "e30", "e30.", ".e30", "e30.e30", "e30.e30.e30"])
def test_half_a_signed_message_is_refused(key, cut):
    with pytest.raises(HandoffError):
        wire.open_signed(KIND, cut, key.public_key(), SHAPE)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"name": "a"}, "lacks count"),
        ({"name": "a", "count": 1, "4242": 1}, "a member it should not have"),
        ({"name": "A", "count": 1}, "name is not of the right kind"),
        ({"name": "a\n", "count": 1}, "name is not of the right kind"),
        ({"name": "a", "count": 6}, "count is not of the right kind"),
        ({"name": "a", "count": "1"}, "count is not of the right kind"),
        ([], "not a JSON object"),
    ],
)
def test_a_signed_message_has_exactly_its_members(key, members, sentence):
    with pytest.raises(HandoffError, match=sentence) as refused:
        wire.check_members(members, SHAPE)
    assert "4242" not in str(refused.value)


def test_a_key_that_is_missing_says_what_makes_it(tmp_path):
    with pytest.raises(HandoffError, match="run bin/run, or `vault init`"):
        wire.load_public_key(tmp_path / "shop.pub")


def test_a_key_of_another_sort_is_refused(tmp_path):
    path = tmp_path / "shop.key"
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for read in (wire.load_private_key, wire.load_public_key):
        with pytest.raises(HandoffError, match="restore it"):
            read(path)
