import socket
import threading

import pytest

from storefront.handoff.line import EnvelopeRefused, HandoffError, Line, LineDown


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
