"""Exports of other shops' testimonials are read truly, row by row, or passed over with a reason."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storefront.exchange.catalogue import BadCatalogue, Remark, Skipped
from storefront.exchange.testimonial_cells import date_of, plain, shortened, stars_of, state_of
from storefront.exchange.testimonials import ImportedTestimonial, LeftOut, open_testimonials

FIXTURES = Path(__file__).parent / "fixtures" / "testimonials"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHIRT = "second-day-merino-t-shirt"
HEAD = "product_handle,rating,author,email,body,created_at,title,state,reply\n"


def read(path, **options) -> list:
    return list(open_testimonials(path, NOW, **options))


@pytest.fixture
def rows(tmp_path):
    """What comes of rows, given as text under the header above."""

    def rows(text: str, head: str = HEAD, **options) -> list:
        path = tmp_path / "any.name"
        path.write_text(head + text, encoding="utf-8", newline="")
        return read(path, **options)

    return rows


@pytest.fixture
def one(rows):
    """The only testimonial of a row with that body, or with those cells."""

    def one(body: str = "Warm", **cells) -> ImportedTestimonial:
        facts = {"handle": SHIRT, "rating": "5", "author": "Ann", "email": "ann@example.com"}
        facts |= {"body": body, "at": "2025-01-02", "title": "", "state": "", "reply": ""} | cells
        facts["state"] = facts["state"] or "published"
        line = ",".join('"' + cell.replace('"', '""') + '"' for cell in facts.values())
        return rows(line)[-1]

    return one


@pytest.mark.parametrize(
    ("name", "source", "kinds"),
    [
        ("judge-me", "Judge.me", "taken taken left taken skipped"),
        ("loox", "Loox", "taken left taken"),
        ("loox-import", "Loox", "taken"),
        ("yotpo", "Yotpo", "taken taken"),
        ("okendo", "Okendo", "taken left"),
        ("shopify-product-reviews", "Shopify Product Reviews", "taken left"),
        ("woocommerce", "WooCommerce", "taken taken skipped left"),
        ("powerreviews", "PowerReviews", "taken left"),
        ("x-cart", "X-Cart", "taken taken"),
    ],
)
def test_each_export_is_known_by_its_headers_and_hidden_rows_stay_out(name, source, kinds):
    testimonials = open_testimonials(FIXTURES / f"{name}.csv", NOW)
    called = {ImportedTestimonial: "taken", LeftOut: "left", Skipped: "skipped"}
    assert testimonials.source == source
    assert [called[type(item)] for item in testimonials] == kinds.split()


def test_a_row_of_judge_me_is_read_whole_and_its_network_address_and_place_are_not():
    first, second, _, waiting, about_the_shop = read(FIXTURES / "judge-me.csv")
    assert first == ImportedTestimonial(
        line=2,
        number="",
        product={"handle": SHIRT, "id": "7012345678"},
        waits=False,
        stars=5,
        words="Dry for weeks\n\nIt kept me dry & warm.\n\n"
        'Three weeks on the coast path, "no smell" 👩‍👧',
        name="Camille R.",
        email="camille@example.com",
        written_at=datetime(2025, 3, 2, 10, 12, tzinfo=UTC),
        reply="Thank you!\nSee you",
        replied_at=datetime(2025, 3, 3, tzinfo=UTC),
        pictured=True,
    )
    assert (second.name, second.words, second.stars) == ("Marc", "Sleeves too long.", 2)
    assert waiting.waits
    assert about_the_shop == Skipped(7, "it names no product: it may be about the shop")
    assert "192.0.2.7" not in str(first)
    assert "Lyon" not in str(first)


def test_a_nickname_is_shown_whole_and_a_name_in_full_is_shortened():
    julie, _, nora = read(FIXTURES / "loox.csv")
    assert (julie.name, nora.name) == ("Julie", "Nora B.")


def test_semicolons_and_the_days_of_a_file_are_found_out():
    ana, bien = read(FIXTURES / "yotpo.csv")
    assert ana.words == 'Super\n\nJe recommande ; vraiment "top"'
    assert ana.product["url"].endswith(f"/products/{SHIRT}?variant=1")
    assert ana.written_at == datetime(2025, 3, 15, tzinfo=UTC)
    assert bien.written_at == datetime(2025, 4, 3, tzinfo=UTC)


def test_wordpress_moments_are_those_in_utc_and_a_guarded_cell_is_text():
    grete, hugo, answer, _ = read(FIXTURES / "woocommerce.csv")
    assert grete.written_at == datetime(2022, 5, 1, 12, tzinfo=UTC)
    assert (grete.number, grete.words) == ("31", "Holds its shape – still")
    assert (hugo.words, hugo.waits) == ("-5 degrees and I was warm", True)
    assert "answers another one" in answer.why


def test_a_moment_with_a_zone_is_kept_in_utc():
    first = read(FIXTURES / "shopify-product-reviews.csv")[0]
    assert first.written_at == datetime(2023, 6, 1, 14, tzinfo=UTC)
    assert first.replied_at == datetime(2023, 6, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "stars"),
    [
        *[("5", 5), ("5.0", 5), ("5/5", 5), ("★★★★★", 5), ("⭐️⭐️", 2), ("★★★☆☆", 3), ("4,0", 4)],
        *[("8/10", 4), ("3 stars", 3), ("5 out of 5", 5), ("", None), ("0", None), ("0.0", None)],
    ],
)
def test_ratings_are_read_in_many_forms(cell, stars):
    assert stars_of(cell) == (stars, True)


@pytest.mark.parametrize(("cell", "stars"), [("4.5", 4), ("4.7", 5), ("7/10", 3), ("1.2", 1)])
def test_a_rating_between_two_counts_as_the_nearer_one_which_is_said(cell, stars, rows):
    assert stars_of(cell) == (stars, False)
    remark, taken = rows(f"{SHIRT},{cell},Ann,,Warm,2025-01-02,,published,")
    assert remark == Remark(2, f"its rating, '{cell}', counts as {stars} here")
    assert taken.stars == stars


@pytest.mark.parametrize("cell", ["6", "good", "-1", "5/0", "0.5", "11/10", "★★★★★★"])
def test_a_rating_that_cannot_be_read_leaves_its_row_out(one, cell):
    assert one(rating=cell).why == f"its rating, {cell!r}, cannot be read"


@pytest.mark.parametrize(
    "cell",
    [
        *["2025-03-04", "2025/3/4", "04.03.2025", "4 March 2025", "Mar 4, 2025", "March 4th, 2025"],
        *["2025-03-04T00:00:00Z", "2025-03-04 00:00:00.000 UTC", "2025-03-04T02:00:00+02:00"],
        *["Mar 4, 2025 12:00 AM", "2025-03-03 19:00:00 -0500", "4 mar. 2025, 00:00"],
    ],
)
def test_dates_are_read_in_many_forms(cell):
    assert date_of(cell, None) == datetime(2025, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell", ["", "yesterday", "2025-02-30", "0000-00-00 00:00:00", "13/13/2025", "1 Foo 2025"]
)
def test_a_row_without_a_date_that_can_be_read_is_left_out_rather_than_dated_today(one, cell):
    assert one(at=cell).why.endswith("and today's would not be true")


def test_what_is_still_to_come_is_not_believed(one):
    assert one(at="2027-01-01").why == "its date is still to come"


@pytest.mark.parametrize("nothing", ["1970-01-01 00:00:00", "0001-01-01", "01.01.1900"])
def test_a_date_that_programs_write_for_none_is_not_believed(one, nothing):
    assert "older than any shop on the web" in one(at=nothing).why


def test_a_date_of_two_meanings_refuses_the_file_until_somebody_says_which(rows):
    row = f"{SHIRT},5,Ann,,Warm,05/03/2024,,published,"
    with pytest.raises(BadCatalogue, match=r"line 2: .*--day-first or --month-first"):
        rows(row)
    assert rows(row, day_first=True)[0].written_at.month == 3
    assert rows(row, day_first=False)[0].written_at.month == 5
    assert rows(f"{row}\n{row.replace('05/03', '03/25')}")[0].written_at.month == 5


@pytest.mark.parametrize(
    ("column", "cell", "state"),
    [
        *[
            ("state", "Published", "shown"),
            ("published", "TRUE", "shown"),
            ("curated", "ok", "shown"),
        ],
        *[
            ("state", "unpublished", "hidden"),
            ("published", "0", "hidden"),
            ("curated", "spam", "hidden"),
        ],
        *[("hidden", "true", "hidden"), ("hidden", "", "shown"), ("hidden", "0", "shown")],
        *[("comment_approved".replace("_", ""), "0", "waiting"), ("curated", "not-yet", "waiting")],
        *[("status", "Pending", "waiting"), ("status", "not approved", "hidden")],
    ],
)
def test_states_are_read_by_their_column(column, cell, state):
    assert state_of(column, cell) == state


def test_a_state_that_is_not_known_or_not_said_waits_for_a_moderator(rows):
    remark, unknown, empty = rows(
        f"{SHIRT},5,Ann,,Warm,2025-01-02,,odd,\n{SHIRT},5,Bo,,Warm,2025-01-02,,,\n"
    )
    assert remark == Remark(2, "its state, 'odd', is not known here: it waits")
    assert unknown.waits
    assert empty.waits


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("I <3 it, 5 < 6 > 4", "I <3 it, 5 < 6 > 4"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<script>alert(1)</script>Fine", "Fine"),
        ("Fine<script>alert(1)", "Fine"),
        ("<!-- no --><b onclick=x>Fine</b>", "Fine"),
        ("&lt;b&gt; &amp; &#39;so&#39;", "<b> & 'so'"),
        ('<a href="https://away.example">Fine</a>', "Fine"),
    ],
)
def test_markup_becomes_plain_text(html, text):
    assert plain(html) == text


def test_what_turns_or_controls_the_words_is_left_out(one):
    assert one("Wa\u202erm\x07 \u2066here\u2069").words == "Warm here"
    assert one(author="An\u202en\x1b").name == "An n"


def test_words_too_long_are_passed_over_and_never_cut(one):
    why = "its words are longer than 4,000 characters"
    assert one("x" * 100_000).why == why
    assert one("x" * 4_001).why == why
    assert one("x" * 3_990, title="y" * 20).why == why
    assert len(one("x" * 4_000).words) == 4_000


def test_very_deep_markup_is_read_at_once(one):
    assert one("<b>" * 16_000 + "Fine").words == "Fine"
    assert one("<script>" * 6_000).stars == 5


@pytest.mark.parametrize(
    "words",
    [
        "See www.shop.example",
        "at https://x.example",
        "my shop.com",
        "ｗｗｗ．shop",
        "sh\u200dop\u200b.com",
    ],
)
def test_words_with_addresses_of_pages_are_passed_over(one, words):
    assert one(words).why == "its words hold the address of a web page, and we show none"


def test_words_with_an_e_mail_address_are_passed_over(one):
    assert "e-mail address" in one("Write to ann@example.org").why
    assert "an e-mail address" in one("Write to ann＠example.org").why


def test_nothing_said_is_passed_over_but_stars_alone_are_enough(one):
    assert one("", rating="").why == "it says nothing, in words or stars"
    assert one("<p> </p>", rating="0").why == "it says nothing, in words or stars"
    assert (one("").words, one("").stars) == ("", 5)
    assert one("Warm", rating="").stars is None


def test_a_title_that_the_words_begin_with_is_not_said_twice(one):
    assert one("Warm and dry", title="Warm").words == "Warm and dry"
    assert one("Dry", title="Warm").words == "Warm\n\nDry"


def test_a_name_that_is_an_address_is_not_shown(one, rows):
    assert one(author="jean@example.com").name == "A customer"
    assert one(author="jean＠example.com").name == "A customer"
    assert one(author="x" * 61).name == "A customer"
    remark, _ = rows(f"{SHIRT},5,jean@example.com,,Warm,2025-01-02,,published,")
    assert "jean" not in remark.words
    assert one(author="").name == "A customer"


@pytest.mark.parametrize(("name", "short"), [("Jo Ann Smith", "Jo S."), ("Ann", "Ann"), ("", "")])
def test_names_in_full_are_shortened(name, short):
    assert shortened(name) == short


@pytest.mark.parametrize(
    "email", ["no", "a@b", "a b@example.com", "<a@example.com>", "a@example.com,"]
)
def test_what_is_no_address_is_not_kept_as_one(one, email):
    assert one(email=email).email == ""


def test_a_reply_too_long_is_left_out_and_the_testimonial_stays(rows):
    remark, taken = rows(f"{SHIRT},5,Ann,,Warm,2025-01-02,,published,{'x' * 2_001}")
    assert remark.words == "the reply is longer than 2,000 characters, and is left out"
    assert (taken.reply, taken.replied_at) == ("", None)


def test_a_row_with_more_cells_than_the_header_is_passed_over_and_a_short_one_filled_up(rows):
    long, padded, short = rows(
        f"{SHIRT},5,Ann,,Warm,2025-01-02,,published,,odd\n{SHIRT},5,Ann,,Warm,2025-01-02,,published,,,\n"
        f"{SHIRT},5,Ann,,Warm,2025-01-02,,published\n"
    )
    assert "more cells than the header" in long.why
    assert padded.words == short.words == "Warm"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (
            "Handle,Title,Variant Price\n",
            "no column says what was said or when; the header begins with 'Handle'",
        ),
        ("rating,body,date\n", "no column says of which product; "),
        ("email,first_name\n", "no column says what was said or when or of which product; "),
        ("", "the file is empty; exports of testimonials and reviews are read"),
        ("PK\x03\x04", "this looks like an Excel workbook or another zip archive; exports of"),
    ],
)
def test_what_is_no_export_of_testimonials_is_refused_in_words(rows, head, reason):
    with pytest.raises(BadCatalogue) as refusal:
        rows("", head)
    assert refusal.value.reason.startswith(reason)
    assert "exports of testimonials and reviews are read" in refusal.value.reason


def test_an_older_encoding_is_refused_with_its_line(tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes((HEAD + f"{SHIRT},5,Zo\xe9,,Warm,2025-01-02,,published,\n").encode("latin-1"))
    with pytest.raises(BadCatalogue, match=r"line 2: byte .* is not UTF-8"):
        read(path)


def test_an_unknown_shop_may_be_named(rows):
    row = f"{SHIRT},5,Ann,,Warm,2025-01-02"
    head = "product_handle,stars,author,email,text,date\n"
    assert len(rows(row, head)) == 1
    path = FIXTURES / "judge-me.csv"
    assert open_testimonials(path, NOW, source="  Our old\u202e shop ").source == "Our old shop"
