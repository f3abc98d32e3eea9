"""The steps of buying something, as a browser without JavaScript takes them; for the tests."""

import re
from urllib.parse import parse_qs, urlsplit

VISA = {"cc-number": "4242 4242 4242 4242", "cc-exp": "12/39"}
ANN = {
    "email": "Ann@example.com",
    "name": "Ann Walker",
    "address-line1": "1 Main St",
    "address-line2": "",
    "address-level2": "Portland",
    "address-level1": "Oregon",
    "postal-code": "97209",
    "country": "US",
}


def item(variant, quantity=1, **more) -> dict:
    """The fields that the product page's form sends for a variant."""
    options = {f"option{n + 1}": value for n, value in enumerate(variant.choice)}
    return {"product": variant.product.handle, "quantity": str(quantity)} | options | more


def fill_cart(client, variant, quantity=2) -> None:
    """Put something into the cart."""
    assert client.post("/cart/items", data=item(variant, quantity)).status_code == 303


def hidden_in(page: str) -> dict:
    """What a form holds that nobody types, and what is chosen in it already."""
    inputs = re.findall(r"<input[^>]*>", page)
    found = [
        (re.search(r'name="([\w-]+)"', i), re.search(r'value="([^"]*)"', i), i) for i in inputs
    ]
    chosen = [(n, v) for n, v, i in found if n and v and ('type="hidden"' in i or "checked" in i)]
    return {name[1]: value[1] for name, value in chosen}


def place_order(client, variant, quantity=2, **changes) -> str:
    """Fill the cart and place the order; the address that the shop leads on to."""
    fill_cart(client, variant, quantity)
    form = ANN | hidden_in(client.get("/checkout").text) | changes
    return client.post("/checkout", data=form).headers["Location"]


def order_path(address: str) -> str:
    """The path of the order's page, from the address of its payment page."""
    return f"/orders/{parse_qs(urlsplit(address).query)['link'][0]}"


def pay(payment_page, address: str, card=VISA):
    """Follow the address to the payment page, fill in its form, send it."""
    parts = urlsplit(address)
    base = f"{parts.scheme}://{parts.netloc}"
    form = payment_page.get(f"/?{parts.query}", base_url=base).text
    return payment_page.post("/", data=hidden_in(form) | card, base_url=base)


def come_home(client, back):
    """Follow the payment page's answer back to the shop, to the order's own page."""
    parts = urlsplit(back.headers["Location"])
    home = client.get(f"{parts.path}?{parts.query}")
    return client.get(home.headers["Location"]) if home.status_code == 303 else home
