"""The `storefront` command: the steps of running a shop, by themselves."""

import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import FlaskGroup, routes_command, shell_command
from peewee import OperationalError

from storefront import gate, policy, programs
from storefront import setup as set_up
from storefront.config import NotSetUp, Settings, read_settings, require_set_up
from storefront.db import BadDatabaseUrl, database, open_database
from storefront.exchange import shopify
from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.load import load
from storefront.handoff.envelope import HandoffError
from storefront.jobs import Jobs
from storefront.money import decimals, known
from storefront.pages import system_clock
from storefront.personal import Undeclared
from storefront.refusals import Refused


def _create_app():
    from storefront.app import create_app  # building the shop costs time that most steps need not

    return create_app()


@click.group(cls=FlaskGroup, create_app=_create_app, add_default_commands=False)
def cli():
    """Run and look after the shop.

    STOREFRONT_INSTANCE names its folder, DATABASE_URL its database.
    """


cli.add_command(routes_command)
cli.add_command(shell_command)


def main() -> None:
    """Run the command; what a person can mend is one sentence and exit code 1."""
    os.umask(0o077)  # what the shop writes, customers' data among it, is its owner's alone
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("huey", "peewee.migrations"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        cli(prog_name="storefront")
    except TO_BE_MENDED as trouble:
        click.echo(str(trouble), err=True)
        sys.exit(1)


TO_BE_MENDED = (
    *(BadCatalogue, BadDatabaseUrl, HandoffError, NotSetUp, Refused, Undeclared),
    *(OSError, OperationalError),  # a folder that cannot be written, a database that is away
)


@contextmanager
def _shop():
    """The settings and an open database of a shop that has been set up."""
    settings = read_settings()
    require_set_up(settings)
    with _database(settings):
        yield settings


@contextmanager
def _database(settings: Settings):
    database.initialize(open_database(settings.database_url))
    database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        database.close()
        database.close_all()


@cli.command(with_appcontext=False)
@click.option("--no-demo", is_flag=True, help="Start with empty shelves.")
@click.option("--currency", help="ISO 4217 code, USD if not given; set once, for a new shop.")
def init(no_demo: bool, currency: str | None) -> None:
    """Make the instance, or upgrade it. Does nothing that is done already."""
    _init(not no_demo, None if currency is None else currency.upper())


def _init(demo: bool, currency: str | None) -> None:
    if currency is not None and not known(currency):
        raise Refused(f"{currency} is not a currency code of ISO 4217, such as USD or EUR.")
    settings = set_up.make_files(read_settings(), currency, click.echo)
    moment = system_clock()
    with _database(settings):
        set_up.upgrade_schema(settings, moment, click.echo)
        set_up.open_shop(settings, moment, demo, click.echo)


@cli.command(with_appcontext=False)
@click.option("--port", default=8000, help="Of the shop; payment page and vault take the next two.")
@click.option("--set-up", is_flag=True, help="Do `init` first.")
@click.option("--no-demo", is_flag=True, help="With --set-up: start with empty shelves.")
def run(port: int, set_up: bool, no_demo: bool) -> None:
    """Start shop, payment page, vault and worker, and follow their logs."""
    if set_up:
        _init(not no_demo, None)
    settings = read_settings()
    require_set_up(settings)
    sys.exit(programs.serve(port, settings.instance, dict(os.environ)))


@cli.command(with_appcontext=False)
def worker() -> None:
    """Send mail, fetch receipts, let overdue stock go, until stopped."""
    with _shop() as settings:
        gate.admit_from(settings)
        Jobs(settings).work()


@cli.command("import-products", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be made or changed; write nothing.")
def import_products(file: Path, dry_run: bool) -> None:
    """Bring in a Shopify catalogue file: whole or not at all."""
    with _shop() as settings:
        products = shopify.read(file, decimals(settings.currency))
        bar = click.progressbar(products, label="products", show_pos=True, file=sys.stderr)
        with bar as shown:
            tell = click.echo if dry_run else lambda line: None
            report = load(shown, settings.currency, system_clock(), dry=dry_run, tell=tell)
    click.echo(report.summary)


@cli.command("publish-policy", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--changes", default="", help="What changed, in a sentence for the reader.")
def publish_policy(file: Path, changes: str) -> None:
    """Post a Markdown file as the next version of the privacy policy, in force at once."""
    with _shop() as settings:
        moment = system_clock()
        version = policy.publish(
            policy.read_text(file),
            policy.read_key(settings.keys),
            role="editor",
            changes=changes,
            in_force_at=moment,
            at=moment,
        )
        covered = ", ".join(version.covers) or "nothing"
        left_out = ", ".join(sorted(set(policy.collected()) - set(version.covers)))
    click.echo(f"version {version.number} is in force; its marks cover {covered}")
    if left_out:
        click.echo(
            f"not marked as covered: {left_out} (end a paragraph in {{covers: …}})", err=True
        )


if __name__ == "__main__":
    main()
