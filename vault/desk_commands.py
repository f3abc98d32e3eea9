"""`vault desk`: charging what waits, by a person or, in the demonstration, by itself."""

import logging
import os
import resource
import signal
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import click

from storefront.handoff.envelope import HandoffError

from .acquirer import Sandbox
from .desk import Desk
from .desk_keys import DeskKeys
from .prompting import ask_passphrase, instance_option
from .terminal import Session, Terminal


@click.command()
@instance_option
@click.argument("bundle", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--acquirer", type=click.Choice(["sandbox", "terminal"]), default="sandbox")
@click.option("--automatic", is_flag=True, help="For the demonstration: the sandbox, by itself.")
@click.option("--export", "export_at", default="127.0.0.1:8003", help="With --automatic: host:port")
def desk(
    instance: Path, bundle: Path | None, acquirer: str, automatic: bool, export_at: str
) -> None:
    """Charge the cards in BUNDLE, a file that `vault export` wrote, on a machine off line.

    Lines can come through a pipe; the first is the passphrase, where one is needed.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold card numbers
    folder = instance / "desk"
    keys = DeskKeys(folder, ask_passphrase(folder))
    if automatic:
        return _run_by_itself(instance, keys, export_at)
    _ = keys.lock.secret  # asked for before anything else is
    with ExitStack() as stack:
        used = _acquirer(acquirer, folder, stack)
        working = stack.enter_context(closing(Desk(keys, used)))
        return Session(working, bundle, click.echo, _ask).run()


def _acquirer(name: str, folder: Path, stack: ExitStack):
    if name == "terminal":
        return Terminal(click.echo, _ask, _wipe)
    return stack.enter_context(closing(Sandbox(folder / "sandbox.sqlite")))


def _wipe() -> None:
    """Clears the screen and what was scrolled off it, where the terminal can."""
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        click.echo("\033[H\033[2J\033[3J", nl=False)


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
