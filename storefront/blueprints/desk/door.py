"""The door: signing in and out."""

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import at_the_door, roles
from storefront.models.staff import ROLES
from storefront.pages import go


@desk.get("/door")
@at_the_door
def door():
    return show("desk/door/page.html")


@desk.post("/session/end")
@roles(*ROLES)
def sign_out():
    session.end()
    return go("/desk/door")
