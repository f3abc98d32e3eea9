"""Making an instance: secrets and keys for the owner alone, each once; no start without them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storefront import setup as set_up
from storefront.app import create_app
from storefront.config import (
    KEYS,
    SHOP_DEFAULTS,
    NotSetUp,
    make_secrets,
    read_again,
    read_settings,
    rotate_cookie_key,
)
from storefront.db import database
from storefront.links import OrderLinks
from storefront.models import (
    Collection,
    FacetValue,
    Page,
    PolicyVersion,
    Product,
    ShippingRate,
    TaxRate,
    Word,
    search,
)
from storefront.models.vocabulary import corrected
from storefront.refusals import Refused

ROOT = Path(__file__).resolve().parent.parent


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below, by its path, but for the database's own."""
    files = (path for path in folder.rglob("*") if path.is_file() and "sqlite" not in path.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_secrets_and_private_keys_are_the_owners_alone(settings):
    private = [settings.instance / "secrets.json", settings.instance / "settings.json"]
    private += list(settings.instance.rglob("*.key"))
    assert len(private) > 8
    for path in private:
        assert mode(path) == 0o600, path
    for folder in ("keys", "vault", "payment", "desk", "backups", "media"):
        assert mode(settings.instance / folder) == 0o700, folder


def test_what_init_makes_is_the_owners_alone_whatever_the_umask_says(tmp_path):
    instance = tmp_path / "new"
    environ = {**os.environ, "STOREFRONT_INSTANCE": str(instance)}
    environ.pop("DATABASE_URL", None)
    command = "import os; os.umask(0); from storefront.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "init", "--no-demo"],
        **{"cwd": ROOT, "env": environ, "capture_output": True, "text": True},
    )
    assert done.returncode == 0, done.stderr
    assert mode(instance) == 0o700
    assert mode(instance / "shop.sqlite") == 0o600
    assert mode(instance / "secrets.json") == 0o600


def test_set_up_again_changes_nothing(settings, clock):
    before = contents(settings.instance)
    told = []
    again = set_up.make_files(settings, None, told.append)
    set_up.upgrade_schema(again, clock(), told.append)
    set_up.open_shop(again, clock(), True, told.append)
    assert (again, told) == (settings, [])
    assert contents(settings.instance) == before
    counts = [record.select().count() for record in (PolicyVersion, ShippingRate, TaxRate)]
    assert counts == [1, 1, 1]


def test_an_emptied_shop_gets_its_demo_once_more_and_an_opened_one_never(settings, clock):
    Product.delete().execute()
    set_up.open_shop(settings, clock(), False, lambda line: None)
    assert not Product.select().exists(), "nobody asked for the demo"


@pytest.mark.parametrize("missing", ["secrets.json", *(f"keys/{name}" for name in KEYS)])
def test_the_shop_does_not_start_without_each_of_them_and_names_it(settings, missing):
    (settings.instance / missing).unlink()
    with pytest.raises(NotSetUp, match=f"Missing: {settings.instance / missing}"):
        create_app(read_again(settings))


@pytest.mark.parametrize("name", ["cookie_keys", "wake_key"])
def test_the_shop_does_not_start_with_an_empty_secret(settings, name):
    path = settings.instance / "secrets.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: []}))
    with pytest.raises(NotSetUp, match=r"secrets\.json"):
        create_app(read_again(settings))


def test_a_key_that_is_lost_is_not_made_anew_while_others_rely_on_it(settings, capfd):
    (settings.keys / "shop.key").unlink()
    with pytest.raises(Refused, match="could not make its keys"):
        set_up.make_files(settings, None, lambda line: None)
    assert "shop.key is missing" in capfd.readouterr().err


def test_secrets_that_are_there_are_kept_and_what_lacks_is_made(settings):
    path = settings.instance / "secrets.json"
    path.write_text(json.dumps({"cookie_keys": ["mine"], "mail": "kept"}))
    make_secrets(settings)
    made = json.loads(path.read_text())
    assert (made["cookie_keys"], made["mail"]) == (["mine"], "kept")
    assert len(made["wake_key"]) >= 43


def test_two_shops_share_no_secret(settings, tmp_path):
    other = set_up.make_files(
        read_settings({"STOREFRONT_INSTANCE": str(tmp_path / "other")}), "EUR", lambda line: None
    )
    assert not set(other.cookie_keys) & set(settings.cookie_keys)
    assert other.wake_key != settings.wake_key
    mine, theirs = contents(settings.instance), contents(other.instance)
    for name in (name for name in mine if name.endswith(".key")):
        assert mine[name] != theirs[name], name


def test_a_rotated_key_leaves_old_links_good_for_three_more(settings):
    link = OrderLinks(settings.cookie_keys).write("AAAAA-AAAAA")
    for left in (3, 2, 1, 0):
        rotate_cookie_key(settings)
        keys = read_again(settings).cookie_keys
        assert OrderLinks(keys).read(link) == ("AAAAA-AAAAA" if left else None)
    assert len(keys) == 4
    assert mode(settings.instance / "secrets.json") == 0o600


def test_another_currency_for_a_shop_that_is_there_is_said_and_not_taken(settings):
    before, told = contents(settings.instance), []
    assert set_up.make_files(settings, "EUR", told.append).currency == "USD"
    assert told[0].startswith("This shop sells in USD and stays with it")
    assert contents(settings.instance) == before


def test_what_was_undone_is_not_spoken_of(settings, clock, monkeypatch):
    Page.delete().execute()
    Product.delete().execute()
    monkeypatch.setattr(set_up, "load", lambda *_: 1 / 0)
    told = []
    with pytest.raises(ZeroDivisionError):
        set_up.open_shop(settings, clock(), True, told.append)
    assert told == []
    assert not Page.select().exists()


def test_the_demo_comes_with_its_collections_in_their_order(settings):
    told = json.loads(set_up.DEMO_COLLECTIONS.read_text("utf-8"))
    assert [collection.slug for collection in Collection.in_order()] == [c["slug"] for c in told]
    for collection, said in zip(Collection.in_order(), told, strict=True):
        held = {product.id: product.handle for product in Product.select()}
        assert [held[n] for n in collection.product_ids()] == said["handles"]
        assert (collection.title, collection.words) == (said["title"], said["words"])


def test_what_an_editor_wrote_is_never_written_over(settings, clock):
    Page.put("delivery", "# By boat\n\nSlowly.", clock())
    Page.delete().where(Page.slug == "terms").execute()
    first = Collection.in_order()[0]
    first.title = "Mine"
    first.save()
    Product.delete().execute()  # so that the demo comes once more
    set_up.open_shop(settings, clock(), True, lambda line: None)
    assert Page.get(Page.slug == "delivery").title == "By boat"
    assert not Page.select().where(Page.slug == "terms").exists(), "it was taken off on purpose"
    assert Collection.get_by_id(first.id).title == "Mine"
    assert Collection.select().count() == len(json.loads(set_up.DEMO_COLLECTIONS.read_text()))


def test_a_shop_without_demo_has_the_starter_pages_and_no_collections(settings, clock):
    for record in (Page, Collection, Product):
        record.delete().execute()
    told = []
    set_up.open_shop(settings, clock(), False, told.append)
    assert told == ["starter pages posted: contact, delivery, returns, terms"]
    assert {page.title for page in Page.select()} >= {"Contact", "Delivery"}
    assert not Collection.select().exists()


@pytest.fixture
def unshelved(settings):
    """The shop as it was before there were facets and search: its products alone."""
    for record in (Collection, FacetValue, Word):
        record.delete().execute()
    Product.update(facets=[]).execute()
    database.execute_sql("DELETE FROM product_text")


def shelves() -> dict[tuple[str, str], set[int]]:
    return {(row.name, row.value): set(row.bitmap) for row in FacetValue.select() if row.bitmap}


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_products_from_before_facets_and_search_get_both_once(
    unshelved, settings, clock, monkeypatch, batch
):
    monkeypatch.setattr(set_up, "BATCH", batch)
    hidden = Product.get(Product.handle == "window-seat-eye-mask")
    hidden.status = "draft"
    hidden.save()
    told = []
    for _ in range(2):
        set_up.open_shop(settings, clock(), True, told.append)
    on_sale = {product.id for product in Product.on_sale()}
    assert told == [f"{len(on_sale)} products can be searched and narrowed down"]
    assert shelves()["all", "all"] == on_sale
    assert hidden.id not in on_sale
    shirt = Product.get(Product.handle == "second-day-merino-t-shirt")
    assert ["all", "all"] in shirt.facets
    assert {tuple(f) for f in shirt.facets} == {
        f for f, ids in shelves().items() if shirt.id in ids
    }
    assert shirt.id in search.candidates(["merino"])
    assert corrected(["mernio"]) == ["merino"]
    assert search.candidates(["eye", "mask"]) == []


def test_products_that_all_wait_unseen_are_no_reason_to_speak(unshelved, settings, clock):
    Product.update(status="draft").execute()
    told = []
    set_up.open_shop(settings, clock(), True, told.append)
    assert told == []


def test_no_name_of_the_shop_is_lost_when_its_settings_are_older(settings):
    path = settings.instance / "settings.json"
    path.write_text('{"name": "Bäckerei", "currency": "USD"}', encoding="utf-8")
    assert read_again(settings).shop == SHOP_DEFAULTS | {"name": "Bäckerei"}


def test_a_damaged_file_of_settings_is_named(settings):
    for name in ("settings.json", "secrets.json"):
        path = settings.instance / name
        kept = path.read_text()
        path.write_text(kept[:-5])
        with pytest.raises(NotSetUp, match=f"{path} is damaged"):
            read_again(settings)
        path.write_text(kept)
