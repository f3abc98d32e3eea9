"""Views of widgets are counted by day, and nothing else of them is kept."""

import logging
from datetime import timedelta

from storefront import privacy, view_counts
from storefront.db import database
from storefront.models import WidgetViews
from storefront.models.reseller import DAYS_KEPT
from tests.resellers import frame_of, resold


def test_views_are_counted_by_day_and_nothing_else_of_them(nobody, hill, shirt, clock):
    resold(shirt, clock())
    for _ in range(3):
        nobody.get(frame_of(hill))
    nobody.get(f"/widget/{hill.key}.json")
    nobody.head(frame_of(hill))
    nobody.get("/widget/nobodys/testimonials")
    nobody.get(f"/oembed?url=http://localhost:8000{frame_of(hill)}")
    view_counts.write_down()
    assert WidgetViews.of_days(hill, [clock().date()]) == [(clock().date(), 4)]
    assert set(WidgetViews._meta.fields) == {"id", "reseller", "day", "views"}


def test_views_of_two_days_are_written_to_both(hill, clock):
    days = [clock().date(), (clock() + timedelta(days=1)).date()]
    for _ in range(2):
        view_counts.note(frame_of(hill), clock())
    clock.forward(days=1)
    view_counts.note(f"/widget/{hill.key}.json", clock())
    view_counts.write_down()
    view_counts.note(f"/widget/{hill.key}.json", clock())
    view_counts.write_down()
    assert WidgetViews.of_days(hill, days) == [(days[0], 2), (days[1], 2)]


def test_a_database_that_refuses_is_asked_again(hill, clock, caplog):
    view_counts.note(frame_of(hill), clock())
    with database.atomic() as transaction:
        database.execute_sql("ALTER TABLE widget_views RENAME TO elsewhere")
        with caplog.at_level(logging.WARNING):
            view_counts.write_down()
        transaction.rollback()
    assert "were not counted yet" in caplog.text
    assert hill.key not in caplog.text
    view_counts.write_down()
    assert WidgetViews.get().views == 1


def test_who_asks_not_to_be_tracked_is_in_no_count_of_a_widget(client, hill):
    for headers in ({}, {"Sec-GPC": "1"}, {"DNT": "1"}):
        assert client.get(frame_of(hill), headers=headers).status_code == 200
    view_counts.write_down()
    assert WidgetViews.get().views == 1


def test_what_is_no_widget_is_not_counted(hill, clock):
    for path in ("/widget/key.pub", "/oembed", f"/widget/{hill.key}/testimonials/1/address"):
        view_counts.note(path, clock())
    view_counts.write_down()
    assert WidgetViews.select().count() == 0


def test_counts_of_days_long_past_go_with_the_sweep(settings, hill, clock):
    for days in (DAYS_KEPT + 1, DAYS_KEPT - 1):
        view_counts.note(frame_of(hill), clock() - timedelta(days=days))
    view_counts.write_down()
    assert privacy.sweep(settings, clock())["widget_views"] == 1
    assert WidgetViews.get().day == clock().date() - timedelta(days=DAYS_KEPT - 1)
