"""How the shop is used: numbers, charts and lists of a period, beside those of another one."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from flask import request

from storefront import charts
from storefront.blueprints.desk import desk
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import bringing, roles
from storefront.blueprints.desk.traffic_kinds import OF_PEOPLE, REMOVED
from storefront.blueprints.desk.traffic_period import AGAINST, PERIODS, Asked, Days
from storefront.blueprints.desk.traffic_words import change, rate, short
from storefront.models import usage
from storefront.pages import closed, now
from storefront.refusals import Refused

HERE = "/desk/traffic"
screen("Traffic", HERE, ("editor",), "How the shop is used, without watching anyone.")

FIRST_FEW = 5  # values of each kind; a page of its own has all
FUNNEL = {
    "product": "saw a product",
    "cart": "put something into the cart",
    "checkout": "went to the checkout",
    "order": "ordered",
}
COLUMNS = ("views", "visits", "order", "searches")
DAYS_OF_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
REMOVED_TOTALS = {
    "bot views": "by programs: search engines, monitors, scrapers",
    "prefetched views": "that a browser fetched ahead of anybody asking",
    "staff views": "by people who are signed in at the desk",
    "reserved views": "by visitors who ask not to be tracked: in the number of views, nowhere else",
}
# What the pages offer, whatever is asked for.
CHOICES = {
    "periods": PERIODS,
    "against": AGAINST,
    "of_people": OF_PEOPLE,
    "removed": REMOVED,
    "removed_totals": REMOVED_TOTALS,
    "short": short,
}


@dataclass(frozen=True)
class Row:
    """One hour, day, week or month of the charts: its name, as "2026-11-23", and a shorter one."""

    name: str
    label: str
    counts: Counter
    before: Counter


@desk.get("/traffic")
@roles("editor")
@bringing("traffic", instead=True)
def traffic():
    try:
        asked = Asked.read(request.args, now())
    except Refused as refusal:
        return _shown(Asked.read({}, now()), 422, refusal.problems)
    return _shown(asked)


def _shown(asked: Asked, status: int = 200, wrong: dict | None = None):
    page = {"asked": asked, "wrong": wrong or {}, "closed": closed("traffic")}
    page["typed"] = request.args if wrong else asked.typed
    return show("desk/traffic/page.html", status=status, **page, **CHOICES, **counted_in(asked))


def counted_in(asked: Asked) -> dict:
    """All numbers of the page, with their pictures."""
    days, rows = asked.days, series(asked)
    sums, before = summed(rows)
    return {
        "rows": rows,
        "marks": [rows[n * (len(rows) - 1) // 4] for n in range(5)] if len(rows) > 4 else rows,
        "sums": sums,
        "heads": heads(sums, before),
        "drawn": drawn(rows, days.begun),
        "funnel": funnel(sums),
        "week": week(days) if days.count >= 7 else None,
        "lists": lists(days, sums),
        "are_few": usage.are_few(sums["visits"]),
    }


def lists(days: Days, sums: Counter) -> dict[str, list[tuple[str, int]]]:
    """The values that came most often; of a few visits, of what the filters removed alone."""
    found = usage.leading(days.first, days.last, FIRST_FEW)
    if usage.are_few(sums["visits"]):
        return {kind.what: found.get(kind.what, []) for kind in REMOVED}
    return found


def series(asked: Asked) -> list[Row]:
    """What happened bucket by bucket, beside the bucket as far on in the period before."""
    days, before = asked.days, asked.before
    by = days.by
    now_in = usage.totals(days.start, days.end, by)
    then_in = usage.totals(before.start, before.end, by)
    then = [then_in.get(name, Counter()) for name in before.buckets(by)]
    names = days.buckets(by)
    # As many days can touch one week or month more: what is over goes to the last one.
    last = sum(then[len(names) - 1 :], Counter())
    then = [*then[: len(names) - 1], last, *(Counter() for _ in names)]
    return [
        Row(name, _label(name, by), now_in.get(name, Counter()), was)
        for name, was in zip(names, then, strict=False)
    ]


def summed(rows: list[Row]) -> tuple[Counter, Counter]:
    """What happened in all of them, and before."""
    counts = sum((row.counts for row in rows), Counter())
    return counts, sum((row.before for row in rows), Counter())


def _label(name: str, by: str) -> str:
    if by == usage.HOURS:
        return f"{name[11:]}:00"
    if by == usage.MONTHS:
        return f"{date.fromisoformat(f'{name}-01'):%b %Y}"
    return f"{date.fromisoformat(name):%-d %b}"


def heads(sums: Counter, before: Counter) -> list[tuple[str, str, str]]:
    """The numbers at the head of the page: what, how many, and what has changed."""
    titles = {"views": "Views", "visits": "Visits", "order": "Orders", "searches": "Searches"}
    found = [
        (title, f"{sums[what]:,}", _beside(sums[what], before[what]))
        for what, title in titles.items()
    ]
    rates = [rate(each["order"], each["visits"]) for each in (sums, before)]
    was = f"{rates[1]} before" if rates[1] else ""
    found.insert(3, ("Visits that ordered", rates[0] or "–", was))
    return found


def _beside(count: int, before: int) -> str:
    changed = change(count, before)
    return f"{changed}, {before:,} before" if changed.endswith("%") else changed


def drawn(rows: list[Row], begun: int | None = None) -> dict:
    """The paths of the charts, and where their scales end; no line goes on past what has begun."""
    found, steps, rows = {}, max(len(rows) - 1, 1), rows[:begun]
    for what in COLUMNS:
        counts, before = [r.counts[what] for r in rows], [r.before[what] for r in rows]
        top = charts.top(max(counts + before))
        found[what] = {
            "top": top,
            "area": charts.area(counts, top),
            "line": charts.line(counts, top),
            "bars": charts.bars(counts, top),
            "before": charts.line(before, top),
            "steps": steps,
            "words": in_words(rows, counts),
        }
    return found


def in_words(rows: list[Row], counts: list[int]) -> str:
    """What a chart shows, for those who do not see it; a table has its numbers."""
    if not any(counts):
        return "Nothing in this time."
    most = max(range(len(rows)), key=counts.__getitem__)
    ends = f"From {counts[0]:,} ({rows[0].label}) to {counts[-1]:,} ({rows[-1].label})"
    return f"{ends}; the most, {counts[most]:,}, at {rows[most].label}. The table below has all."


def funnel(sums: Counter) -> list[tuple[str, int, str, str]]:
    """The steps to an order: in words, how many visits took each, of all, of those before."""
    found, before = [("came", sums["visits"], "", "")], sums["visits"]
    for what, words in FUNNEL.items():
        of_all, of_before = rate(sums[what], sums["visits"]), rate(sums[what], before)
        found.append((words, sums[what], of_all, of_before))
        before = sums[what]
    return found


def week(days: Days) -> dict:
    """Views by day of the week and hour: the counts, and the paths of a picture of them."""
    counts = usage.week(days.start, days.end)
    day, hour = max(counts, key=counts.__getitem__, default=(0, 0))
    return {
        "counts": counts,
        "paths": charts.squares(counts),
        "names": DAYS_OF_WEEK,
        "words": f"Most views: {DAYS_OF_WEEK[day]} from {hour}:00 on. The table below has all.",
    }
