"""Steps of the `storefront` command that make things up, to measure with."""

import click

from storefront.exchange.commands import bar
from storefront.generate import generate, generate_testimonials
from storefront.models import Product
from storefront.opened import open_shop
from storefront.pages import system_clock


@click.command("generate-products")
@click.argument("count", type=click.IntRange(1, 1_000_000))
def products(count: int) -> None:
    """Add COUNT made-up products, to see how the shop fares with a large catalogue."""
    with open_shop() as settings, bar(count, "products") as drawn:
        generate(count, settings.currency, system_clock(), drawn.update)
    click.echo(f"made {count} products")


@click.command("generate-testimonials")
@click.argument("count", type=click.IntRange(1, 1_000_000))
@click.option("--of", metavar="HANDLE", help="All of this product; of each in turn without it.")
def testimonials(count: int, of: str | None) -> None:
    """Add COUNT made-up testimonials, to see how the shop fares with many."""
    with open_shop():
        some = Product.handle == of if of else Product.is_reachable()
        found = list(Product.select().where(some).order_by(Product.id))
        if not found:
            raise click.ClickException("There is no such product.")
        generate_testimonials(count, system_clock(), found)
    click.echo(f"made {count} testimonials")


STEPS = (products, testimonials)
