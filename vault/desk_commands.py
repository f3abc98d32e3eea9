"""`vault desk`: charging what waits, by a person or, in the demonstration, by itself."""

import logging
import signal
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import click

from storefront.handoff.envelope import HandoffError

from .acquirer import Sandbox
from .desk import Desk
from .desk_keys import DeskKeys
from .memory import shut_away
from .prompting import ask_passphrase, can_be_wiped, instance_option, wipe
from .terminal import Session, Terminal


@click.command()
@instance_option
@click.argument("bundle", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--acquirer",
    type=click.Choice(["sandbox", "terminal"]),
    help="Who moves the money. Only the demonstration's desk has a default: the sandbox.",
)
@click.option("--automatic", is_flag=True, help="For the demonstration: the sandbox, by itself.")
@click.option("--export", "export_at", default="127.0.0.1:8003", help="With --automatic: host:port")
def desk(
    instance: Path, bundle: Path | None, acquirer: str | None, automatic: bool, export_at: str
) -> None:
    """Charge the cards in BUNDLE, a file that `vault export` wrote, on a machine off line.

    Lines can come through a pipe; the first is the passphrase, where one is needed.
    """
    shut_away()
    folder = instance / "desk"
    keys = DeskKeys(folder, ask_passphrase(folder))
    if automatic:
        return _run_by_itself(instance, keys, export_at)
    named = _named(acquirer, folder)
    _ = keys.lock.secret  # asked for before anything else is
    with ExitStack() as stack:
        used = _acquirer(named, folder, stack)
        working = stack.enter_context(closing(Desk(keys, used)))
        return Session(working, bundle, click.echo, _ask).run()


def _named(acquirer: str | None, folder: Path) -> str:
    """The acquirer that was asked for. At a real desk none is chosen for the person: the sandbox
    would decline real cards and give goods away for test numbers."""
    if acquirer is None and not (folder / "passphrase").exists():
        raise HandoffError(
            "Say who moves the money: --acquirer terminal, or, to try things out with test cards, "
            "--acquirer sandbox, which moves none."
        )
    if acquirer == "terminal" and not can_be_wiped():
        raise HandoffError(
            "This acquirer shows whole card numbers, so it works only on a screen that can be "
            "wiped, and not into a pipe, a file or a terminal of the kind 'dumb'."
        )
    return acquirer or "sandbox"


def _acquirer(name: str, folder: Path, stack: ExitStack):
    if name == "terminal":
        return Terminal(click.echo, _ask, wipe)
    click.echo("sandbox acquirer: test cards only, no money moves")
    return stack.enter_context(closing(Sandbox(folder / "sandbox.sqlite")))


def _ask(prompt: str) -> str | None:
    """The next line, or None at the end."""
    click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    if not sys.stdin.isatty():
        click.echo()
    return line.rstrip("\r\n") if line else None


def _run_by_itself(instance: Path, keys: DeskKeys, export_at: str) -> None:
    from .automatic import AutomaticDesk
    from .export_line import ExportLine

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    if not (keys.folder / "passphrase").exists():
        raise HandoffError(
            "This desk has a real passphrase, and nobody is here to give it: --automatic is for "
            "the demonstration on one machine."
        )
    with ExitStack() as stack:
        sandbox = stack.enter_context(closing(Sandbox(keys.folder / "sandbox.sqlite")))
        working = stack.enter_context(closing(Desk(keys, sandbox)))
        line = stack.enter_context(closing(ExportLine(export_at, keys.folder)))
        automatic = AutomaticDesk(instance, keys, working, line)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: automatic.stop.set())
        click.echo("automatic desk with the sandbox acquirer: test cards only, no money moves")
        automatic.run()
