"""Drafts of the policy: kept, saved by several editors, thrown away."""

from datetime import date, timedelta

import pytest

from storefront.models import PolicyDraft
from storefront.models.policy_draft import Gone, Overtaken


@pytest.fixture
def draft(settings, clock):
    return PolicyDraft.begin("Little.", role="editor", at=clock(), started_from=1)


def test_a_draft_is_kept_with_the_role_of_who_wrote_it(draft, clock):
    clock.forward(hours=1)
    facts = {"text": "Less.", "changes": "Shorter.", "in_force_on": date(2030, 1, 2)}
    draft.rewrite(draft.revision, role="manager", at=clock(), **facts)
    kept = PolicyDraft.get()
    assert (kept.text, kept.changes, kept.in_force_on) == ("Less.", "Shorter.", date(2030, 1, 2))
    assert (kept.updated_by, kept.updated_at, kept.started_from) == ("manager", clock(), 1)
    assert kept.revision == draft.revision


def test_of_two_who_save_the_same_draft_one_wins_and_the_other_is_told(draft, clock):
    seen = draft.revision
    PolicyDraft.get().rewrite(seen, role="editor", at=clock(), text="First.")
    with pytest.raises(Overtaken, match="saved this draft since") as refusal:
        draft.rewrite(seen, role="editor", at=clock(), text="Second.")
    assert refusal.value.draft.text == PolicyDraft.get().text == "First."
    assert draft.text == "Little.", "who is refused goes on with what there was"
    draft.rewrite(refusal.value.draft.revision, role="editor", at=clock(), text="Second.")
    assert PolicyDraft.get().text == "Second."


def test_a_draft_that_is_saved_twice_by_one_press_is_saved_once(draft, clock):
    seen = draft.revision
    PolicyDraft.get().rewrite(seen, role="editor", at=clock(), text="Mine.")
    draft.rewrite(seen, role="editor", at=clock(), text="Mine.")
    assert draft.text == "Mine."
    assert draft.revision == PolicyDraft.get().revision == seen + 1


def test_a_draft_somebody_has_saved_since_is_not_thrown_away(draft, clock):
    seen = draft.revision
    draft.rewrite(seen, role="editor", at=clock(), text="Better.")
    with pytest.raises(Overtaken):
        draft.discard(seen)
    draft.discard(draft.revision)
    assert not PolicyDraft.select().exists()


def test_a_draft_that_is_gone_is_said_to_be_gone(draft, clock):
    draft.discard(draft.revision)
    for use in (
        lambda: PolicyDraft.find(draft.id),
        lambda: draft.discard(draft.revision),
        lambda: draft.rewrite(draft.revision, role="editor", at=clock(), text="Mine."),
    ):
        with pytest.raises(Gone, match="posted or thrown away"):
            use()


def test_a_form_of_a_draft_that_is_gone_does_not_fit_the_next_one(draft, clock):
    draft.discard(draft.revision)
    after = PolicyDraft.begin("Another.", role="editor", at=clock())
    with pytest.raises((Gone, Overtaken)):
        draft.rewrite(draft.revision, role="editor", at=clock(), text="Mine.")
    assert PolicyDraft.get_by_id(after.id).text == "Another."


def test_the_draft_saved_last_stands_first(draft, clock):
    clock.forward(minutes=1)
    PolicyDraft.begin("Later.", role="editor", at=clock())
    assert [each.text for each in PolicyDraft.newest_first()] == ["Later.", "Little."]
    draft.rewrite(draft.revision, role="editor", at=clock() + timedelta(hours=1), text="Last.")
    assert [each.text for each in PolicyDraft.newest_first()] == ["Last.", "Later."]


def test_the_digest_tells_all_that_would_be_posted(draft):
    digests = {draft.digest}
    for name, value in {"text": "x", "changes": "y", "in_force_on": date(2030, 1, 1)}.items():
        setattr(draft, name, value)
        digests.add(draft.digest)
    assert len(digests) == 4
    draft.updated_by = "manager"
    assert draft.digest in digests
