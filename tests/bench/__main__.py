"""Measures the shop: `bin/bench [what…]`; see `bin/bench --help`."""

import argparse
import os
import sys
from pathlib import Path

from tests.bench.servers import OURS
from tests.bench.shops import FOLDER
from tests.bench.table import Table, facts

USUAL = ("ladder", "bytes", "memory", "sizes")


def ladder(chosen) -> list[Table]:
    from tests.bench import ladder

    return ladder.main(
        chosen.rounds or 5, chosen.seconds, chosen.requests, chosen.products, chosen.folder
    )


def page_bytes(chosen) -> list[Table]:
    from tests.bench import page_bytes

    return page_bytes.main()


def memory(chosen) -> list[Table]:
    from tests.bench import memory

    return memory.main(chosen.rounds or 3)


def sizes(chosen) -> list[Table]:
    from tests.bench import sizes

    return sizes.main(chosen.rounds or 3, [int(size) for size in chosen.sizes.split(",")])


def lighthouse(chosen) -> list[Table]:
    from tests.bench import lighthouse

    return lighthouse.main(chosen.rounds or 5)


def orders(chosen) -> list[Table]:
    from tests.bench import orders

    return [Table("Orders a second", orders.HEAD, orders.main(chosen.rounds or 7))]


def sealing(chosen) -> list[Table]:
    from tests.bench import sealing

    rows = sealing.main(chosen.rounds or 5)
    units = list(dict.fromkeys(unit for _, figures in rows for unit in figures))
    table = Table("Sealing a card, and its way to the receipt", ["what", *units])
    for name, figures in rows:
        table.rows.append([name, *(_in_figures(figures[u]) if u in figures else "" for u in units)])
    return [table]


def widget(chosen) -> list[Table]:
    from tests.bench import widget

    return widget.main(
        chosen.rounds or 5, chosen.seconds, chosen.requests, chosen.folder, chosen.testimonials
    )


def traffic(chosen) -> list[Table]:
    from tests.bench import traffic

    return traffic.main(
        chosen.rounds or 9, chosen.seconds, chosen.requests, chosen.products, chosen.folder
    )


def _in_figures(number: float) -> str:
    """Three of them, and none that only an engineer reads: 1,110 and not 1.11e+03."""
    return f"{number:,.0f}" if number >= 100 else f"{number:,.3g}"


# Each is imported only when it is asked for: some need programs that others do not.
MEASURES = {
    "ladder": ladder,
    "bytes": page_bytes,
    "memory": memory,
    "sizes": sizes,
    "lighthouse": lighthouse,
    "orders": orders,
    "sealing": sealing,
    "widget": widget,
    "traffic": traffic,
}


def read_words() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measures the shop beside baselines of the same run, and prints tables.",
        epilog=f"Without names: {', '.join(USUAL)}.",
    )
    words.add_argument("what", nargs="*", metavar="what", help=", ".join(MEASURES))
    words.add_argument("--all", action="store_true", help="everything")
    words.add_argument("--rounds", type=int, help="instead of each measure's own number")
    words.add_argument("--seconds", type=float, default=1.0, help="of one sample of the ladder")
    words.add_argument("--requests", type=int, default=10**9, help="at most, of one such sample")
    words.add_argument("--products", type=int, default=1000, help="in the ladder's shop")
    words.add_argument("--sizes", default="1000,100000", help="of the catalogues compared")
    words.add_argument("--testimonials", type=int, default=100_000, help="beside 100 of them")
    words.add_argument("--folder", type=Path, default=FOLDER, help="where the shops are kept")
    words.add_argument("--profile", metavar="ROW", help="what a row of the ladder spends time on")
    chosen = words.parse_args()
    if unknown := set(chosen.what) - set(MEASURES):
        words.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(MEASURES)}")
    return chosen


def main() -> int:
    """Exit code 1 when something could not be measured; a missed aim is a figure, not an error."""
    chosen = read_words()
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    if chosen.profile:
        from tests.bench import profiled

        print(profiled.main(chosen.profile, chosen.products, chosen.folder))
        return 0
    print(facts(), flush=True)
    wrong = []
    for name in MEASURES if chosen.all else chosen.what or USUAL:
        for table in MEASURES[name](chosen):
            print(f"\n{table.markdown()}", end="", flush=True)
            wrong += table.wrong
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
