"""Pictures are fetched from where a catalogue says, and what it says is not trusted."""

import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from storefront import fetching, gate, guests, personal
from storefront.models import Picture, Product
from tests.snapshots import picture

PNG = picture((60, 80), "PNG")


class Answering(BaseHTTPRequestHandler):
    """Answers each path as its test has told the server to."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        with self.server.lock:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        try:
            with suppress(OSError):  # who asked may be gone
                self.server.answers[self.path.partition("?")[0]](self)
        finally:
            with self.server.lock:
                self.server.now -= 1

    def log_message(self, *_) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers, self.asked, self.lock = {}, [], threading.Lock()
        self.now = self.most = 0  # requests under way, and the most there ever were
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_) -> None:
        pass  # a handshake that the other side broke off


def say(body: bytes = PNG, status: int = 200, **headers):
    """An answer; headers are written with underscores."""
    headers = {"Content_Type": "image/png", "Content_Length": str(len(body))} | headers

    def answer(handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def lead_to(address: str, status: int = 302):
    return say(b"", status, Location=address)


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def media(settings):
    yield settings.instance / "media"
    gate.open_again()


@pytest.fixture
def fetch(shirt, media):
    """Fetch pictures of the shirt from these addresses; how many came, and what was said."""

    def fetch(*addresses: str, loopback: bool = True) -> tuple[int, list[str]]:
        Picture.delete().execute()
        for position, address in enumerate(addresses):
            Picture.create(product=shirt, position=position, source=address)
        said, steps = [], []
        pictures = Picture.select().order_by(Picture.id)
        count = fetching.fetch_missing(
            pictures, media, said.append, steps.append, loopback=loopback
        )
        assert sum(steps) == len(addresses)
        noted = Picture.select().where(Picture.digest != "").count()
        assert noted == count
        return count, [line.removeprefix(f"{shirt.handle}: ") for line in said]

    return fetch


@pytest.fixture
def reason(fetch):
    """Why the picture at an address did not come."""

    def reason(address: str, **options) -> str:
        count, (line,) = fetch(address, **options)
        assert count == 0
        return line.removeprefix(f"{address}: ")

    return reason


# What comes


def test_a_picture_is_fetched_and_taken_in(server, fetch, shirt, media):
    server.answers["/a.png"] = say()
    assert fetch(f"{server.url}/a.png?width=900") == (1, [])
    row = Picture.get()
    assert (row.width, row.height, row.widths) == (60, 80, [60])
    assert Product.get_by_id(shirt.id).card_picture["digest"] == row.digest
    assert server.asked[0][0] == "/a.png?width=900"


def test_nothing_is_sent_but_a_plain_request(server, fetch):
    server.answers["/a.png"] = say(Set_Cookie="who=ann; Path=/")
    server.answers["/b.png"] = lead_to("/a.png")
    assert fetch(f"{server.url}/a.png", f"{server.url}/b.png")[0] == 2
    for _, headers in server.asked:
        assert {name.lower() for name in headers} == {
            *("host", "user-agent", "accept", "accept-encoding", "connection")
        }
        assert headers["User-Agent"] == "Storefront picture import"


def test_what_is_there_already_is_not_asked_for_again(server, fetch, shirt, media):
    server.answers["/a.png"] = say()
    fetch(f"{server.url}/a.png")
    Picture.create(product=shirt, position=5, source="file:shirt-5.png")
    steps = []
    assert fetching.fetch_missing(Picture.select(), media, None, steps.append) == 0
    assert sum(steps) == 2
    assert len(server.asked) == 1


def test_one_address_is_asked_once_whoever_shows_it(server, shirt, media):
    server.answers["/a.png"] = say()
    for product in (shirt, Product.get(Product.handle == "broad-noon-sun-hat")):
        Picture.create(product=product, source=f"{server.url}/a.png")
    assert fetching.fetch_missing(Picture.select(), media, print, loopback=True) == 2
    assert len(server.asked) == 1
    assert Product.select().where(Product.card_picture.is_null(False)).count() == 2


def test_letters_that_an_address_cannot_hold_are_written_as_it_can(server, fetch):
    server.answers["/h%C3%A9%20llo%20a.png"] = say()
    assert fetch(f"{server.url}/hé llo%20a.png") == (1, [])


def test_a_picture_that_comes_in_chunks_or_ends_with_the_connection_is_whole(
    server, fetch, monkeypatch
):
    parts = [PNG[:50], PNG[50:]]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
    server.answers["/chunks.png"] = say(chunks, Transfer_Encoding="chunked", Content_Length=None)
    server.answers["/open.png"] = say(Content_Length=None, Connection="close")
    monkeypatch.setattr(Answering, "protocol_version", "HTTP/1.1")
    assert fetch(f"{server.url}/chunks.png", f"{server.url}/open.png") == (2, [])


def test_at_most_four_are_asked_for_at_once(server, fetch):
    together = threading.Barrier(4)

    def answer(handler) -> None:
        together.wait(timeout=10)
        say()(handler)

    addresses = [f"{server.url}/{n}.png" for n in range(12)]
    for n in range(12):
        server.answers[f"/{n}.png"] = answer
    assert fetch(*addresses) == (12, [])
    assert server.most == 4


def test_others_come_though_one_fails(server, fetch):
    server.answers["/good.png"] = say()
    server.answers["/gone.png"] = say(b"", 404)
    count, said = fetch(f"{server.url}/gone.png", f"{server.url}/good.png", "ftp://x/a.png")
    assert count == 1
    assert sorted(said) == [
        "ftp://x/a.png: Only addresses that begin with http:// or https:// are fetched.",
        f"{server.url}/gone.png: The answer was 404 Not Found.",
    ]


# What does not


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (say(b"", 404), "The answer was 404 Not Found."),
        (say(b"", 500), "The answer was 500 Internal Server Error."),
        (say(b"", 204), "The answer was 204 No Content."),
        (
            say(b"<html>", Content_Type="text/html; charset=utf-8"),
            "It is no picture but text/html.",
        ),
        (say(Content_Type=None), "It is no picture but of no stated kind."),
        (say(b"<svg/>", Content_Type="image/svg+xml"), "It looks like SVG"),
        (say(b"<html>"), "It looks like a web page"),
        (say(PNG[:-40]), "It is damaged or cut short."),
        (say(PNG, Content_Length="99999"), "It was cut short on the way."),
        (say(b"ff\r\nab", Transfer_Encoding="chunked", Content_Length=None), "cut short"),
        (say(PNG, Content_Length=str(21 << 20)), "It is larger than 20 MB."),
        (say(b"0" * (21 << 20), Content_Length=None), "It is larger than 20 MB."),
        (say(PNG, Content_Encoding="gzip"), "It came compressed"),
        (
            lambda handler: handler.wfile.write(b"220 mail.example ESMTP\r\n"),
            "as a web server does",
        ),
        (lambda handler: None, "as a web server does"),
        (say(b"", 302), "It leads on more than 3 times."),
        (lead_to("/a.png"), "It leads on more than 3 times."),
        (lead_to("gopher://127.0.0.1/a"), "Only addresses that begin with http"),
        (lead_to("file:///etc/passwd"), "Only addresses that begin with http"),
        (lead_to("http://ann:secret@127.0.0.1/"), "carries a user name"),
        (lead_to("http://[broken/"), "This is not an address."),
    ],
)
def test_an_answer_that_is_no_good_leaves_the_placeholder(
    server, reason, monkeypatch, answer, words
):
    monkeypatch.setattr(Answering, "protocol_version", "HTTP/1.1")
    server.answers["/a.png"] = lambda handler: (
        setattr(handler, "close_connection", True),
        answer(handler),
    )
    assert words in reason(f"{server.url}/a.png")


def test_three_redirects_are_followed(server, fetch):
    server.answers |= {f"/{n}": lead_to(f"/{n + 1}", 301 + n % 2) for n in range(3)}
    server.answers["/3"] = say()
    assert fetch(f"{server.url}/0") == (1, [])


def drip(handler) -> None:
    """An answer that never ends, a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n")
    with suppress(OSError):
        while not handler.server.over:
            handler.wfile.write(b"X: y\r\n" if handler.path == "/head.png" else b"\r\n\r\n")
            time.sleep(0.02)


@pytest.mark.parametrize("path", ["/head.png", "/body.png", "/silent.png"])
def test_who_takes_too_long_is_cut_off_however_busy(server, reason, monkeypatch, path):
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    server.over = False
    silent = threading.Event()
    server.answers |= {"/head.png": drip, "/body.png": drip}
    server.answers["/silent.png"] = lambda handler: silent.wait(10)
    start = time.monotonic()
    try:
        assert reason(f"{server.url}{path}") == "It took too long; 0.5 seconds are allowed."
        assert time.monotonic() - start < 5
    finally:
        server.over = True
        silent.set()


def test_the_time_is_for_all_redirects_together(server, reason, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.6)

    def later(handler) -> None:
        time.sleep(0.35)
        lead_to("/a.png")(handler)

    server.answers["/a.png"] = later
    assert "too long" in reason(f"{server.url}/a.png")


def test_a_port_where_nobody_listens_is_said(reason):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert reason(f"http://127.0.0.1:{port}/a.png") == (
        "127.0.0.1 does not answer (Connection refused)."
    )


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Only addresses that begin with http"),
        ("shirt.jpg", "Only addresses that begin with http"),
        ("//cdn.example/shirt.jpg", "Only addresses that begin with http"),
        ("file:///etc/passwd", "Only addresses that begin with http"),
        ("javascript:alert(1)", "Only addresses that begin with http"),
        ("http:///a.png", "Only addresses that begin with http"),
        ("http://[broken/a.png", "This is not an address."),
        ("http://cdn.example:99999/a.png", "This is not an address."),
        (f"http://{'a' * 70}.example/a.png", "This is not an address."),
        ("http://ann:secret@cdn.example/a.png", "carries a user name"),
        ("http://nobody.invalid/a.png", "There is no host nobody.invalid."),
    ],
)
def test_an_address_that_leads_nowhere_is_said(fetch, address, words):
    count, said = fetch(address)
    if address.startswith("file:"):
        assert (count, said) == (0, [])  # as a picture from a folder would be
    else:
        assert count == 0
        assert words in said[0]


# Who is asked, and who is not


def refused(address: str) -> bool:
    return not guests.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1"),
        "2001:0:a00:1::1",
    ],
)
def test_addresses_that_are_not_public_are_known(address):
    assert refused(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::808:808"]
)
def test_addresses_that_are_public_are_known(address):
    assert not refused(address)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "2130706433"),
        *("0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "[fe80::1]"),
    ],
)
def test_hosts_inside_are_not_asked(server, reason, host):
    server.answers["/a.png"] = say()
    words = reason(f"http://{host}:{server.server_port}/a.png", loopback=False)
    assert "is not on the public Internet, so it is not asked." in words
    assert server.asked == []


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "192.168.0.1", "[fe80::1]"])
def test_a_redirect_inside_is_not_followed(server, reason, monkeypatch, host):
    connected = []
    real = socket.create_connection

    def connect(address, *rest, **options):
        connected.append(address)
        return real(address, *rest, **options)

    monkeypatch.setattr(socket, "create_connection", connect)
    server.answers["/a.png"] = lead_to(f"http://{host}/latest/meta-data")
    assert "is not on the public Internet" in reason(f"{server.url}/a.png")
    assert connected == [("127.0.0.1", server.server_port)]


@pytest.fixture
def names(monkeypatch):
    """What names lead to: a list of addresses for each, one after the other, the last for ever."""
    names, real = {}, socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        if host not in names:
            return real(host, port, *rest, **options)
        found = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
        return [entry for one in found.split() for entry in real(one, port, *rest, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def test_a_name_with_an_address_inside_is_not_asked(names, server, reason):
    names["cdn.example"] = [f"127.0.0.1 {'10.0.0.1'}"]
    assert "not on the public" in reason(f"http://cdn.example:{server.server_port}/a.png")
    assert server.asked == []


def test_a_name_is_looked_up_once_and_what_was_judged_is_asked(names, server, fetch):
    """DNS rebinding: the second answer would be an address inside."""
    names["cdn.example"] = ["127.0.0.1", "10.0.0.1"]
    server.answers["/a.png"] = say()
    assert fetch(f"http://cdn.example:{server.server_port}/a.png") == (1, [])
    assert names["cdn.example"] == ["10.0.0.1"]
    assert server.asked[0][1]["Host"] == f"cdn.example:{server.server_port}"


def test_the_next_address_of_a_name_is_asked_when_the_first_does_not_answer(names, server, fetch):
    names["cdn.example"] = ["127.0.0.9 127.0.0.1"]  # the server listens at one of them only
    server.answers["/a.png"] = say()
    assert fetch(f"http://cdn.example:{server.server_port}/a.png") == (1, [])


# The gate


def test_hosts_are_admitted_while_pictures_are_fetched_and_no_longer(names, server, fetch):
    names["cdn.example"] = ["127.0.0.1"]
    before, register = gate.recipients(), personal.declared("recipient")
    during = []

    def answer(handler) -> None:
        during.extend(gate.recipients())
        say()(handler)

    server.answers |= {"/a.png": answer, "/b.png": say(b"", 404)}
    address = f"http://cdn.example:{server.server_port}"
    fetch(f"{address}/a.png", f"{address}/b.png")
    admitted = [recipient for recipient in during if recipient not in before]
    assert {guest.host for guest in admitted} == {"cdn.example", "127.0.0.1"}
    assert {guest.port for guest in admitted} == {server.server_port}
    assert {guest.purpose for guest in admitted} == {guests.PURPOSE}
    assert gate.recipients() == before
    assert personal.declared("recipient") == register


def test_nobody_else_can_be_reached_meanwhile(server, shirt, media):
    Picture.create(product=shirt, source=f"{server.url}/a.png")
    server.answers["/a.png"] = say(b"", 404)
    outcomes = []

    def knock(_line: str) -> None:
        for port in (server.server_port, 9):
            with socket.socket() as line:
                try:
                    line.connect(("127.0.0.1", port))
                    outcomes.append("let pass")
                except gate.UndeclaredRecipient:
                    outcomes.append("stopped")

    fetching.fetch_missing(Picture.select(), media, knock, loopback=True)
    assert outcomes == ["let pass", "stopped"]


def test_what_nobody_foresaw_is_not_hushed_up(server, fetch, monkeypatch):
    monkeypatch.setattr(fetching, "_picture", lambda answer: 1 // 0)
    server.answers["/a.png"] = say()
    with pytest.raises(ZeroDivisionError):
        fetch(f"{server.url}/a.png")
    assert not any(recipient.port == server.server_port for recipient in gate.recipients())


# Over TLS


@pytest.fixture
def certificate(tmp_path):
    """A certificate for cdn.example that it has signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cdn.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("cdn.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "cdn.pem"
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture
def secure(server, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.answers["/a.png"] = say()
    return server


def test_over_tls_the_name_is_shown_and_the_certificate_checked(
    names, secure, certificate, fetch, monkeypatch
):
    names |= {"cdn.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = secure.server_port
    count, said = fetch(f"https://cdn.example:{port}/a.png", f"https://other.example:{port}/a.png")
    assert count == 1
    assert "other.example cannot be trusted: Hostname mismatch" in said[0]


def test_a_certificate_of_nobody_knows_whom_is_not_trusted(names, secure, reason):
    names["cdn.example"] = ["127.0.0.1"]
    words = reason(f"https://cdn.example:{secure.server_port}/a.png")
    assert words == "cdn.example cannot be trusted: self-signed certificate."


def test_a_server_that_speaks_no_tls_is_said(server, reason):
    server.answers["/a.png"] = say()
    words = reason(f"https://127.0.0.1:{server.server_port}/a.png")
    assert words.startswith("127.0.0.1 does not answer")
