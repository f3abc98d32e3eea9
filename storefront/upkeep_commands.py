"""Steps of the `storefront` command that look after what is kept: sweep, backup, restore."""

from pathlib import Path

import click

from storefront import privacy
from storefront.backups import back_up
from storefront.opened import open_shop, set_up_already
from storefront.pages import system_clock
from storefront.privacy.sweeping import in_words
from storefront.restoring import restore as put_back


@click.command()
def sweep() -> None:
    """Blank or delete what is past its period; the worker does it once a day by itself."""
    with open_shop() as settings:
        click.echo(f"swept: {in_words(privacy.sweep(settings, system_clock()))}")
        privacy.scour(settings, system_clock())


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path | None) -> None:
    """Copy the database, while the shop runs, into FILE or into instance/backups.

    The copy holds people's data: keep it as you keep the database, and no longer than you must.
    """
    with open_shop() as settings:
        back_up(settings, system_clock(), click.echo, to=file)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put a backup in the database's place; nothing of the shop may be running.

    What is there now is kept aside, in instance/backups. What people had erased since the backup
    is erased from it again.
    """
    put_back(file, set_up_already(), system_clock(), click.echo)


STEPS = (sweep, backup, restore)
