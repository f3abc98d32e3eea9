"""Counts a server's log by the rules of docs/traffic.md, to see whether the shop counts the same.

    python docs/count_log.py access.log agents.txt

It imports nothing of the shop. The log is in order of time, a line a request in the combined
format, and after the browser's name, in quotes as well, `-` where there is none: Accept,
Accept-Language, Sec-GPC, DNT, Sec-Purpose (or Purpose, X-Moz), HX-Request, whether there was a
session of the desk ("staff"), the answer's Content-Type, how many products it says there are, and
which names (`?via=name`) its links have.
The other file says of each browser's name whose it is, with tabs between: a device and a browser
of people, or `listed` or `new` and the name of a program. Prints hour, total, number; and day,
kind, value, number.
"""

import ipaddress
import re
import sys
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

OURS = {"localhost", "127.0.0.1", "::1"}
# Behind these, an address is somebody's own.
PRIVATE = ("/orders/", "/desk/", "/account/")
HALF_AN_HOUR, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
TOO_MANY = 120  # views of one visit in a minute
TOO_MANY_VISITS = 30  # that begin at one address in a minute
ENOUGH = 3  # visitors that have brought a value
LETTERS = set(
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da "
    "de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy "
    "hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg "
    "li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or "
    "os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta "
    "te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
LINE = re.compile(r'(\S+) - - \[([^]]+)\] "(\S+) (\S+) HTTP/[\d.]+" (\d+) \d+ (".*")')


@dataclass
class Request:
    """A line of the log."""

    address: str
    at: datetime
    method: str
    path: str
    query: str
    status: int
    referer: str
    agent: str
    accept: str
    language: str
    gpc: str
    dnt: str
    purpose: str
    htmx: str
    session: str
    kind: str
    products: str
    links: str


@dataclass
class Visit:
    """Views of one visitor, none of them half an hour after the one before."""

    last: datetime
    since: datetime
    views: int = 0
    fast: bool = False
    page: str = ""
    steps: set = field(default_factory=set)
    links: set = field(default_factory=set)


def read(line: str) -> Request:
    address, when, method, target, status, rest = LINE.fullmatch(line.rstrip("\n")).groups()
    at = datetime.strptime(when, "%d/%b/%Y:%H:%M:%S.%f %z")
    said = ["" if one == "-" else one for one in re.findall(r'"([^"]*)"', rest)]
    path, _, query = target.partition("?")
    return Request(address, at, method, path, query, int(status), *said)


class Count:
    """All numbers, as they stand after the lines that were read."""

    def __init__(self, agents: dict[str, tuple[str, str]]) -> None:
        self.agents = agents
        self.hours, self.days = Counter(), Counter()
        self.visits: dict[tuple, Visit] = {}
        self.begun = Counter()  # visits, by minute and address
        self.held: dict[tuple, list] = {}  # by day, kind and value: how often, and who brought it

    # What a line is

    def line(self, one: Request) -> None:
        """Count a request."""
        lost = one.method == "GET" and one.status == 404 and "text/html" in one.accept
        done = (one.method, one.path, one.status)
        step = {("POST", "/cart/items", 303): "cart", ("POST", "/checkout", 303): "order"}.get(done)
        page = self.page_of(one)
        if page:
            step = "checkout" if page == "/checkout" else "product" if is_product(page) else None
        if not (page or step or (lost and not one.htmx)):
            return
        reserved = one.gpc == "1" or one.dnt == "1"
        if why := self.why_not(one):
            if page:
                self.leave_out(one, why, reserved)
        elif reserved:
            if page:
                self.totals(one, "views", "reserved views")
        else:
            self.person(one, page, step)

    def page_of(self, one: Request) -> str:
        """The address that a view is counted under; "" where it is none."""
        whole = one.status == 304 or (one.status == 200 and one.kind == "text/html")
        if one.method != "GET" or one.htmx or not whole:
            return ""
        return "/orders/<link>" if one.path.startswith("/orders/") else one.path

    def why_not(self, one: Request) -> tuple[str, str] | None:
        """Why a view is no person's, and the total it is in."""
        kind, _ = self.agents[one.agent]
        if not one.agent:
            return "a program without a name", "bot views"
        if kind in ("listed", "new"):
            return "a program", "bot views"
        if one.purpose.startswith(("prefetch", "prerender")):
            return "fetched ahead", "prefetched views"
        return ("staff", "staff views") if one.session else None

    def leave_out(self, one: Request, why: tuple[str, str], reserved: bool) -> None:
        self.totals(one, why[1])
        if reserved:
            return
        self.value(one, "filtered", why[0])
        if why[0] == "a program":
            kind, name = self.agents[one.agent]
            self.value(one, "bot", name) if kind == "listed" else self.hold(one, "bot", name)

    # A person

    def person(self, one: Request, page: str, step: str | None) -> None:
        visit = self.visit_of(one)
        if visit.fast:
            if page:
                self.totals(one, "bot views")
                self.value(one, "filtered", "too many a minute")
            return
        if page:
            self.view(one, page, visit)
        if step and step not in visit.steps:
            visit.steps.add(step)
            self.totals(one, step)
        if page:
            self.brought(one, page)
            self.links(one, visit)
        elif one.status == 404:
            self.totals(one, "pages not found")
            self.hold(one, "not found", harmless(one.path))

    def visit_of(self, one: Request) -> Visit:
        key = one.at.date(), household(one.address), one.agent
        visit = self.visits.get(key)
        if visit is None or one.at - visit.last >= HALF_AN_HOUR:
            visit = self.visits[key] = Visit(one.at, one.at)
            minute = f"{one.at:%Y-%m-%d %H:%M}", household(one.address)
            self.begun[minute] += 1
            visit.fast = self.begun[minute] > TOO_MANY_VISITS
        if one.at - visit.since >= MINUTE:
            visit.since, visit.views = one.at, 0
        visit.last, visit.views = one.at, visit.views + 1
        visit.fast = visit.fast or visit.views > TOO_MANY
        return visit

    def view(self, one: Request, page: str, visit: Visit) -> None:
        self.totals(one, "views")
        self.value(one, "page", page)
        if not visit.page:
            device, browser = self.agents[one.agent]
            self.totals(one, "visits")
            self.value(one, "entry", page)
            self.value(one, "device", device)
            self.value(one, "browser", browser)
            self.value(one, "language", language(one.language))
            self.hold(one, "referrer", host(one.referer))
            self.hold(one, "campaign", campaign(one.query))
        else:
            self.days[one.at.date(), "exit", visit.page] -= 1
        self.value(one, "exit", page)
        visit.page = page

    def brought(self, one: Request, page: str) -> None:
        if is_product(page):
            self.hold(one, "from list", list_before(one.referer))
        query = parse_qs(one.query)
        if page == "/search" and query.get("q", [""])[0].strip():
            words = searched(query["q"][0])
            self.totals(one, "searches")
            self.hold(one, "search", words)
            if one.products == "0":
                self.totals(one, "searches in vain")
                self.hold(one, "in vain", words)

    def links(self, one: Request, visit: Visit) -> None:
        """Count once a visit that it was shown what has a name, and that it followed that."""
        via = parse_qs(one.query).get("via", [""])[0]
        found = [("followed", via)] if ("shown", via) in visit.links else []
        for what, name in [*found, *(("shown", name) for name in one.links.split())]:
            if (what, name) not in visit.links:
                visit.links.add((what, name))
                self.value(one, what, name)

    # Numbers

    def totals(self, one: Request, *names: str) -> None:
        for name in names:
            self.hours[f"{one.at:%Y-%m-%d %H}", name] += 1

    def value(self, one: Request, what: str, value: str) -> None:
        self.days[one.at.date(), what, value] += 1

    def hold(self, one: Request, what: str, value: str) -> None:
        """Count a value once it comes from three places on that day."""
        if not value:
            return
        if value.startswith("("):
            self.value(one, what, value)
            return
        held = self.held.setdefault((one.at.date(), what, value), [0, set()])
        held[0] += 1
        held[1].add(household(one.address))

    def result(self) -> list[str]:
        """All numbers as lines, without what came to nothing."""
        days = Counter(self.days)
        for (day, what, value), (count, people) in self.held.items():
            days[day, what, value if len(people) >= ENOUGH else "(few)"] += count
        hours = [(*key, count) for key, count in self.hours.items()]
        found = hours + [(str(key[0]), *key[1:], count) for key, count in days.items() if count]
        return sorted("\t".join(map(str, row)) for row in found)


def household(address: str) -> str:
    """The address, or the network of 64 bits that an IPv6 one belongs to."""
    known = ipaddress.ip_address(address)
    return str(known) if known.version == 4 else known.packed[:8].hex()


def is_product(page: str) -> bool:
    return re.fullmatch(r"/products/[^/]+", page) is not None


def language(asked: str) -> str:
    first = re.split("[,;-]", asked)[0].strip().lower()
    return first if first in LETTERS else "other"


def is_somebodys(text: str) -> bool:
    """Whether it looks like an address for mail, or a number of somebody's."""
    return "@" in text or len(re.sub(r"[ ().+/-]", "", max(re.findall(r"[\d ().+/-]*", text)))) >= 6


def host(referer: str) -> str:
    found = (urlsplit(referer).hostname or "").removeprefix("www.")
    if not found or found in OURS:
        return ""
    return found if re.fullmatch(r"([a-z0-9-]+\.)*[a-z][a-z0-9-]*", found) else "(not kept)"


def campaign(query: str) -> str:
    found = parse_qs(query)
    text = (found.get("utm_campaign") or found.get("utm_source") or [""])[0]
    return "(not kept)" if is_somebodys(text) else text[:80].lower().strip()


def list_before(referer: str) -> str:
    found = urlsplit(referer)
    ours = found.hostname in OURS
    path = found.path.rstrip("/")
    return path if ours and re.fullmatch(r"/products|/search|/collections/[^/]+", path) else ""


def searched(text: str) -> str:
    """Words in small letters and without accents, eight at most."""
    if is_somebodys(text):
        return "(not kept)"
    bare = unicodedata.normalize("NFKD", text).lower()
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(list(dict.fromkeys(re.findall(r"[^\W_]+", bare)))[:8])[:80]


def harmless(path: str) -> str:
    for beginning in PRIVATE:
        if path.startswith(beginning):
            return beginning + "…"
    return "/".join("…" if is_somebodys(unquote(part)) else part for part in path.split("/"))


def main(log: str, agents: str) -> None:
    """Print what the log comes to."""
    print("\n".join(count(Path(log).read_text().splitlines(), Path(agents).read_text())))


def count(lines: list[str], agents: str) -> list[str]:
    """The numbers of a log, given who is who."""
    named = (line.split("\t") for line in agents.splitlines() if line[:1] != "#")
    counted = Count({"" if name == "-" else name: (kind, what) for kind, what, name in named})
    for line in lines:
        counted.line(read(line))
    return counted.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
