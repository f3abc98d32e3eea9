"""The desk's first page: what there is to do for whoever came."""

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import roles
from storefront.models.staff import ROLES


@desk.get("")
@roles(*ROLES)
def home():
    return show("desk/home.html")
