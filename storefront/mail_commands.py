"""Steps of the `storefront` command about mail: what came back, and the key it is signed with."""

import sys
from pathlib import Path

import click

from storefront import bounces, dkim_key
from storefront.opened import open_shop, set_up_already


@click.command()
@click.option(
    "--maildir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take all reports in that folder instead.",
)
def bounce(maildir: Path | None) -> None:
    """Read a report that mail could not be delivered (RFC 3464) from standard input.

    For a mail server that pipes them here. Says in a sentence what it did, and never an address.
    """
    with open_shop():
        if maildir is None:
            click.echo(bounces.SAID[bounces.take(sys.stdin.buffer.read(bounces.LARGEST))])
            return
        counts = bounces.take_all(maildir)
    told = f"ended an address: {counts['ended']}, counted: {counts['delayed']}"
    click.echo(f"{told}, known already: {counts['again']}, none of ours: {counts['']}")


@click.command("dkim-key")
def dkim() -> None:
    """Print the DNS record of the key that mail is signed with; makes the key where there is none.

    Mail is signed from the worker's next start on: enter the record first.
    """
    settings = set_up_already()
    if dkim_key.make(settings):
        click.echo(f"made {dkim_key.path_of(settings)}", err=True)
    click.echo(dkim_key.zone_lines(*dkim_key.Signer.of(settings).record()))


STEPS = (bounce, dkim)
