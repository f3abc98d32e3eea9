"""Visitors who are counted: with a browser's name, each at an address of their own."""

from storefront.models import TrafficDay, TrafficHour

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"
IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def visitor(app, agent: str = CHROME, at: int = 1, **headers):
    """A client of the shop with that browser, at the address of that number (1 to 254)."""
    client = app.test_client(use_cookies=False)
    sent = {"HTTP_" + name.upper(): value for name, value in headers.items()}
    # Loopback: from anywhere else the shop is reached over https only.
    client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": f"127.0.0.{at}"} | sent
    return client


def written(app) -> None:
    """Have it written down, as each minute."""
    app.extensions["traffic"].write_down()


def totals() -> dict[str, int]:
    """What was counted in all hours."""
    found: dict[str, int] = {}
    for row in TrafficHour.select():
        found[row.what] = found.get(row.what, 0) + row.count
    return found


def values(what: str) -> dict[str, int]:
    """What was counted by value on all days, but for what came to nothing."""
    found: dict[str, int] = {}
    for row in TrafficDay.select().where(TrafficDay.what == what):
        found[row.value] = found.get(row.value, 0) + row.count
    return {value: count for value, count in found.items() if count}
