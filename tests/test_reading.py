"""A policy as it is read: whatever was pasted, every word shows, and nothing runs or fetches."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from storefront import policy, reading
from storefront.markdown import parsed
from storefront.models import PolicyVersion
from storefront.reading import read
from storefront.reading.unshown import notes

UNSEEN = {"script", "style", "template", "iframe", "noembed", "noframes", "svg", "math"}
VOID = set("area base br col embed hr img input link meta source track wbr".split())
SAFE = {"href", "id", "rel", "title", "class", "role", "tabindex", "aria-label", "lang", "dir"}
SAFE |= {"align", "colspan", "rowspan", "scope", "headers", "start", "type", "value", "hreflang"}
SAFE |= {"cite", "datetime", "summary", "span", "width", "size", "reversed", "char", "charoff"}

TRAPS = """<script>var stolen = 1</script>
<style>p { color: red }</style>

Plan of Privacy
===============

<h5 id="Main" onclick="alert(1)">Deep <em>heading</em></h5>

First paragraph, with [a page](returns.html), [another](../legal/terms.htm?x=1&y=2), [a
place](#odd-place), [no place](#nowhere), [ours](/pages/returns), [theirs](https://a.example/x),
[elsewhere](//b.example/y) and <a href="Java&#10;Script:alert(1)">a trick</a>.

<a name="Odd place"></a> Anchored words. ![A drawing of a lock](data:image/png;base64,AAAA)
<img src="https://evil.example/pixel.gif"> {covers: orders, cookies}

<table border=1 style="width:2000px"><tr><td onmouseover="x()">Cell one<td><font color=red>Cell
two</font></tr>

<tr><td colspan=2>Cell three, after an empty line</table>

|Wide|Table|
|-|-|
|of|Markdown|
{covers: newsletter}

<form action="https://evil.example"><label>Your name</label><input placeholder="type here">
<select><option>Ready</option><option>Steady</option></select><button>Send off</button></form>
<iframe src="https://evil.example"></iframe><nav>Way out</nav><main><header>Top</header></main>

<details><summary>Read more</summary>Folded words</details>

- item one {covers: traffic}
- item two
  {covers: contests}
- item three
"""
TRAPS = TRAPS.replace("\n", "\r\n")


class Seen(HTMLParser):
    """What a browser would show of some HTML, and its tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text, self.open = "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "img":
            self.text += f" {dict(attrs).get('alt') or ''} "
        if tag == "input":
            self.text += f" {dict(attrs).get('placeholder') or dict(attrs).get('value') or ''} "
        if tag not in VOID:
            self.open.append(tag)
        self.text += " " if tag not in ("b", "i", "em", "strong", "a", "code", "span") else ""

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if not UNSEEN & set(self.open):
            self.text += data

    @property
    def words(self) -> list[str]:
        return re.findall(r"[^\W_]+", self.text)

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


def whole(text: str) -> Seen:
    return Seen(str(policy.shown(PolicyVersion(text=text))))


def assert_safe(seen: Seen) -> None:
    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"script", "style", "iframe", "form", "input", "button", "img", "object"}
    assert not tags & {"svg", "math", "link", "meta", "base", "video", "audio", "embed", "select"}
    assert not tags & {"header", "footer", "nav", "main"}, "the page has its own"
    for tag, attributes in seen.tags:
        assert attributes.keys() <= SAFE, (tag, attributes)
        assert re.match("https?:|mailto:|tel:|/|#|$", attributes.get("href", "")), attributes
        assert attributes.get("class", "wide") == "wide"
        assert re.match("on-|clause-|$", attributes.get("id", ""))
    assert len(seen.ids) == len(set(seen.ids))


def assert_nothing_lost(text: str) -> None:
    """Every word that a browser would show of the source shows on the page, in that order."""
    source = re.sub(r"\{(covers|table|keep):[^}]*\}", " ", text)
    wanted, there = Seen(parsed(source)).words, iter(whole(text).words)
    lost = [word for word in wanted if word not in there]
    assert lost == []


def test_a_pasted_text_full_of_traps_is_safe_and_whole():
    assert_safe(whole(TRAPS))
    body = TRAPS.replace("Plan of Privacy\r\n===============", "")
    assert_nothing_lost(body)
    assert read(TRAPS).title == "Plan of Privacy"


@pytest.mark.shared
def test_real_policies_are_safe_and_whole(shared):
    for path in sorted(shared.glob("policies/*.md")):
        text = policy.read_text(path)
        assert_safe(whole(text))
        assert set(Seen(parsed(text)).words) <= set(whole(text).words), path.stem
        assert not [note for note in notes(text) if "not on the page" in note], path.stem


@settings(max_examples=100, deadline=None)
@given(
    some.text(some.sampled_from("ab \n*_#->|`[](){}<&;:/=\"'!~\t\u0000\ufdd0\ufdd10"), max_size=160)
)
def test_no_text_breaks_the_page(text):
    assert_safe(whole(text))
    assert "\ufdd0" not in read(text).html
    notes(text)


@settings(max_examples=80, deadline=None)
@given(
    some.lists(
        some.sampled_from(
            "<table> <tr> <td> </table> <p> <h1> <h6> </h1> <a_name=x> <a_href=y> </a> <b> </div> "
            "<div> <script> </script> <!-- --> <select> <option> <svg> <p_id=main> {covers:_a} "
            "<form> <button> <plaintext> <li> <ul> <textarea> <title> word {table:_orders}".split()
        ),
        max_size=14,
    )
)
def test_no_tangle_of_tags_breaks_the_page(tags):
    text = "\n".join(tag.replace("_", " ") for tag in tags)
    assert_safe(whole(text))
    notes(text)


def test_a_table_stays_a_table_and_scrolls_by_itself():
    seen = whole(TRAPS)
    rooms = [attrs for tag, attrs in seen.tags if attrs.get("class") == "wide"]
    assert [room["tabindex"] for room in rooms] == ["0", "0"]
    assert sum(tag == "td" for tag, _ in seen.tags) == 5, "three of HTML, two of Markdown"
    assert ("td", {"colspan": "2"}) in seen.tags


def test_headings_stand_below_the_pages_own_and_pass_over_no_level():
    levels = [
        (entry.level, entry.words) for entry in read("# T\n\n### A\n\n###### B\n\n### C").contents
    ]
    assert levels == [(2, "A"), (3, "B"), (2, "C")]
    without_title = read("Words.\n\nA\n---\n\n##### B\n\nC\n---").contents
    assert [entry.level for entry in without_title] == [2, 3, 2]
    many_first = read("# A\n\n# B\n\n## C")
    assert many_first.title == ""
    assert [entry.level for entry in many_first.contents] == [2, 2, 3]


def test_every_heading_has_an_anchor_of_its_own():
    contents = read("## Cookies & more\n\n## Cookies & more\n\n## Füße\n\n## …\n\n## Main").contents
    anchors = ["on-cookies-more", "on-cookies-more-2", "on-füße", "on-part", "on-main"]
    assert [entry.anchor for entry in contents] == anchors


def test_a_mark_is_the_anchor_of_its_block_and_shows_nowhere():
    html = read(TRAPS).html
    assert re.search(r'<p id="clause-orders"><span id="clause-cookies"></span>\s*<span', html)
    assert '<li id="clause-traffic">item one</li>' in html
    assert '<li id="clause-contests">item two</li>' in html
    assert read(TRAPS).clauses == ("orders", "cookies", "newsletter", "traffic", "contests")
    assert "covers" not in html
    assert sum("newsletter" in name for name in whole(TRAPS).ids) == 1
    assert html.count("<tr>") == 4, "the line with a mark is no row of the table"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Bold.** {covers: a}", '<p id="clause-a"><strong>Bold.</strong></p>'),
        ("Text\n\n{covers: a}", '<p id="clause-a">Text</p>'),
        ("## H {covers: a}", '<h2 id="on-h"><span id="clause-a"></span>H</h2>'),
        ("- x\n\n- y {covers: a}\n", '<p id="clause-a">y</p>'),
        ("x {covers: a}\n\ny {covers: a}", '<p id="clause-a">x</p>\n<p>y</p>'),
        ("x {covers: <b>\"'&}", '<p id="clause-b">x</p>'),
        ("<td>x {covers: a}", "x"),
        ("x {covers: }", "<p>x</p>"),
    ],
)
def test_where_a_mark_may_stand(text, html):
    text = f"## First\n\n## Second\n\n{text}"
    assert html in read(text).html


def test_links_that_lead_nowhere_show_their_address():
    html = read(TRAPS).html
    assert "a page (returns.html), another (../legal/terms.htm?x=1&amp;y=2)" in html
    assert (
        '<a href="#on-odd-place" rel="noopener">a\nplace</a>' in html
        or 'href="#on-odd-place"' in html
    )
    assert "no place (#nowhere)" in html
    assert '<a href="/pages/returns" rel="noopener">ours</a>' in html
    assert '<a href="https://b.example/y" rel="noopener">elsewhere</a>' in html
    assert "a trick" in html
    assert read(TRAPS).links == ("returns.html", "../legal/terms.htm?x=1&y=2", "#nowhere")


def test_pictures_and_fields_are_shown_as_words():
    text = whole(TRAPS).text
    assert "[picture, not shown here: A drawing of a lock]" in text
    assert "[picture, not shown here]" in text
    for words in ("type here", "Ready", "Steady", "Send off"):
        assert re.search(rf"\s{words}\s", text), words


# What an editor is told


def test_an_honest_text_needs_no_note(app):
    text = "# P\n\nWe *keep* in[side] it. {covers: orders}\n\n{table: orders}\n\n[x](https://a.example)"
    assert notes(text) == []


def test_an_editor_is_told_what_is_not_shown_as_written(app):
    said = "\n".join(notes(TRAPS))
    for words in (
        "1 script is left out",
        "1 style sheet is left out",
        "2 pictures are not shown",
        "1 frame is left out",
        "3 form fields are shown as words only",
        "Colours and styles of the text are left out",
        "onclick and the like) is left out",
        "do not lead there: “Java\nScript:alert(1)”",
        "the name that a link asks for: “#nowhere”",
        "in brackets instead: “returns.html”, “../legal/terms.htm?x=1&y=2”",
        "Nothing is gathered under: “newsletter”",
        "not on the page: “var”, “stolen”",
    ):
        assert words in said, words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A\n\n<!-- hidden\n\nand all that follows {covers: orders}", "hidden”, “and”, “all”"),
        ("A <!-- x {covers: orders} --> b", "where nobody sees its block: “orders”"),
        ("<script>\n\nlost words", "“lost”, “words”"),
        ("<svg><text>drawn</text></svg>", "1 drawing is left out, with the words in it"),
        ("{table: nothing}", "nothing to draw a table of: “nothing”"),
        ("Inline {table: orders} here", "only where its mark stands alone"),
        ("{keep: order.shoe_size}", "no period of: “order.shoe_size”"),
        ("{retain: 7 years}", "shown as they stand: “{retain: 7 years}”"),
        ("Bad <a href=data:text/html,x>x</a>", "Links that could run something"),
        ("a\n\n[note]: words 'of a definition'", "definition"),
        ("A <video src=x></video>", "1 film or sound is left out"),
    ],
)
def test_what_is_lost_is_named(app, text, words):
    assert words in "\n".join(notes(text))


@pytest.mark.shared
def test_notes_on_real_policies_are_few(shared, app):
    said = {path.stem: notes(policy.read_text(path)) for path in shared.glob("policies/*.md")}
    place = "No place in the text has the name that a link asks for: “#coppa”."
    assert {name: words for name, words in said.items() if words} == {
        "book-site-2025-08-11": [place],
        "book-site-2025-10-23": [place],
    }


@pytest.mark.parametrize(
    "text",
    [
        "A word of it. " * 37_000,
        "## Same\n\n" * 6_000,
        "a {covers: orders}\n\n" * 6_000,
        "<b>" * 30_000,
        "[a](x) " * 6_000,
        "{covers:" * 60_000,
        "<table><tr><td>" * 3_000,
        " " * 500_000 + "x",
        "<p>x" + " \n" * 200_000 + "{covers: x}",
        "|" * 500_000,
        "](" * 250_000,
        "<div>" + "<a href=" * 60_000,
        "<div>" + "<a href='" * 50_000,
        "<!-- " * 100_000,
        "{keep: " * 70_000,
        "<p id='" + "x" * 400_000 + "'>y",
    ],
    ids=lambda text: text[:12].strip(),
)
def test_a_large_text_is_read_in_bounded_time(app, text):
    start = time.process_time()
    reading.read.cache_clear()
    read(text)
    notes(text)
    assert time.process_time() - start < 20
