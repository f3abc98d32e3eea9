"""What the shop counts is what a script that knows nothing of it counts from the log."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from docs import count_log
from storefront.app import create_app
from storefront.models import Product, TrafficDay, TrafficHour, Variant
from tests.faults.made_up_log import AGENTS, Asked, Planner, replay
from tests.journey import item
from tests.promotions import promoted


def test_an_independent_script_counts_the_same_from_the_log(settings, clock, size):
    many = size(2_000, 100_000)
    app = create_app(replace(settings, proxies=("127.0.0.1",)), clock)
    traffic = app.extensions["traffic"]
    noon = (clock() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    asked = planned(noon, many)
    lines = list(replay(app, clock, writing(traffic, asked)))
    traffic.end()
    assert len(lines) == many
    by_script = count_log.count(lines, AGENTS)
    found = different(counted(), by_script)
    assert not found, "\n".join(found)
    for what in ("followed", "order", "searches in vain", "staff views", "pages not found"):
        assert f"\t{what}\t" in "\n".join(by_script), "the log has one of each kind"
    print(f"\n{len(lines)} requests, {len(by_script)} numbers")


def planned(noon: datetime, many: int) -> list[Asked]:
    handles = [product.handle for product in Product.select().order_by(Product.id)]
    paths = ["/", "/products", *(f"/products/{handle}" for handle in handles), "/privacy"]
    promoted(noon, ends_at=noon + timedelta(days=3), starts_at=noon - timedelta(hours=1))
    Variant.update(stock=100_000).where(Variant.stock > 0).execute()
    some = Variant.select().where(Variant.stock > 0).order_by(Variant.id).limit(30)
    return Planner(12, noon, paths, [item(variant) for variant in some]).planned(many)


def writing(traffic, asked: list[Asked]) -> Iterator[Asked]:
    """The same requests; at random, a minute is over before the next."""
    chance = random.Random(5)
    for one in asked:
        if chance.random() < 0.02:
            traffic.write_down()
        yield one


def counted() -> list[str]:
    hours = [f"{row.hour:%Y-%m-%d %H}\t{row.what}\t{row.count}" for row in TrafficHour.select()]
    days = TrafficDay.select().where(TrafficDay.count != 0)
    return sorted([*hours, *(f"{row.day}\t{row.what}\t{row.value}\t{row.count}" for row in days)])


def different(ours: list[str], scripts: list[str]) -> list[str]:
    """What only one of them has."""
    return [f"shop: {one}" for one in sorted(set(ours) - set(scripts))] + [
        f"script: {one}" for one in sorted(set(scripts) - set(ours))
    ]
