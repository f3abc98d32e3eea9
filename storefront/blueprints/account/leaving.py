"""Deleting the account: what goes with it, and what stays as the law says."""

from flask import g, url_for

from storefront.blueprints.account import account, session
from storefront.blueprints.account.guard import for_anybody, fresh, show
from storefront.pages import go


@account.get("/removal")
@fresh
def removal():
    context = {"orders": g.customer.orders.count(), "book": len(g.customer.book())}
    return show("account/removal.html", **context)


@account.post("/removal")
@fresh
def remove():
    g.customer.close()
    session.end()
    return go(url_for("account.removed"))


@account.get("/removed")
@for_anybody
def removed():
    return show("account/removed.html")
