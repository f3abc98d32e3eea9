"""Somebody buys something in w3m, which knows neither scripts nor Origin nor Sec-Fetch-Site."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

QUIET = 0.35  # seconds without output after which w3m is taken to have drawn its page
LONGEST = 15


class W3m:
    """A person at w3m, who searches for words, moves to what follows them, and presses Return."""

    def __init__(self, url: str, home: Path) -> None:
        self.home = home
        self.keyboard, theirs = pty.openpty()
        options = ["-cookie", "-o", "accept_cookie=1", "-o", "confirm_qq=0", "-o", "auto_image=0"]
        self.process = subprocess.Popen(
            ["w3m", *options, url],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"HOME": str(home), "TERM": "xterm", "LINES": "60", "COLUMNS": "100"},
            start_new_session=True,
        )
        os.close(theirs)
        self.press("")

    def press(self, keys: str) -> None:
        os.write(self.keyboard, keys.encode())
        start = time.monotonic()
        while time.monotonic() < start + LONGEST:
            if not select.select([self.keyboard], [], [], QUIET)[0]:
                return
            os.read(self.keyboard, 65536)

    def find(self, words: str) -> None:
        self.press(f"g/{words}\r")

    def follow(self, words: str) -> None:
        """Press Return on the link or button that says so."""
        self.find(words)
        self.press("\r")
        time.sleep(0.5)
        self.press("")

    def type_after(self, label: str, text: str) -> None:
        """Fill the field that follows a label."""
        self.find(label)
        self.press("\t")
        self.press("\r")
        self.press(f"\x15{text}\r")

    def text(self) -> str:
        """The page as w3m shows it."""
        saved = self.home / "page.txt"
        saved.unlink(missing_ok=True)
        self.press(f"S\x15{saved}\r")
        return saved.read_text() if saved.exists() else ""

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(5)
        os.close(self.keyboard)


@pytest.fixture
def w3m(running_shop, tmp_path):
    if not shutil.which("w3m"):
        pytest.fail("w3m is missing; bin/test installs it")
    browser = W3m(f"{running_shop.origin}/search?q=merino", tmp_path)
    yield browser
    browser.close()


def test_somebody_buys_two_in_a_text_browser(w3m):
    w3m.follow("Second-Day")
    assert "Quantity" in w3m.text()
    w3m.type_after("Quantity", "2")
    w3m.follow("Add to cart")
    assert "Your cart" in w3m.text()
    assert re.search(r"Subtotal .124\.00", w3m.text())
    w3m.follow("Go to checkout")
    w3m.type_after("E-mail address", "ann@example.com")
    w3m.type_after("Full name", "Ann Walker")
    w3m.type_after("Street address", "1 Main St")
    w3m.type_after("^City", "Portland")
    w3m.type_after("^State", "OR")
    w3m.type_after("ZIP code", "97209")
    w3m.follow("Place the order")
    assert "Pay for your order" in w3m.text()
    w3m.type_after("Card number", "4242424242424242")
    w3m.type_after("Expiry date", "12/39")
    w3m.follow("Pay .124")
    said = w3m.text()
    # The desk of the demonstration may have charged the card while w3m drew: then it is complete.
    assert re.search("Thank you, your order is (in|complete)", said)
    assert "Card sealed in the vault" in said
