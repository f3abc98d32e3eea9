"""The step of the `storefront` command that brings in other shops' testimonials."""

from pathlib import Path

import click

from storefront import coverage
from storefront.erasures import Erasures
from storefront.exchange.commands import bring_in_testimonials
from storefront.opened import open_shop
from storefront.pages import system_clock
from storefront.privacy.erasing import erase_again


@click.command("import-testimonials")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would come in; write nothing.")
@click.option("--to-queue", is_flag=True, help="Have moderators look at each before it is shown.")
@click.option("--from", "source", default="", metavar="NAME", help="Whose export it is.")
@click.option(
    "--day-first/--month-first",
    default=None,
    help="How dates such as 05/03/2024 are meant, where the file does not tell.",
)
def import_testimonials(
    file: Path, dry_run: bool, to_queue: bool, source: str, day_first: bool | None
) -> None:
    """Bring in another shop's testimonials, as CSV: whole or not at all.

    They say where they come from, and nobody has confirmed them. What was shown there is shown
    here at once; what was hidden stays out. Pictures are left where they are.
    """
    with open_shop() as settings:
        at, erasures = system_clock(), Erasures(settings)
        coverage.require(["testimonials"], at)
        before = erasures.last()
        how = {"source": source, "day_first": day_first, "to_queue": to_queue, "dry": dry_run}
        report = bring_in_testimonials(file, erasures, at, **how)
        if erasures.last() != before:  # somebody had themselves erased while the file was read
            erase_again(erasures, system_clock())
    click.echo(report.summary)


STEPS = (import_testimonials,)
