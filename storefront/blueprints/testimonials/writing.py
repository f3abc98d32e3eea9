"""A new testimonial: the form on a page of its own or within a product's, and what comes of it."""

from flask import abort, current_app, url_for

from storefront.blueprints.testimonials import testimonials
from storefront.blueprints.testimonials.form import FILES, LOOK_OVER, TestimonialForm
from storefront.door import limiter, takes_files
from storefront.models import PolicyVersion, Product, Testimonial
from storefront.pages import NOT_SOLD, go, now, public, show
from storefront.refusals import Refused


@testimonials.get("/products/<handle>/testimonials/new")
@public
def new(handle: str):
    return form_page(find(handle), TestimonialForm(formdata=None))


def find(handle: str) -> Product:
    """The product of that handle, if it has a page."""
    found = Product.reachable().where(Product.handle == handle).first()
    return found or abort(404, NOT_SOLD)


def form_page(product: Product, form: TestimonialForm, status=200, refusal=None, **about):
    """The form; `way` is where it leads, `address` the order's, as far as it is told."""
    policy = PolicyVersion.in_force(now())
    form.show_policy(policy)
    way = url_for("testimonials.write", handle=product.handle)
    context = {"way": way, "address": "", "form": form, "closed": form.closed, "policy": policy}
    page, part = "testimonials/new.html", "testimonials/_form.html"
    about = {"product": product, "refusal": refusal, **context, **about}
    return show(page, part, status=status, **about)


@testimonials.post("/products/<handle>/testimonials")
@takes_files(*FILES)
@limiter.limit("30 per hour;100 per day")  # a week of it is far from `MOST_UNCONFIRMED_IN_ALL`
def write(handle: str):
    product, form = find(handle), TestimonialForm()
    try:
        take(product, form)
    except Refused as refusal:
        return form_page(product, form, 422, refusal)
    return go(url_for("testimonials.written", handle=handle))


def take(product: Product, form: TestimonialForm, order=None) -> Testimonial | None:
    """Record what was sent. Raises `Refused`, with all that is wrong marked in the form."""
    try:
        if not form.validate():
            raise Refused(LOOK_OVER)
        policy = PolicyVersion.in_force(now())
        form.check_policy(policy)
        pictures = form.take_pictures()
        written = Testimonial.write(
            product, form.given(), policy, now(), pictures=pictures, order=order
        )
    except Refused as refusal:
        form.mark(refusal)
        form.forget_files()
        raise
    current_app.extensions["wake_worker"]()
    return written


@testimonials.get("/products/<handle>/testimonials/written")
def written(handle: str):
    return show("testimonials/written.html", product=find(handle))
