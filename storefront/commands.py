"""The `storefront` command: the steps of running a shop, by themselves."""

import logging
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask.cli import AppGroup, ScriptInfo, routes_command, shell_command
from peewee import OperationalError, ProgrammingError

from storefront import (
    chain,
    coverage,
    fetching,
    generate_commands,
    insider_commands,
    mail_commands,
    photographs,
    policy,
    programs,
    staff_commands,
    testimonial_commands,
    upkeep_commands,
)
from storefront import setup as set_up
from storefront.config import (
    NotSetUp,
    Settings,
    read_settings,
    require_set_up,
    rotate_cookie_key,
)
from storefront.db import BadDatabaseUrl
from storefront.exchange import contest
from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.commands import FORMATS, bar, bring_in, give_out
from storefront.handoff.envelope import HandoffError
from storefront.jobs import Jobs
from storefront.models import Contest, Order, Picture
from storefront.money import Money, known
from storefront.opened import open_base, open_shop
from storefront.pages import system_clock
from storefront.payment import Payments
from storefront.personal import Undeclared
from storefront.posting import Posting
from storefront.refusals import Refused


def _create_app():
    from storefront.app import create_app  # building the shop costs time that most steps need not

    return create_app()


@click.group(cls=AppGroup)
def cli() -> None:
    """Run and look after the shop.

    STOREFRONT_INSTANCE names its folder, DATABASE_URL its database.
    """


cli.add_command(routes_command)
cli.add_command(shell_command)
STEPS = (
    *generate_commands.STEPS,
    *insider_commands.STEPS,
    *mail_commands.STEPS,
    *staff_commands.STEPS,
    *testimonial_commands.STEPS,
    *upkeep_commands.STEPS,
)
for step in STEPS:
    cli.add_command(step)


def main() -> None:
    """Run the command; what a person can mend is one sentence and exit code 1."""
    os.umask(0o077)  # what the shop writes, customers' data among it, is its owner's alone
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("huey", "peewee.migrations"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        # Flask's own group would add options and other people's commands that mean nothing here.
        cli(prog_name="storefront", obj=ScriptInfo(create_app=_create_app, set_debug_flag=False))
    except TO_BE_MENDED as trouble:
        _give_up(str(trouble))
    except (OperationalError, ProgrammingError) as trouble:
        _give_up(_about_database(str(trouble)))


def _give_up(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(1)


def _about_database(said: str) -> str:
    """A sentence on what the database said: its first line, since others may quote rows."""
    parts = urlsplit(read_settings().database_url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
    lines = [line.strip(" \t-") for line in said.splitlines()]
    first = next((line for line in lines if line and not line.endswith(":")), "no reason given")
    return f"The database {bare} cannot be used: {first.rstrip('.')}."


TO_BE_MENDED = (
    *(BadCatalogue, BadDatabaseUrl, HandoffError, NotSetUp, Refused, Undeclared),
    OSError,  # a folder that cannot be written
)


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
    with open_base(settings):
        set_up.upgrade_schema(settings, moment, click.echo)
        set_up.open_shop(settings, moment, demo, click.echo)


@cli.command(with_appcontext=False)
@click.option(
    "--port", default=8000, help="Of the shop; payment page and vault take the next three."
)
@click.option("--set-up", is_flag=True, help="Do `init` first.")
@click.option("--no-demo", is_flag=True, help="With --set-up: start with empty shelves.")
@click.option("--no-desk", is_flag=True, help="Charge by hand: `vault export`, `vault desk`.")
def run(port: int, set_up: bool, no_demo: bool, no_desk: bool) -> None:
    """Start shop, payment page, vault, worker and an automatic desk, and follow their logs."""
    if refusal := programs.why_ports_are_refused(port):
        raise Refused(refusal)
    instance = read_settings().instance
    if not set_up:
        require_set_up(read_settings())
    with programs.alone(instance):
        if set_up:
            _init(not no_demo, None)
        settings = read_settings()
        require_set_up(settings)
        environ = {**os.environ, "STOREFRONT_SHOP_NAME": settings.shop["name"]}
        place = programs.Place(port, instance, automatic_desk=not no_desk)
        sys.exit(programs.serve(place, environ))


@cli.command(with_appcontext=False)
def worker() -> None:
    """Send mail, fetch receipts, let overdue stock go, until stopped."""
    with open_shop() as settings:
        Jobs(settings).work()


@cli.command("cancel-order", with_appcontext=False)
@click.argument("number")
def cancel_order(number: str) -> None:
    """Cancel an order that was not charged; the desk is told never to charge it."""
    with open_shop() as settings:
        order = _order(number)
        Payments(settings).cancel(order, system_clock())
        click.echo(f"order {number} is {Order.get_by_id(order.id).state}")


@cli.command("refund-order", with_appcontext=False)
@click.argument("number")
@click.option("--amount", type=click.IntRange(1), help="Minor units, such as cents. Else all.")
def refund_order(number: str, amount: int | None) -> None:
    """Have the desk give back what was charged for an order, or part of it."""
    with open_shop() as settings:
        order = _order(number)
        given = amount or order.total_minor
        Payments(settings).refund(order, given, system_clock())
        click.echo(f"the desk is to give back {Money(given, order.currency)} for order {number}")


def _order(number: str) -> Order:
    order = Order.get_or_none(Order.number == number)
    if order is None:
        raise Refused(f"There is no order {number}.")
    return order


@cli.command("import-products", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be made or changed; write nothing.")
@click.option(
    "--pictures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the pictures, named as in the file, or <handle>.jpg, <handle>-2.jpg …",
)
@click.option(
    "--fetch-pictures", is_flag=True, help="Fetch the pictures the file gives addresses of."
)
def import_products(file: Path, dry_run: bool, pictures: Path | None, fetch_pictures: bool) -> None:
    """Bring in a catalogue file of Shopify or WooCommerce: whole or not at all.

    Pictures come after the products; one that cannot be had is named, and a drawing stands for it.
    """
    with open_shop() as settings:
        if fetch_pictures:
            coverage.require(["catalogue"], system_clock())
        report = bring_in(file, settings.currency, system_clock(), dry=dry_run)
        if not dry_run:
            _take_pictures(settings, pictures, fetch_pictures)
    click.echo(report.summary)


def _take_pictures(settings: Settings, folder: Path | None, fetch: bool) -> None:
    media, every = settings.instance / "media", Picture.select().order_by(Picture.id)
    if folder:
        with bar(len(photographs.files_in(folder)), "pictures from the folder") as drawn:
            taken = photographs.from_folder(every, folder, media, _complain, drawn.update)
        click.echo(f"{taken} pictures taken from {folder}", err=True)
    if fetch:
        with bar(every.count(), "fetching pictures") as drawn:
            taken = fetching.fetch_missing(every, media, _complain, drawn.update)
        click.echo(f"{taken} pictures fetched", err=True)


def _complain(words: str) -> None:
    click.echo(words, err=True)


@cli.command("export-products", with_appcontext=False)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", type=click.Choice(FORMATS), required=True, help="Whose file it is to be.")
def export_products(file: str, format: str) -> None:
    """Write all products to FILE, or to standard output for -, as another shop reads them."""
    with open_shop() as settings:
        written = give_out(file, format, settings.currency, system_clock())
    click.echo(written.summary, err=file == "-")


@cli.command("announce-contest", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def announce_contest(file: Path) -> None:
    """Post the contest that FILE describes, or post it anew as long as nobody has entered."""
    with open_shop() as settings:
        name, facts = contest.read(file)
        posted = Contest.announce(name, system_clock(), **facts)
        where = f"{settings.shop_origin}/contests/{posted.slug}"
        click.echo(f"rules version {posted.rules_version} of “{posted.title}” is at {where}")


@cli.command("rotate-cookie-key", with_appcontext=False)
def rotate() -> None:
    """Sign carts and order links with a new key; the last three keys stay good."""
    settings = read_settings()
    require_set_up(settings)
    rotate_cookie_key(settings)
    click.echo(
        "A new key signs carts and order links once the shop has been started again; "
        "those of the last three keys still open."
    )


@cli.command("publish-policy", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--in-force", default="today", metavar="DATE", help="today (at once), or a date, UTC."
)
@click.option("--changes", default="", help="What changed, in a sentence for the reader.")
@click.option("--switch-off", is_flag=True, help="Do so though it switches something off.")
def publish_policy(file: Path, in_force: str, changes: str, switch_off: bool) -> None:
    """Post a Markdown file as the next version of the privacy policy.

    Says first what it covers and leaves out; one that switches something off wants --switch-off.
    """
    with open_shop() as settings:
        post = Posting(policy.read_text(file), in_force, changes, system_clock())
        for line in post.told():
            click.echo(line)
        version = post.publish(policy.read_key(settings.keys), "editor", switch_off)
    click.echo(f"version {version.number} is posted, {post.from_when}")


@cli.command("verify-policy", with_appcontext=False)
@click.option("--bring-back", is_flag=True, help="Put back what an older backup lacks.")
def verify_policy(bring_back: bool) -> None:
    """Check all posted versions: signature, chain, triggers, notes. Code 1 shows tampering."""
    with open_shop() as settings:
        chain.say(policy.read_key(settings.keys), bring_back, click.echo)


if __name__ == "__main__":
    main()
