"""The `vault` command: `vault init` makes the keys, `vault serve` keeps sealed cards."""

import logging
import signal
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import click

from storefront.handoff.envelope import HandoffError

from . import keys
from .intake import Vault
from .serve import VaultServer

DEFAULT_INSTANCE = Path(__file__).resolve().parent.parent / "instance"

instance_option = click.option(
    "--instance",
    envvar="STOREFRONT_INSTANCE",
    default=DEFAULT_INSTANCE,
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder with everything the shop owns (or STOREFRONT_INSTANCE).",
)


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@instance_option
def init(instance: Path) -> None:
    """Make the keys that are missing, and the next eight weeks' epochs. Overwrites no key."""
    try:
        written = keys.init(instance, int(time.time()))
    except HandoffError as error:
        raise click.ClickException(str(error)) from None
    for path in written:
        click.echo(f"wrote {instance / path}")


@main.command()
@instance_option
@click.option("--listen", default="127.0.0.1:8002", show_default=True, help="host:port")
def serve(instance: Path, listen: str) -> None:
    """Keep sealed cards that come down the line, until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    address = _address(listen)
    folder = instance / "vault"
    try:
        vault = Vault(folder)
    except HandoffError as error:
        raise click.ClickException(str(error)) from None
    try:
        with VaultServer(address, vault, folder) as server:
            _stop_on_signals(server)
            host = listen.rpartition(":")[0]
            click.echo(f"vault listening on {host}:{server.server_address[1]}")
            server.serve_forever(poll_interval=0.2)
    except (HandoffError, OSError) as error:
        raise click.ClickException(f"The vault cannot serve at {listen}: {error}") from None
    finally:
        vault.close()


def _address(listen: str) -> tuple[str, int]:
    try:
        where = urlsplit(f"//{listen}")
        if where.hostname and where.port is not None:
            return where.hostname, where.port
    except ValueError:
        pass
    raise click.ClickException(f"{listen!r} is no address to listen on; write host:port.")


def _stop_on_signals(server: VaultServer) -> None:
    def stop(*_) -> None:
        # shutdown waits for the loop that this very thread runs, so it needs another one.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
