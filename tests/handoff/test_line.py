import contextlib
import os
import socket
import ssl
import threading
import time

import pytest

from storefront.handoff.line import EnvelopeRefused, HandoffError, Line, LineDown
from vault import serve


@pytest.fixture
def line(instance, served):
    return Line(served.address, instance / "payment")


def test_a_vault_that_is_not_there_is_a_line_that_is_down(line, served):
    served.stop()
    with pytest.raises(LineDown, match="cannot be reached"):
        line.put_envelope(b"{}")


def test_a_vault_that_takes_the_call_and_says_nothing_is_a_line_that_is_down(instance):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        line = Line(address, instance / "payment", timeout=(0.1, 0.1))
        with pytest.raises(LineDown, match="TimeoutError"):
            line.receipt("A" * 22)


def test_a_vault_that_hangs_up_is_a_line_that_is_down(instance):
    with socket.create_server(("127.0.0.1", 0)) as rude:
        thread = threading.Thread(target=lambda: rude.accept()[0].close())
        thread.start()
        line = Line(f"127.0.0.1:{rude.getsockname()[1]}", instance / "payment")
        with pytest.raises(LineDown):
            line.receipt("A" * 22)
        thread.join()


def test_a_vault_that_answers_too_late_is_a_line_that_is_down(instance, served, monkeypatch):
    hold = threading.Event()
    monkeypatch.setattr(served.vault, "put", lambda raw: hold.wait(30))
    line = Line(served.address, instance / "payment", timeout=(5, 0.1))
    with pytest.raises(LineDown, match="TimeoutError"):
        line.put_envelope(b"{}")
    hold.set()


def test_a_refusal_has_a_reason(line):
    with pytest.raises(EnvelopeRefused) as refused:
        line.put_envelope(b"{}")
    assert refused.value.reason == "malformed"


@pytest.mark.parametrize("address", ["", "vault", "vault:", "vault:x", ":8002", "vault:70000"])
def test_an_address_that_is_none_is_refused_at_once(instance, address):
    with pytest.raises(HandoffError, match="write host:port"):
        Line(address, instance / "payment")


@pytest.mark.parametrize("lost", ["line.pem", "line.key", "vault-line.pem"])
def test_a_missing_key_of_the_line_says_what_makes_it(instance, lost):
    (instance / "payment" / lost).unlink()
    with pytest.raises(HandoffError, match="run bin/run, or `vault init`"):
        Line("127.0.0.1:8002", instance / "payment")


def test_a_damaged_pin_is_refused_at_once(instance):
    (instance / "payment/vault-line.pem").write_text("nonsense")
    with pytest.raises(HandoffError, match="cannot be used"):
        Line("127.0.0.1:8002", instance / "payment")


@pytest.fixture
def handshakes(served, monkeypatch):
    """Notes each connection that the vault has let in."""
    made = []
    real = serve.VaultRequest.__init__

    def noted(self, *arguments, role):
        made.append(role)
        real(self, *arguments, role=role)

    monkeypatch.setattr(serve.VaultRequest, "__init__", noted)
    return made


@pytest.fixture
def shop_line(instance, served):
    return Line(served.address, instance / "keys")


NOBODY = "A" * 22


def test_a_connection_is_used_again(shop_line, handshakes):
    for _ in range(5):
        assert shop_line.receipt(NOBODY) is None
    assert handshakes == ["shop"]


def test_threads_at_the_same_time_have_connections_of_their_own(shop_line, handshakes, served):
    barrier = threading.Barrier(3)
    real = served.vault.receipt

    def wait_for_the_others(env_id):
        barrier.wait(10)
        return real(env_id)

    served.vault.receipt = wait_for_the_others
    for _ in range(2):
        threads = [threading.Thread(target=shop_line.receipt, args=[NOBODY]) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert handshakes == ["shop"] * 3


def test_after_a_refusal_that_hangs_up_the_next_call_connects_anew(line, handshakes):
    for _ in range(2):
        with pytest.raises(EnvelopeRefused, match="too-large"):
            line.put_envelope(b"x" * 5000)
    assert handshakes == ["payment"] * 2


def test_a_vault_that_hung_up_meanwhile_is_called_again(shop_line, handshakes, monkeypatch):
    monkeypatch.setattr(serve.VaultRequest, "timeout", 0.05)
    shop_line.receipt(NOBODY)
    time.sleep(0.3)
    assert shop_line.receipt(NOBODY) is None
    assert handshakes == ["shop"] * 2


def test_a_vault_that_hangs_up_just_as_a_used_connection_asks_is_asked_again(
    shop_line, handshakes, served
):
    """The vault closes without an answer, as one does whose patience ends that very moment."""
    real = served.vault.receipt
    answers = [real, None, real]

    def hang_up_once(env_id):
        answer = answers.pop(0)
        if answer is None:
            raise ConnectionAbortedError
        return answer(env_id)

    served.vault.receipt = hang_up_once
    assert [shop_line.receipt(NOBODY) for _ in range(2)] == [None, None]
    assert handshakes == ["shop"] * 2


def test_on_a_new_connection_a_request_is_made_once(shop_line, handshakes, served):
    def hang_up(env_id):
        raise ConnectionAbortedError

    served.vault.receipt = hang_up
    with pytest.raises(LineDown):
        shop_line.receipt(NOBODY)
    assert handshakes == ["shop"]


def test_a_connection_that_waited_long_is_not_used_again(shop_line, handshakes, monkeypatch):
    shop_line.receipt(NOBODY)
    monkeypatch.setattr("storefront.handoff.connections.USED_AGAIN_WITHIN", 0)
    shop_line.receipt(NOBODY)
    assert handshakes == ["shop"] * 2


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # here the vault is a thread
def test_a_forked_child_leaves_its_parents_connections_alone(shop_line, handshakes):
    shop_line.receipt(NOBODY)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os._exit(0 if shop_line.receipt(NOBODY) is None else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert shop_line.receipt(NOBODY) is None
    assert handshakes == ["shop"] * 2


def test_an_answer_that_drips_in_is_cut_off_at_its_time(instance):
    """A byte now and then, so that it is never silent for long."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(instance / "vault/line.pem", instance / "vault/line.key")
    enough = threading.Event()

    def drip(listening):
        plain, _ = listening.accept()
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as tls:
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            while not enough.wait(0.05):
                tls.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=[listening])
        thread.start()
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        line = Line(address, instance / "keys", timeout=(5, 0.5))
        with pytest.raises(LineDown, match="TimeoutError"):
            line.receipt(NOBODY)
        enough.set()
        thread.join()
