"""Files that only their owner may read, also on a stick."""

import errno
import os

import pytest

from vault.files import write_new


@pytest.fixture
def without_links(monkeypatch):
    """FAT and exFAT know no hard links: link(2) fails with EPERM there."""

    def link(*_):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)


def test_a_bundle_can_be_written_to_a_stick_without_links(tmp_path, without_links):
    write_new(tmp_path / "bundle", b"all of it")
    assert (tmp_path / "bundle").read_bytes() == b"all of it"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_what_is_there_is_not_overwritten_on_a_stick_either(tmp_path, without_links):
    (tmp_path / "bundle").write_bytes(b"the first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "bundle", b"another")
    assert (tmp_path / "bundle").read_bytes() == b"the first"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
