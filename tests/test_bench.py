"""The bench runs to its end and prints every row; what it prints is not judged here."""

import os
import subprocess
import sys

import pytest

from tests.bench.table import ROOT, Table, ratio


@pytest.fixture
def bench(tmp_path):
    """Runs the bench on small shops of this test's own, and gives what it printed."""

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench", *words, "--folder", str(tmp_path)],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if k != "DATABASE_URL"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    return run


def test_the_ladder_prints_every_row_or_says_why_not(bench):
    printed = bench("ladder", "--rounds", "1", "--requests", "20", "--products", "60")
    assert "Django Oscar" in printed
    for name in (
        *("bare WSGI page", "constant Flask page", "listing of 24", "product", "cart of 3 lines"),
        *("adding, as a fragment", "adding, as a plain form", "demo: product"),
        *("304", "cached page", "cached page, visitor with a cart", "product, behind a proxy"),
        *("product, behind a proxy, limits on", "one thread", "eight threads"),
    ):
        assert f"\n| {name} | " in printed or f"Not measured: “{name}”" in printed, printed


def test_the_widget_is_measured_beside_flask_and_with_many_testimonials(bench):
    printed = bench("widget", "--rounds", "1", "--requests", "20", "--testimonials", "300")
    for name in ("the widget", "Flask, the same bytes", "widget, all", "widget, one", "product"):
        assert f"\n| {name} | " in printed, printed


def test_what_counting_costs_is_measured_with_it_and_without(bench):
    printed = bench("traffic", "--rounds", "1", "--requests", "20", "--products", "60")
    for name in ("product, kept", "listing, kept", "cart of 3 lines, drawn"):
        assert printed.count(f"\n| {name} | ") == 2, printed


def test_a_profile_names_the_costly_functions(bench):
    printed = bench("--profile", "product", "--products", "60")
    assert "“product”, answered 200" in printed
    assert "storefront/blueprints/products.py" in printed


def test_a_table_is_markdown_with_figures_to_the_right():
    table = Table("Bytes", ["page", "bytes"], [["home", "6,754"], ["a|b", "–"]], ["In passing."])
    assert table.markdown().splitlines() == [
        *("### Bytes", "", "| page | bytes |", "| --- | --: |"),
        *("| home | 6,754 |", "| a\\|b | – |", "", "In passing."),
    ]


def test_a_ratio_is_of_the_same_round():
    assert ratio([2, 40, 6], [1, 20, 3]) == 2
