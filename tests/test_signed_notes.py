"""Notes that anybody can check with the short script in docs, which knows nothing of the shop."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storefront import archive, notes, policy
from storefront.models import PolicyVersion

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "verify_policy.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("verify_policy", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# RFC 8032, 7.1: key, message, signature of TEST 1 to 3 and TEST SHA(abc).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
        "cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
        "0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        "984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23"
        "a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66"
        "431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_scripts_signatures_are_those_of_rfc_8032(script, key, message, signature):
    key, message, signature = map(bytes.fromhex, (key, message, signature))
    assert script.is_signed(key, message, signature)
    assert not script.is_signed(key, message + b"x", signature)
    for at in (0, 31, 32, 63):
        bad = bytearray(signature)
        bad[at] ^= 1
        assert not script.is_signed(key, message, bytes(bad)), at


def test_a_signature_with_too_large_a_number_is_none(script):
    """RFC 8032, 5.1.7: s below the order, or the same message would have several signatures."""
    key, message, signature = map(bytes.fromhex, VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + script.ORDER
    assert not script.is_signed(key, message, signature[:32] + s.to_bytes(32, "little"))


def test_the_script_agrees_with_the_library_the_shop_signs_with(script):
    for n in range(5):
        key = Ed25519PrivateKey.generate()
        public, message = key.public_key().public_bytes_raw(), bytes([n]) * n * 99
        assert script.is_signed(public, message, key.sign(message))
        assert not script.is_signed(bytes(32), message, key.sign(message))


@pytest.fixture
def key(settings):
    return policy.read_key(settings.keys)


@pytest.fixture
def posted(key, clock):
    """Three versions, the last with everything odd that a text may hold."""
    odd = "# Für alle\r\n\r\n\tcode\n\n— storefront-policy AAAA\n\n\n— x\n\nprevious -\n\f\nEnd."
    for text in ("Two. {covers: orders}\n", odd):
        policy.publish(
            text, key, role="editor", changes='What\n"ch—"', in_force_at=clock(), at=clock()
        )
    return list(PolicyVersion.select().order_by(PolicyVersion.number))


@pytest.fixture
def files(posted, key, tmp_path):
    """policy.pub and the notes, as the shop gives them out."""
    (tmp_path / "policy.pub").write_text(notes.verifier(key.public_key()) + "\n")
    for version in posted:
        (tmp_path / f"{version.number}.note").write_bytes(policy.signed_note(version).encode())
    return [tmp_path / "policy.pub", *(tmp_path / f"{v.number}.note" for v in posted)]


def run(*arguments) -> tuple[int, str]:
    """As somebody runs it who has Python and nothing else."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_script_finds_all_notes_good_and_says_what_to_keep(files, key, posted):
    code, said = run(*files)
    assert code == 0, said
    assert said.count(": good") == 3
    kept = [word for line in said.splitlines()[-2:] for word in line.split()]
    assert kept[3] == posted[-1].digest
    assert run(*kept, *files)[0] == 0
    assert run(*kept[2:], *files[:3]) == (
        1,
        "version 1, posted {0}, in force {0}: good\nversion 2, posted {1}, in force {1}: good\n"
        "NOT as it should be: the version that you saw earlier is not in the chain: history was "
        "rewritten\n".format(*(v.posted_at.isoformat() for v in posted[:2])),
    )


def changed_words(whole: bytes) -> bytes:
    return whole.replace(b"Two.", b"2000")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changed_words, "note 2 is not what was signed"),
        (lambda whole: whole.replace(b"covers orders", b"covers -"), "note 2 is not what was"),
        (lambda whole: whole[:-2], "note 2 is not a note signed by"),
        (lambda whole: whole + b"x\n", "note 2 is not a note signed by"),
        (lambda whole: whole.replace(b"policy version 2", b"policy version 1"), "note 2 is not"),
        (lambda whole: whole.rpartition(b"\n\n")[0], "note 2 is not a note"),
        (lambda whole: whole[:-10] + b"?" + whole[-9:], "note 2 has a signature that is no base64"),
        (lambda whole: b"", "note 2 is not a note"),
    ],
)
def test_a_note_that_was_tampered_with_is_refused(files, change, words):
    files[2].write_bytes(change(files[2].read_bytes()))
    code, said = run(*files)
    assert code == 1
    assert f"NOT as it should be: {words}" in said


def test_notes_left_out_swapped_or_of_another_shop_are_refused(files, tmp_path):
    key, first, second, third = files
    assert "note 2 is not version 2" in run(key, first, third)[1]
    assert "note 1 is not version 1" in run(key, second, first)[1]
    other = Ed25519PrivateKey.generate().public_key()
    assert "note 1 is not what was signed" in run("--key", notes.verifier(other), *files)[1]
    key.write_text("storefront-policy+00000000+" + notes.verifier(other).split("+", 2)[2])
    assert "its id is not its own" in run(*files)[1]


def test_a_version_signed_anew_with_the_right_key_breaks_the_chain(files, posted, key):
    version = posted[1]
    version.text = "We sell everything.\n"
    archive.sign(version, key.private)
    files[2].write_bytes(policy.signed_note(version).encode())
    assert "note 3 does not name the note before it" in run(*files)[1]


def test_a_note_says_all_that_its_row_says(posted):
    for version in posted:
        back = archive.from_note(policy.signed_note(version))
        names = [n for n in PolicyVersion._meta.fields if n not in ("id", "text")]
        assert {n: getattr(back, n) for n in names} == {n: getattr(version, n) for n in names}
        assert back.text.rstrip("\n") == version.text.rstrip("\n")


@pytest.mark.parametrize("whole", ["", "x", "x\n\n— storefront-policy \n", "— storefront-policy A"])
def test_what_is_no_note_is_none(whole):
    with pytest.raises(ValueError, match="not"):
        archive.from_note(whole)


def test_the_key_line_is_that_of_the_format(key):
    """The example of c2sp.org/signed-note, whose id is the SHA-256 of name, line end and key."""
    name, number, coded = notes.verifier(key.public_key()).split("+", 2)
    assert (name, len(number)) == ("storefront-policy", 8)
    assert number == notes.key_id(key.public_key()).hex()
    assert json.dumps(coded)


def test_everybody_finds_all_of_it_on_the_shop_itself(
    script, app, client, posted, key, monkeypatch
):
    """The routes of the shop, asked through the script's own steps."""

    def fetch(address):
        answer = client.get(address.removeprefix("http://localhost:8000"))
        assert answer.status_code == 200, address
        return answer.data

    monkeypatch.setattr(script, "fetch", fetch)
    line, found = script.from_shop("http://localhost:8000")
    assert script.check_chain(found, script.read_key(line), tell=lambda line: None) == (
        posted[-1].digest
    )
