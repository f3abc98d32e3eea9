"""What a reseller embeds, at the desk: as its visitors see it, with the lines to copy."""

from flask import current_app, request, url_for

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import bringing, framing, roles
from storefront.blueprints.desk.resellers import ONE, of_number
from storefront.embed import Embed
from storefront.models import Reseller
from storefront.pages import sentence
from storefront.refusals import Refused


@desk.get(f"{ONE}/embed")
@roles("editor")
@framing
@bringing("resellers")
def reseller_embed(number: int):
    try:
        held = of_number(number)
    except Refused as refusal:
        return sentence(404, "This reseller is not there", refusal.sentence)
    return show("desk/resellers/embed.html", **_shown(held))


def _shown(held: Reseller) -> dict:
    given = current_app.extensions
    origin, link = given["settings"].shop_origin, given["reseller_links"].write(held.key)
    return {
        "reseller": held,
        "embed": Embed(held, origin, given["assets"], request.args),
        "own_page": f"{origin}{url_for('resellers.page', link=link)}",
    }
