"""A testimonial in the hands of its author, by the link from a mail: confirmed, changed, gone."""

from flask import abort, current_app, request, url_for

from storefront import privacy
from storefront.blueprints.testimonials import testimonials
from storefront.blueprints.testimonials.form import FILES, LOOK_OVER, ChangeForm
from storefront.door import limiter, takes_files
from storefront.models import PolicyVersion, Product, Testimonial
from storefront.models.moderating import REASONS
from storefront.pages import (
    closed,
    go,
    keep_from_caches,
    now,
    require,
    show,
    show_testimonial_picture,
)
from storefront.refusals import Refused


@testimonials.get("/testimonials/mine/<link>")
def mine(link: str):
    found = behind(link)
    return _page(found, link, ChangeForm.of(found))


def behind(link: str) -> Testimonial:
    """The testimonial that the link stands for."""
    key = current_app.extensions["testimonial_links"].read(link)
    found = key and Testimonial.get_or_none(Testimonial.key == key)
    return found or abort(
        404,
        "No testimonial is behind this link any more: it was taken back, erased or not confirmed "
        "in time, or another of yours took its place. You can write one on the product’s page.",
    )


def _page(found: Testimonial, link: str, form: ChangeForm, status=200, refusal=None, kept=None):
    response = show(
        "testimonials/mine.html",
        "testimonials/_mine.html",
        status=status,
        one=found,
        product=found.product,
        link=link,
        form=form,
        closed=form.closed,
        closed_to_resellers=bool(closed("resellers")),
        refusal=refusal,
        reason=REASONS.get(found.reason, ""),
        kept=[p["digest"] for p in found.pictures] if kept is None else kept,
        policy=PolicyVersion.in_force(now()),
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


@testimonials.post("/testimonials/mine/<link>")
@takes_files(*FILES)
@limiter.limit("60 per hour")
def change(link: str):
    found, form = behind(link), ChangeForm()
    # Its first signs tell one apart; the whole might be taken for a card's number at the door.
    kept = [p for p in found.pictures if p["digest"][:12] in request.form.getlist("kept")]
    form.kept = len(kept)
    try:
        if not form.validate():
            raise Refused(LOOK_OVER)
        found.change(form.given(), now(), pictures=_both(kept, form.take_pictures()))
    except Refused as refusal:
        form.mark(refusal)
        form.forget_files()
        return _page(found, link, form, 422, refusal, [p["digest"] for p in kept])
    return go(url_for("testimonials.mine", link=link))


def _both(kept: list[dict], new: list[dict]) -> list[dict]:
    """What is kept and what is new, each picture once."""
    return list({picture["digest"]: picture for picture in kept + new}.values())


@testimonials.post("/testimonials/mine/<link>/confirmation")
def confirm(link: str):
    behind(link).confirm(now())
    return go(url_for("testimonials.mine", link=link))


@testimonials.post("/testimonials/mine/<link>/display")
def display(link: str):
    found = behind(link)
    shown = {"email": found.shows_email, "resellers": found.for_resellers}
    what, wanted = request.form.get("what", ""), request.form.get("shown") == "yes"
    if what in shown:
        if wanted:  # hiding is always allowed
            require("resellers" if what == "resellers" else "testimonials")
        policy = PolicyVersion.in_force(now())
        found.show(**shown | {what: wanted}, policy=policy, at=now())
    return go(url_for("testimonials.mine", link=link))


@testimonials.post("/testimonials/mine/<link>/removal")
def remove(link: str):
    found = behind(link)
    handle = found.product.handle
    privacy.take_back(found, current_app.extensions["settings"], now())
    current_app.extensions["wake_scourer"]()
    return go(url_for("testimonials.removed", handle=handle))


@testimonials.get("/products/<handle>/testimonials/removed")
def removed(handle: str):
    there = Product.reachable().where(Product.handle == handle).first()
    return show("testimonials/removed.html", product=there)


@testimonials.get("/testimonials/mine/<link>/pictures/<name>")
@limiter.exempt
def my_picture(link: str, name: str):
    return show_testimonial_picture(name, behind(link).pictures)
