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
from storefront.links import OrderLinks
from storefront.models import PolicyVersion, Product, ShippingRate, TaxRate
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


def test_another_currency_for_a_shop_that_sells_already_is_refused(settings):
    before = contents(settings.instance)
    with pytest.raises(Refused, match="sells in USD"):
        set_up.make_files(settings, "EUR", lambda line: None)
    assert contents(settings.instance) == before


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
