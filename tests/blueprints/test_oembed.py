"""oEmbed: what other programs are told of a widget's address."""

import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from urllib.parse import urlencode
from urllib.request import urlopen
from xml.etree import ElementTree

import micawber
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from storefront.app import create_app
from storefront.embed import address, frame
from tests.resellers import resold

SHOP = "http://localhost:8000"


def asked(client, url: str | None, **more):
    pairs = more | ({"url": url} if url is not None else {})
    return client.get(f"/oembed?{urlencode(pairs)}")


def test_it_gives_the_frame_of_a_widgets_address(client, hill, shirt, clock):
    way = address(hill, SHOP)
    answer = asked(client, way)
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=30, stale-while-revalidate=30"
    assert answer.json == {
        "version": "1.0",
        "type": "rich",
        "title": "What customers say of Larch & Lane",
        "provider_name": "Larch & Lane",
        "provider_url": SHOP,
        "cache_age": 30,
        "width": 640,
        "height": 480,
        "html": frame(way, 640, 480),
    }


def test_of_one_product_it_says_which(client, hill, shirt):
    way = address(hill, SHOP, handle=shirt.handle)
    said = asked(client, way).json
    assert said["title"] == f"What customers say of {shirt.title}"
    assert f'src="{way}"' in said["html"]


@pytest.mark.parametrize(
    ("asks", "size"),
    [
        ({"maxwidth": "300"}, (300, 480)),
        ({"maxheight": "200"}, (640, 200)),
        ({"maxwidth": "2000", "maxheight": "2000"}, (640, 480)),
        ({"maxwidth": "0", "maxheight": "much"}, (640, 480)),
    ],
)
def test_it_fits_the_room_there_is(client, hill, asks, size):
    said = asked(client, address(hill, SHOP), **asks).json
    assert (said["width"], said["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in said["html"]


def test_the_xml_says_the_same(client, hill, shirt):
    shirt.title = 'Shirt & <Trousers> \x0b"both"'
    shirt.save()
    way = address(hill, SHOP, handle=shirt.handle)
    answer = asked(client, way, format="xml")
    assert answer.mimetype == "text/xml"
    root = ElementTree.fromstring(answer.data)
    assert root.tag == "oembed"
    said = {part.tag: part.text for part in root}
    same = {name: str(value).replace("\x0b", "") for name, value in asked(client, way).json.items()}
    assert said == same


@pytest.mark.parametrize(
    "wrong",
    [
        "https://elsewhere.example/widget/{key}/testimonials",
        "http://localhost:8000/products",
        "http://localhost:8000/widget/{key}.json",
        "http://localhost:8000/widget/nobodys/testimonials",
        "http://localhost:8000/widget/{key}/testimonials?product=nothing",
        "http://localhost:8000/widget/{key}/testimonials?product=%00",
        "http://localhost:8000/widget/%00/testimonials",
        "http://localhost:8000/widget/{key}%2ftestimonials",
        "http://localhost:8000@elsewhere.example/widget/{key}/testimonials",
        "http://localhost:8000.elsewhere.example/widget/{key}/testimonials",
        "http://ann@localhost:8000/widget/{key}/testimonials",
        "http://[localhost/widget/{key}/testimonials",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_shows_nothing_is_not_found(client, hill, wrong):
    answer = asked(client, wrong.format(key=hill.key))
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_revoked_key_is_not_found_any_more(client, hill, clock):
    hill.revoke(clock())
    assert asked(client, address(hill, SHOP)).status_code == 404


def test_without_an_address_or_in_another_format_it_says_what_it_takes(client, hill):
    assert asked(client, None).status_code == 400
    assert "/oembed?url=" in asked(client, None).text
    assert asked(client, address(hill, SHOP), format="yaml").status_code == 501


# Over HTTP, with a program that knows nothing of this shop


class Quiet(WSGIRequestHandler):
    def log(self, *_) -> None:
        pass


@contextmanager
def served(settings, clock):
    """The shop at a free port; gives its origin."""
    holder = {}
    server = make_server(
        "localhost",
        0,
        lambda environ, start: holder["app"](environ, start),
        threaded=True,
        request_handler=Quiet,
    )
    origin = f"http://localhost:{server.server_port}"
    holder["app"] = create_app(replace(settings, shop_origin=origin), clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_client_of_somebody_else_finds_and_renders_it(settings, clock, hill, shirt):
    resold(shirt, clock())
    with served(settings, clock) as origin:
        way = address(hill, origin, handle=shirt.handle)
        found = dict(discovered(way))
        assert list(found) == ["application/json+oembed", "text/xml+oembed"]
        registry = micawber.ProviderRegistry()
        endpoint = found["application/json+oembed"].partition("?")[0]
        registry.register(rf"{re.escape(origin)}/widget/\S+", micawber.Provider(endpoint))
        said = registry.request(way, maxwidth=500)
        assert (said["type"], said["width"], said["html"]) == ("rich", 500, frame(way, 500, 480))
        page = micawber.parse_html(f"<p>{way}</p>", registry, maxwidth=500)
        (source,) = re.findall('<iframe[^>]* src="(.*?)"', page)
        with urlopen(unescape(source)) as shown:
            assert "<bdi>Person 0</bdi>" in shown.read().decode()
        with urlopen(found["text/xml+oembed"]) as answer:
            assert ElementTree.fromstring(answer.read()).findtext("html") == frame(way, 640, 480)
        hill.revoke(clock())
        with pytest.raises(micawber.exceptions.ProviderException):
            registry.request(way)


def discovered(way: str) -> list[tuple[str, str]]:
    """What the head of the page there says of oEmbed: media type and address."""
    with urlopen(way) as page:
        text = page.read().decode()
    links = re.findall(r'<link rel="alternate" type="(\S+)" href="(.*?)"', text)
    return [(kind, unescape(href)) for kind, href in links]
