"""Steps on the vault's machine: keep sealed cards, hand them to the desk, take its word back."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from storefront.handoff.envelope import HandoffError

from .files import write_new
from .intake import Vault
from .prompting import instance_option
from .serve import ExportServer, VaultServer
from .status import unopened


@click.command()
@instance_option
@click.option("--listen", default="127.0.0.1:8002", show_default=True, help="host:port")
@click.option("--export", "export_at", help="host:port for a desk on a line; without it, none.")
def serve(instance: Path, listen: str, export_at: str | None) -> None:
    """Keep sealed cards that come down the line, until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    folder = instance / "vault"
    kinds = {listen: VaultServer} | ({export_at: ExportServer} if export_at else {})
    with _opened(folder) as vault, ExitStack() as stack:
        servers = [
            stack.enter_context(_bound(kind, at, vault, folder)) for at, kind in kinds.items()
        ]
        _stop_on_signals(servers)
        for server in servers[1:]:
            threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True).start()
        host = listen.rpartition(":")[0]
        click.echo(f"vault listening on {host}:{servers[0].server_address[1]}")
        servers[0].serve_forever(poll_interval=0.2)


@contextmanager
def _opened(folder: Path) -> Iterator[Vault]:
    vault = Vault(folder)
    try:
        yield vault
    finally:
        vault.close()


def _bound(kind, listen: str, vault: Vault, folder: Path):
    address = _address(listen)
    try:
        return kind(address, vault, folder)
    except OSError as error:
        raise click.ClickException(f"The vault cannot serve at {listen}: {error}") from None


def _address(listen: str) -> tuple[str, int]:
    try:
        where = urlsplit(f"//{listen}")
        if where.hostname and where.port is not None:
            return where.hostname, where.port
    except ValueError:
        pass
    raise click.ClickException(f"{listen!r} is no address to listen on; write host:port.")


def _stop_on_signals(servers) -> None:
    def stop(*_) -> None:
        # shutdown waits for the loop that this very thread runs, so it needs another one.
        for server in servers:
            threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


@click.command()
@instance_option
def status(instance: Path) -> None:
    """What the vault holds. Exit code 2 when cards will be lost within 72 hours."""
    found = unopened(instance / "vault", int(time.time()))
    if found is None:
        raise HandoffError(f"{instance / 'vault'} holds no store: nothing was ever kept here.")
    for state, count in sorted(found.states.items()):
        click.echo(f"{count:>8} {state}")
    for line in found.alarms:
        click.echo(f"ALARM {line}", err=True)
    if found.alarms:
        raise click.exceptions.Exit(2)


@click.command()
@instance_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(instance: Path, file: Path) -> None:
    """Write all that waits for the desk to FILE, which goes there on removable media."""
    if file.exists():
        raise HandoffError(f"{file} is there already; nothing was exported.")
    with _opened(instance / "vault") as vault:
        bundle = vault.bundle()
    if bundle is None:
        raise HandoffError("Nothing waits for the desk.")
    write_new(file, bundle)
    click.echo(f"wrote {file}; delete it once the desk has taken it")


@click.command(name="import-statements")
@instance_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_statements(instance: Path, file: Path) -> None:
    """Take in the statements that the desk wrote, and delete the cards they settle."""
    with _opened(instance / "vault") as vault:
        answer = vault.take_statements(file.read_bytes())
    if answer.status != 200:
        raise HandoffError(f"{file} was not taken in: {answer.members['reason']}.")
    click.echo(f"{answer.members['new']} new statements")
