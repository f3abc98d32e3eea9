"""A step of the `storefront` command that makes up testimonials, to measure with."""

import click

from storefront.generate import generate_testimonials
from storefront.models import Product
from storefront.opened import open_shop
from storefront.pages import system_clock


@click.command("generate-testimonials")
@click.argument("count", type=click.IntRange(1, 1_000_000))
@click.option("--of", metavar="HANDLE", help="All of this product; of each in turn without it.")
def testimonials(count: int, of: str | None) -> None:
    """Add COUNT made-up testimonials, to see how the shop fares with many."""
    with open_shop():
        some = Product.handle == of if of else Product.is_reachable()
        products = list(Product.select().where(some).order_by(Product.id))
        if not products:
            raise click.ClickException("There is no such product.")
        generate_testimonials(count, system_clock(), products)
    click.echo(f"made {count} testimonials")


STEPS = (testimonials,)
