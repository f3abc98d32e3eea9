"""The static files: named after their contents, compressed ahead of time, kept for a year.

They are made from `storefront/static` into `instance/static` when the shop starts and they are not
there yet; old ones stay, for pages that caches still hold.
"""

import hashlib
import os
import re
from base64 import b64encode
from pathlib import Path
from tempfile import NamedTemporaryFile

from rcssmin import cssmin
from rjsmin import jsmin

from storefront.compression import AHEAD, coding_for, compressed
from storefront.config import ROOT

SOURCE = ROOT / "storefront" / "static"
# What pages link to, and what it is made of: htmx has our additions behind it.
MADE_OF = {
    "htmx.js": ("vendor/htmx-4.0.1.min.js", "after-htmx.js"),
    "icon.svg": ("icon.svg",),
    "moderate.js": ("moderate.js",),
    "passkey.js": ("passkey.js",),
    "shop-testimonials.js": ("shop-testimonials.js",),
}
# What pages of others load: their `integrity` can be checked only if they may read it.
FOR_OTHERS = ("shop-testimonials-",)
# Style sheets of some pages, and what they are made of. They stand behind the one of all, in one
# element with it: the content policy has one part to name then.
ALONE = ("account", "home", "said", "widget", "resellers", "promotions")
SHEETS = {name: (name,) for name in ALONE} | {
    "desk": ("frame", "desk"),
    "home-with-banners": ("home", "promotions"),
    "testimonials": ("said", "testimonials"),
    "traffic": ("frame", "traffic"),
}
TYPES = {".js": "text/javascript", ".svg": "image/svg+xml"}
ENDINGS = {"br": ".br", "gzip": ".gz", "": ""}
YEAR = "max-age=31536000, immutable"

Answer = tuple[list[tuple[str, str]], bytes]


class Assets:
    """The files of this version of the shop; `style` and `start` stand in every page itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answers: dict[str, dict[str, Answer]] = {}
        self.style = _pressed(_text(SOURCE / "style.css"))
        self.sheets = {
            name: "".join(_pressed(_text(SOURCE / f"{part}.css")) for part in parts)
            for name, parts in SHEETS.items()
        }
        self.urls = {name: self._make(name) for name in MADE_OF}
        start = _text(SOURCE / "start.js").strip()
        self.start = start.replace("htmx.js", self.urls["htmx.js"])
        self.height = _short(SOURCE / "widget-height.js").decode()

    def url(self, name: str) -> str:
        """The address of a file: `/static/htmx-3f2a9c01b7.js`."""
        return self.urls[name]

    def integrity(self, name: str) -> str:
        """What a page of somebody else names a file by (Subresource Integrity, 3.5)."""
        _, data = self._answers[self.urls[name]][""]
        return f"sha384-{b64encode(hashlib.sha384(data).digest()).decode()}"

    @property
    def hashes(self) -> dict[str, str]:
        """What the content policy calls the parts that stand in pages (CSP level 3, 2.3.1)."""
        return {"style": _csp_hash(self.style), "script": _csp_hash(self.start)}

    @staticmethod
    def hash_of(part: str) -> str:
        """What a content policy calls a part that stands in the page itself."""
        return _csp_hash(part)

    def hashes_with(self, *sheets: str) -> dict[str, str]:
        """The same for pages that bring some of `SHEETS` besides, in this order."""
        style = self.style + "".join(self.sheets[name] for name in sheets)
        return self.hashes | {"style": _csp_hash(style)}

    def answer(self, url: str, accepted: str) -> Answer | None:
        """Headers and bytes for an address, in a coding that is accepted; None if it is no file.

        A file of an earlier version is answered as long as it lies in the folder.
        """
        codings = self._answers.get(url) or self._earlier(url)
        return codings[coding_for(accepted)] if codings else None

    def _make(self, name: str) -> str:
        data = b"\n".join(_short(SOURCE / part) for part in MADE_OF[name])
        stem, ending = os.path.splitext(name)
        made = f"{stem}-{hashlib.sha256(data).hexdigest()[:10]}{ending}"
        self._folder.mkdir(parents=True, exist_ok=True)
        for coding, suffix in ENDINGS.items():
            if not (self._folder / (made + suffix)).exists():
                _write(self._folder / (made + suffix), compressed(data, coding, AHEAD))
        url = f"/static/{made}"
        self._answers[url] = self._read(made)
        return url

    def _earlier(self, url: str) -> dict[str, Answer] | None:
        name = url.removeprefix("/static/")
        if len(name) > 100 or not name.replace("-", "").replace(".", "").isalnum() or ".." in name:
            return None
        if os.path.splitext(name)[1] not in TYPES:
            return None
        try:
            return self._read(name)
        except OSError:
            return None

    def _read(self, name: str) -> dict[str, Answer]:
        return {
            coding: self._one(name, coding, (self._folder / (name + suffix)).read_bytes())
            for coding, suffix in ENDINGS.items()
        }

    @staticmethod
    def _one(name: str, coding: str, data: bytes) -> Answer:
        headers = [
            ("Content-Type", TYPES[os.path.splitext(name)[1]]),
            ("Content-Length", str(len(data))),
            ("Cache-Control", YEAR),
            ("Vary", "Accept-Encoding"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if name.startswith(FOR_OTHERS):
            headers.append(("Access-Control-Allow-Origin", "*"))
        return headers + ([("Content-Encoding", coding)] if coding else []), data


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _short(path: Path) -> bytes:
    """A file as it is sent: our own scripts without comments and spaces."""
    data = path.read_bytes()
    return jsmin(data) if path.suffix == ".js" and path.parent == SOURCE else data


def _pressed(style: str) -> str:
    """The shop's part, without comments and spaces, its tokens known by their first letters."""
    shops, _, _ = style.partition("/* The payment page;")
    small = re.sub(r"--([a-z])[a-z]+", r"--\1", cssmin(shops))
    # Space that cssmin leaves: around + in selectors (a sum needs it), and between parts of areas.
    return re.sub(r" (\+) (?=[^{}]*\{)| (/) (?=\d)", r"\1\2", small)


def _csp_hash(text: str) -> str:
    return "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: several processes may start at once, and a proxy may read them."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(data)
    os.replace(draft.name, path)
