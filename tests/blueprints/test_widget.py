"""What resellers show: the frame, who may have it around, how soon something is gone from it."""

import random
import re

import pytest
from playhouse.test_utils import count_queries

from storefront import contrast
from storefront.config import ROOT
from storefront.db import is_sqlite
from storefront.embed import lines
from storefront.models import PolicyVersion, Rating, Testimonial
from tests.journey import fill_cart
from tests.resellers import another, frame_of, policy_of, reseller, resold

CACHED = "public, max-age=30, stale-while-revalidate=30"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
LETTERS = "etaoinshrdlucmfwypvbgkqjxz"


# What it shows


def test_the_frame_shows_the_newest_ten_whose_authors_agreed(nobody, hill, shirt, clock):
    shown = resold(shirt, clock(), 12)
    resold(shirt, clock(), email="own@example.com", name="Only Here", for_resellers=False)
    page = nobody.get(frame_of(hill)).text
    names = re.findall(r"<h2><bdi>(.*?)</bdi>", page)
    assert names == [one.name for one in reversed(shown)][:10]
    assert "Only Here" not in page
    assert "<b>5.0 out of 5</b> on average, from 13 ratings at Larch &amp; Lane." in page
    assert "Shown here: the newest of those whose authors agreed to it." in page


def test_where_everything_is_shown_nothing_is_said_of_the_rest(nobody, hill, shirt, clock):
    resold(shirt, clock(), stars=4)
    page = nobody.get(frame_of(hill)).text
    assert "<b>4.0 out of 5</b> on average, from 1 rating at" in page
    assert "Shown here" not in page
    assert 'aria-label="4 out of 5 stars">★★★★☆<' in page


def test_without_a_single_rating_no_average_is_said(nobody, hill, shirt, clock):
    resold(shirt, clock(), stars=None)
    page = nobody.get(frame_of(hill)).text
    assert "out of 5" not in page


def test_a_reseller_shows_its_own_products_alone(nobody, shirt, clock):
    other = another(shirt)
    theirs, mine = (
        resold(other, clock(), email="b@example.com", name="Bo")[0],
        reseller(clock(), (shirt,)),
    )
    resold(shirt, clock(), name="Ann")
    page = nobody.get(frame_of(mine)).text
    assert ("Ann" in page, theirs.name in page) == (True, False)
    assert nobody.get(frame_of(mine, f"?product={shirt.handle}")).status_code == 200
    for handle in (other.handle, "nothing-of-ours", ""):
        refused = nobody.get(frame_of(mine, f"?product={handle}"))
        assert refused.status_code == 404
        assert "no product whose testimonials are shown" in refused.text
        assert refused.headers["Cache-Control"] == "no-store"


def test_one_product_is_asked_for_by_its_handle(nobody, hill, shirt, clock):
    resold(another(shirt), clock(), name="Bo")
    resold(shirt, clock(), name="Ann")
    page = nobody.get(frame_of(hill, f"?product={shirt.handle}")).text
    assert ("Ann" in page, "Bo" in page) == (True, False)
    assert f"of <bdi>{shirt.title}</bdi>" in page
    assert f"/products/{shirt.handle}/testimonials" in page


def test_with_nothing_to_show_it_says_so(nobody, hill):
    page = nobody.get(frame_of(hill))
    assert page.status_code == 200
    assert "nobody has let us show their words" in page.text
    assert "<article" not in page.text


def test_what_stands_beside_a_testimonial_stands_in_the_frame_too(nobody, hill, shirt, clock):
    picture = {"digest": "d" * 32, "width": 800, "height": 600, "widths": [200, 400, 800]}
    (one,) = resold(shirt, clock(), connection="works", pictures=[picture])
    one.answer("Thank you, Ann.", clock())
    Testimonial.update(bought=True).execute()
    Rating.recount(Testimonial, shirt.id)
    page = nobody.get(frame_of(hill)).text
    for words in ("Bought at Larch &amp; Lane", "Works for Larch &amp; Lane", "Thank you, Ann."):
        assert words in page
    image = f'src="/testimonials/{one.id}/pictures/{"d" * 32}-200.webp"'
    assert re.search(rf'<img {image} alt="[^"]+" width="96" height="72" loading="lazy">', page)


def test_one_that_was_brought_along_is_labelled(nobody, hill, shirt, clock):
    resold(shirt, clock())
    Testimonial.update(imported_from="old-shop.csv").execute()
    Rating.recount(Testimonial, shirt.id)
    assert "Brought from another shop, not confirmed" in nobody.get(frame_of(hill)).text


def test_long_words_end_where_they_can_be_read_on(nobody, hill, shirt, clock):
    (one,) = resold(shirt, clock(), words="Warm and dry. " * 200)
    page = nobody.get(frame_of(hill)).text
    shown = re.search(r'<p class="words" dir="auto">(.*?)…', page)[1]
    assert 420 <= len(shown) <= 480
    assert (
        f'href="http://localhost:8000/testimonials/{one.id}" target="_blank" rel="noopener"' in page
    )


def test_a_long_reply_ends_where_it_can_be_read_on(nobody, hill, shirt, clock):
    (one,) = resold(shirt, clock(), name="Ann")
    one.answer("Thank you for that. " * 90, clock())
    page = nobody.get(frame_of(hill)).text
    shown = re.search(r'<p class="words" dir="auto">(Thank you.*?)…', page)[1]
    assert 140 <= len(shown) <= 200
    assert 'Read on<span class="unseen"> in the reply to Ann</span>' in page


def test_words_without_spaces_and_of_other_scripts_are_cut_between_letters(
    nobody, hill, shirt, clock
):
    resold(shirt, clock(), words="暖" * 1000)
    assert f'dir="auto">{"暖" * 160}…' in nobody.get(frame_of(hill)).text


def test_markup_and_brackets_are_words(nobody, hill, shirt, clock):
    resold(shirt, clock(), name="<b>Ann</b>", words="<script>alert(1)</script> & more")
    page = nobody.get(frame_of(hill)).text
    assert "<script>" not in page
    assert "<b>Ann" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


def nonsense(draw: random.Random) -> str:
    """400 characters of words that nobody has used before; sentences compress better."""
    words = (
        "".join(draw.choices(LETTERS, range(26, 0, -1), k=draw.randint(2, 9))) for _ in range(99)
    )
    return " ".join(words)[:399] + "."


def test_ten_testimonials_of_400_characters_take_less_than_6_kib(nobody, hill, shirt, clock):
    draw = random.Random(8)
    for n in range(10):
        (one,) = resold(
            shirt, clock(), words=nonsense(draw), email=f"p{n}@example.com", shows_email=True
        )
        assert len(one.words) == 400
    for coding in ("br", "gzip"):
        for asked in ("", "?sized=1"):
            answer = nobody.get(frame_of(hill, asked), headers={"Accept-Encoding": coding})
            assert answer.headers["Content-Encoding"] == coding
            assert 3 * 1024 < len(answer.data) <= 6 * 1024


def test_ten_as_long_as_they_can_be_with_replies_and_pictures_take_less_than_6_kib(
    nobody, hill, shirt, clock
):
    draw, guide = random.Random(8), (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    sentences = [each for each in re.split(r"(?<=\.)\s", guide) if not re.search(r"[/*`.]\w", each)]
    for n in range(10):
        draw.shuffle(sentences)
        digests = [f"{draw.getrandbits(128):032x}" for _ in range(3)]
        sizes = {"width": 800, "height": 600, "widths": [200, 800]}
        (one,) = resold(
            *(shirt, clock()),
            words=" ".join(sentences)[:1000],
            email=f"p{n}@example.com",
            shows_email=True,
            pictures=[{"digest": digest, **sizes} for digest in digests],
        )
        one.answer(" ".join(sentences[::-1])[:1000], clock())
    for coding in ("br", "gzip"):
        answer = nobody.get(frame_of(hill, "?sized=1"), headers={"Accept-Encoding": coding})
        assert 4 * 1024 < len(answer.data) <= 6 * 1024, (coding, len(answer.data))


# Who may have it around, and who may keep it


def test_only_the_resellers_pages_and_our_own_may_frame_it(nobody, clock, shirt):
    sites = ["https://one.example", "https://two.example:8443"]
    own = reseller(clock(), origins=sites)
    answer = nobody.get(frame_of(own))
    policy = policy_of(answer)
    assert policy.pop("style-src").startswith("'sha256-")
    assert policy == {
        "default-src": "'none'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'self' https://one.example https://two.example:8443",
    }
    assert answer.headers["Cache-Control"] == CACHED
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "X-Frame-Options" not in answer.headers


def test_there_is_a_script_only_where_the_height_is_asked_for(nobody, hill, shirt, clock):
    resold(shirt, clock())
    assert "<script" not in nobody.get(frame_of(hill)).text
    answer = nobody.get(frame_of(hill, "?sized=1"))
    (script,) = re.findall("<script>(.*?)</script>", answer.text)
    assert "postMessage" in script
    assert policy_of(answer)["script-src"].startswith("'sha256-")


@pytest.mark.parametrize("ended", ["revoked", "changed", "removed", "never"])
def test_a_key_that_is_nobodys_shows_nothing_to_anybody(nobody, hill, shirt, clock, ended):
    resold(shirt, clock())
    address, json = frame_of(hill), f"/widget/{hill.key}.json"
    if ended == "never":
        address, json = "/widget/nobodys/testimonials", "/widget/nobodys.json"
    else:
        assert nobody.get(address).status_code == nobody.get(json).status_code == 200
        {
            "revoked": lambda: hill.revoke(clock()),
            "changed": lambda: hill.change_key(clock()),
            "removed": hill.remove,
        }[ended]()
    for way in (address, json):
        answer = nobody.get(way)
        assert answer.status_code == 404
        assert "not in use, or no longer" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert policy_of(answer)["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("key", ["%00", "%ff", "%ed%a0%80", "%0d%0aX:%20y", "'", "a" * 5000])
def test_whatever_stands_where_a_key_should_is_nobodys(nobody, settings, key):
    for way in (f"/widget/{key}/testimonials", f"/widget/{key}.json"):
        for method in ("GET", "HEAD"):
            assert nobody.open(way, method=method).status_code == 404


def test_no_cookie_is_set_and_none_is_read(app, plenty, hill, shirt, clock):
    (one,) = resold(shirt, clock(), shows_email=True)
    client = app.test_client()
    fill_cart(client, plenty, 2)
    client.set_cookie("session", "nonsense")
    client.set_cookie("cart", "nonsense")
    ways = [frame_of(hill), f"/widget/{hill.key}.json", "/widget/key.pub"]
    for way in [
        *ways,
        "/widget/nobodys/testimonials",
        f"/oembed?url=http://localhost:8000{ways[0]}",
    ]:
        answer = client.get(way, headers={"HX-Request": "true"})
        assert "Set-Cookie" not in answer.headers
        if answer.status_code == 200:
            assert answer.headers["Cache-Control"].startswith("public")
    said = client.post(f"{frame_of(hill)}/{one.id}/address", headers=SAME_ORIGIN)
    assert said.status_code == 200
    assert "Set-Cookie" not in said.headers


def test_it_names_no_other_host(nobody, hill, shirt, clock):
    resold(shirt, clock(), shows_email=True)
    page = nobody.get(frame_of(hill)).text
    hosts = set(re.findall(r"(?:src|href|action)=\"(?:https?:)?//([^/\"?]+)", page))
    assert hosts == {"localhost:8000"}


# How soon something is gone


@pytest.fixture
def kept(nobody, hill, shirt, clock):
    """One testimonial, whose frame is kept: asked for once more it takes no queries."""
    (one,) = resold(shirt, clock(), name="Zoltan")
    assert "Zoltan" in nobody.get(frame_of(hill)).text
    with count_queries() as counted:
        nobody.get(frame_of(hill))
    assert counted.count <= (0 if is_sqlite() else 1)  # PostgreSQL is asked for the edition
    return one


@pytest.mark.parametrize("way", ["withdraw", "consent", "take_down", "change", "erase"])
def test_what_its_author_or_the_shop_takes_back_is_gone_at_once(
    nobody, hill, shirt, clock, kept, way
):
    {
        "withdraw": kept.withdraw,
        "consent": lambda: kept.show(
            email=False, resellers=False, policy=PolicyVersion.last(), at=clock()
        ),
        "take_down": lambda: kept.take_down("abuse", clock()),
        "change": lambda: kept.change(
            {"words": "Other words.", "name": "Zoltan", "stars": 1, "connection": ""}, clock()
        ),
        "erase": lambda: kept.erase(["words", "name"], lambda *_: None, clock()),
    }[way]()
    kept.erased([kept])  # as whoever erases does after all of them
    assert "Zoltan" not in nobody.get(frame_of(hill)).text
    assert nobody.get(f"/widget/{hill.key}.json").json["testimonials"] == []


def test_another_look_or_other_products_show_at_once(nobody, hill, shirt, clock, kept):
    facts = {"name": hill.name, "origins": ["https://new.example"], "look": hill.look}
    hill.change(facts | {"products": [another(shirt).id]}, clock())
    answer = nobody.get(frame_of(hill))
    assert "Zoltan" not in answer.text
    assert policy_of(answer)["frame-ancestors"] == "'self' https://new.example"


def test_it_is_fast_again_after_the_change(nobody, hill, kept, clock):
    kept.answer("Thank you.", clock())
    assert "Thank you." in nobody.get(frame_of(hill)).text
    etag = nobody.get(frame_of(hill)).headers["ETag"]
    assert nobody.get(frame_of(hill), headers={"If-None-Match": etag}).status_code == 304


# The look


@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#ffff00", "#2f4a3c", "#7f7f7f", "#0000ff"]
)
def test_whatever_the_colour_words_in_it_can_be_read(colour):
    for paper in (contrast.LIGHT, contrast.DARK):
        assert contrast.ratio(contrast.readable(colour, paper), paper) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert contrast.readable("#2f4a3c", contrast.LIGHT) == "#2f4a3c"
    assert contrast.ratio("#000000", "#ffffff") == pytest.approx(21)


def test_the_look_is_the_resellers(nobody, clock):
    own = reseller(clock(), look={"colour": "#c00000", "size": "large", "scheme": "dark"})
    page = nobody.get(frame_of(own)).text
    assert '<html lang="en" class="large dark">' in page
    assert "--t:#c00000" in page


# What is copied


def test_the_lines_are_complete_without_a_script_and_name_its_digest_with_one(app, nobody, hill):
    assets = app.extensions["assets"]
    url = assets.url("shop-testimonials.js")
    given = {"script_url": url, "integrity": assets.integrity("shop-testimonials.js")}
    copied = lines(hill, "http://localhost:8000", **given, handle="a&b")
    assert "<script" not in copied["plain"]
    source = re.search('src="(.*?)"', copied["plain"])[1]
    assert source == f"http://localhost:8000/widget/{hill.key}/testimonials?product=a%26b"
    assert f'src="http://localhost:8000{url}" integrity="sha384-' in copied["sized"]
    assert "&amp;sized=1" in copied["sized"]
    assert "<shop-testimonials><iframe " in copied["sized"]
    answer = nobody.get(url)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_the_script_takes_at_most_a_kibibyte_and_a_half(app, nobody, coding):
    url = app.extensions["assets"].url("shop-testimonials.js")
    answer = nobody.get(url, headers={"Accept-Encoding": coding})
    assert answer.headers["Content-Encoding"] == coding
    assert 0 < len(answer.data) <= 1536
