"""The desk's first page: what there is to do for whoever came."""

from flask import g

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import screens_of, show
from storefront.blueprints.desk.guard import roles
from storefront.models.staff import ROLES


@desk.get("")
@roles(*ROLES)
def home():
    theirs = [each for room in screens_of(g.staff).values() for each in room]
    waiting = [one for each in theirs if each.waiting for one in each.waiting()]
    return show("desk/home.html", waiting=waiting)
