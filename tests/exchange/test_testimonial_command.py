"""`import-testimonials`, as a shell runs it."""

import pytest

from storefront import policy, privacy
from storefront.erasures import Erasures
from storefront.exchange import commands
from storefront.models import Testimonial
from storefront.testimonial_commands import import_testimonials
from tests.exchange.test_exchange_commands import storefront  # noqa: F401
from tests.exchange.test_testimonials import FIXTURES, HEAD, SHIRT

SUMMARY = "testimonials=3 products=1 waiting=1 left_out=1 skipped=1\n"


@pytest.fixture
def run(storefront):  # noqa: F811
    return lambda *arguments: storefront("import-testimonials", *arguments)


def test_a_file_is_brought_in_and_what_was_skipped_said(run):
    code, said, complained = run(FIXTURES / "judge-me.csv")
    assert (code, said) == (0, SUMMARY)
    assert complained == (
        "line 7: skip, it names no product: it may be about the shop\n"
        "1 of them name pictures: none is fetched\n"
    )
    assert Testimonial.select().count() == 3
    assert run(FIXTURES / "judge-me.csv")[:2] == (0, SUMMARY)
    assert Testimonial.select().count() == 3


def test_a_dry_run_lists_every_row_without_a_name_and_writes_nothing(run):
    code, said, complained = run(FIXTURES / "judge-me.csv", "--dry-run")
    assert code == 0
    assert said.startswith("line 2: make\nline 4: make\n")
    assert said.endswith(SUMMARY)
    for secret in ("camille", "Camille", "Marc", "Dry for weeks", "Sleeves"):
        assert secret not in said + complained
    assert not Testimonial.select().exists()


def test_options_name_the_shop_send_all_to_the_queue_and_say_how_dates_are_meant(run, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(f"{HEAD}{SHIRT},5,Ann,ann@example.com,Warm,05/03/2024,,published,\n")
    code, said, complained = run(path)
    assert (code, said) == (1, "")
    assert complained.startswith("line 2: its date, '05/03/2024', may mean two days")
    assert not Testimonial.select().exists()
    assert run(path, "--day-first", "--to-queue", "--from", "Our old shop")[0] == 0
    (one,) = Testimonial.select()
    assert (one.state, one.imported_from) == ("waiting", "Our old shop")
    assert (one.written_at.month, one.written_at.day) == (3, 5)


def test_another_kind_of_file_is_refused_with_exit_code_1(run, tmp_path):
    path = tmp_path / "products.csv"
    path.write_text("Handle,Title,Variant Price\nmug,Mug,12\n")
    code, said, complained = run(path)
    assert (code, said) == (1, "")
    assert complained.startswith("line 1: no column says what was said or when; ")
    assert complained.count("\n") == 1


def test_nothing_is_brought_in_that_the_policy_does_not_cover(run, settings, clock):
    key = policy.read_key(settings.keys)
    text = "# Less\n\nAs ever. {covers: orders}\n"
    at = clock()
    policy.publish(text, key, role="editor", changes="Less.", in_force_at=at, at=at)
    code, said, complained = run(FIXTURES / "judge-me.csv")
    assert (code, said) == (1, "")
    assert complained.startswith("No testimonials are taken at the moment, because our privacy")
    assert not Testimonial.select().exists()


def test_who_is_erased_while_the_file_is_read_is_erased_from_what_it_brought(
    settings, clock, monkeypatch
):
    """On PostgreSQL an erasure need not wait for the import; the import comes after it then."""

    def meanwhile(file, erasures: Erasures, at, **options):
        report = brought(file, erasures, at, **options)
        privacy.erase("marc@example.com", settings, clock())
        Testimonial.update(email="marc@example.com").execute()  # as if it had come just now
        return report

    brought = commands.bring_in_testimonials
    module = "storefront.testimonial_commands"
    monkeypatch.setattr(f"{module}.bring_in_testimonials", meanwhile)
    monkeypatch.setattr(f"{module}.open_shop", lambda: _Open(settings))
    clock.forward(minutes=1)
    import_testimonials.callback(FIXTURES / "judge-me.csv", False, False, "", None)
    assert not Testimonial.select().exists()


class _Open:
    """A shop that is open already."""

    def __init__(self, settings) -> None:
        self._settings = settings

    def __enter__(self):
        return self._settings

    def __exit__(self, *_) -> None:
        pass
