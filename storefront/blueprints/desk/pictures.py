"""The pictures of a product: brought in, put into words, put in order, taken away."""

from flask import abort, current_app, request

from storefront import prints
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.door import takes_files
from storefront.models import Picture, Product, Variant
from storefront.pages import go, wants_part
from storefront.photographs import from_desk
from storefront.refusals import Refused

AT_ONCE = 20  # files of one form
TOGETHER = 256 * 2**20  # bytes of one form, of which no file keeps more than a picture may have
TOO_MANY = f"Only {AT_ONCE} are taken at a time; send it once more."
PRODUCT = f"/products/<{NUMBER}:number>/pictures"
PICTURE = f"{PRODUCT}/<{NUMBER}:picture>"


@desk.get(PRODUCT)
@roles("editor")
def pictures(number: int):
    return _page(_product(number))


@desk.post(PRODUCT)
@takes_files(prints.LARGEST + 1, TOGETHER)
@roles("editor")
def add_pictures(number: int):
    product = _product(number)
    given = [(_name(file), file) for file in request.files.getlist("files") if file.filename]
    if not given:
        return _page(product, 422, Refused(files="Choose one picture or several."))
    media = current_app.extensions["settings"].instance / "media"
    refused = from_desk(product, given[:AT_ONCE], media)
    refused |= {name: TOO_MANY for name, _ in given[AT_ONCE:]}
    taken = len(given) - len(refused)
    if refused:
        return _page(product, 422, refused=refused, taken=taken)
    return _shown(product, f"{_counted(taken)} here now, and in the shop.")


def _counted(taken: int) -> str:
    return "One picture is" if taken == 1 else f"{taken} pictures are"


def _name(file) -> str:
    """How a file is called, as a person may read it."""
    return "".join(sign for sign in file.filename if sign.isprintable())[-80:]


@desk.post(PICTURE)
@roles("editor")
def describe_picture(number: int, picture: int):
    found = _picture(number, picture)
    try:
        found.describe(_words(), "decorative" in request.form, _variant(found.product))
    except Refused as refusal:
        return _page(found.product, 422, refusal, about=found.id)
    return _shown(found.product, "The words are kept.")


def _words() -> str:
    return " ".join(request.form.get("alt", "").split())


def _variant(product: Product) -> Variant | None:
    """The variant that was chosen, of this product's own."""
    chosen = request.form.get("variant", 0, int)
    if not chosen:
        return None
    same = Variant.id == chosen, Variant.product == product
    found = 0 < chosen < 2**31 and Variant.get_or_none(*same)
    if not found:
        raise Refused(variant="This variant is no longer there. Choose another.")
    return found


@desk.post(f"{PICTURE}/position")
@roles("editor")
def move_picture(number: int, picture: int):
    found = _picture(number, picture)
    found.move(-1 if request.form.get("to") == "front" else 1)
    return _shown(found.product, "The order is changed.")


@desk.post(f"{PICTURE}/removal")
@roles("editor")
def remove_picture(number: int, picture: int):
    found = _picture(number, picture)
    found.remove()
    return _shown(found.product, "The picture is removed.")


def _product(number: int) -> Product:
    return Product.get_or_none(Product.id == number) or abort(404, "There is no such product.")


def _picture(number: int, picture: int) -> Picture:
    """A picture of that product."""
    found = Picture.get_or_none(Picture.id == picture, Picture.product == number)
    if found is None:
        raise Refused("This picture was removed meanwhile. Reload the page to see what there is.")
    return found


def _page(product: Product, status=200, refusal: Refused | None = None, about=0, **context):
    """All pictures; `about` is the one that a refusal concerns, of which nothing typed is lost."""
    context = {"refused": {}, "taken": 0, "said": "", **context}
    return show(
        "desk/pictures/page.html",
        "desk/pictures/_pictures.html",
        status=status,
        product=product,
        pictures=Picture.of(product),
        variants=product.in_order() if product.options else [],
        wrong=refusal.problems if refusal else {},
        about=about,
        typed=request.form if refusal else {},
        most=prints.LARGEST >> 20,
        **context,
    )


def _shown(product: Product, said: str):
    """The page as it is now."""
    if wants_part():
        return _page(product, said=said)
    return go(f"/desk/products/{product.id}/pictures")
