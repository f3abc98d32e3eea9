"""Draws a product where it has no photograph: a garment or a label, in SVG, at most 3 KB.

The same words always give the same drawing. Only presentation attributes are used, so a
policy against inline styles and scripts holds, and nothing outside the file is referred to.
"""

import re
from html import escape
from zlib import crc32

from storefront.garments import MIDDLE, SILHOUETTES

# The words that tell a garment, in the singular; plurals are understood, and what a hyphen joins
# here may stand as two words. Two words tell more than the last of them.
_WORDS = {
    "t-shirt": "t-shirt tshirt tee top tank tank-top",
    "shirt": "shirt blouse button-down button-up chambray flannel plaid polo overshirt",
    "linen shirt": "linen-shirt camp-shirt",
    "sun shirt": "sun-shirt hiking-shirt",
    "sweater": "sweater pullover jumper knit crewneck sweatshirt baselayer",
    "fleece": "fleece fleece-pullover fleece-jacket fleece-sweater half-zip quarter-zip",
    "cardigan": "cardigan",
    "hoodie": "hoodie hoody",
    "jacket": "jacket windbreaker blazer",
    "shell": "shell waterproof-jacket shell-jacket hardshell softshell",
    "quilted jacket": "puffer quilted-jacket insulated-jacket down-jacket puffer-jacket",
    "coat": "coat parka anorak raincoat overcoat trench",
    "poncho": "poncho",
    "vest": "vest gilet waistcoat",
    "trousers": "trouser pant jean jogger slack bib",
    "chinos": "chino",
    "wide trousers": "culotte linen-trouser linen-pant wide-trouser palazzo",
    "leggings": "legging tight",
    "shorts": "short",
    "swim shorts": "swim-short swim-trunk boardshort board-short",
    "dress": "dress gown kaftan",
    "wrap dress": "wrap-dress",
    "jumpsuit": "jumpsuit playsuit romper dungaree overall",
    "skirt": "skirt sarong",
    "sun hat": "hat bucket fedora",
    "cap": "cap visor",
    "beanie": "beanie toque bonnet",
    "socks": "sock stocking",
    "bag": "bag tote duffel duffle pouch purse satchel",
    "backpack": "backpack pack rucksack daypack",
    "cubes": "packing-cube",
    "toiletry kit": "toiletry-kit toiletry-bag wash-bag washbag",
    "scarf": "scarf shawl wrap buff gaiter bandana",
    "underwear": "underwear boxer brief knicker panty underpant trunk",
    "shoes": "shoe sneaker trainer loafer slipper footwear",
    "sandals": "sandal",
    "boots": "boot",
    "gloves": "glove mitten mitt",
    "eye mask": "eye-mask sleep-mask",
    "belt": "belt",
}
GARMENTS = {word: garment for garment, words in _WORDS.items() for word in words.split()}
_IRREGULAR = {"scarves": "scarf", "dresses": "dress", "panties": "panty", "shorts": "short"}

_PACK_OF = re.compile(r"\b(\d+|two|three|four|five|six)[ -]?packs?\b|\bpacks? of\b", re.I)
_ASIDE = re.compile(r"\b(with|without|for|by)\b|[,|(–—]", re.I)


def draw(title: str, type: str, colour: str | None) -> str:
    """A product's picture as an SVG document with viewBox 0 0 400 500.

    The garment is told from the title, else from the type; where neither tells one, a label
    with the product's initials is drawn. `colour` is a name such as "Washed Indigo".
    """
    name = _printable(title)[:80]
    garment = garment_of(title) or garment_of(type)
    paint = shades(tint(colour, title))
    drawing = _layers(garment or "label", paint)
    if not garment:
        drawing += _initials(name, paint)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500" role="img">'
        f"<title>{escape(name)}</title>"
        f'<path fill="{paint["ground"]}" d="M0 0H400V500H0Z"/>'
        '<g stroke-linecap="round" stroke-linejoin="round" fill="none">'
        f"{drawing}</g></svg>"
    )


def garment_of(words: str) -> str | None:
    """The silhouette that words speak of, or None. In English the last noun is the thing itself."""
    head = _ASIDE.split(_PACK_OF.sub(" ", words.casefold()))[0]
    found = re.findall(r"[a-z]+(?:-[a-z]+)*", head)
    for before, word in reversed(list(zip(["", *found], found, strict=False))):
        single, last = _singular(word), _singular(word.rpartition("-")[2])
        for form in (f"{before}-{word}", f"{before}-{single}", word, single, last):
            if form in GARMENTS:
                return GARMENTS[form]
    return None


def _singular(word: str) -> str:
    return _IRREGULAR.get(word) or word.removesuffix("s")


def _printable(text: str) -> str:
    """Text without what XML cannot hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text).strip()


def _layers(name: str, paint: dict[str, str]) -> str:
    """A silhouette's layers in order, the outline of its cloth cast as a soft shadow below."""
    layers = SILHOUETTES[name]
    cast = " ".join(
        mirrored(path) if role in ("body", "flap") else path
        for role, path in layers
        if role in ("body", "flap", "cloth")
    )
    shadow = f'<path fill="{paint["deep"]}" opacity=".14" d="{cast}" transform="translate(7 12)"/>'
    return shadow + "".join(_layer(role, path, paint) for role, path in layers)


def _layer(role: str, path: str, paint: dict[str, str]) -> str:
    if role in ("body", "flap"):
        whole = f'<path fill="{paint["cloth"]}" d="{mirrored(path)}"/>'
        right = f'<path fill="{paint["shade"]}" opacity=".45" d="{_reflected(path)}Z"/>'
        return whole + right
    return f'<path {_STROKES[role].format_map(paint)} d="{path}"/>'


_STROKES = {
    "cloth": 'fill="{cloth}"',
    "shade": 'fill="{shade}" opacity=".8"',
    "deep": 'fill="{deep}"',
    "light": 'fill="{light}"',
    "pale": 'fill="{pale}"',
    "line": 'stroke="{seam}" stroke-width="3"',
    "stitch": 'stroke="{seam}" stroke-width="2" stroke-dasharray="6 5" opacity=".6"',
    "glint": 'stroke="{light}" stroke-width="3"',
    "handle": 'stroke="{shade}" stroke-width="15"',
    "dots": 'stroke="{seam}" stroke-width="8"',
    "eye": 'stroke="{ground}" stroke-width="24"',
    "twine": 'stroke="{deep}" stroke-width="3"',
}


def mirrored(half: str) -> str:
    """A whole outline from its left half, which begins and ends on the middle line."""
    return f"{half}{_reflected(half).replace('M', ' L', 1)}Z"


def _reflected(half: str) -> str:
    """The same outline on the other side, drawn backwards. Absolute M, L, C and Q only."""
    steps = re.findall(r"([MLCQ])([^MLCQ]*)", half)
    numbers = [[float(number) for number in rest.split()] for _, rest in steps]
    points = [list(zip(row[::2], row[1::2], strict=True)) for row in numbers]
    path = [f"M{_point(points[-1][-1])}"]
    for index in range(len(steps) - 1, 0, -1):
        back = [*points[index][-2::-1], points[index - 1][-1]]
        path.append(steps[index][0] + " ".join(_point(point) for point in back))
    return "".join(path)


def _point(point: tuple[float, float]) -> str:
    return f"{2 * MIDDLE - point[0]:g} {point[1]:g}"


def _initials(name: str, paint: dict[str, str]) -> str:
    words = [word for word in re.findall(r"\w+", name) if word.casefold() not in _SMALL_WORDS]
    letters = "".join(word[0] for word in words[:2]).upper() or "·"
    return (
        f'<text x="200" y="330" fill="{paint["ink"]}" font-family="Georgia, serif" '
        f'font-size="104" text-anchor="middle">{escape(letters)}</text>'
    )


_SMALL_WORDS = {"the", "a", "an", "of", "and", "for", "with", "in"}


_NAMED = """
    black 3a393c, charcoal 4a4c50, graphite 55585c, gunmetal 565d63, slate 66727c, grey 8f9294,
    gray 8f9294, heather a3a3a6, silver b9bcbe, ash b4b3ae, stone b5ab9b, white f4f1ea,
    off white efe8da, ivory f0e8d6, cream eee2c8, ecru e4d8bf, natural e2d6bf, oatmeal ddd0ba,
    melange c9c0b2, sand d8c3a0, beige d6c4a6, khaki b3a27c, tan c49a6c, camel bd8d59,
    brown 7c5a43, chocolate 5b4034, coffee 6b4f3f, walnut 6d4c3a, tobacco 8a623f, rust a9532f,
    copper b06a45, terracotta c1694a, clay b5725a, brick 9b4a3c, red b83c36, burgundy 6e2b38,
    wine 702f3f, maroon 6f2d34, plum 6a4058, purple 6f5687, lavender a99bc4, lilac b9a6cc,
    pink dc9ba4, blush e4bfb5, rose c98087, coral e0826c, salmon e5987f, peach eebd98,
    orange d97a3a, amber d39a3c, gold c9a24a, mustard c79a36, ochre bd8a3e, yellow e3c04f,
    lemon eadb7b, lime a8bf4f, mint a9cdb8, sage 9aa88a, olive 757644, moss 6d7546,
    forest 3f5a45, green 5c8a60, fern 66875a, pine 3f5f52, teal 3a7577, turquoise 55a5a3,
    aqua 86c0bf, sky 9cbfd6, blue 4a76a3, denim 4f6d8c, indigo 3f4a73, navy 2f3d58,
    midnight 2b3550, cobalt 3a5aa0, deep water 35586b, ocean 3f6f86, petrol 2f5a66
"""
_PAIRS = (pair.rpartition(" ") for pair in " ".join(_NAMED.split()).split(", "))
COLOURS = {name: f"#{value}" for name, _, value in _PAIRS}
# For what has no colour of its own: quiet, and none of them claiming to be a real one.
QUIET = ("#8a9a8b", "#a78f7c", "#7f8fa0", "#b09a72", "#96818c", "#7b8c7a", "#a3877a", "#84939a")
_PALER = re.compile(r"\b(light|pale|washed|faded|soft|bleached)\b")
_DARKER = re.compile(r"\b(dark|deep)\b")


def tint(colour: str | None, title: str) -> str:
    """A colour's hexadecimal value, by a known name in it; else a quiet one, stable per title."""
    words = " ".join(re.findall(r"[a-z]+", (colour or "").casefold()))
    known = [name for name in COLOURS if re.search(rf"\b{name}\b", words)]
    if not known:
        return QUIET[crc32(f"{title} {words}".encode("utf-8", "replace")) % len(QUIET)]
    # "Black/Red" is black before it is red, "off white" is more than white.
    name = min(known, key=lambda name: (-name.count(" "), words.index(name)))
    rest = words.replace(name, "")
    if _PALER.search(rest):
        return _mixed(COLOURS[name], "#fffaf2", 0.25)
    return _mixed(COLOURS[name], "#211a18", 0.25) if _DARKER.search(rest) else COLOURS[name]


def shades(cloth: str) -> dict[str, str]:
    """The tones that a drawing in one colour needs.

    Dark cloth gets pale seams, and light cloth a darker ground: each must stand out.
    """
    brightness = sum(_rgb(cloth)) / 3
    dark = brightness < 95
    return {
        "cloth": cloth,
        "shade": _mixed(cloth, "#2a211d", 0.2),
        "deep": _mixed(cloth, "#211a18", 0.5),
        "seam": _mixed(cloth, "#fffaf2", 0.3) if dark else _mixed(cloth, "#211a18", 0.5),
        "light": _mixed(cloth, "#fffaf2", 0.45),
        "pale": _mixed(cloth, "#fffaf2", 0.85),
        "ink": _mixed(cloth, *(("#fffaf2", 0.85) if brightness < 165 else ("#211a18", 0.65))),
        "ground": _mixed(cloth, *(("#929d9a", 0.66) if brightness > 200 else ("#f7f1e7", 0.82))),
    }


def _rgb(value: str) -> tuple[int, int, int]:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def _mixed(one: str, other: str, share: float) -> str:
    """A colour between two: `share` is how much of the other."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
