"""Trials at the desk: begun, read, ended, removed."""

from storefront.models import Collection, TrafficDay, Trial
from tests.promotions import promoted

HERE = "/desk/trials"


def test_a_trial_is_begun_read_ended_and_removed(at_work, clock):
    assert "There are none yet." in at_work.get(HERE).text
    held = Collection.get(Collection.slug == "rain-ready")
    form = {"what": "order", "collection": held.id, "order": "new"}
    assert at_work.post(HERE, form).status_code in (200, 303)
    trial = Trial.get()
    assert "Too early to say" in at_work.get(HERE).text
    for what, counted in (("shown", (2000, 2000)), ("followed", (200, 300))):
        for arm, count in zip("ab", counted, strict=True):
            name = trial.link_name(arm)
            TrafficDay.create(day=clock().date(), what=what, value=name, count=count)
    page = at_work.get(HERE).text
    assert "More visits follow B." in page
    assert "between +3.0 and +7.0" in page
    at_work.post(f"{HERE}/{trial.id}/end", {})
    assert Trial.get().ended_at
    at_work.post(f"{HERE}/{trial.id}/removal", {})
    assert Trial.select().count() == 0


def test_two_banners_are_tried_and_slips_are_told_with_what_was_chosen_kept(at_work, clock):
    one, other = (promoted(clock(), title=title).id for title in ("One", "Other"))
    form = {"what": "promotion", "promotion": one, "against": one}
    refused = at_work.post(HERE, form)
    assert refused.status_code == 422
    assert "Choose two different promotions." in refused.text
    assert f'<option value="{one}" selected>' in refused.text
    empty = at_work.post(HERE, {"what": "order", "collection": "", "order": "best"})
    assert "Please choose one." in empty.text
    assert "Choose the order that is tried." in empty.text
    at_work.post(HERE, form | {"against": other})
    assert Trial.get().against_id == other
    assert at_work.post(f"{HERE}/999/end", {}).status_code == 422
