"""The steps of the `storefront` command for the addresses of the Insider Update."""

from pathlib import Path

import click

from storefront import coverage
from storefront.erasures import Erasures
from storefront.exchange.commands import bring_in_addresses, give_out_addresses
from storefront.exchange.insider_load import statement_of
from storefront.opened import open_shop
from storefront.pages import system_clock
from storefront.privacy.erasing import erase_again


@click.command("import-insiders")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would come in; write nothing.")
@click.option(
    "--consent",
    metavar="SENTENCE",
    help="The consent you hold of all of them; it is recorded, and nobody is asked.",
)
def import_insiders(file: Path, dry_run: bool, consent: str | None) -> None:
    """Bring in a list of e-mail addresses, as CSV: whole or not at all.

    Each is asked once by mail, unless you state the consent that you hold. Those who have left,
    had themselves erased, or are on the list are passed over.
    """
    statement = "" if consent is None else statement_of(consent)
    with open_shop() as settings:
        at, erasures = system_clock(), Erasures(settings)
        coverage.require(["insider"], at)
        before = erasures.last()
        report = bring_in_addresses(file, erasures, at, statement=statement, dry=dry_run)
        if erasures.last() != before:  # somebody had themselves erased while the file was read
            erase_again(erasures, system_clock())
    click.echo(report.summary)


@click.command("export-insiders")
@click.argument("file")
def export_insiders(file: str) -> None:
    """Write who gets the Insider Update, and what proves it, as CSV; - for standard output."""
    with open_shop():
        count = give_out_addresses(file)
    click.echo(f"addresses={count}", err=file == "-")


STEPS = (import_insiders, export_insiders)
