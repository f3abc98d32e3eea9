"""Who works here: the managers' page to invite people, change what they may do, remove them."""

from flask import current_app, g, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting
from storefront.db import database
from storefront.models import Staff
from storefront.models.staff import ROLES
from storefront.pages import closed, collects, go, now, wants_part
from storefront.refusals import Refused

screen("Staff", "/desk/staff", ("manager",), "Who works here, and what they may do.")


@desk.get("/staff")
@roles("manager", fresh=True)
@noted_as("listed")
def people():
    noted("listed", Staff)
    return _page()


def _page(status: int = 200, refusal: Refused | None = None, about: int = 0, **context):
    """The page; `about` is the number of the person whom a refusal concerns."""
    context = {
        "people": Staff.everyone(),
        "every_role": ROLES,
        "now": now(),
        "closed": closed("staff"),
        "refusal": refusal,
        "about": about,
        "link": session.once("link"),
        "said": session.once("said"),
        "typed": request.form if refusal else {},
        "chosen": request.form.getlist("role") if refusal else [],
        **context,
    }
    return show("desk/people/page.html", "desk/people/_people.html", status=status, **context)


def _shown(**shown: str):
    """The page as it is now; a link is on it once."""
    if wants_part():
        return _page(**shown)
    for name, value in shown.items():
        session.keep(name, value)
    return go("/desk/staff")


def _link(secret: str) -> str:
    return f"{current_app.extensions['settings'].shop_origin}/desk/invitations/{secret}"


@desk.post("/staff")
@roles("manager", fresh=True)
@noted_as("invited")
@collects("staff")
def invite():
    chosen, email = request.form.getlist("role"), request.form.get("email", "")
    try:
        with database.atomic():
            staff, secret = Staff.invite(email, chosen, now())
            noted("invited", staff)
    except Refused as refusal:
        return _page(422, refusal)
    if staff == g.staff:
        session.carry_on(staff)
    return _shown(link=_link(secret), said=f"{staff.email} is invited.")


@desk.post(f"/staff/<{NUMBER}:number>/invitation")
@roles("manager", fresh=True)
@noted_as("invited")
@collects("staff")
def invite_again(number: int):
    person = _person(number)
    with noting("invited", person):
        staff, secret = Staff.invite(person.email, [], now())
    return _shown(link=_link(secret), said=f"There is a new link for {staff}.")


@desk.post(f"/staff/<{NUMBER}:number>/roles")
@roles("manager", fresh=True)
@noted_as("changed")
def give_roles(number: int):
    staff = _person(number)
    try:
        with noting("changed", staff):
            staff.give_roles(request.form.getlist("role"))
    except Refused as refusal:
        return _page(422, refusal, number)
    if staff != g.staff:
        return _shown(said=f"{staff} was given other roles, and has to sign in again.")
    session.carry_on(staff)
    return go("/desk")


@desk.post(f"/staff/<{NUMBER}:number>/removal")
@roles("manager", fresh=True)
@noted_as("removed")
def remove(number: int):
    staff = _person(number)
    try:
        with noting("removed", staff):
            staff.remove()
    except Refused as refusal:
        return _page(422, refusal, number)
    if staff == g.staff:
        session.end()
        return go("/desk/door")
    return _shown(said=f"{staff} was removed, and nothing of the account is left.")


def _person(number: int) -> Staff:
    staff = Staff.get_or_none(Staff.id == number)
    if staff is None:
        raise Refused("This person was removed meanwhile.")
    return staff
