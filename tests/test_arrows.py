"""Arrows point down only: no module imports what stands above it or beside it (house.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    [ROOT / "wsgi.py", *(ROOT / "storefront").rglob("*.py"), *(ROOT / "vault").rglob("*.py")]
)

# The rooms of the shop from the ground up. Who stands on a line may import from the lines below.
FLOORS = (
    "blanks charts cldr clicks contrast disclosure intervals lots sparing proxies sqlite_queue"
    " weighed",
    "db fields greeting money personal refusals config links garments markdown darkroom supervisor"
    " compression drawn notes signing",
    "beacon prepared factors passkeys erasures backups textual dkim_key",
    "models address pictures prints assets",
    "traffic",
    "kept register tally places tickets view_counts issues",
    "archive coverage demographics letters reading",
    "changes proofread",
    "handoff privacy policy gate mail exchange shelf structured photographs generate freshness"
    " testimonial_pictures front chain relay",
    "payment cards catching_up copies cookies listing guests showing wrong_address embed notices"
    " data_map chronicle brought rounds bounces preview",
    "counts current",
    "pages door fetching posting",
    "errors forms drafting importing trails",
    "blueprints jobs",
    "setup programs opened",
    "app restoring",
    "generate_commands insider_commands staff_commands testimonial_commands upkeep_commands"
    " mail_commands",
    "commands",  # its Flask group builds the app, when asked for `routes` or `shell`
    "wsgi",
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}
MAY_KNOW_FLASK = (
    *("app", "commands", "cookies", "counts", "current", "door", "errors", "forms", "pages"),
    *("trails", "handoff.payment_page"),
)


def name_of(path: Path) -> str:
    """The dotted name of the module in a file; of a package, for its __init__.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in FILES}


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, wherever in it the import stands."""
    here = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = here.split(".")[: len(here.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            # `from storefront import gate` imports the module storefront.gate.
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield whole if whole in NAMES else module


def room_of(name: str) -> str:
    """The room a module of the shop stands in; each blueprint has one of its own."""
    parts = name.removeprefix("storefront.").split(".")
    return ".".join(parts[:2]) if parts[0] == "blueprints" else parts[0]


def wrong(module: str, imported: str) -> str:
    """What is wrong with the arrow from one module to another, or nothing."""
    if module.startswith("vault"):
        fine = imported.split(".")[0] != "storefront" or imported == "storefront.handoff.envelope"
        return "" if fine else "the vault knows the envelope and nothing else of the shop"
    if imported.split(".")[0] == "vault":
        return "the shop never imports the vault"
    if imported.split(".")[0] == "flask" or imported.startswith(("flask_", "htmx_flask")):
        return may_know_flask(module)
    if imported.split(".")[0] == "storefront":
        return points(module, imported)
    return ""


def may_know_flask(module: str) -> str:
    inside = module.removeprefix("storefront.")
    fine = inside in MAY_KNOW_FLASK or inside.startswith("blueprints.")
    return "" if fine else "knows Flask"


def points(module: str, imported: str) -> str:
    here, there = room_of(module), room_of(imported)
    if here == there:
        return ""
    if here == "handoff":
        return "the payment page knows the handoff and nothing else of the shop"
    floors = [FLOOR_OF.get(room.split(".")[0]) for room in (here, there)]
    if None in floors:
        return "a room without a floor: enter it in FLOORS, and in house.md"
    if floors[1] == floors[0]:
        return "points sideways"
    return "points up" if floors[1] > floors[0] else ""


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_arrows_point_down_only(path):
    module = name_of(path)
    arrows = {(imported, wrong(module, imported)) for imported in imports(path)}
    assert [f"{module} → {imported}: {why}" for imported, why in sorted(arrows) if why] == []


@pytest.mark.parametrize(
    ("module", "imported", "why"),
    [
        ("storefront.models.order", "storefront.pages", "points up"),
        ("storefront.mail", "storefront.policy", "points sideways"),
        ("storefront.supervisor", "storefront.programs", "points up"),
        ("storefront.door", "storefront.errors", "points up"),
        ("storefront.errors", "storefront.door", ""),
        ("storefront.blueprints.cart", "storefront.blueprints.checkout", "points sideways"),
        ("storefront.blueprints.desk.orders", "storefront.blueprints.desk.forms", ""),
        ("storefront.blueprints.cart", "storefront.models", ""),
        ("storefront.models.order", "storefront.models.cart", ""),
        ("storefront.models.order", "flask", "knows Flask"),
        ("storefront.mail", "flask_wtf.csrf", "knows Flask"),
        ("storefront.handoff.till", "flask", "knows Flask"),
        ("storefront.handoff.payment_page", "flask", ""),
        ("storefront.handoff.payment_page", "storefront.models", "payment page"),
        ("storefront.handoff.seal", "storefront.money", "payment page"),
        ("vault.serve", "storefront.handoff.envelope", ""),
        ("vault.serve", "storefront.handoff.wire", "the envelope"),
        ("vault.serve", "storefront.models", "the envelope"),
        ("storefront.setup", "vault.keys", "never imports the vault"),
        ("storefront.attic", "storefront.db", "without a floor"),
        ("wsgi", "storefront.app", ""),
        ("storefront.app", "wsgi", ""),
    ],
)
def test_an_arrow_is_judged(module, imported, why):
    assert why in wrong(module, imported)
    assert bool(why) == bool(wrong(module, imported))


def test_every_way_of_importing_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    path = tmp_path / "storefront" / "handoff" / "x.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "import storefront.db as d, os\nfrom storefront import gate, nothing\n"
        "from . import wire\nfrom .offer import Offer\nfrom ..models import Order\n"
        "def f():\n    from storefront.app import create_app\n"
    )
    assert set(imports(path)) == {
        *("storefront.db", "os", "storefront.gate", "storefront", "storefront.handoff.wire"),
        *("storefront.handoff.offer", "storefront.models", "storefront.app"),
    }
