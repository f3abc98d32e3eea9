"""Programs are told from people by what they call themselves, and people by nothing but a word."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront.traffic import askers
from storefront.traffic.askers import NAMELESS, OTHER, Askers, language, look_at
from tests.visitors import CHROME, FIREFOX, GOOGLEBOT, IPAD

AT = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
# Each as it has been seen, with the name it is counted under.
PROGRAMS = {
    GOOGLEBOT: "Googlebot",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": "bingbot",
    f"Mozilla/5.0 {WEBKIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot)": "GPTBot",
    f"Mozilla/5.0 {WEBKIT}; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)": "ClaudeBot",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)": "AhrefsBot",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": "FacebookBot",
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/120.0.0.0 Safari/537.36": (
        "HeadlessChrome"
    ),
    "curl/8.5.0": "curl",
    "Wget/1.21.4": "Wget",
    "python-requests/2.31.0": "Python Requests",
    "Go-http-client/1.1": "Go-http-client",
    "okhttp/4.12.0": "okhttp",
    "axios/1.6.7": "axios",
    "Java/17.0.9": "Java",
    "PostmanRuntime/7.36.0": "PostmanRuntime",
    "k6/0.49.0 (https://k6.io/)": "k6",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)": "UptimeRobot",
    "Mozilla/5.0 zgrab/0.x": OTHER,
    "": NAMELESS,
    "  ": NAMELESS,
}
PEOPLE = {
    CHROME: ("desktop", "Chrome"),
    FIREFOX: ("phone", "Firefox"),
    IPAD: ("tablet", "Safari"),
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36": (
        *("phone", "Chrome"),
    ),
    f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 "
    "Safari/537.36": ("tablet", "Samsung Internet"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1": ("phone", "Chrome"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.6 Mobile/15E148 Safari/604.1": ("phone", "Safari"),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36 "
    "Edg/141.0.0.0": ("desktop", "Edge"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0": (
        *("desktop", "Firefox"),
    ),
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0": (
        *("desktop", "Opera"),
    ),
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile DuckDuckGo/5 Safari/53": (
        *("phone", "DuckDuckGo"),
    ),
    "Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8": ("other", "Lynx"),
    "w3m/0.5.3+git20230121": ("other", "w3m"),
    "Links (2.28; Linux 6.1 x86_64; GNU C 12.2; text)": ("desktop", "Links"),
    "NetSurf/3.11 (Linux)": ("desktop", "NetSurf"),
    "Dillo/3.0.5": ("other", "Dillo"),
    "Mozilla/5.0 (Wonder; Thing 3) Nobody/1.0": ("other", "other"),
}


def test_programs_are_told_by_their_names():
    told = {name: look_at(name).program for name in PROGRAMS}
    assert told == PROGRAMS


def test_people_are_told_by_kind_of_device_and_family_of_browser():
    told = {name: look_at(name) for name in PEOPLE}
    assert {name: asker.program for name, asker in told.items() if asker.program} == {}
    assert {name: (asker.device, asker.browser) for name, asker in told.items()} == PEOPLE


def test_a_programs_name_that_no_list_has_is_not_taken_for_known():
    assert look_at(GOOGLEBOT).is_listed
    assert look_at("curl/8.5.0").is_listed
    invented = look_at("ann-of-ropewalk-crawler/1.0 (+http://a.example/bot)")
    assert (invented.program, invented.is_listed) != ("", True)
    assert not invented.is_listed


def test_of_a_browser_nothing_is_kept_but_words_of_closed_lists():
    odd = f"Mozilla/5.0 (Windows NT 10.0; Ann Onymous) {WEBKIT} AnnsBrowser/1.2 Safari/537.36"
    asker = look_at(odd)
    assert asker.browser in askers.FAMILIES | {"other"}
    assert asker.device == "desktop"


def test_names_in_memory_are_bounded_and_the_usual_ones_stay(monkeypatch):
    monkeypatch.setattr(askers, "MOST", 10)
    known = Askers()
    for n in range(100):
        known.of(CHROME, AT)
        known.of(f"Mozilla/5.0 (X11; Linux) Firefox/{n}", AT)
    assert len(known._known) + len(known._before) <= 20
    assert CHROME in known._known | known._before
    known.of("x" * 60_000, AT)
    assert max(map(len, known._known)) <= askers.LONGEST


def test_more_new_names_than_can_be_looked_at_are_let_be_for_a_minute(monkeypatch):
    monkeypatch.setattr(askers, "MOST_NEW", 3)
    known = Askers()
    told = [known.of(f"Mozilla/5.0 (X11; Linux) Firefox/{n}", AT) for n in range(5)]
    assert [bool(asker) for asker in told] == [True] * 3 + [False] * 2
    assert known.of("Mozilla/5.0 (X11; Linux) Firefox/0", AT)
    assert known.of("Mozilla/5.0 (X11; Linux) Firefox/4", AT + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("en-GB,en;q=0.5", "en"),
        (" DE ", "de"),
        ("zh-Hant-TW", "zh"),
        ("fil;q=1", "fil"),
        ("*", "other"),
        ("klingon", "other"),
        ("", "other"),
    ],
)
def test_the_language_is_the_first_that_is_asked_for(asked, told):
    assert language(asked) == told
