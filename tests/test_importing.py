"""An import that the desk asked for: tried, done by the worker, stopped, killed, tidied away."""

import io
import os
import signal
import subprocess
import threading
import time
from dataclasses import asdict
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from storefront import brought, gate, importing, prints, programs
from storefront.brought import Place
from storefront.db import database
from storefront.importing import Importer
from storefront.jobs import Jobs
from storefront.models import CatalogueImport, Picture, Product, Variant
from storefront.refusals import Refused
from tests.snapshots import picture

HEADER = "Handle,Title,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src\n"
MUG = HEADER + "mug,Mug,shopify,7,12.00,https://cdn.example/mug.jpg\n"


@pytest.fixture
def place(settings) -> Place:
    return Place(settings)


@pytest.fixture
def bring(place, clock):
    """A file that has come to the desk."""

    def bring(text: str = MUG) -> CatalogueImport:
        return place.receive("export.csv", io.BytesIO(text.encode()), clock())

    return bring


@pytest.fixture
def work(settings, clock):
    """Do all that waits, as the worker would; the import as it is then."""

    def work(run: CatalogueImport, **options) -> CatalogueImport:
        Importer(settings, **options).work_off(clock)
        return CatalogueImport.get_by_id(run.id)

    return work


@pytest.fixture
def tried(bring, work):
    return work(bring())


def many(count: int) -> str:
    return HEADER + "".join(f"p{n},Product {n},shopify,7,12.00,\n" for n in range(count))


def left_in(place) -> list[str]:
    return sorted(path.suffix for path in place.folder.iterdir())


def test_a_file_is_kept_for_its_owner_alone_and_named_by_nobody(bring, place):
    run = bring()
    path = place.path(run)
    assert (path.stat().st_mode & 0o777, place.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert path.read_text() == MUG
    assert (run.format, run.step, run.state) == ("shopify", "trial", "waiting")


def test_what_is_no_catalogue_is_refused_in_words_and_not_kept(bring, place):
    for text, why in (
        ("", "The file is empty"),
        ("%PDF-1", "a PDF"),
        ("a,b\n1,2\n", "the header begins"),
    ):
        with pytest.raises(Refused, match=why):
            bring(text)
    assert left_in(place) == []
    assert not CatalogueImport.select().exists()


def test_a_file_that_is_too_large_is_refused_and_not_kept(bring, place, monkeypatch):
    monkeypatch.setattr(brought, "LARGEST", len(MUG) - 1)
    with pytest.raises(Refused, match="larger than"):
        bring()
    assert left_in(place) == []


def test_trying_writes_nothing_and_says_what_would_change(tried):
    assert (tried.step, tried.state) == ("trial", "done")
    assert (tried.products, tried.made, tried.changed, tried.same) == (1, 1, 0, 0)
    assert tried.changes == ["line 2: make mug, 1 variant"]
    assert not Product.select().where(Product.handle == "mug").exists()


def test_it_is_imported_once_somebody_says_so_and_the_file_goes(tried, work, place, clock):
    tried.begin(True, False, clock())
    run = work(tried)
    assert (run.step, run.state) == ("import", "done")
    assert Product.get(Product.handle == "mug").title == "Mug"
    assert left_in(place) == []
    with pytest.raises(Refused, match="begun already"):
        run.begin(True, False, clock())


@pytest.mark.parametrize(("keeps", "stock"), [(True, 3), (False, 7)])
def test_stock_stays_or_follows_the_file_as_it_was_said(tried, bring, work, clock, keeps, stock):
    tried.begin(True, False, clock())
    work(tried)
    mug = Product.get(Product.handle == "mug")
    Variant.update(stock=3).where(Variant.product == mug).execute()
    other = "cup,Cup,shopify,9,12.00,\n"
    again = work(bring(MUG + other))
    assert again.recounted == 1
    again.begin(keeps, False, clock())
    assert work(again).recounted == 1
    assert mug.in_order()[0].stock == stock
    assert Product.get(Product.handle == "cup").in_order()[0].stock == 9


def test_a_line_that_cannot_be_read_refuses_the_whole_with_its_number(bring, work):
    run = work(bring(MUG + "cup,Cup,shopify,7,twelve,\n"))
    assert (run.step, run.state) == ("trial", "refused")
    assert run.trouble.startswith("Line 3:")


@pytest.mark.parametrize(
    "name",
    ["shopify-apparel-25", "shopify-home-20", "shopify-snow-278", "woocommerce-sample-25"],
)
def test_real_catalogues_come_in_and_come_in_again_unchanged(shared, name, place, work, clock):
    for again in (False, True):
        with (shared / "catalogues" / f"{name}.csv").open("rb") as file:
            run = work(place.receive(f"{name}.csv", file, clock()))
        assert (run.state, run.products > 0) == ("done", True)
        assert (run.made + run.changed == 0) is again, run.changes
        run.begin(True, False, clock())
        assert work(run).state == "done"


def test_a_refusal_at_the_import_itself_leaves_nothing_written(tried, work, place, clock):
    path = place.path(tried)
    path.write_text(MUG + "cup,Cup,shopify,7,twelve,\n")
    tried.begin(True, False, clock())
    run = work(tried)
    assert (run.step, run.state) == ("import", "refused")
    assert not Product.select().where(Product.handle == "mug").exists()


def test_warnings_are_kept_as_many_as_fit(bring, work, monkeypatch):
    monkeypatch.setattr(importing, "MOST_REMARKS", 2)
    monkeypatch.setattr(importing, "MOST_CHANGES", 2)
    gift = HEADER.strip() + ",Status\n" + "".join(f"p{n},P,,,-1,,active\n" for n in range(5))
    run = work(bring(gift))
    assert run.skipped + run.made == 5 or run.state == "refused"
    assert len(run.remarks) <= 3
    run = work(bring(many(5)))
    assert run.changes[2:] == ["and 3 more"]


# Progress, and its end before its end


def test_a_run_says_how_far_it_has_come_and_stops_when_told(bring, settings, place, clock):
    run, seen = bring(many(3000)), []
    importer = Importer(settings)
    check = importer.check

    def looking(one):
        seen.append(place.progress(one))
        assert place.is_alive(one)
        if len(seen) == 3:
            place.stop(CatalogueImport.get_by_id(one.id), clock())
        check(one)

    importer.check, importing.PAUSE, before = looking, 0, importing.PAUSE
    try:
        importer.work_off(clock)
    finally:
        importing.PAUSE = before
    assert len(seen) == 3
    assert 0 < seen[1].done < seen[2].done < seen[2].all
    assert 0 <= seen[2].percent < 100
    run = CatalogueImport.get_by_id(run.id)
    assert run.state == "stopped"
    assert not place.is_alive(run)
    assert place.progress(run) is None
    run.try_again(clock())
    importer = Importer(settings)
    importer.work_off(clock)
    assert CatalogueImport.get_by_id(run.id).state == "done", "what stopped it then is over"


def test_what_waits_is_stopped_before_it_begins(bring, work, place, clock):
    run = bring()
    place.stop(run, clock())
    assert work(run).state == "stopped"


def test_a_worker_that_ends_breaks_off_what_it_is_at_and_begins_nothing(bring, settings, clock):
    run, second = bring(many(10)), bring()
    ends = iter([False, True])
    Importer(settings, lambda: next(ends, True)).work_off(clock)
    assert CatalogueImport.get_by_id(run.id).state == "broken"
    assert CatalogueImport.get_by_id(second.id).state in ("waiting", "running", "broken")


@pytest.fixture
def worker(settings):
    """A real worker in a process of its own, which a test may kill."""
    more = {
        "STOREFRONT_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "MAIL_URL": settings.mail_url,
        "STOREFRONT_VAULT": settings.vault_address,
    }
    started = []

    def start() -> subprocess.Popen:
        command = [programs.script("storefront"), "worker"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, env=os.environ | more, **quiet))
        return started[-1]

    yield start
    for program in started:
        program.kill()
        program.wait()


def until(what) -> None:
    """Wait until something is so, for as long as a slow machine may need."""
    give_up = time.monotonic() + 60
    while not what():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_worker_killed_in_the_middle_leaves_nothing_and_another_one_brings_it_in(
    bring, work, place, worker, clock, settings
):
    run = work(bring(many(4000)))
    before = Product.select().count()
    run.begin(True, False, clock())
    program = worker()
    until(lambda: place.progress(run) is not None)
    program.send_signal(signal.SIGKILL)
    program.wait()
    run = CatalogueImport.get_by_id(run.id)
    assert (run.step, run.state) == ("import", "running"), "the row cannot know"
    assert not place.is_alive(run)
    assert Product.select().count() == before
    worker()
    until(lambda: CatalogueImport.get_by_id(run.id).state == "broken")
    CatalogueImport.get_by_id(run.id).try_again(clock())
    Jobs(settings).wake_importer()
    until(lambda: CatalogueImport.get_by_id(run.id).state == "done")
    assert Product.select().count() == before + 4000


def test_a_woken_worker_does_it_beside_its_other_work(bring, settings):
    run, jobs = bring(), Jobs(settings)
    Jobs(settings).wake_importer()
    jobs.huey.execute(jobs.huey.dequeue())
    jobs._importing.join()
    assert CatalogueImport.get_by_id(run.id).state == "done"


def test_a_call_that_was_lost_is_made_up_for_within_a_minute(bring, settings):
    run, jobs = bring(), Jobs(settings)
    jobs.look_after()
    jobs._importing.join()
    assert CatalogueImport.get_by_id(run.id).state == "done"
    jobs.look_after()


# Pictures


@pytest.fixture
def host():
    """A host of pictures on this machine; it has every picture but the one that is gone."""

    class Host(BaseHTTPRequestHandler):
        def do_GET(self):
            body = picture((90, 120))
            self.send_response(404 if "gone" in self.path else 200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    gate.open_again()


def test_pictures_are_fetched_when_it_was_asked_for_and_counted(bring, work, host, clock, place):
    rows = f"mug,Mug,shopify,7,12.00,{host}/mug.jpg\ncup,Cup,shopify,7,1.00,{host}/gone.jpg\n"
    run = work(bring(HEADER + rows))
    run.begin(True, True, clock())
    run = work(run, loopback=True)
    assert (run.step, run.state, run.fetched, run.missed) == ("pictures", "done", 1, 1)
    assert "404" in run.remarks[-1]
    assert Picture.get(Picture.source.endswith("mug.jpg")).digest
    assert left_in(place) == []


def test_no_host_is_asked_unless_it_was_said(bring, work, host, clock):
    run = work(bring(HEADER + f"mug,Mug,shopify,7,12.00,{host}/mug.jpg\n"))
    run.begin(True, False, clock())
    assert work(run, loopback=True).step == "import"
    assert Picture.get(Picture.source.endswith("mug.jpg")).digest == ""


# Tidying


def test_files_go_after_a_day_and_what_waits_stays(bring, work, place, clock):
    old, waiting = work(bring()), bring()
    (place.folder / "notes.txt").write_text("somebody's own")
    clock.forward(hours=25)
    place.tidy(clock())
    assert not place.has(old)
    assert place.has(waiting)
    assert (place.folder / "notes.txt").exists()
    old.begin(True, False, clock())
    run = work(old)
    assert run.state == "refused"
    assert "Bring it again" in run.trouble


def test_once_a_day_the_worker_clears_files_that_nothing_shows(
    tried, settings, place, shirt, clock
):
    media = settings.instance / "media"
    hung = Picture.hang(shirt, asdict(prints.develop(picture((90, 120)), media)))
    hung.remove()
    longer = (clock() - timedelta(days=2)).timestamp()
    files = [path for path in (media / "pictures").rglob("*.*") if path.is_file()]
    for path in (*files, *place.folder.iterdir()):
        os.utime(path, (longer, longer))
    Jobs(settings).look_after()
    assert len(files) == 3
    assert not any(path.exists() for path in files)
    assert left_in(place) == []


def test_imports_of_long_ago_are_forgotten(tried, place, clock):
    place.tidy(clock() + timedelta(days=91))
    assert not CatalogueImport.select().exists()


def test_a_database_that_fails_breaks_it_off_and_the_worker_goes_on(
    bring, work, monkeypatch, caplog
):
    def trouble(*_, **__):
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(importing, "load", trouble)
    run = work(bring())
    assert run.state == "broken"
    assert "RuntimeError" in caplog.text
    assert not database.in_transaction()
