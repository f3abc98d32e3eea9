"""Steps of the `storefront` command about those who work here."""

import click

from storefront import coverage
from storefront.models import Staff
from storefront.models.staff import INVITED_FOR, ROLES
from storefront.opened import open_shop
from storefront.pages import system_clock
from storefront.refusals import Refused


@click.command("add-staff")
@click.argument("email")
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, help="Any number.")
def add_staff(email: str, roles: tuple[str, ...]) -> None:
    """Invite somebody to the desk, give them roles, or make a new link for who lost theirs.

    The link is printed and not mailed: hand it over yourself. It opens once.
    """
    with open_shop() as settings:
        coverage.require(["staff"], system_clock())
        staff, secret = Staff.invite(email, list(roles), system_clock())
        told = f"{staff.email}: {', '.join(staff.roles)}. Good once, for {INVITED_FOR.days} days:"
        click.echo(told, err=True)
        click.echo(f"{settings.shop_origin}/desk/invitations/{secret}")


@click.command("remove-staff")
@click.argument("email")
def remove_staff(email: str) -> None:
    """Delete somebody's account; wherever they are signed in, they no longer are."""
    with open_shop():
        staff = Staff.about(email).first()
        if staff is None:
            raise Refused(f"Nobody works here under {email}.")
        staff.remove()
        click.echo(f"{staff.email} is removed")


@click.command("list-staff")
def list_staff() -> None:
    """Who works here, with which roles, and how they sign in."""
    with open_shop():
        for staff in Staff.everyone():
            ways = ["password and app"] if staff.password else []
            ways += [f"{len(staff.passkeys)} passkeys"] if staff.passkeys else []
            how = ", ".join(ways) or "invited"
            click.echo(f"{staff.email}: {', '.join(staff.roles)} ({how})")


STEPS = (add_staff, remove_staff, list_staff)
