"""A real shop, all its programs running, and a real Chromium to visit it with.

    running_shop              one shop for the whole session, with the demo catalogue, set up anew;
                              others begin as copies of one that was
    shop_stack                a shop for one test, whose programs the test may stop and start
    page                      a page on running_shop; page_without_javascript is the other kind
    new_page(origin)          more pages, as on shop_stack
    allowed_errors            console errors the test expects: a list of regular expressions
    shots, shoot(page, name)  screenshots, in build/screenshots; SHOTS=off has shoot take none
    picture(page, "trail", 700)  build/screenshots/trail.webp, as the docs show it; off like those
    assert_no_axe_violations(page), axe(page)

DATABASE_URL of a PostgreSQL server, as tests/postgres.py gives it, has the shops keep their data
there, each in a database of its own; without it they use SQLite.
"""

import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

from storefront import programs
from storefront.config import read_settings
from storefront.db import open_database
from storefront.programs import Child, Program
from tests.browser.looking import small_picture, small_targets, wider_than_the_screen
from tests.browser.ports import four_free_ports

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_OPTIONS = [
    *(["--no-sandbox"] if os.geteuid() == 0 else []),  # its sandbox refuses root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = programs.ROOT / "build" / "screenshots"
WIDTHS = (360, 768, 1280)  # CSS pixels
# On the picture of a whole page, what sticks to the screen's edge would hang in the middle.
UNSTUCK = """() => { const sheet = new CSSStyleSheet();
  sheet.replaceSync(".bar { position: static !important }");
  document.adoptedStyleSheets = [sheet] }"""
READY_SECONDS = 90
# A refused form is answered with 422, which Chromium reports as if it were an error.
REFUSALS = r"Failed to load resource: the server responded with a status of 422"


# Shops.


class Shop:
    """One shop at four free ports, with a folder and a database of its own."""

    def __init__(self, instance: Path, environ: dict[str, str]):
        self.place = programs.Place(four_free_ports(), instance)
        self.environ = {**environ, "STOREFRONT_INSTANCE": str(instance)}
        self.lines: list[str] = []
        self.children: dict[str, Child] = {}

    @property
    def origin(self) -> str:
        return self.place.shop

    @property
    def payment_origin(self) -> str:
        return self.place.payment

    @property
    def port(self) -> int:
        return self.place.port

    @property
    def instance(self) -> Path:
        return self.place.instance

    def log(self) -> str:
        """All that the programs have printed so far, each line under its program's name."""
        return "\n".join(self.lines)

    def storefront(self, *arguments: str) -> str:
        """Runs the `storefront` command against this shop and gives what it printed."""
        return self._run("storefront", *arguments)

    def vault(self, *arguments: str) -> str:
        return self._run("vault", *arguments)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            [programs.script(command[0]), *command[1:]],
            env=self.place.environ(self.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *started: Program) -> None:
        """Starts programs and waits until all of them answer."""
        for program in started:
            self.children[program.name] = Child(program, self.lines.append)
        for program in started:
            self._wait_for(program, self.children[program.name])

    def _wait_for(self, program: Program, child: Child) -> None:
        give_up = time.monotonic() + READY_SECONDS
        while program.answers and not program.answers():
            if child.ended() or time.monotonic() > give_up:
                pytest.fail(f"{child.ended() or f'{program.name} never answered'}:\n{self.log()}")
            time.sleep(0.03)

    def stop(self) -> None:
        programs.stop(self.children.values())


class ShopStack(Shop):
    """A shop without a supervisor, for which the death of a program is the end of all."""

    def start_all(self) -> None:
        makers = programs.vault, programs.payment_page, programs.shop, programs.worker
        self.start(*(make(self.place, self.environ) for make in makers))

    def start_desk(self) -> None:
        """The demonstration's desk, which other tests do without."""
        self.start(programs.desk(self.place, self.environ))

    def start_vault(self) -> None:
        self.start(programs.vault(self.place, self.environ))

    def stop_vault(self) -> None:
        programs.stop([self.children.pop("vault")])


@pytest.fixture(scope="session")
def running_shop(tmp_path_factory) -> Iterator[Shop]:
    """The shop as `bin/run` runs it. Tests share it, so none may count on being the first, and
    none may change what others look for."""
    with environ_with_fresh_database() as environ:
        shop = Shop(tmp_path_factory.mktemp("instance"), environ)
        with _running(shop, "--set-up"):
            _restock(shop)
            yield shop


@pytest.fixture(scope="module")
def own_shop(copied, tmp_path_factory) -> Iterator[Shop]:
    """One more, for the tests of a file that change what is sold."""
    instance = tmp_path_factory.mktemp("own") / "instance"
    with copied(instance) as url:
        shop = Shop(instance, environ_with(url))
        with _running(shop):
            yield shop


@contextmanager
def _running(shop: Shop, *options: str) -> Iterator[None]:
    command = [programs.script("storefront"), "run", *options, "--port", str(shop.port)]
    run = Program("run", command, shop.environ, lambda: "[run] ready" in shop.lines)
    try:
        shop.start(run)
        yield
    finally:
        shop.stop()
    assert shop.children["run"].process.returncode == 0, shop.log()


def _restock(shop) -> None:
    """Many tests buy two of the same thing, and there are as many tests as there are."""
    store = open_database(read_settings(shop.environ).database_url)
    with store.connection_context():
        store.execute_sql("""UPDATE variant SET stock = 500 WHERE choice = '["L", "Navy"]'""")
    store.close_all()


@pytest.fixture
def shop_stack(copied, tmp_path) -> Iterator[ShopStack]:
    with copied(tmp_path / "instance") as url:
        stack = ShopStack(tmp_path / "instance", environ_with(url))
        try:
            stack.start_all()
            yield stack
        finally:
            stack.stop()


def environ_with(url: str) -> dict[str, str]:
    """What programs are told of a database; of SQLite nothing, theirs lies in their instance."""
    ours = {**os.environ, "STOREFRONT_LIMITS": "off"}
    ours.pop("MAIL_URL", None)
    return ours if url.startswith("sqlite:") else {**ours, "DATABASE_URL": url}


@contextmanager
def environ_with_fresh_database() -> Iterator[dict[str, str]]:
    address = os.environ.get("DATABASE_URL")
    if not address:
        yield environ_with("sqlite:")
        return
    name = f"browser_{secrets.token_hex(4)}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield environ_with(urlsplit(address)._replace(path=f"/{name}").geturl())
    finally:
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


# Pages.


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing; bin/test installs it. CHROMIUM names another.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def allowed_errors() -> list[str]:
    return [REFUSALS]


@pytest.fixture
def new_page(browser, allowed_errors):
    """Opens a page as a new visitor: `new_page(origin, java_script_enabled=False, …)`.

    The test fails when the browser's console shows an error that is not allowed. Violations of
    the content security policy are among them.
    """
    errors = []

    def open_page(origin: str, **options) -> Page:
        context = stack.enter_context(browser.new_context(base_url=origin, **options))
        context.set_default_timeout(10_000)
        context.on("console", lambda said: said.type == "error" and errors.append(said.text))
        context.on("weberror", lambda thrown: errors.append(str(thrown.error)))
        return context.new_page()

    with ExitStack() as stack:
        yield open_page
    unforeseen = [e for e in errors if not any(re.search(a, e) for a in allowed_errors)]
    assert not unforeseen, "The browser's console shows:\n" + "\n".join(unforeseen)


@pytest.fixture
def page(new_page, running_shop) -> Page:
    return new_page(running_shop.origin)


@pytest.fixture
def page_without_javascript(new_page, running_shop) -> Page:
    return new_page(running_shop.origin, java_script_enabled=False)


# Looking at pages.


@pytest.fixture(scope="session")
def shots() -> Path:
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS


@pytest.fixture
def shoot(shots):
    """`shoot(page, "cart")` makes cart-360.png, cart-768.png and cart-1280.png of the full page."""

    def take(page: Page, name: str) -> None:
        if os.environ.get("SHOTS") == "off":
            return
        before = page.viewport_size
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(UNSTUCK)
            # Hiding the caret, the default, puts a style into the page, which its policy refuses.
            page.screenshot(path=shots / f"{name}-{width}.png", full_page=True, caret="initial")
        page.evaluate("document.adoptedStyleSheets = []")
        page.set_viewport_size(before)

    return take


@pytest.fixture
def picture(shots):
    """`picture(page, "trail", 700)` makes trail.webp: so much of the page, from its top, small
    enough to be kept in `docs/`. With None for the height all of the page.
    """

    def take(page: Page, name: str, height: int | None) -> None:
        if os.environ.get("SHOTS") == "off":
            return
        before = page.viewport_size
        page.set_viewport_size({"width": 1100, "height": height or 800})
        width, whole = (1100, False) if height else (880, True)
        small_picture(page, shots / f"{name}.webp", width, full_page=whole)
        page.set_viewport_size(before)

    return take


def pytest_terminal_summary(terminalreporter) -> None:
    if SHOTS.exists():
        terminalreporter.write_line(f"Screenshots are in {SHOTS}")


@pytest.fixture
def axe():
    """`axe(page)` gives axe-core's violations: dicts with id, help and nodes."""

    def violations(page: Page) -> list[dict]:
        scripted = page.evaluate("matchMedia('(scripting: enabled)').matches")
        assert scripted, "axe would wait for ever on a page without JavaScript"
        # A script tag would be stopped by the content policy; the debugger's evaluation is not.
        if page.evaluate("!window.axe"):
            page.evaluate(AXE_SCRIPT)
        # What passed is a long list, and stays in the page.
        return page.evaluate(
            "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
        )

    return violations


@pytest.fixture
def assert_no_axe_violations(axe):
    def check(page: Page) -> None:
        found = [
            f"{violation['id']}: {violation['help']}: {' '.join(map(str, node['target']))}"
            for violation in axe(page)
            for node in violation["nodes"]
        ]
        assert not found, f"{page.url} has barriers:\n" + "\n".join(found)

    return check


@pytest.fixture
def look(request, assert_no_axe_violations, shoot):
    """Look at a page as it is: no barriers, light and dark; what fits 320 px; pictures of it."""
    about = request.path.stem.removeprefix("test_")

    def look(page: Page, name: str) -> None:
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert_no_axe_violations(page)
            shoot(page, f"{about}-{name}-{scheme}")
        page.set_viewport_size({"width": 320, "height": 640})
        assert wider_than_the_screen(page) <= 0
        assert small_targets(page) == []
        page.set_viewport_size({"width": 1280, "height": 720})

    return look
