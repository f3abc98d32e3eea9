"""The `storefront` command: each step by itself, and a sentence for what has to be mended."""

import json
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from storefront import programs
from storefront.app import create_app
from storefront.commands import cli
from storefront.config import read_again
from storefront.db import database, is_sqlite
from storefront.models import RECORDS, PolicyVersion, Product, ShippingRate, Variant
from tests.journey import fill_cart, order_path, place_order

CATALOGUE = """\
Handle,Title,Variant Price
mug,Mug,12.00
cup,Cup,{}
"""


@pytest.fixture
def command(runner):
    """Run a step as a process of its own would: with no database open before."""

    def run(*arguments):
        database.close_all()
        return runner(*arguments)

    return run


@pytest.fixture
def catalogue(tmp_path):
    """A file with two products; the price of the second is given as text."""

    def write(price: str = "3.50") -> Path:
        path = tmp_path / "catalogue.csv"
        path.write_text(CATALOGUE.format(price))
        return path

    return write


@pytest.fixture
def storefront(settings):
    """Run the command as a shell does; gives exit code, what it said and what it complained of."""
    environ = {**os.environ, "STOREFRONT_INSTANCE": str(settings.instance)}
    environ["DATABASE_URL"] = settings.database_url

    def run(*arguments: str, input: str = "", **changes: str) -> tuple[int, str, str]:
        program = Path(sys.executable).with_name("storefront")
        done = subprocess.run(
            [program, *map(str, arguments)],
            **{"env": environ | changes, "capture_output": True, "text": True, "timeout": 60},
            input=input,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def dump() -> list:
    return [
        list(record.select().order_by(*record._meta.sorted_fields).tuples()) for record in RECORDS
    ]


def test_a_catalogue_is_brought_in_and_counted(command, catalogue):
    result = command("import-products", catalogue())
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "products=2 variants=2 images=0 skipped=0"
    assert Product.get(Product.handle == "cup").price_from == 350


@pytest.mark.shared
def test_the_apparel_file_is_brought_in_whole_and_again_without_a_change(command, shared):
    path = shared / "catalogues" / "shopify-apparel-25.csv"
    dumps = []
    for _ in range(2):
        result = command("import-products", path)
        assert result.stdout.splitlines()[-1] == "products=25 variants=96 images=55 skipped=0"
        dumps.append(dump())
    assert dumps[0] == dumps[1]


def test_a_dry_run_lists_what_it_would_make_and_writes_nothing(command, catalogue):
    before = dump()
    result = command("import-products", catalogue(), "--dry-run")
    assert result.exit_code == 0
    assert "line 2: make mug, 1 variant\nline 3: make cup, 1 variant\n" in result.stdout
    assert result.stdout.splitlines()[-1] == "products=2 variants=2 images=0 skipped=0"
    assert dump() == before


def test_a_refusal_in_the_middle_exits_1_with_line_and_reason_and_writes_nothing(
    storefront, catalogue
):
    before = dump()
    code, said, complained = storefront("import-products", catalogue("three"))
    assert (code, said) == (1, "")
    assert complained.splitlines()[-1].startswith("line 3: Variant Price is 'three'; ")
    assert "Traceback" not in complained
    assert dump() == before


@pytest.mark.parametrize(
    ("arguments", "changes", "words"),
    [
        (
            ["worker"],
            {"STOREFRONT_INSTANCE": "/nowhere/at/all"},
            "Missing: /nowhere/at/all/secrets",
        ),
        (["init"], {"STOREFRONT_INSTANCE": "/proc/no"}, "/proc/no"),
        (["init"], {"DATABASE_URL": "mysql://localhost/shop"}, "starts with 'mysql'"),
        (["run", "--set-up", "--port", "99999"], {}, "Port 99999 cannot be used"),
        (["worker"], {"MAIL_URL": "pigeon://roof"}, "MAIL_URL is read as"),
        (["worker"], {"STOREFRONT_VAULT": "vault"}, "STOREFRONT_VAULT is 'vault'"),
        (["publish-policy", "/dev/null"], {}, "is empty"),
    ],
)
def test_what_a_person_can_mend_is_said_in_words(storefront, arguments, changes, words):
    code, _, complained = storefront(*arguments, **changes)
    assert code == 1
    assert words in complained
    assert "Traceback" not in complained


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "nohost.invalid"])
@pytest.mark.parametrize("step", [["init"], ["worker"]])
def test_a_database_that_is_away_is_one_sentence_without_its_password(storefront, step, host):
    url = f"postgresql://ann:p%40ss-word@{host}:1/shop?application_name=s3cret"
    code, _, complained = storefront(*step, DATABASE_URL=url)
    assert code == 1
    assert complained.startswith(f"The database postgresql://{host}:1/shop cannot be used: ")
    assert len(complained.splitlines()) == 1
    assert "ss-word" not in complained
    assert "s3cret" not in complained


def test_a_database_without_the_shops_tables_is_said_in_words(storefront, catalogue):
    database.execute_sql("ALTER TABLE product RENAME TO elsewhere")
    database.close_all()
    code, _, complained = storefront("import-products", catalogue())
    assert code == 1
    assert "cannot be used: " in complained
    assert "Traceback" not in complained
    assert len(complained.splitlines()) <= 2, "the progress bar and one sentence"


def test_the_help_has_the_shops_own_steps_and_nothing_of_its_parts(storefront):
    code, said, _ = storefront("--help")
    assert code == 0
    for step in ("init", "run", "worker", "rotate-cookie-key", "routes", "shell"):
        assert f"\n  {step} " in said
    for foreign in ("--app", "--env-file", "--debug", "limiter"):
        assert foreign not in said


def test_routes_and_shell_know_the_shop(storefront):
    assert "/products/<handle>" in storefront("routes")[1]
    code, said, _ = storefront("shell", input="print('this is', app.name)\n")
    assert (code, "this is storefront" in said) == (0, True)


def test_a_taken_port_is_said_before_anything_is_made(storefront, tmp_path):
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        port = neighbour.getsockname()[1]
        instance = tmp_path / "not-yet"
        code, said, complained = storefront(
            "run", "--set-up", "--port", port, STOREFRONT_INSTANCE=str(instance)
        )
    assert (code, said) == (1, "")
    assert complained.startswith(f"Port {port}, meant for the shop, cannot be used")
    assert not instance.exists()


def test_an_instance_that_is_served_is_not_set_up_again_under_its_server(storefront, settings):
    some = (20000 + secrets.randbelow(12000) for _ in range(1000))
    port = next(port for port in some if programs.why_ports_are_refused(port) is None)
    with programs.alone(settings.instance):
        code, said, complained = storefront("run", "--set-up", "--port", port)
    assert (code, said) == (1, "")
    assert complained.startswith(f"The shop in {settings.instance} is running already.")


def test_a_shop_that_sells_in_one_currency_stays_with_it(command, settings):
    before = (settings.instance / "settings.json").read_bytes()
    result = command("init", "--currency", "eur")
    assert result.exit_code == 0
    assert result.output.startswith("This shop sells in USD and stays with it")
    assert (settings.instance / "settings.json").read_bytes() == before
    assert command("init", "--currency", "USD").output == command("init").output == ""


def test_carts_and_links_of_before_open_after_the_key_was_rotated(
    command, client, settings, clock, plenty
):
    link = urlsplit(order_path(place_order(client, plenty))).path
    fill_cart(client, plenty)
    cart = client.get_cookie("cart").value
    result = command("rotate-cookie-key")
    assert result.exit_code == 0
    assert "once the shop has been started again" in result.output
    changed = read_again(settings)
    assert changed.cookie_keys[1:] == settings.cookie_keys
    later = create_app(changed, clock).test_client()
    assert later.get(link).status_code == 200
    later.set_cookie("cart", cart)
    assert plenty.product.title in later.get("/cart").text
    fill_cart(later, plenty, 1)
    client.set_cookie("cart", later.get_cookie("cart").value)
    assert "could not be read" in client.get("/cart").text, "the new one signs with the new key"


@pytest.fixture
def fresh(settings, tmp_path, monkeypatch):
    """Run `init` for a shop that was not there before; `fresh.instance` is its folder."""
    from click.testing import CliRunner

    if not is_sqlite():
        pytest.skip("the database of the test is another one's")
    instance = tmp_path / "fresh"
    monkeypatch.setenv("STOREFRONT_INSTANCE", str(instance))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*arguments: str):
        return CliRunner().invoke(cli, ["init", *arguments])

    run.instance = instance
    return run


@pytest.fixture
def look_into(tmp_path):
    """Open another shop's database for a moment."""
    from tests.databases import using_database

    return lambda instance: using_database(f"sqlite:///{instance / 'shop.sqlite'}")


def test_a_shop_without_demo_has_its_policy_and_empty_shelves(fresh, look_into):
    result = fresh("--no-demo")
    assert result.exit_code == 0, result.output
    assert "starter policy posted" in result.output
    with look_into(fresh.instance):
        assert PolicyVersion.select().count() == 1
        assert not Product.select().exists()
    assert fresh("--no-demo").output == "", "a second time says and does nothing"


def test_a_shop_in_another_currency_sells_in_it(fresh, look_into):
    assert fresh("--currency", "eur").exit_code == 0
    assert json.loads((fresh.instance / "settings.json").read_text())["currency"] == "EUR"
    with look_into(fresh.instance):
        assert {variant.currency for variant in Variant.select()} == {"EUR"}
        assert {rate.currency for rate in ShippingRate.select()} == {"EUR"}
    assert fresh().exit_code == 0, "without the option its currency stays"


@pytest.mark.parametrize(("currency", "decimals"), [("JPY", 0), ("KWD", 3)])
def test_the_demo_stays_out_of_a_shop_whose_currency_has_other_decimals(
    fresh, look_into, currency, decimals
):
    result = fresh("--currency", currency)
    assert result.exit_code == 0, result.output
    assert "starter policy posted\n" in result.output
    assert f"{currency} has {decimals}, so the demo was not loaded" in result.output
    assert "demo catalogue" not in result.output
    with look_into(fresh.instance):
        assert PolicyVersion.select().count() == 1
        assert {rate.currency for rate in ShippingRate.select()} == {currency}
        assert not Product.select().exists()
    assert "not loaded" not in fresh("--no-demo").output, "nobody asked for it"


@pytest.mark.parametrize("nonsense", ["EURO", "ZZZ", "€", "", "us dollars"])
def test_a_currency_that_is_none_is_refused_before_anything_is_made(fresh, nonsense):
    result = fresh("--currency", nonsense)
    assert result.exit_code != 0
    assert "is not a currency code of ISO 4217" in str(result.exception)
    assert not fresh.instance.exists()
