"""The desk's first page: what waits for whoever came, and where everything is."""

import re

import pytest
from playhouse.test_utils import count_queries

from storefront.models import Message, OutgoingMail, Return, Variant
from storefront.models.staff import ROLES
from tests.models.placing import cart_of, place, stock
from tests.staff import signed_in


@pytest.fixture
def order(plenty, clock):
    """One that was paid for, of what there is plenty of; nothing else is counted."""
    Variant.update(tracked=False).execute()
    order = place(cart_of((plenty, 1)), clock())
    order.hold_card(clock())
    order.charge(clock())
    return order


def waiting(page: str) -> list[str]:
    found = re.search(r'<ul class="waiting">(.*?)</ul>', page, re.S)
    return re.findall(r">([^<]+)</a>", found[1]) if found else []


def test_questions_and_returns_wait_too(app, order, clock):
    Message.ask(order, "May I have it wrapped?", clock())
    packer = signed_in(app, "fulfilment")
    question = "1 order waits for an answer"
    assert waiting(packer.get("/desk").text) == ["1 order to pack", question]
    Return.ask(order, None, "", "", "asked once", clock())
    assert waiting(packer.get("/desk").text) == [question, "1 return waits for a refund"]


def test_what_waits_is_said_and_leads_to_where_it_is_done(app, order, plenty, clock):
    stock(plenty, 2)
    Variant.update(tracked=True).where(Variant.id == plenty.id).execute()
    OutgoingMail.update(state="doubtful").where(OutgoingMail.kind == "order_placed").execute()
    packer = signed_in(app, "fulfilment")
    with count_queries() as counted:
        page = packer.get("/desk").text
    assert counted.count <= 7
    wanted = ["1 order to pack", "1 mail in doubt or not sent", "1 thing is low on stock"]
    assert waiting(page) == wanted
    assert 'href="/desk/orders?queue=to-pack">1 order to pack' in page
    order.pack(None, clock(), "fulfilment")
    assert waiting(packer.get("/desk").text)[0] == "1 order to send"


def test_nobody_is_told_what_waits_for_others(app, order):
    assert waiting(signed_in(app, "moderator").get("/desk").text) == []
    assert "Nothing waits for you." in signed_in(app, "editor").get("/desk").text


def test_the_page_and_the_navigation_lead_to_the_same_parts(app):
    for role in ROLES:
        page = signed_in(app, role).get("/desk").text
        nav = re.search(r'<nav class="rooms".*?</nav>', page, re.S)[0]
        links = re.findall(r'href="(/desk/[^"]+)"', nav)
        main = re.search(r'<div class="house">.*?</div>', page, re.S)[0]
        assert links == re.findall(r'href="(/desk/[^"]+)"', main)
        assert len(links) == len(set(links)) > 0
        assert links[-1] == "/desk/account"


def test_the_navigation_says_where_one_is(app):
    manager = signed_in(app, "manager")
    for path in ("/desk", "/desk/stock", "/desk/mail"):
        nav = re.search(r'<nav class="rooms".*?</nav>', manager.get(path).text, re.S)[0]
        assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == [path]


def test_every_label_of_every_part_finds_its_field(app):
    manager = signed_in(app, "manager")
    nav = re.search(r'<nav class="rooms".*?</nav>', manager.get("/desk").text, re.S)[0]
    for path in re.findall(r'href="(/desk/[^"]+)"', nav):
        page = manager.get(path).text
        ids = re.findall(r'<[^>]* id="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path
        named = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', page)
        assert set(re.findall(r'<label[^>]* for="([^"]+)"', page)) <= set(named), path
