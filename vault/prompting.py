"""Options that several commands have, and asking a person at the keyboard or through a pipe."""

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

DEFAULT_INSTANCE = Path(__file__).resolve().parent.parent / "instance"

instance_option = click.option(
    "--instance",
    envvar="STOREFRONT_INSTANCE",
    default=DEFAULT_INSTANCE,
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder with everything the programs here own (or STOREFRONT_INSTANCE).",
)


def ask_secret(words: str) -> str:
    """What is typed without showing it; through a pipe, the next line."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{words}: ", stream=sys.stderr)
    return sys.stdin.readline().rstrip("\r\n")


def ask_passphrase(desk: Path) -> Callable[[], str] | None:
    """How to be given the passphrase of the desk in that folder; None where it lies beside it."""
    if (desk / "passphrase").exists():
        return None
    return lambda: ask_secret("Passphrase of the desk")


def choose_passphrase() -> str:
    """A new passphrase, typed twice; through a pipe one line is enough."""
    from .lock import check_passphrase

    chosen = check_passphrase(ask_secret("A new passphrase for the desk"))
    if sys.stdin.isatty() and ask_secret("The same again") != chosen:
        raise click.ClickException("The two were not the same. Nothing was changed.")
    return chosen


def can_be_wiped() -> bool:
    """Whether what is shown goes to a screen, and one that can be cleared."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def wipe() -> None:
    """Clears the screen and what was scrolled off it."""
    click.echo("\033[H\033[2J\033[3J", nl=False)
