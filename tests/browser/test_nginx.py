"""A real nginx with a cache in front of a running shop, set up as docs/operating.md says."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest

from storefront.config import ROOT
from tests.bench import wire
from tests.bench.shops import FORM
from tests.journey import hidden_in

PRODUCT = "/products/second-day-merino-t-shirt"


@pytest.fixture(scope="module")
def nginx(running_shop, tmp_path_factory):
    """The origin at which nginx answers."""
    with before(running_shop.port, tmp_path_factory.mktemp("nginx")) as origin:
        yield origin


@contextmanager
def before(shop: int, folder: Path) -> Iterator[str]:
    """Run nginx before what listens at that port; gives the origin at which it answers."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    assert Path(program).exists(), "nginx is missing; bin/test installs it"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "nginx.conf").write_text(_configuration(shop, port))
    command = [program, "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"]
    serving = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.PIPE, text=True)
    try:
        _wait_for(port, serving)
        yield f"http://localhost:{port}"
    finally:
        serving.terminate()
        serving.communicate(timeout=10)


def _configuration(shop: int, port: int) -> str:
    told = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/operating.md").read_text(), re.DOTALL)[1]
    told = told.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace(":8000", f":{shop}")
    folders = "".join(
        f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    head = "pid nginx.pid; worker_processes 1; events { worker_connections 64; }"
    if os.geteuid() == 0:  # else its workers could not write into our folder
        head = f"user root; {head}"
    return f"{head}\nhttp {{ access_log off; {folders}\n{told}\n}}"


def _wait_for(port: int, serving) -> None:
    for _ in range(200):
        assert serving.poll() is None, serving.stderr.read()
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx does not answer")


def ask(origin: str, path: str, **headers: str):
    return wire.ask(origin, path, "GET", {"Accept-Encoding": "br", **headers})


@pytest.fixture(scope="module")
def cart(nginx) -> dict[str, str]:
    """The cookie of somebody with a cart, filled through nginx."""
    page = wire.ask(nginx, PRODUCT).body.decode()
    chosen = dict(re.findall(r'name="(option\d)" value="([^"]+)"[^>]*checked', page))
    form = {**hidden_in(page), **chosen, "quantity": 1}
    answer = wire.ask(nginx, "/cart/items", "POST", FORM, urlencode(form).encode())
    assert answer.status == 303, answer.body
    return {"Cookie": answer.cookies}


def test_the_second_visitor_is_answered_by_the_cache_with_the_same_bytes(nginx):
    first, second = ask(nginx, "/products"), ask(nginx, "/products")
    assert second.header("x-cache") == "HIT"
    assert first.body == second.body
    assert second.header("content-encoding") == "br"
    assert ask(nginx, "/products", **{"If-None-Match": second.header("etag")}).status == 304


def test_each_coding_is_kept_by_itself(nginx):
    ask(nginx, "/")
    plain = ask(nginx, "/", **{"Accept-Encoding": "identity"})
    assert plain.header("content-encoding") == ""
    assert plain.body.startswith(b"<!doctype html>")
    assert ask(nginx, "/").header("content-encoding") == "br"


@pytest.mark.parametrize("path", ["/products", PRODUCT, "/cart", "/checkout"])
def test_nobody_is_shown_another_persons_cart(nginx, cart, path):
    own = ask(nginx, path, **cart, **{"Accept-Encoding": "identity"})
    assert b"Cart <b>1</b>" in own.body
    assert own.header("cache-control").startswith("private")
    for _ in range(2):
        nobodys = ask(nginx, path, **{"Accept-Encoding": "identity"})
        assert b"<b>1</b>" not in nobodys.body


def test_a_fragment_is_never_given_for_a_page_nor_a_page_for_a_fragment(nginx):
    page = "/products?type=Jackets"
    plain = {"Accept-Encoding": "identity"}
    part = ask(nginx, page, **plain, **{"HX-Request": "true"})
    assert b"<html" not in part.body
    assert b"<html" in ask(nginx, page, **plain).body
    assert b"<html" in ask(nginx, page, **plain).body
    assert b"<html" not in ask(nginx, page, **plain, **{"HX-Request": "true"}).body


# Before a server that counts its answers, and lets each be kept for a second and given for another


@pytest.fixture(scope="module")
def counting(tmp_path_factory):
    """The origin at which nginx answers."""
    numbers = count(1)

    class Counts(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = f"answer {next(numbers)}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header(
                "Cache-Control", "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
            )
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Counts)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with before(server.server_port, tmp_path_factory.mktemp("counting")) as origin:
            yield origin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_copy_older_than_its_page_allows_is_given_to_nobody(counting):
    first = ask(counting, "/products/shirt")
    kept = ask(counting, "/products/shirt")
    assert (kept.header("x-cache"), kept.body) == ("HIT", first.body)
    time.sleep(3.2)  # one second that it is good, one in which it may be given while asking anew
    assert ask(counting, "/products/shirt").body != first.body


UNKEPT = ("/widget/key/testimonials", "/widget/key.json", "/oembed?url=x")


@pytest.mark.parametrize("path", [*UNKEPT, "/testimonials/7/pictures/d-200.webp"])
def test_what_browsers_keep_for_half_a_minute_is_asked_for_each_time(counting, path):
    assert ask(counting, path).body != ask(counting, path).body


def test_what_is_written_with_pictures_goes_through_and_no_more_than_the_shop_takes(counting):
    heavy = b"x" * 3_000_000
    for path in ("/products/shirt/testimonials", "/testimonials/mine/link", "/desk/imports"):
        assert wire.ask(counting, path, "POST", FORM, heavy).status == 200
    assert wire.ask(counting, "/checkout", "POST", FORM, heavy).status == 413
