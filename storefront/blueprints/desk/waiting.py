"""What is sold out and waited for: how many people, and never who."""

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import roles
from storefront.models import Waiting

screen(
    "Waited for",
    "/desk/waiting",
    ("editor", "fulfilment"),
    "What people asked to hear of when it is back in stock, and how many of them.",
)


@desk.get("/waiting")
@roles("editor", "fulfilment")
def waited_for():
    return show("desk/waiting/page.html", wanted=Waiting.wanted())
