"""The work of the commands that import and export: files, progress, and what is said."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

import click

from storefront.erasures import Erasures
from storefront.exchange import (
    goods,
    insider_load,
    insiders,
    shopify_write,
    testimonial_load,
    woocommerce_write,
)
from storefront.exchange.goods import Written
from storefront.exchange.load import Report, load
from storefront.exchange.sniff import open_catalogue
from storefront.exchange.testimonials import open_testimonials
from storefront.exchange.woocommerce_variants import Context
from storefront.models import Picture
from storefront.money import decimals

FORMATS = ("shopify", "woocommerce")
MOST_WARNINGS = 1000
STEPS = 500  # how often at most the bar is drawn anew


def bring_in(
    file: Path,
    currency: str,
    at: datetime,
    *,
    dry: bool = False,
    pictured: Callable[[list[Picture]], None] = lambda pictures: None,
) -> Report:
    """Import a file, with a bar on standard error; a dry run lists on standard output.

    What was skipped, and what calls for a remark, is said on standard error once the bar is gone.
    `pictured` is given new pictures as they are written, inside the transaction. Raises
    BadCatalogue, with nothing written.
    """
    catalogue = open_catalogue(file, decimals(currency), at.date())
    warnings = _Warnings()
    tell = click.echo if dry else lambda line: None
    with bar(catalogue.work, "reading", listing=dry) as drawn:
        catalogue.heard = drawn.update
        report = load(
            catalogue, currency, at, dry=dry, tell=tell, warn=warnings.add, pictured=pictured
        )
    if not dry:
        warnings.say()
    return report


def bring_in_testimonials(
    file: Path,
    erasures: Erasures,
    at: datetime,
    *,
    source: str = "",
    day_first: bool | None = None,
    to_queue: bool = False,
    dry: bool = False,
) -> testimonial_load.Report:
    """Import another shop's testimonials; told and raised as by `bring_in`."""
    testimonials = open_testimonials(file, at, day_first, source)
    warnings = _Warnings()
    tell = click.echo if dry else lambda line: None
    options = {"to_queue": to_queue, "dry": dry, "tell": tell, "warn": warnings.add}
    with bar(testimonials.work, "reading", listing=dry) as drawn:
        testimonials.heard = drawn.update
        report = testimonial_load.load(testimonials, erasures, at, **options)
    if not dry:
        warnings.say()
    if report.pictured:
        click.echo(f"{report.pictured} of them name pictures: none is fetched", err=True)
    return report


def bring_in_addresses(
    file: Path, erasures: Erasures, at: datetime, *, statement: str = "", dry: bool = False
) -> insider_load.Report:
    """Import a list of addresses for the Insider Update; told and raised as by `bring_in`."""
    addresses, warnings = insiders.Addresses(file), _Warnings()
    tell = click.echo if dry else lambda line: None
    options = {"statement": statement, "dry": dry, "tell": tell, "warn": warnings.add}
    with bar(addresses.work, "reading", listing=dry) as drawn:
        addresses.heard = drawn.update
        report = insider_load.load(addresses, erasures, at, **options)
    if not dry:
        warnings.say()
    return report


def give_out_addresses(file: str) -> int:
    """Export who gets the Insider Update, as `give_out` does; how many."""
    with _standard_output() if file == "-" else _replaced(Path(file)) as out:
        return insiders.write(out)


def give_out(file: str, format: str, currency: str, at: datetime) -> Written:
    """Export all products to a file, whole or not at all, or to standard output for `-`.

    Raises OSError where it cannot be written; what was there before then is there still.
    """
    warnings = _Warnings()
    with _standard_output() if file == "-" else _replaced(Path(file)) as out:
        written = _write(format, out, currency, at, warnings.add)
    warnings.say()
    return written


def write_down(format: str, file: BinaryIO, currency: str, at: datetime) -> Written:
    """Export all products into an open file, as UTF-8, a batch in memory at a time."""
    out = TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    try:
        return _write(format, out, currency, at, lambda line: None)
    finally:
        out.flush()
        out.detach()


def _write(format: str, out: TextIO, currency: str, at: datetime, warn) -> Written:
    kept, everything, scale = goods.kept_of(format), goods.every(), decimals(currency)
    if format == "woocommerce":
        return woocommerce_write.write(everything, kept, out, Context(scale, at.date()), warn)
    return shopify_write.write(everything, kept, out, scale, warn)


def bar(length: int, label: str, listing: bool = False):
    """A progress bar, unless nobody sees it or a list runs through it."""
    unseen = not sys.stderr.isatty() or (listing and sys.stdout.isatty())
    steps = max(1, length // STEPS)
    return click.progressbar(
        length=length, label=label, file=sys.stderr, hidden=unseen, update_min_steps=steps
    )


class _Warnings:
    """Lines to be said later; past a thousand they are counted only."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._more = 0

    def add(self, line: str) -> None:
        """Keep a line."""
        if len(self._lines) < MOST_WARNINGS:
            self._lines.append(line)
        else:
            self._more += 1

    def say(self) -> None:
        """Write the lines to standard error."""
        for line in self._lines:
            click.echo(line, err=True)
        if self._more:
            click.echo(f"and {self._more} more", err=True)


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` once it is whole, and is gone if it fails."""
    new = path.with_name(f"{path.name}.new")
    try:
        with open(new, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """Standard output as UTF-8 without translated line ends; it stays open."""
    file = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)  # noqa: SIM115
    with file:
        yield file
