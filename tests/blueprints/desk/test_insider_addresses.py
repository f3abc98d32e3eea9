"""The addresses of the Insider Update at the desk: brought in, looked up, taken away."""

import io

import pytest

from storefront import privacy
from storefront.blueprints.desk import insider_addresses
from storefront.erasures import Erasures
from storefront.exchange.insiders import HEAD
from storefront.models import GoneInsider, Insider, StaffAction
from storefront.models.consent import NOW, digest_of
from tests.models.test_insider import asking, imported, reading
from tests.staff import in_browser, settled, signed_in
from tests.test_coverage import post, without  # noqa: F401 fixtures

AT = "/desk/insider/addresses"
HELD = "Ticked on paper at our market stall, 2024"


def bring(visitor, text: str, consent: str = ""):
    form = {"file": (io.BytesIO(text.encode()), "list.csv"), "consent": consent}
    return visitor.post(AT, form, content_type="multipart/form-data")


def noted() -> list[tuple]:
    return [(each.what, each.row) for each in StaffAction.select().order_by(StaffAction.id)]


def test_a_list_is_brought_in_and_what_came_of_it_told_once(at_work, clock):
    reading("known@example.com", clock())
    text = "Email\nann@example.com\nbob\nknown@example.com\n"
    answer = bring(at_work, text)
    assert answer.status_code in (204, 303)
    page = at_work.client.get(AT).text
    assert "1 came in, 0 were here already" not in page
    assert "1 lines were skipped" in page
    assert "Line 3: skip, it holds no e-mail address that can be written to." in page
    assert "Readers: 1." in page
    assert "were skipped" not in at_work.client.get(AT).text
    assert noted() == [("added", None)]
    assert Insider.about("ann@example.com").get().confirmed_at is None


def test_a_stated_consent_is_recorded_and_one_that_says_nothing_refused(at_work):
    form = {"file": (io.BytesIO(b"ann@example.com\n"), "list.csv"), "consent": "yes"}
    refused = at_work.client.post(AT, data=form, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert 'id="consent-error"' in refused.text
    assert ">yes</textarea>" in refused.text
    assert not Insider.select().exists()
    assert noted() == []
    bring(at_work, "ann@example.com\n", HELD)
    assert [one.statement for one in Insider.reading()] == [HELD]
    assert HELD in at_work.post(f"{AT}/searches", {"email": "ann@example.com"}).text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("Handle,Title\nmug,Mug\n", "no column holds e-mail addresses"),
        ('email\n"cut', "cut short"),
        ("ann@example.com\n" * 10**4, "bring it in several files"),
    ],
)
def test_what_is_no_list_is_refused_beside_the_field(editor, monkeypatch, text, words):
    monkeypatch.setattr(insider_addresses, "MOST", 10**5)
    form = {"file": (io.BytesIO(text.encode()), "list.csv")}
    answer = editor.post(AT, data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="file-error"' in answer.text
    assert editor.post(AT, data={}).status_code == 422
    assert not Insider.select().exists()


def test_nothing_is_brought_in_while_the_policy_does_not_cover_it(editor, without):  # noqa: F811
    without("insider")
    form = {"file": (io.BytesIO(b"ann@example.com\n"), "list.csv")}
    answer = editor.post(AT, data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Nobody can sign up to the Insider Update now" in answer.text
    assert not Insider.select().exists()


def test_one_address_is_looked_up_with_what_proves_its_consent(at_work, clock):
    one = reading("ann@example.com", clock())
    page = at_work.post(f"{AT}/searches", {"email": " Ann@Example.com "})
    assert page.status_code == 200
    assert ("<html" in page.text) is not at_work.fragments
    assert NOW["page"] in page.text
    assert digest_of(NOW["page"]) in page.text
    assert f"/privacy/versions/{one.policy.number}" in page.text
    assert "by the link that was mailed" in page.text
    none = at_work.post(f"{AT}/searches", {"email": "bob@example.com"})
    assert "This address is not on the list" in none.text
    assert noted() == [("opened", one.id), ("searched", None)]


def test_who_asks_by_letter_is_taken_off(at_work, app, clock):
    one = asking("ann@example.com", clock())
    answer = at_work.post(f"{AT}/{one.id}/removal", {})
    assert answer.status_code in (204, 303)
    assert "They are off the list" in at_work.client.get(AT).text
    assert not Insider.select().exists()
    assert GoneInsider.select().count() == 1
    assert at_work.post(f"{AT}/{one.id}/removal", {}).status_code == 404


def test_managers_alone_take_the_list_away_and_sign_in_anew_for_it(app, editor, clock):
    reading("ann@example.com", clock())
    imported("=bob@example.com", clock(), confirmed_at=clock(), statement=HELD)
    assert editor.get(f"{AT}.csv").status_code == 403
    assert "Take the list away" not in editor.get(AT).text
    manager = in_browser(app, settled(app, "manager"))
    assert "Take the list away" in manager.get(AT).text
    file = manager.get(f"{AT}.csv")
    assert file.mimetype == "text/csv"
    assert "no-store" in file.headers["Cache-Control"]
    head, first, second = file.text.splitlines()
    assert head == ",".join(HEAD)
    assert first.startswith("ann@example.com,")
    assert second.startswith("'=bob@example.com,")
    assert noted() == [("exported", None)]
    clock.forward(hours=2)
    assert manager.get(f"{AT}.csv").status_code == 303


def test_others_at_the_desk_have_nothing_to_do_with_it(app, clock):
    one = asking("ann@example.com", clock())
    for role in ("fulfilment", "moderator"):
        browser = signed_in(app, role)
        assert browser.get(AT).status_code == 403
        assert browser.post(f"{AT}/searches", data={"email": one.email}).status_code == 403
        assert browser.post(f"{AT}/{one.id}/removal").status_code == 403
    assert Insider.select().exists()


def test_who_is_erased_while_a_list_is_read_does_not_come_back(
    app, editor, settings, clock, monkeypatch
):
    moments = Erasures.moments

    def and_then_somebody_goes(erasures):
        known = moments(erasures)
        clock.forward(seconds=1)
        with monkeypatch.context() as patch:
            patch.setattr(Erasures, "moments", moments)
            privacy.erase("ann@example.com", settings, clock())
        return known

    reading("ann@example.com", clock())
    monkeypatch.setattr(Erasures, "moments", and_then_somebody_goes)
    file = (io.BytesIO(b"ann@example.com\nbob@example.com\n"), "list.csv")
    form = {"file": file, "consent": HELD}
    answer = editor.post(AT, data=form, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert [one.email for one in Insider.reading()] == ["bob@example.com"]
