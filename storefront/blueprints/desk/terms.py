"""What the shop says about sending things back: edited by managers."""

from flask import request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import roles
from storefront.models import Terms
from storefront.models.terms import FEWEST_DAYS, MOST_DAYS
from storefront.pages import go, wants_part
from storefront.refusals import Refused

FIELDS = ("return_days", "return_address", "postage")

screen("Terms", "/desk/terms", ("manager",), "How long things can be sent back, and where to.")


@desk.get("/terms")
@roles("manager")
def terms():
    return _page()


def _page(status: int = 200, refusal: Refused | None = None, said: str = ""):
    now = Terms.now()
    typed = request.form if refusal else {name: getattr(now, name) for name in FIELDS}
    context = {"typed": typed, "refusal": refusal, "said": said or session.once("said")}
    context |= {"fewest": FEWEST_DAYS, "most": MOST_DAYS}
    return show("desk/terms/page.html", "desk/terms/_terms.html", status=status, **context)


@desk.post("/terms")
@roles("manager")
def set_terms():
    try:
        Terms.set(*(request.form.get(name, "") for name in FIELDS))
    except Refused as refusal:
        return _page(422, refusal)
    if wants_part():
        return _page(said="Kept: from now on this holds.")
    session.keep("said", "Kept: from now on this holds.")
    return go("/desk/terms")
