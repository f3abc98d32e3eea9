from pathlib import Path

import pytest

from storefront.handoff.payment_settings import REPOSITORY, Settings
from storefront.handoff.wire import HandoffError


def test_without_an_environment_everything_is_on_this_machine():
    assert Settings.from_environment({}) == Settings(
        folder=REPOSITORY / "instance/payment",
        shop_origin="http://localhost:8000",
        payment_origin="http://127.0.0.1:8001",
        vault="127.0.0.1:8002",
        proxies=frozenset(),
    )


def test_the_environment_says_otherwise():
    settings = Settings.from_environment(
        {
            "STOREFRONT_INSTANCE": "/srv/shop",
            "STOREFRONT_SHOP_ORIGIN": "https://shop.example",
            "STOREFRONT_PAYMENT_ORIGIN": "https://pay.example:8443",
            "STOREFRONT_VAULT": "vault.internal:8002",
            "STOREFRONT_PROXIES": "192.0.2.1, 2001:db8::1,",
            "STOREFRONT_SHOP_NAME": "Other",
        }
    )
    assert settings.folder == Path("/srv/shop/payment")
    assert settings.host == "pay.example"
    assert settings.proxies == {"192.0.2.1", "2001:db8::1"}
    assert settings.shop_name == "Other"


@pytest.mark.parametrize(
    "origin",
    ["pay.example", "https://pay.example/", "https://Pay.example", "https://x; script-src *"],
)
def test_an_origin_that_is_none_is_refused(origin):
    for name in ("SHOP", "PAYMENT"):
        with pytest.raises(HandoffError, match=f"STOREFRONT_{name}_ORIGIN"):
            Settings.from_environment({f"STOREFRONT_{name}_ORIGIN": origin})


def test_a_proxy_that_is_no_address_is_refused():
    with pytest.raises(HandoffError, match="STOREFRONT_PROXIES"):
        Settings.from_environment({"STOREFRONT_PROXIES": "*"})
