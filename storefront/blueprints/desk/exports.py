"""The shop's own catalogue as a file for Shopify or WooCommerce."""

import tempfile
from datetime import datetime

from flask import Response, abort, current_app
from werkzeug.wsgi import FileWrapper

from storefront.blueprints.desk import desk
from storefront.blueprints.desk.guard import roles
from storefront.pages import now

FORMATS = {"shopify": "Shopify", "woocommerce": "WooCommerce"}


@desk.get("/exports/<format>.csv")
@roles("editor")
def export(format: str):
    if format not in FORMATS:
        abort(404)
    file = _written(format, now())
    response = Response(FileWrapper(file, 2**16), mimetype="text/csv")
    response.call_on_close(file.close)
    response.content_length = file.seek(0, 2)
    file.seek(0)
    name = f"catalogue-{format}-{now():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _written(format: str, at: datetime):
    """The whole file, on disk and without a name: it is gone once it is sent.

    Whole before its first byte goes out: what goes wrong on the way is told as it is, and nobody
    who reads slowly keeps a connection to the database.
    """
    from storefront.exchange.commands import write_down  # loaded by who asks for it only

    raw = tempfile.TemporaryFile()  # noqa: SIM115 the answer closes it
    try:
        write_down(format, raw, current_app.extensions["settings"].currency, at)
    except BaseException:
        raw.close()
        raise
    return raw
