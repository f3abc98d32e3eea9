"""The e-mail address of an author who wishes that it is shown: to people, for a click each.

It stands on no page that a GET brings: what collects addresses asks for pages and sends no forms.
"""

from urllib.parse import quote

from flask import abort

from storefront.blueprints.testimonials import testimonials
from storefront.blueprints.testimonials.reading import GONE, NUMBER
from storefront.door import limiter
from storefront.models import testimonial_list
from storefront.pages import keep_from_caches, show

NONE = "The author of this one does not show an e-mail address, or not any more."


@testimonials.get(f"/testimonials/<{NUMBER}:number>/address")
def address(number: int):
    found = testimonial_list.one(number) or abort(404, GONE)
    if not found.shows_email:
        abort(404, NONE)
    return keep_from_caches(show("testimonials/address.html", testimonial=found))


@testimonials.post(f"/testimonials/<{NUMBER}:number>/address")
@limiter.limit("30 per hour")
def show_address(number: int):
    found = testimonial_list.one(number) or abort(404, GONE)
    email = testimonial_list.address_of(number) or abort(404, NONE)
    name, _, host = email.rpartition("@")
    told = {"testimonial": found, "email": email, "link": f"mailto:{quote(name, safe='')}@{host}"}
    return keep_from_caches(
        show("testimonials/address.html", "testimonials/_address.html", said=email, **told)
    )
