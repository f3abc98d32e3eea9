"""Where the payment page finds its keys, the shop and the vault."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from .wire import HandoffError

REPOSITORY = Path(__file__).resolve().parents[2]
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-f:.]+\](:[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the payment page is told at start.

    `folder` has its keys (the `payment` folder of an instance); origins have no slash at the end;
    `vault` is host:port; `proxies` are the addresses whose X-Forwarded-* headers are believed;
    `shop_name` stands at the top of the page; `limits` are rate limits.
    """

    folder: Path
    shop_origin: str = "http://localhost:8000"
    payment_origin: str = "http://127.0.0.1:8001"
    vault: str = "127.0.0.1:8002"
    proxies: frozenset[str] = frozenset()
    shop_name: str = "Larch & Lane"
    limits: bool = True

    def __post_init__(self) -> None:
        """Raises HandoffError for an origin or an address that is none."""
        for name in ("shop_origin", "payment_origin"):
            if not _ORIGIN.fullmatch(getattr(self, name)):
                raise HandoffError(
                    f"STOREFRONT_{name.upper()} is {getattr(self, name)!r}; write an origin such "
                    "as https://pay.example, in lower case and without a path."
                )
        for proxy in self.proxies:
            _check_address(proxy)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings that the STOREFRONT_… variables hold; what is absent has its default."""
        names = ("shop_origin", "payment_origin", "vault", "shop_name")
        given = {name: environ.get(f"STOREFRONT_{name.upper()}") for name in names}
        instance = Path(environ.get("STOREFRONT_INSTANCE") or REPOSITORY / "instance")
        proxies = (part.strip() for part in environ.get("STOREFRONT_PROXIES", "").split(","))
        return cls(
            folder=instance / "payment",
            proxies=frozenset(filter(None, proxies)),
            limits=environ.get("STOREFRONT_LIMITS", "on").lower() != "off",
            **{name: value for name, value in given.items() if value},
        )

    @property
    def host(self) -> str:
        """The host name of the payment page, without the port."""
        return urlsplit(self.payment_origin).hostname


def _check_address(proxy: str) -> None:
    try:
        ip_address(proxy)
    except ValueError:
        raise HandoffError(
            f"STOREFRONT_PROXIES names {proxy!r}; list IP addresses, with commas between."
        ) from None
