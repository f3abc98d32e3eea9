import ast
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from storefront.handoff.envelope import Receipt, load_public_key
from storefront.handoff.line import Line, LineDown
from vault.commands import main

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def process(instance, listen="127.0.0.1:0"):
    """`vault serve` as a process of its own, once it says that it is ready."""
    argv = [sys.executable, "-m", "vault", "serve", "--instance", instance, "--listen", listen]
    with subprocess.Popen(
        argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            child.said = child.stdout.readline()
            child.address = child.said.split()[-1]
            yield child
        finally:
            child.kill()


def test_the_vault_says_in_one_line_when_it_is_ready(instance):
    with process(instance) as child:
        assert child.said.startswith("vault listening on 127.0.0.1:")
        assert Line(child.address, instance / "keys").receipt("A" * 22) is None


def test_a_killed_vault_keeps_its_receipts(instance, make_envelope):
    raw = make_envelope().to_bytes()
    with process(instance) as child:
        receipt = Line(child.address, instance / "payment").put_envelope(raw)
        child.kill()
    env_id = Receipt.verify(receipt, load_public_key(instance / "keys/vault.pub")).env_id
    with process(instance) as child:
        assert Line(child.address, instance / "keys").receipt(env_id) == receipt
        assert Line(child.address, instance / "payment").put_envelope(raw) == receipt


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_vault_stops_cleanly_with_a_connection_open(instance, number):
    with process(instance) as child:
        line = Line(child.address, instance / "keys")
        with line._connection() as idle:
            idle.request("GET", "/receipts/" + "A" * 22)
            idle.getresponse().read()
            child.send_signal(number)
            assert child.wait(timeout=30) == 0
        assert child.stdout.read() == ""
        assert "Traceback" not in child.stderr.read()
        with pytest.raises(LineDown):
            line.receipt("A" * 22)


def test_the_store_is_for_its_owner_alone(instance):
    with process(instance):
        found = list((instance / "vault").glob("store.sqlite*"))
    assert found
    assert all(path.stat().st_mode & 0o077 == 0 for path in found)


def test_init_says_what_it_wrote_and_then_has_nothing_to_say(tmp_path):
    run = CliRunner()
    first = run.invoke(main, ["init"], env={"STOREFRONT_INSTANCE": str(tmp_path)})
    assert first.exit_code == 0
    assert f"wrote {tmp_path / 'vault/vault.key'}\n" in first.output
    second = run.invoke(main, ["init", "--instance", str(tmp_path)])
    assert (second.exit_code, second.output) == (0, "")


def test_init_tells_of_a_lost_key(instance):
    (instance / "desk/root.key").unlink()
    result = CliRunner().invoke(main, ["init", "--instance", str(instance)])
    assert result.exit_code == 1
    assert "desk/root.key is missing" in result.output


@pytest.mark.parametrize("lost", ["shop.pub", "vault.key", "line.key", "manifest"])
def test_without_a_key_the_vault_does_not_start_and_says_what_to_do(instance, lost):
    (instance / "vault" / lost).unlink()
    argv = ["serve", "--instance", str(instance), "--listen", "127.0.0.1:0"]
    result = CliRunner().invoke(main, argv)
    assert result.exit_code == 1
    assert "vault init" in result.output


@pytest.mark.parametrize("listen", ["8002", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused(instance, listen):
    argv = ["serve", "--instance", str(instance), "--listen", listen]
    result = CliRunner().invoke(main, argv)
    assert result.exit_code == 1
    assert "write host:port" in result.output


def test_a_port_in_use_is_said_to_be(instance):
    with process(instance) as child:
        argv = [sys.executable, "-m", "vault", "serve", "--listen", child.address]
        environ = os.environ | {"STOREFRONT_INSTANCE": str(instance)}
        second = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert second.returncode == 1
    assert "cannot serve" in second.stderr


def test_the_vault_imports_of_the_shop_only_the_envelope():
    for path in (ROOT / "vault").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            else:
                continue
            of_the_shop = [name for name in names if name.split(".")[0] == "storefront"]
            assert of_the_shop in ([], ["storefront.handoff.envelope"]), path


def loaded_by(module):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    return set(done.stdout.split())


def test_the_vault_loads_neither_a_web_framework_nor_anything_that_opens_a_card():
    loaded = loaded_by("vault.serve_commands")
    assert {name for name in loaded if name.startswith("storefront")} == {
        "storefront",
        "storefront.handoff",
        *(
            f"storefront.handoff.{name}"
            for name in ("envelope", "manifest", "offer", "statement", "suites", "wire")
        ),
    }
    assert not loaded & {"flask", "peewee", "jinja2", "werkzeug"}
    assert not loaded & {f"vault.{name}" for name in ("lock", "desk_keys", "opening", "desk")}


def test_nothing_that_the_vault_loads_has_a_call_that_decrypts():
    names = [name for name in loaded_by("vault.serve_commands") if name.startswith("vault.")]
    assert "vault.store" in names
    calls = {"decrypt", "decapsulate", "exchange", "open_card", "hybrid_private_key"}
    for name in names:
        tree = ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text())
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not used & calls, name


def test_the_desk_opens_cards_and_the_commands_alone_load_nothing_of_it():
    assert "vault.opening" in loaded_by("vault.desk_commands")
    assert {name for name in loaded_by("vault.commands") if name.startswith("vault")} == {
        "vault",
        "vault.commands",
    }
