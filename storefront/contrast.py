"""A colour that somebody chose, made so that words in it can be read (WCAG 2.2, 1.4.3)."""

LIGHT, DARK = "#ffffff", "#1b1b1b"  # the papers
ENOUGH = 4.6  # the standard asks for 4.5; mixed colours are rounded
STEPS = 20


def readable(colour: str, paper: str) -> str:
    """The colour (#rrggbb) as near to itself as words in it can be read on that paper.

    So words of the paper's colour can be read on it as well.
    """
    away = "#000000" if luminance(paper) > 0.5 else "#ffffff"
    mixes = (_mixed(colour, away, step / STEPS) for step in range(STEPS + 1))
    return next(mix for mix in mixes if ratio(mix, paper) >= ENOUGH)


def ratio(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance, 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
