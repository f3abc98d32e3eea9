"""Settings, from the environment and the instance folder; secrets are made, never defaulted."""

import json
import os
import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
SHARED = re.compile(r"memcached://(\[[0-9a-f:.]+\]|[^\s:/@]+)(:[0-9]{1,5})?")
LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
SHOP_DEFAULTS = {
    "name": "Larch & Lane",
    "tagline": "Clothes for the long way round",
    "currency": "USD",
    "country": "US",
    "mail_from": "orders@larchandlane.example",
    "contact": "hello@larchandlane.example",
    "postal_address": "Larch & Lane, 12 Ropewalk, Portland, OR 97209, United States",
}


# Of the shop, in its own folder: without any of them it does not start.
KEYS = (
    *("shop.key", "policy.key", "vault.pub", "desk.pub", "root.pub", "manifest"),
    *("line.key", "line.pem", "vault-line.pem", "erasures.key", "testimonials.key"),
)


class NotSetUp(Exception):
    """The instance folder lacks something the program refuses to run without."""


class BadSetting(NotSetUp):
    """Something the program is told from outside cannot be meant."""


@dataclass(frozen=True)
class Settings:
    """Everything a program is told from outside. Origins are scheme://host[:port]."""

    instance: Path
    database_url: str
    shop_origin: str
    payment_origin: str
    vault_address: str
    mail_url: str
    limits: bool
    page_cache: bool
    traffic: bool
    cache_tags: str
    proxies: tuple[str, ...]
    shared: str = ""  # memcached://host:port, where processes tell visits together
    beacon: str = "https://api.drand.sh"  # a relay of the public beacon that contests draw with
    demo_desk: bool = False  # an automatic desk charges test cards, and pages say so
    shop: dict = field(default_factory=dict)
    cookie_keys: tuple[str, ...] = ()
    wake_key: str = ""

    @property
    def keys(self) -> Path:
        """The folder of the shop's own keys."""
        return self.instance / "keys"

    @property
    def currency(self) -> str:
        """The one currency the shop sells in (ISO 4217)."""
        return self.shop["currency"]

    @property
    def secure(self) -> bool:
        """Whether the shop is reached over TLS."""
        return self.shop_origin.startswith("https:")

    @property
    def hosts(self) -> list[str]:
        """The Host headers the shop answers to: its own, and on loopback every loopback name."""
        host = urlsplit(self.shop_origin).hostname or ""
        return list(LOOPBACK) if host in LOOPBACK else [host]


def read_settings(environ=os.environ) -> Settings:
    """Settings from `environ` and the files that set-up made; before it, files may be missing."""
    instance = Path(environ.get("STOREFRONT_INSTANCE") or ROOT / "instance").resolve()
    here = quote(str(instance))
    # Where `storefront run` serves this instance, or did last.
    environ = _read_json(instance / "addresses.json") | dict(environ)
    settings = Settings(
        instance=instance,
        database_url=environ.get("DATABASE_URL") or f"sqlite:///{here}/shop.sqlite",
        shop_origin=environ.get("STOREFRONT_SHOP_ORIGIN", "http://localhost:8000").rstrip("/"),
        payment_origin=environ.get("STOREFRONT_PAYMENT_ORIGIN", "http://127.0.0.1:8001").rstrip(
            "/"
        ),
        vault_address=environ.get("STOREFRONT_VAULT", "127.0.0.1:8002"),
        mail_url=environ.get("MAIL_URL") or f"maildir://{here}/mail",
        limits=_switch(environ, "STOREFRONT_LIMITS"),
        page_cache=_switch(environ, "STOREFRONT_PAGE_CACHE"),
        traffic=_switch(environ, "STOREFRONT_TRAFFIC"),
        cache_tags=environ.get("STOREFRONT_CACHE_TAGS", ""),
        proxies=tuple(environ.get("STOREFRONT_PROXIES", "").replace(",", " ").split()),
        shared=environ.get("STOREFRONT_SHARED", ""),
        beacon=environ.get("STOREFRONT_BEACON", "https://api.drand.sh").rstrip("/"),
        demo_desk=environ.get("STOREFRONT_DEMO_DESK", "off").lower() == "on",
    )
    _check(settings)
    return read_again(settings)


def _switch(environ, name: str) -> bool:
    """Whether it is on, as it is unless somebody says otherwise."""
    return environ.get(name, "on").lower() not in ("off", "0", "false", "no")


def _check(settings: Settings) -> None:
    """Raise `BadSetting` for what could not be used later, when nobody looks."""
    for name in ("shop_origin", "payment_origin"):
        if not ORIGIN.fullmatch(getattr(settings, name)):
            raise BadSetting(
                f"STOREFRONT_{name.upper()} is {getattr(settings, name)!r}; "
                "write an origin such as https://shop.example, in lower case and without a path."
            )
    if not ORIGIN.fullmatch(settings.beacon):
        raise BadSetting(f"STOREFRONT_BEACON is {settings.beacon!r}; write https://host.")
    if not re.fullmatch(r"(\[[0-9a-f:.]+\]|[^\s:/]+):[0-9]{1,5}", settings.vault_address):
        raise BadSetting(f"STOREFRONT_VAULT is {settings.vault_address!r}; write host:port.")
    if not re.fullmatch(r"[A-Za-z][A-Za-z-]*|", settings.cache_tags):
        raise BadSetting(
            f"STOREFRONT_CACHE_TAGS is {settings.cache_tags!r}; write the name of a header, such "
            "as Cache-Tag or Surrogate-Key."
        )
    if settings.shared and not SHARED.fullmatch(settings.shared):
        raise BadSetting("STOREFRONT_SHARED is read as memcached://host:port, without a password.")
    # Not repeated: a mail server's address may carry its password.
    if not re.match(r"maildir:///[^?#]|smtps?://[^/\s]", settings.mail_url):
        raise BadSetting("MAIL_URL is read as maildir:///folder, smtp://host:port or smtps://host.")


def read_again(settings: Settings) -> Settings:
    """The same settings with what set-up has written meanwhile."""
    secret = _read_json(settings.instance / "secrets.json")
    return replace(
        settings,
        shop=SHOP_DEFAULTS | _read_json(settings.instance / "settings.json"),
        cookie_keys=tuple(secret.get("cookie_keys", ())),
        wake_key=secret.get("wake_key", ""),
    )


def require_set_up(settings: Settings) -> None:
    """Raise `NotSetUp`, naming what is missing and what makes it."""
    wanted = [settings.instance / "secrets.json", *(settings.keys / name for name in KEYS)]
    missing = [str(path) for path in wanted if not path.exists()]
    if missing or not settings.cookie_keys or not settings.wake_key:
        what = ", ".join(missing) or f"keys in {settings.instance / 'secrets.json'}"
        raise NotSetUp(
            f"Missing: {what}. `bin/run` or `storefront init` makes what was never there; "
            "what was lost comes from a backup."
        )


def make_secrets(settings: Settings) -> None:
    """Make what is missing of the secrets, readable by the owner alone; keep what is there."""
    path = settings.instance / "secrets.json"
    kept = _read_json(path)
    made = {"cookie_keys": [secrets.token_urlsafe(32)], "wake_key": secrets.token_urlsafe(32)}
    if set(made) - set(kept):
        write_private(path, json.dumps(made | kept, indent=2) + "\n")


def rotate_cookie_key(settings: Settings, keep: int = 3) -> None:
    """Sign with a new key from now on; cookies and links of the last `keep` keys stay good."""
    path = settings.instance / "secrets.json"
    kept = _read_json(path)
    kept["cookie_keys"] = [secrets.token_urlsafe(32), *kept["cookie_keys"]][: keep + 1]
    write_private(path, json.dumps(kept, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as trouble:
        raise NotSetUp(f"{path} is damaged: {trouble}. Mend it, or bring a backup.") from None
