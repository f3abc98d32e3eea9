"""Settings: what is told from outside is taken as meant, or refused in words at the start."""

from urllib.parse import unquote, urlsplit

import pytest

from storefront.config import BadSetting, read_settings
from storefront.db import BadDatabaseUrl, open_database


@pytest.fixture
def told(tmp_path):
    """Settings for an environment, with an instance folder that is empty."""

    def read(**environ: str):
        return read_settings({"STOREFRONT_INSTANCE": str(tmp_path)} | environ)

    return read


def test_an_instance_folder_has_the_database_and_the_mail(told, tmp_path):
    settings = told()
    assert settings.database_url == f"sqlite:///{tmp_path}/shop.sqlite"
    assert settings.mail_url == f"maildir://{tmp_path}/mail"
    assert settings.limits is True
    assert (settings.secure, settings.cookie_keys, settings.wake_key) == (False, (), "")


@pytest.mark.parametrize("name", ["with space", "50%41", "a#b", "a?b", "für"])
def test_an_instance_folder_may_have_any_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    settings = read_settings({"STOREFRONT_INSTANCE": str(folder)})
    database = open_database(settings.database_url)
    assert database.database == str(folder / "shop.sqlite")
    assert (folder / "shop.sqlite").exists()
    assert unquote(urlsplit(settings.mail_url).path) == str(folder / "mail")


@pytest.mark.parametrize("off", ["off", "OFF", "0", "false", "no"])
def test_limits_can_be_switched_off(told, off):
    assert told(STOREFRONT_LIMITS=off).limits is False


@pytest.mark.parametrize(
    "proxies", ["10.0.0.1,10.0.0.2", " 10.0.0.1 , 10.0.0.2,", "10.0.0.1 10.0.0.2"]
)
def test_proxies_are_listed_with_commas_or_spaces(told, proxies):
    assert told(STOREFRONT_PROXIES=proxies).proxies == ("10.0.0.1", "10.0.0.2")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STOREFRONT_SHOP_ORIGIN", "localhost:8000"),
        ("STOREFRONT_SHOP_ORIGIN", "https://shop.example/shop"),
        ("STOREFRONT_SHOP_ORIGIN", "https://Shop.example"),
        ("STOREFRONT_SHOP_ORIGIN", ""),
        ("STOREFRONT_PAYMENT_ORIGIN", "https://pay.example; script-src *"),
        ("STOREFRONT_PAYMENT_ORIGIN", "javascript:alert(1)"),
        ("STOREFRONT_VAULT", "vault"),
        ("STOREFRONT_VAULT", ":8002"),
        ("STOREFRONT_VAULT", "vault:eight"),
        ("STOREFRONT_VAULT", "::1:8002"),
        ("STOREFRONT_SHARED", "redis://store.example"),
        ("STOREFRONT_SHARED", "memcached://ann:secret@store.example:11211"),
        ("STOREFRONT_SHARED", "memcached://"),
        ("MAIL_URL", "mail.example:25"),
        ("MAIL_URL", "maildir://mail"),
        ("MAIL_URL", "maildir:///"),
        ("MAIL_URL", "smtp://"),
        ("MAIL_URL", "smtp:user:secret@mail.example"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_the_start(told, name, value):
    with pytest.raises(BadSetting, match=name) as trouble:
        told(**{name: value})
    assert "secret" not in str(trouble.value)


@pytest.mark.parametrize("address", ["vault.example:8002", "10.0.0.1:1", "[::1]:8002"])
def test_a_vault_is_a_host_and_a_port(told, address):
    assert told(STOREFRONT_VAULT=address).vault_address == address


def test_the_shop_answers_to_its_own_name_only(told):
    assert told(STOREFRONT_SHOP_ORIGIN="https://shop.example:444/").hosts == ["shop.example"]
    assert "localhost" in told().hosts
    assert told(STOREFRONT_SHOP_ORIGIN="https://shop.example").secure


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://localhost/shop", "'mysql'"),
        ("shop.sqlite", "starts with ''"),
        ("sqlite://shop.sqlite", "three slashes"),
        ("sqlite:///", "three slashes"),
        ("sqlite:///:memory:", "a path"),
        ("postgresql://ann:secret@localhost", "names no database"),
        ("postgresql://ann:secret@localhost:99999/shop", "a port"),
        ("postgresql://ann:secret@localhost:x/shop", "a port"),
    ],
)
def test_a_database_that_cannot_be_meant_is_refused_without_its_password(url, words):
    with pytest.raises(BadDatabaseUrl, match=words) as trouble:
        open_database(url)
    assert "secret" not in str(trouble.value)


def test_all_that_an_address_says_reaches_postgresql():
    database = open_database(
        "postgresql://a%40b:p%2Fw@db.example:5433/my%20shop?sslmode=verify-full"
    )
    told = database.connect_params
    assert database.database == "my shop"
    assert (told["user"], told["password"], told["host"], told["port"]) == (
        *("a@b", "p/w", "db.example"),
        5433,
    )
    assert told["sslmode"] == "verify-full"


def test_a_database_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "deep" / "shop.sqlite"
    database = open_database(f"sqlite:///{path}")
    database.connect()
    database.execute_sql("CREATE TABLE x (y TEXT)")
    modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    database.close_all()
    assert set(modes.values()) == {0o600}, modes


def test_sqlite_keeps_what_was_acknowledged_and_checks_what_refers_to_what(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    with database.connection_context():
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
        wanted |= {"recursive_triggers": 1, "busy_timeout": 15000}
        found = {name: database.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    database.close_all()
    assert found == wanted
