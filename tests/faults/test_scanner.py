"""The scanner finds a planted secret in every place and every encoding, and nothing else."""

import base64
import gzip
import hashlib
import os
import sqlite3
import subprocess
import sys
import zlib

import pytest

from tests.faults import scanner as scanning
from tests.faults.scanner import Scanner, family, spellings

SECRET = b"975318642097"
OTHER = b"130246897531"
CARD = SECRET.decode() + "0185"
SEALED = hashlib.sha256(b"sealed").digest()[:24]

PLANTED = {
    "raw": CARD.encode(),
    "in a form": b"offer=x&cc-number=" + CARD.encode() + b"&cc-exp=12%2F39",
    "spaced": b"9753 1864 2097 0185",
    "with hyphens": b"9753-1864-2097-0185",
    "spaced in a form": b"cc-number=9753+1864+2097+0185",
    "spaced and URL-encoded": b"cc-number=9753%201864%202097%200185",
    "base64": base64.b64encode(CARD.encode()),
    "base64, one byte later": base64.b64encode(b"x" + CARD.encode()),
    "base64, two bytes later": base64.urlsafe_b64encode(b'{"' + CARD.encode() + b'"}'),
    "hex": CARD.encode().hex().encode(),
    "URL-encoded": "".join(f"%{ord(digit):02X}" for digit in CARD).encode(),
    "UTF-16, little end first": CARD.encode("utf-16-le"),
    "UTF-16, big end first": CARD.encode("utf-16-be"),
    "UTF-16, spaced": b"9753 1864 2097 0185".decode().encode("utf-16"),
    "UTF-32": ("é" + CARD).encode("utf-32-le"),
    "gzip": b"before" + gzip.compress(b"x" * 1000 + CARD.encode()) + b"after",
    "zlib": b"before" + zlib.compress(CARD.encode("utf-16-le")) + b"after",
    "gzip of gzip of base64": gzip.compress(gzip.compress(base64.b64encode(CARD.encode()))),
    "gzip, cut short": gzip.compress(os.urandom(99) + CARD.encode() + os.urandom(2999))[:2000],
}
CHUNK = 1 << 20  # of a small scanner: where chunks meet does not depend on how large they are
planted = pytest.mark.parametrize("content", PLANTED.values(), ids=PLANTED)


@pytest.fixture(scope="module")
def scanner():
    return Scanner({"card": SECRET, "other": OTHER, "sealed": SEALED})


@planted
def test_it_is_found_in_bytes_and_the_other_is_not(scanner, content):
    assert set(scanner.in_bytes(b"something " + content + b" else")) == {"card"}


@pytest.mark.parametrize("at", range(3))
def test_sealed_bytes_are_found_raw_in_hex_and_in_base64(scanner, at):
    around = os.urandom(at) + SEALED + os.urandom(7)
    forms = [around, around.hex().encode(), base64.urlsafe_b64encode(around)]
    assert [set(scanner.in_bytes(form)) for form in forms] == [{"sealed"}] * 3


def test_nothing_is_found_where_nothing_is(scanner):
    assert scanner.in_bytes(os.urandom(1 << 20) + b"4242424242424242") == {}


@planted
@pytest.mark.parametrize(
    "place", ["log/shop.log", "tmp/x", "mail/new/1", "backups/a.sqlite", "deep/down/here/x"]
)
def test_it_is_found_in_files_of_every_folder(scanner, tmp_path, place, content):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found = scanner.in_folder(tmp_path)
    assert set(found) == {"card"}
    assert all(str(path) in where for where in found["card"])


@pytest.mark.parametrize(
    "content",
    [b"9753186=\r\n420970185", base64.encodebytes(b"x" * 49 + CARD.encode())],
    ids=["quoted-printable", "base64"],
)
def test_it_is_found_where_a_mail_has_folded_it(scanner, tmp_path, content):
    (tmp_path / "mail").write_bytes(content)
    assert set(scanner.in_folder(tmp_path)) == {"card"}


def test_it_is_found_in_the_name_of_a_file(scanner, tmp_path):
    (tmp_path / CARD).touch()
    assert set(scanner.in_folder(tmp_path)) == {"card"}


@pytest.mark.parametrize("before", [CHUNK - 5, CHUNK, 2 * CHUNK - 1])
def test_it_is_found_where_chunks_meet(scanner, tmp_path, before, monkeypatch):
    monkeypatch.setattr(scanning, "CHUNK", CHUNK)
    path = tmp_path / "big"
    path.write_bytes(bytes(before) + CARD.encode() + bytes(10))
    assert set(scanner.in_file(path)) == {"card"}


@planted
def test_it_is_found_in_a_database_and_in_its_log_before_that_is_merged(scanner, tmp_path, content):
    database = sqlite3.connect(tmp_path / "shop.sqlite")
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (?)", (content,))
        database.commit()
        in_log = scanner.in_file(tmp_path / "shop.sqlite-wal")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        in_database = scanner.in_file(tmp_path / "shop.sqlite")
    finally:
        database.close()
    assert (set(in_log), set(in_database)) == ({"card"}, {"card"})


@planted
def test_it_is_found_in_the_memory_of_a_process(scanner, content):
    keep = "import sys; x = sys.stdin.buffer.read(int(sys.argv[1])); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", keep, str(len(content))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        child.stdin.write(content)
        child.stdin.flush()
        child.stdout.readline()
        found = scanner.in_process(child.pid)
        child.kill()
    assert set(found) == {"card"}


def test_a_process_that_may_not_be_read_is_an_error_and_not_nothing(scanner):
    with pytest.raises(FileNotFoundError):
        scanner.in_process(2**22 + 1)


def test_a_familys_members_are_all_there():
    child = subprocess.Popen(["sleep", "30"])
    try:
        assert child.pid in family(os.getpid())
    finally:
        child.kill()
        child.wait()


def test_every_encoding_that_is_asked_for_has_a_spelling():
    wanted = {"raw", "spaced", "base64", "hex", "url", "utf-16-le", "utf-16-be"}
    assert wanted <= set(spellings(SECRET))
    assert len(spellings(SECRET)["base64"]) == 3
