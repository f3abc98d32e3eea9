"""A table of figures, printed as Markdown, and the facts about the machine that go above it."""

import os
import platform
import re
import sqlite3
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FIGURES = re.compile(r"[\d.,–%]*")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Table:
    """Rows under headings. `notes` are printed below, a paragraph each."""

    title: str
    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # what could not be measured, and why

    def markdown(self) -> str:
        """The table, fit to be pasted into a document: words to the left, figures to the right."""
        lines = [f"### {self.title}", ""]
        if self.rows:
            ruler = ["---" if self._is_words(n) else "--:" for n in range(len(self.head))]
            for row in (self.head, ruler, *self.rows):
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
            lines.append("")
        for note in [*self.notes, *(f"Not measured: {why}" for why in self.wrong)]:
            lines += [note, ""]
        return "\n".join(lines)

    def _is_words(self, column: int) -> bool:
        return not all(FIGURES.fullmatch(row[column]) for row in self.rows)


def spread(samples: Sequence[float], digits: int = 3) -> str:
    """The lowest and the highest, as "0.123–0.145"."""
    return f"{min(samples):.{digits}f}–{max(samples):.{digits}f}"


def ratio(samples: Sequence[float], baseline: Sequence[float]) -> float:
    """The median of the rounds' own ratios.

    Both sides of each were measured within seconds: what slows the machine for a while slows both.
    """
    return statistics.median(s / b for s, b in zip(samples, baseline, strict=True))


def facts() -> str:
    """One paragraph about the machine and the versions in use."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("granian", "flask", "peewee"))
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_commit()}. {os.cpu_count()} cores, {_cpu()}, "
        f"{platform.system()} {platform.release().split('-')[0]}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}. "
        f"Load of the machine before the start: {load:.2f}."
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return f"commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}{changed}"
