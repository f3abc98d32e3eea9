"""Who receives something, why, and how often the shop has connected to whom."""

from datetime import timedelta

from storefront import data_map
from storefront.blueprints.privacy import blueprint
from storefront.models import ConnectionCount
from storefront.models.connection import months
from storefront.pages import now, public, show

# Counts change all the time: the page is a minute old at most, and no edition has to tell of them.
FRESH = timedelta(seconds=60)


@blueprint.get("/privacy/recipients")
@public
def receivers():
    counts = ConnectionCount.of_the_year(now())
    everybody = data_map.receivers()
    on_line = [each for each in everybody if each.on_line]
    known = {each.name for each in on_line} - set(data_map.UNCOUNTED)
    return show(
        "privacy/recipients.html",
        until=now() + FRESH,
        tags=["privacy"],
        on_line=on_line,
        asking=[each for each in everybody if each.asking],
        off_line=[each for each in everybody if not each.on_line and not each.asking],
        counted=sorted(known | set(counts)),
        counts=counts,
        months=months(now()),
    )
