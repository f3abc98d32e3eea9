"""The vault's way out to the desk: a file, or a listener apart that hears the desk alone."""

import logging
import ssl
import threading
import time
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from storefront.handoff.envelope import ManifestFile, load_public_key
from storefront.handoff.line import Line, LineDown
from tests.desks import desk_keys
from vault import certificates, tls
from vault.automatic import AutomaticDesk
from vault.bundle import Bundle
from vault.commands import main
from vault.export_line import ExportDown, ExportLine
from vault.keys import _make
from vault.serve import ExportServer

REQUEST = b"GET /bundle HTTP/1.1\r\nHost: vault\r\nConnection: close\r\n\r\n"
TURNED_AWAY = (ssl.SSLError, ConnectionError)
DAY = 86400


@pytest.fixture
def exported(instance, vault):
    """The export listener; `exported.address` is a pair."""
    server = ExportServer(("127.0.0.1", 0), vault, instance / "vault")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.address = server.server_address[:2]
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def line(instance, exported):
    line = ExportLine("{}:{}".format(*exported.address), instance / "desk")
    yield line
    line.close()


@pytest.fixture
def requests_read(monkeypatch):
    made = []
    real = tls.LineRequest.__init__

    def counted(self, *arguments, role):
        made.append(role)
        real(self, *arguments, role=role)

    monkeypatch.setattr(tls.LineRequest, "__init__", counted)
    return made


def test_the_desk_is_read(exported, instance, client_context, say, requests_read):
    answer = say(exported.address, client_context(instance / "desk"), REQUEST)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert requests_read == ["desk"]


@pytest.mark.parametrize("folder", ["keys", "payment", "vault", None])
def test_nobody_else_has_a_byte_read(
    exported, instance, client_context, say, requests_read, folder
):
    context = client_context(instance / folder if folder else None)
    with pytest.raises(TURNED_AWAY):
        say(exported.address, context, REQUEST)
    assert requests_read == []


def test_the_desk_has_no_byte_read_where_the_shop_is_heard(
    served, instance, client_context, say, requests_read
):
    with pytest.raises(TURNED_AWAY):
        say(served.address, client_context(instance / "desk"), REQUEST)
    assert requests_read == []


def test_an_expired_desk_has_no_byte_read(
    instance, vault, client_context, say, requests_read, now, tmp_path
):
    folder = tmp_path / "old"
    folder.mkdir()
    key = certificates.new_key()
    _make(folder / "line.key", lambda: key)()
    old = certificates.self_signed("x", certificates.CLIENT, key, now - 3 * 365 * DAY)
    (folder / "line.pem").write_bytes(old)
    (instance / "vault/desk-line.pem").write_bytes(old)
    with listening(instance, vault) as server, pytest.raises(TURNED_AWAY):
        say(server.server_address[:2], client_context(folder), REQUEST)
    assert requests_read == []


@contextmanager
def listening(instance, vault):
    server = ExportServer(("127.0.0.1", 0), vault, instance / "vault")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_tls_1_2_has_no_byte_read(exported, instance, client_context, say, requests_read):
    context = client_context(instance / "desk")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(TURNED_AWAY):
        say(exported.address, context, REQUEST)
    assert requests_read == []


def test_there_is_nothing_on_the_export_listener_but_bundles_and_statements(
    exported, instance, client_context, say
):
    context = client_context(instance / "desk")
    for path in (b"/", b"/envelopes", b"/receipts/AAAAAAAAAAAAAAAAAAAAAA", b"/statements/0"):
        answer = say(exported.address, context, REQUEST.replace(b"/bundle", path))
        assert answer.startswith(b"HTTP/1.1 404 ")


def test_the_desk_hangs_up_on_a_vault_it_does_not_know(exported, instance):
    (instance / "desk/vault-line.pem").write_bytes((instance / "keys/line.pem").read_bytes())
    stranger = ExportLine("{}:{}".format(*exported.address), instance / "desk")
    with pytest.raises(ExportDown, match="cannot be reached"):
        stranger.bundle()
    stranger.close()


def test_a_bundle_comes_over_the_line_and_statements_go_back(
    line, vault, make_envelope, desk, told
):
    assert line.bundle() is None
    vault.put(make_envelope().to_bytes())
    work = desk.take(line.bundle())
    desk.charge(work.waiting[0])
    line.put_statements("".join(f"{s}\n" for s in desk.statements(work)).encode())
    assert told() == [("K7M2-9QXD", "charged")]
    with pytest.raises(ExportDown, match="403"):
        line.put_statements(b"a.b\n")


def test_a_connection_that_was_dropped_is_made_anew(line, vault, make_envelope, exported):
    assert line.bundle() is None
    with exported._live_lock:
        for connection in exported._live:
            tls._quietly(connection.shutdown, 2)
    vault.put(make_envelope().to_bytes())
    assert line.bundle() is not None


def test_the_automatic_desk_works_off_what_waits(
    line, vault, make_envelope, desk, instance, told, instruct
):
    for number, order in (("4242 4242 4242 4242", "AAAAA"), ("4000 0000 0000 0002", "BBBBB")):
        vault.put(make_envelope(order, number=number).to_bytes())
    vault.put(make_envelope("CCCCC", spoilt=True).to_bytes())
    automatic = AutomaticDesk(instance, desk_keys(instance), desk, line)
    automatic.work_once()
    assert told() == [("AAAAA", "charged"), ("BBBBB", "declined"), ("CCCCC", "unopenable")]
    instruct("refund", order="AAAAA", amount=700)
    automatic.work_once()
    assert told()[3:] == [("AAAAA", "refunded")]
    assert line.bundle() is None


def test_the_automatic_desk_goes_on_when_the_vault_is_away(desk, instance, caplog, monkeypatch):
    monkeypatch.setattr("vault.automatic.TROUBLED_PAUSE", 0.01)
    line = ExportLine("127.0.0.1:9", instance / "desk")
    automatic = AutomaticDesk(instance, desk_keys(instance), desk, line)
    thread = threading.Thread(target=automatic.run)
    thread.start()
    give_up = time.monotonic() + 10
    while caplog.text.count("cannot be reached") < 2 and time.monotonic() < give_up:
        time.sleep(0.01)
    automatic.stop.set()
    thread.join()
    assert caplog.text.count("cannot be reached") >= 2


def test_the_automatic_desk_destroys_epochs_that_are_over(instance, desk, monkeypatch):
    keys = desk_keys(instance)
    root = load_public_key(instance / "keys/root.pub")
    before = ManifestFile(instance / "keys/manifest", root).current().epochs
    over = before[0].destroy_after
    monkeypatch.setattr("vault.automatic.time.time", lambda: over)
    AutomaticDesk(instance, keys, desk, None)._look_after_keys()
    assert [keys.destroyed(epoch.kid) for epoch in before] == [
        epoch.destroy_after <= over for epoch in before
    ]
    after = ManifestFile(instance / "keys/manifest", root).current()
    assert after.epoch_at(over + 49 * DAY), "and the next weeks' are made"


# By file.


def run(instance, *arguments, code=0):
    result = CliRunner().invoke(main, [*map(str, arguments), "--instance", str(instance)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_bundle_is_written_for_its_owner_alone_and_never_over_a_file(
    instance, vault, make_envelope, tmp_path
):
    assert "Nothing waits" in run(instance, "export", tmp_path / "b", code=1)
    assert not (tmp_path / "b").exists()
    vault.put(make_envelope().to_bytes())
    run(instance, "export", tmp_path / "b")
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    key = load_public_key(instance / "desk/vault.pub")
    assert len(Bundle.read((tmp_path / "b").read_bytes(), key).envelopes) == 1
    assert "is there already" in run(instance, "export", tmp_path / "b", code=1)


def test_what_was_exported_is_exported_again_until_there_is_a_verdict(
    vault, make_envelope, desk, states, told
):
    vault.put(make_envelope().to_bytes())
    first = vault.bundle()
    assert states() == [("K7M2-9QXD", 1, "exported", 1)]
    second = vault.bundle()
    assert desk.take(first).waiting == desk.take(second).waiting
    assert [desk.take(raw).bundle.number for raw in (first, second)] == [1, 2]


def test_a_bundle_over_the_line_holds_so_many_and_no_more(vault, make_envelope, desk):
    for number in range(5):
        vault.put(make_envelope(f"N-{number}").to_bytes())
    assert len(desk.take(vault.bundle(3)).waiting) == 3
    assert len(desk.take(vault.bundle()).waiting) == 5


def test_a_file_of_statements_that_is_not_the_desks_is_refused(instance, tmp_path, vault):
    (tmp_path / "s").write_text("a.b\n")
    said = run(instance, "import-statements", tmp_path / "s", code=1)
    assert "statement-not-ours" in said


# What will be lost if nobody comes.


def test_unopened_cards_raise_an_alarm_72_hours_before_they_are_lost(
    instance, vault, make_envelope, caplog, served
):
    vault.put(make_envelope().to_bytes())
    later = "UPDATE envelopes SET stored_at = stored_at - ?"
    vault.store.connection.execute(later, (11 * DAY - 60,))
    assert "1 received" in run(instance, "status")
    vault.store.connection.execute(later, (120,))
    said = run(instance, "status", code=2)
    assert "ALARM 1 unopened cards of epoch" in said
    assert "ALARM" in run(instance, "keys", "list", code=2)
    caplog.set_level(logging.ERROR)
    served._look_at = 0.0
    give_up = time.monotonic() + 10
    while "ALARM" not in caplog.text and time.monotonic() < give_up:
        time.sleep(0.02)
    assert "ALARM 1 unopened cards" in caplog.text


def test_the_shop_is_told_of_the_alarm_and_the_payment_page_is_not(
    instance, vault, make_envelope, served, shop_line, payment_line
):
    assert shop_line.alarms() == []
    vault.put(make_envelope().to_bytes())
    vault.store.connection.execute("UPDATE envelopes SET stored_at = stored_at - 12 * 86400")
    [alarm] = shop_line.alarms()
    assert alarm.startswith("1 unopened cards of epoch")
    with pytest.raises(LineDown, match="403"):
        Line("{}:{}".format(*served.address), instance / "payment").alarms()


def test_a_vault_that_never_kept_anything_has_no_status(tmp_path):
    assert "holds no store" in run(tmp_path, "status", code=1)
