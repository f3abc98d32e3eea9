"""The draw: the tree and the formula, closing a list, the value, winners, and who comes next."""

import hashlib
import json
import random
import runpy
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storefront import beacon, lots
from storefront import setup as set_up
from storefront.db import database
from storefront.jobs import Jobs
from storefront.mail import Postman
from storefront.models import (
    Contest,
    ContestEntry,
    ContestRules,
    Draw,
    DrawLeaf,
    Edition,
    OutgoingMail,
    Winner,
)
from storefront.refusals import Refused
from tests.mail_server import parts
from tests.models.drawing import (
    ROUND_1000,
    answer_of,
    closed,
    confirmed,
    drawn,
    full,
    signature_for,
)
from tests.models.test_contest import announced, enter
from tests.racing import at_once

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "verify_draw.py"
script = runpy.run_path(str(SCRIPT))


@pytest.fixture
def contest(settings, clock):
    return announced(clock())


# The tree and the formula


def leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(count)]


def test_the_tree_of_known_leaves_has_the_known_root():
    """Those of Certificate Transparency's own tests, for the first leaves of their tree."""
    given = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43"]
    given += [b"\x50\x51\x52\x53\x54\x55\x56\x57", bytes(range(0x60, 0x70))]
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    hashed = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in given]
    for count, root in roots.items():
        assert lots.Tree(hashed[:count]).root.hex() == root


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100])
def test_every_leaf_leads_to_the_root_and_no_other_leaf_does_from_its_place(size):
    made = leaves(size)
    tree = lots.Tree(made)
    assert tree.root == script["root_of"](made)
    for index, leaf in enumerate(made):
        path = tree.path(index)
        assert script["root_by_path"](leaf, index, size, path) == tree.root
        assert script["root_by_path"](b"x" * 32, index, size, path) != tree.root
    with pytest.raises(IndexError):
        tree.path(size)


@pytest.mark.parametrize("change", ["shorter", "longer", "turned", "elsewhere"])
def test_a_path_that_was_changed_leads_nowhere(change):
    made, index = leaves(11), 6
    path, root = lots.Tree(made).path(index), lots.Tree(made).root
    changed = {
        "shorter": (index, path[:-1]),
        "longer": (index, [*path, b"y" * 32]),
        "turned": (index, path[::-1]),
        "elsewhere": (index + 1, path),
    }[change]
    try:
        assert script["root_by_path"](made[index], changed[0], 11, changed[1]) != root
    except script["Wrong"]:
        pass


@pytest.mark.parametrize("size", [1, 2, 3, 10, 257])
def test_everybody_is_drawn_once_in_an_order_that_root_and_value_decide(size):
    root, value, other = b"r" * 32, b"v" * 32, b"w" * 32
    found = list(lots.order(root, value, size))
    assert sorted(found) == list(range(size))
    assert found == script["drawn"](root, value, size, size)
    if size > 3:
        assert found != list(lots.order(root, other, size))
        assert found != list(lots.order(other, value, size))


def test_the_formula_draws_what_it_drew_when_it_was_published():
    """Changing it is another formula: old draws have to come out as they did."""
    root, value = hashlib.sha256(b"root").digest(), hashlib.sha256(b"value").digest()
    assert list(lots.order(root, value, 10)) == FIRST_TEN
    assert next(lots.order(root, value, 1_000_000)) == OF_A_MILLION


FIRST_TEN = [5, 1, 0, 2, 6, 8, 7, 4, 9, 3]
OF_A_MILLION = 42_755


def test_no_entry_is_favoured_by_what_is_left_over():
    top = lots.SPAN - lots.SPAN % 10
    assert lots.index_of(top - 1, 10) == 9
    assert [lots.index_of(n, 10) for n in (top, lots.SPAN - 1)] == [None, None]
    assert lots.index_of(lots.SPAN - 1, 8) == 7, "of a power of two nothing is left over"


def test_all_entries_are_drawn_about_equally_often():
    dice = random.Random(4)
    counts = [0] * 6
    for _ in range(6000):
        counts[next(lots.order(dice.randbytes(32), dice.randbytes(32), 6))] += 1
    assert sum((count - 1000) ** 2 / 1000 for count in counts) < 20.5  # χ², 5 degrees, p = .001


def test_facts_have_one_digest_however_they_are_ordered_and_written():
    facts = {"name": "Zoë “Z”", "email": "z@shop.test"}
    assert lots.canonical(facts) == '{"email":"z@shop.test","name":"Zo\\u00eb \\u201cZ\\u201d"}'
    assert lots.digest_of(facts) == lots.digest_of(dict(reversed(facts.items())))


@pytest.mark.parametrize(("salt", "digest"), [(b"s", b"d" * 32), (b"s" * 32, b"d")])
def test_a_leaf_is_made_of_whole_parts_alone(salt, digest):
    with pytest.raises(ValueError, match="32 bytes"):
        lots.sealed(salt, digest)
    with pytest.raises(ValueError, match="32 bytes"):
        next(lots.order(salt, digest, 1))


# The beacon and the dice


def test_rounds_come_when_drand_says():
    assert beacon.time_of(1) == datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
    assert beacon.round_at(beacon.time_of(1000)) == 1000
    assert beacon.round_at(beacon.time_of(1000) + timedelta(seconds=1)) == 1001
    assert beacon.round_at(datetime(2020, 1, 1, tzinfo=UTC)) == 1
    assert script["time_of"](1) == "2023-08-23T15:09:27Z"


def test_an_answer_of_the_real_beacon_is_read():
    said = beacon.read(json.dumps(ROUND_1000))
    assert (said.round, said.randomness) == (1000, ROUND_1000["randomness"])
    bare = {name: ROUND_1000[name] for name in ("round", "signature")}
    assert beacon.read(json.dumps(bare)) == said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "not an answer"),
        ("[1]", "not an answer"),
        ("null", "not an answer"),
        ('{"round": 1}', "not an answer"),
        ('{"round": 1, "signature": "xy"}', "not an answer"),
        ('{"round": 1, "signature": 7}', "not an answer"),
        ('{"round": 1e999, "signature": "ab"}', "not an answer"),
        ("[" * 4000, "not an answer"),
        ('{"round": 1, "signature": "ab"}', "96 hexadecimal"),
        (json.dumps(ROUND_1000 | {"randomness": "00" * 32}), "not the SHA-256"),
    ],
)
def test_what_is_no_answer_of_the_beacon_is_refused_in_words(answer, words):
    with pytest.raises(Refused, match=words):
        beacon.read(answer)


def test_dice_are_read_however_they_are_written_down():
    thrown, value = beacon.value_of_dice("12 34-56,\n" * 10)
    assert thrown == "123456" * 10
    assert value == hashlib.sha256(thrown.encode()).hexdigest()


@pytest.mark.parametrize(("digits", "words"), [("123", "3 throws"), ("six " * 60, "nothing else")])
def test_too_few_throws_and_what_no_die_shows_are_refused(digits, words):
    with pytest.raises(Refused, match=words):
        beacon.value_of_dice(digits)


# What the rules may promise


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"draws_at": timedelta(days=30, minutes=59)}, "draws_at"),
        ({"draws_at": timedelta(days=70)}, "kept_days"),
        ({"kept_days": 28}, "kept_days"),
        ({"kept_days": 61}, "kept_days"),
        ({"winners": 0}, "winners"),
        ({"accept_days": 31}, "accept_days"),
        ({"way": "a hat"}, "way"),
    ],
)
def test_rules_that_no_draw_could_keep_are_refused_beside_their_field(
    settings, clock, other, field
):
    facts = {k: clock() + v if isinstance(v, timedelta) else v for k, v in other.items()}
    with pytest.raises(Refused) as refused:
        announced(clock(), **facts)
    assert set(refused.value.problems) == {field}
    assert not Contest.select().exists()


def test_every_version_of_the_rules_stays_with_all_it_promised(contest, clock):
    announced(clock(), prize="Three weeks", text="Anybody at all may enter.")
    new, old = ContestRules.of(contest)
    assert (old.number, old.text, old.facts["prize"]) == (
        *(1, "Anybody may enter."),
        "Two weeks of walking, for two",
    )
    assert (new.number, new.facts["prize"]) == (2, "Three weeks")
    assert new.facts["round"] == Contest.get().round


# Closing the list


def test_the_list_is_closed_once_with_what_was_confirmed(contest, clock):
    one, two = confirmed(contest, clock(), 2)
    enter(contest, clock(), email="late@shop.test", name="Late")
    assert Draw.commit_due(clock()) == 0
    clock.moment = contest.closes_at
    assert Draw.commit_due(clock()) == 1
    assert Draw.commit_due(clock()) == 0
    draw = Draw.of(contest)
    assert (draw.size, draw.value, draw.late) == (2, "", False)
    assert draw.round == contest.round
    kept = DrawLeaf.of(draw)
    assert kept == sorted(kept)
    for entry in (ContestEntry.get_by_id(one.id), ContestEntry.get_by_id(two.id)):
        salt, digest = bytes.fromhex(entry.salt), lots.digest_of(entry.sealed_facts)
        assert lots.sealed(salt, digest).hex() == kept[entry.place]
    told = OutgoingMail.select().where(OutgoingMail.kind == "contest_closed")
    assert sorted(mail.to for mail in told) == ["person0@shop.test", "person1@shop.test"]


def test_two_of_the_same_facts_would_not_have_the_same_leaf(contest, clock):
    confirmed(contest, clock(), 2)
    closed(contest, clock)
    one, two = ContestEntry.select()
    assert one.salt != two.salt


def test_a_list_of_nobody_is_closed_and_has_no_winner(contest, clock):
    draw = closed(contest, clock)
    assert draw.root == hashlib.sha256(b"").hexdigest()
    clock.moment = draw.due_at
    with pytest.raises(Refused, match="Nobody has entered"):
        draw.reveal(answer_of(draw.round), clock())


def test_a_contest_of_the_time_before_is_left_alone(contest, clock):
    Contest.update(draws_at=None).execute()
    confirmed(contest, clock(), 1)
    clock.moment = contest.closes_at
    assert Draw.commit_due(clock()) == 0
    assert Draw.commit(contest, clock()) is None


def test_a_list_that_is_closed_too_late_for_its_round_goes_by_a_later_one(contest, clock):
    confirmed(contest, clock(), 1)
    clock.moment = contest.draws_at - timedelta(minutes=9)
    draw = Draw.commit(contest, clock())
    assert draw.late
    assert draw.due_at == clock() + timedelta(hours=1)
    assert draw.round == beacon.round_at(draw.due_at) > contest.round


def test_who_confirms_behind_the_closing_is_refused_and_nothing_is_lost(contest, clock):
    """Whose request began before the contest closed, and came to the row after the list was."""
    before = clock()
    entry = enter(contest, before)
    closed(contest, clock)
    with pytest.raises(Refused, match="No more is taken"):
        entry.confirm(before)
    with pytest.raises(Refused, match="No more is taken"):
        enter(contest, before, email="b@shop.test", name="B")
    assert Draw.get().size == 0
    assert ContestEntry.get().confirmed_at is None


def test_confirming_while_the_list_is_closed_is_in_it_or_refused(contest, clock):
    """Many at once with the one who closes: what was said to count is in the tree."""
    waiting = [
        enter(contest, clock(), email=f"p{n}@shop.test", name=f"P {n}", line1=str(n))
        for n in range(8)
    ]
    Contest.update(closes_at=clock()).execute()
    before, jobs = clock() - timedelta(seconds=1), iter(waiting)
    turn = threading.Lock()

    def one():
        with turn:
            entry = next(jobs, None)
        if entry is None:
            return Draw.commit(Contest.get(), clock())
        entry.confirm(before)
        return entry.id

    came = at_once(one, 9)
    count = [each for each in came if isinstance(each, int)]
    assert Draw.get().size == len(count)
    assert ContestEntry.confirmed(contest).count() == len(count)
    placed = ContestEntry.select().where(ContestEntry.place.is_null(False))
    assert sorted(entry.id for entry in placed) == sorted(count)


def test_closing_the_list_many_times_at_once_closes_it_once(contest, clock):
    confirmed(contest, clock(), 3)
    clock.moment = contest.closes_at
    came = at_once(lambda: Draw.commit(contest, clock()), 6)
    assert len([one for one in came if one]) == 1
    assert OutgoingMail.select().where(OutgoingMail.kind == "contest_closed").count() == 3


def test_who_takes_an_entry_back_after_closing_is_in_the_tree_and_nowhere_else(contest, clock):
    confirmed(contest, clock(), 3)
    draw = closed(contest, clock)
    entry = ContestEntry.select().first()
    entry.withdraw()
    assert OutgoingMail.select().where(OutgoingMail.kind == "contest_closed").count() == 2
    assert len(DrawLeaf.of(draw)) == 3


# The value


def test_the_winners_follow_from_root_and_value(contest, clock):
    Contest.update(winners=2).execute()
    draw = drawn(contest, clock, entries=7)
    root, value = bytes.fromhex(draw.root), bytes.fromhex(draw.value)
    places = [winner.place for winner in Winner.of(draw)]
    assert places == script["drawn"](root, value, 7, 2)
    told = OutgoingMail.select().where(OutgoingMail.kind == "contest_won")
    assert {mail.entry_id for mail in told} == {one.entry_id for one in Winner.of(draw)}


def test_the_value_of_another_round_is_refused_and_nothing_is_drawn(contest, clock):
    confirmed(contest, clock(), 3)
    draw = closed(contest, clock)
    clock.moment = draw.due_at + timedelta(minutes=1)
    for wrong in (draw.round - 1, draw.round + 1):
        with pytest.raises(Refused, match=f"round {wrong}. This draw goes by round {draw.round}"):
            draw.reveal(answer_of(wrong), clock())
    assert not Winner.select().exists()
    assert Draw.get().value == ""


def test_a_value_before_its_moment_is_refused(contest, clock):
    confirmed(contest, clock(), 3)
    draw = closed(contest, clock)
    clock.moment = draw.due_at - timedelta(seconds=1)
    with pytest.raises(Refused, match="not before"):
        draw.reveal(answer_of(draw.round), clock())
    assert not Winner.select().exists()


def test_a_contest_is_drawn_the_way_that_its_rules_name(contest, clock):
    confirmed(contest, clock(), 3)
    draw = closed(contest, clock)
    clock.moment = draw.due_at
    with pytest.raises(Refused, match="name the beacon"):
        draw.throw("123456" * 10, {}, clock())


def test_a_ceremony_of_dice_draws_as_well(settings, clock):
    contest = announced(clock(), way="dice")
    assert contest.round is None
    confirmed(contest, clock(), 5)
    draw = closed(contest, clock)
    clock.moment = draw.due_at
    with pytest.raises(Refused, match="name dice"):
        draw.reveal(answer_of(7), clock())
    words = {"who": "A manager and two customers", "when": "at noon", "which": "six red dice"}
    draw.throw("123456 " * 10, words, clock())
    assert Draw.get().ceremony == words | {"digits": "123456" * 10}
    assert Winner.select().count() == 1


def test_two_draws_at_once_are_one_and_another_value_is_refused(contest, clock):
    confirmed(contest, clock(), 5)
    draw = closed(contest, clock)
    clock.moment = draw.due_at
    came = at_once(lambda: draw.reveal(answer_of(draw.round), clock()), 6)
    assert came == [None] * 6
    assert Winner.select().count() == 1
    assert OutgoingMail.select().where(OutgoingMail.kind == "contest_won").count() == 1
    other = beacon.Value(draw.round, "ab" * 48, signature_for("another"))
    with pytest.raises(Refused, match="another value"):
        draw.reveal(other, clock())


def test_two_values_at_once_draw_once(contest, clock):
    confirmed(contest, clock(), 5)
    draw = closed(contest, clock)
    clock.moment = draw.due_at
    values = iter([beacon.Value(draw.round, "ab" * 48, f"{n:064x}") for n in range(1, 7)])
    turn = threading.Lock()

    def one():
        with turn:
            value = next(values)
        return draw.reveal(value, clock())

    came = at_once(one, 6)
    assert sorted(map(str, came)) == sorted([str(None), *[str(Refused)] * 5])
    assert Winner.select().count() == 1


# Winners


def test_a_winner_accepts_once_and_may_change_what_is_shown(contest, clock):
    winner = Winner.of(drawn(contest, clock))[0]
    assert Winner.get().shown == ""
    winner.accept("initials", False, clock())
    first = Winner.get()
    assert first.shown == "P."
    clock.forward(days=20)
    winner.accept("name", True, clock())
    again = Winner.get()
    assert again.shown == f"{again.entry.name}, Portland"
    assert again.decided_at == first.decided_at
    assert Winner.go_on(clock()) == 0


@pytest.mark.parametrize(
    ("shows", "town", "shown"),
    [
        ("", False, ""),
        ("", True, "Portland"),
        ("initials", False, "A. B."),
        ("initials", True, "A. B., Portland"),
        ("name", False, "Ann B 3"),
    ],
)
def test_only_what_a_winner_allows_is_shown(contest, clock, shows, town, shown):
    winner = Winner.of(drawn(contest, clock))[0]
    ContestEntry.update(name="Ann B 3").execute()
    winner.accept(shows, town, clock())
    assert Winner.get().shown == shown


def test_what_cannot_be_shown_is_refused(contest, clock):
    winner = Winner.of(drawn(contest, clock))[0]
    with pytest.raises(Refused, match="choose one"):
        winner.accept("address", False, clock())
    assert Winner.get().state == "told"


def test_who_declines_makes_room_for_the_next_that_the_formula_draws(contest, clock):
    draw = drawn(contest, clock, entries=4)
    first = Winner.of(draw)[0]
    first.decline(clock())
    first.decline(clock())
    root, value = bytes.fromhex(draw.root), bytes.fromhex(draw.value)
    assert [w.place for w in Winner.of(draw)] == script["drawn"](root, value, 4, 2)
    assert [w.state for w in Winner.of(draw)] == ["declined", "told"]
    with pytest.raises(Refused, match="left this prize"):
        first.accept("", False, clock())


def test_who_does_not_answer_in_time_is_passed_over_by_the_workers_look(contest, clock):
    draw = drawn(contest, clock, entries=4)
    first = Winner.of(draw)[0]
    clock.moment = first.until - timedelta(seconds=1)
    assert Winner.go_on(clock()) == 0
    clock.moment = first.until
    with pytest.raises(Refused, match="time to answer ended"):
        first.accept("", False, clock())
    assert Winner.go_on(clock()) == 1
    assert Winner.go_on(clock()) == 0
    assert [w.state for w in Winner.of(draw)] == ["lapsed", "told"]
    with pytest.raises(Refused, match="time to answer ended"):
        first.decline(clock())


def test_whose_entry_was_taken_back_before_the_draw_is_passed_over(contest, clock):
    confirmed(contest, clock(), 4)
    draw = closed(contest, clock)
    clock.moment = draw.due_at
    value = answer_of(draw.round)
    first, second = script["drawn"](bytes.fromhex(draw.root), bytes.fromhex(value.randomness), 4, 2)
    ContestEntry.get(ContestEntry.place == first).withdraw()
    draw.reveal(value, clock())
    assert [(w.place, w.state) for w in Winner.of(draw)] == [(first, "gone"), (second, "told")]


def test_whose_entry_is_erased_before_the_answer_makes_room(contest, clock):
    draw = drawn(contest, clock, entries=4)
    Winner.of(draw)[0].entry.withdraw()
    assert Winner.go_on(clock()) == 1
    assert [w.state for w in Winner.of(draw)] == ["gone", "told"]


def test_when_everybody_declined_nobody_is_left_and_nothing_breaks(contest, clock):
    draw = drawn(contest, clock, entries=2)
    for number in range(2):
        Winner.of(draw)[number].decline(clock())
    assert [w.state for w in Winner.of(draw)] == ["declined", "declined"]
    assert Winner.go_on(clock()) == 0


def test_nobody_is_told_who_could_not_answer_before_entries_are_erased(contest, clock):
    draw = drawn(contest, clock, entries=4)
    clock.moment = contest.erased_at - timedelta(days=13)
    assert Winner.go_on(clock()) == 0
    assert [w.state for w in Winner.of(draw)] == ["lapsed"]


def test_accepting_and_letting_the_time_pass_at_once_is_one_of_them(contest, clock):
    draw = drawn(contest, clock, entries=4)
    winner = Winner.of(draw)[0]
    before, turns, turn = winner.until - timedelta(seconds=1), iter(range(2)), threading.Lock()
    clock.moment = winner.until

    def one():
        with turn:
            mine = next(turns)
        return winner.accept("", False, before) if mine else Winner.go_on(clock())

    at_once(one, 2)
    states = [w.state for w in Winner.of(draw)]
    assert states in (["accepted"], ["lapsed", "told"])


# What is left


def test_entries_go_on_the_day_that_the_rules_name_and_the_proof_stays(settings, clock):
    contest = announced(clock(), kept_days=30, accept_days=5)
    draw = drawn(contest, clock, entries=3)
    kept = DrawLeaf.of(draw)
    Winner.of(draw)[0].accept("name", True, clock())
    seen = Edition.current()
    clock.moment = contest.erased_at - timedelta(seconds=1)
    assert ContestEntry.let_go(clock()) == 0
    clock.moment = contest.erased_at
    assert ContestEntry.let_go(clock()) == 3
    assert OutgoingMail.select().where(OutgoingMail.kind.startswith("contest_")).count() == 0
    assert DrawLeaf.of(draw) == kept
    assert Winner.get().shown == ""
    assert Edition.current() != seen, "pages that showed a winner are drawn anew"


def test_a_mail_of_the_draw_is_held_as_long_as_the_entry(contest, clock):
    confirmed(contest, clock(), 1)
    closed(contest, clock)
    mail = OutgoingMail.get(OutgoingMail.kind == "contest_closed")
    assert mail.gone_at(OutgoingMail.to) == contest.erased_at


def test_rules_stay_frozen_when_all_entries_are_gone(contest, clock):
    enter(contest, clock()).withdraw()
    with pytest.raises(Refused, match="has entered"):
        announced(clock(), prize="Less")


# The script, run as a program


def run(*given) -> subprocess.CompletedProcess:
    command = [sys.executable, "-I", str(SCRIPT), *map(str, given)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def files(app, client, settings, clock, tmp_path):
    """draw.json and the mails of everybody who was in, as a contest that is over gives them."""
    contest = announced(clock(), title="Two weeks in the Älps", winners=2)
    draw = drawn(contest, clock, entries=5)
    for mail in OutgoingMail.select().where(OutgoingMail.kind == "contest_closed"):
        message = Postman(settings).write(mail, clock())
        (tmp_path / f"{mail.entry.place}.eml").write_bytes(message.as_bytes())
    return full(client, tmp_path, draw)


def test_the_script_reproduces_the_winners_and_finds_every_entry(files):
    for place in range(5):
        done = run(files / "draw.json", files / f"{place}.eml")
        assert done.returncode == 0, done.stderr
        assert f"it is number {place}." in done.stdout
        assert "The winners are right" in done.stdout
        among = place in [winner.place for winner in Winner.select()]
        assert ("You are among them." in done.stdout) == among
        assert "All is well." in done.stdout


def test_the_script_says_the_same_when_all_entries_have_been_erased(files, client, clock):
    clock.moment = Contest.get().erased_at
    ContestEntry.let_go(clock())
    assert not ContestEntry.select().exists()
    draw = full(client, files, Draw.get())
    done = run(draw / "draw.json", files / "3.eml")
    assert done.returncode == 0, done.stderr
    assert "The winners are right" in done.stdout


def test_the_script_reads_a_block_that_was_forwarded(files, settings, clock):
    mail = OutgoingMail.get(OutgoingMail.kind == "contest_closed")
    text = parts(Postman(settings).write(mail, clock()))["text/plain"]
    (files / "block.txt").write_text("".join(f"> {line}\n" for line in text.splitlines()))
    assert run(files / "draw.json", files / "block.txt").returncode == 0
    draw = json.loads((files / "draw.json").read_text())
    value = ("--value", draw["value"], "--root", draw["root"])
    done = run(files / "draw.json", *value)
    assert done.returncode == 0
    assert "Compare its value" not in done.stdout


DICE = {"digits": "1" * 50, "who": "we", "when": "now", "which": "dice"}
CHANGES = {
    "a leaf": (lambda d: d["leaves"].__setitem__(0, "00" * 32), "have the root"),
    "a leaf too few": (lambda d: d["leaves"].pop(), "says 5 entries and has 4"),
    "a winner": (lambda d: d["winners"][0].update(index=0), "The formula draws"),
    "the order": (lambda d: d["winners"].reverse(), "The formula draws"),
    "the value": (lambda d: d.update(value="11" * 32), "not the SHA-256"),
    "the chain": (lambda d: d["beacon"].update(chain="11" * 32), "another chain"),
    "the moment": (lambda d: d.update(committed="2099-01-01T00:00:00Z"), "came at"),
    "the formula": (lambda d: d["formula"].update(version=2), "knows formula 1"),
    "the contest": (lambda d: d.update(contest="sea"), "about alps"),
    "the round": (lambda d: d["beacon"].update(round=d["beacon"]["round"] + 1), "another round"),
    "the beacon for dice": (lambda d: d.update(beacon=None, ceremony=DICE), "another round"),
    "the value away": (lambda d: d.update(value=None), "names winners"),
    "the order of the leaves": (lambda d: d["leaves"].reverse(), "in their order"),
    "a leaf for two": (lambda d: d["leaves"].__setitem__(0, d["leaves"][1]), "each once"),
    "the length of a leaf": (lambda d: d["leaves"].__setitem__(0, "00" * 64), "32 bytes"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_script_tells_what_was_changed_in_the_file(files, what):
    change, words = CHANGES[what]
    draw = json.loads((files / "draw.json").read_text())
    mine = next(place for place in range(5) if place != draw["winners"][0]["index"])
    if what == "a winner":
        draw["winners"][0]["index"] = mine
    else:
        change(draw)
    (files / "changed.json").write_text(json.dumps(draw))
    done = run(files / "changed.json", files / "1.eml")
    assert done.returncode == 1, done.stdout
    assert words in done.stderr


def test_the_script_tells_a_list_that_was_changed_whole(files):
    """Another list with a root of its own: the mail and the noted root tell."""
    draw = json.loads((files / "draw.json").read_text())
    draw["leaves"][0] = "00" * 32
    draw["root"] = script["root_of"]([bytes.fromhex(leaf) for leaf in draw["leaves"]]).hex()
    (files / "changed.json").write_text(json.dumps(draw))
    done = run(files / "changed.json", files / "1.eml")
    assert (done.returncode, "another root" in done.stderr) == (1, True)
    assert run(files / "changed.json", "--root", "ab" * 32).returncode == 1
    assert "You have read" in run(files / "draw.json", "--value", "ab" * 32).stderr


def test_the_script_tells_a_list_of_branches_by_the_number_that_was_noted(files):
    """The root of a tree is also that of the two branches below it."""
    halves = sorted(leaves(2))
    root = script["root_of"](halves).hex()
    draw = json.loads((files / "draw.json").read_text()) | {"value": None, "winners": []}
    forged = draw | {"leaves": [half.hex() for half in halves], "entries": 2, "root": root}
    (files / "changed.json").write_text(json.dumps(forged))
    assert run(files / "changed.json", "--root", root, "--entries", "2").returncode == 0
    done = run(files / "changed.json", "--root", root, "--entries", "5")
    assert (done.returncode, "You noted 5 entries" in done.stderr) == (1, True)


def test_the_script_says_in_a_sentence_what_it_cannot_read(files):
    assert "no block" in run(files / "draw.json", files / "draw.json").stderr
    assert "cannot be read" in run(files / "nothing.json").stderr


def test_the_script_checks_an_entry_before_the_draw_and_a_draw_by_dice(
    client, settings, clock, tmp_path
):
    contest = announced(clock(), way="dice")
    confirmed(contest, clock(), 3)
    draw = closed(contest, clock)
    mail = OutgoingMail.get(OutgoingMail.kind == "contest_closed")
    (tmp_path / "mine.eml").write_bytes(Postman(settings).write(mail, clock()).as_bytes())
    done = run(full(client, tmp_path, draw) / "draw.json", tmp_path / "mine.eml")
    assert (done.returncode, "not drawn yet" in done.stdout) == (0, True), done.stderr
    clock.moment = draw.due_at
    draw.throw("123456" * 10, {"who": "we", "when": "now", "which": "dice"}, clock())
    done = run(full(client, tmp_path, draw) / "draw.json", tmp_path / "mine.eml")
    assert (done.returncode, "Drawn by dice: 1234" in done.stdout) == (0, True), done.stderr


def test_the_mail_of_an_entry_that_was_changed_since_still_proves_it(contest, clock, settings):
    confirmed(contest, clock(), 2)
    draw = closed(contest, clock)
    entry = ContestEntry.select().first()
    assert draw.proof(entry)["facts"] == entry.sealed_facts
    ContestEntry.update(city="Elsewhere").where(ContestEntry.id == entry.id).execute()
    assert "facts" not in draw.proof(ContestEntry.get_by_id(entry.id))


def test_closing_a_long_list_asks_little_of_the_database(contest, clock):
    """Mails and leaves go in together; each entry is written once."""
    confirmed(contest, clock(), 30)
    clock.moment = contest.closes_at
    asked = []
    execute = database.obj.execute_sql
    database.obj.execute_sql = lambda sql, *rest, **more: (
        asked.append(sql) or execute(sql, *rest, **more)
    )
    try:
        Draw.commit(contest, clock())
    finally:
        database.obj.execute_sql = execute
    assert len([sql for sql in asked if sql.startswith("INSERT")]) == 3
    assert len([sql for sql in asked if sql.startswith("UPDATE")]) == 31


# The worker


def test_the_worker_closes_lists_and_draws_for_those_who_do_not_answer(settings, clock):
    """By the machine's own clock; the contest was weeks ago."""
    clock.forward(days=-60)
    contest = announced(clock(), closes_at=clock() + timedelta(days=10))
    contest = Contest.get_by_id(contest.id)
    confirmed(contest, clock(), 3)
    clock.moment = contest.closes_at
    draw = Draw.commit(contest, clock())
    clock.moment = draw.due_at
    draw.reveal(answer_of(draw.round), clock())
    other = announced(clock(), slug="sea", closes_at=clock() + timedelta(days=2))
    confirmed(other, clock(), 2)
    Jobs(settings).look_after()
    assert Draw.of(other).size == 2
    assert Draw.of(other).late
    assert [winner.state for winner in Winner.of(draw)] == ["lapsed"]


def test_an_older_shops_contests_keep_their_rules_and_what_runs_gets_a_draw(settings, clock):
    """What the migration makes of rows from before it."""
    now = datetime.now(UTC)
    running, over, fresh = (
        announced(now - timedelta(days=60), slug=slug, closes_at=now + timedelta(days=days))
        for slug, days in (("running", 5), ("over", -5), ("fresh", 9))
    )
    enter(running, now - timedelta(days=1))
    ContestRules.delete().execute()
    Contest.update(frozen_at=None, draws_at=None).execute()
    path = Path(set_up.MIGRATIONS) / "0026_contest_draws.py"
    runpy.run_path(str(path))["carry_over"](database.obj)
    again = {one.slug: one for one in Contest.select()}
    assert again["running"].draws_at == running.closes_at + timedelta(days=1)
    assert again["running"].frozen_at == ContestEntry.get().entered_at
    assert (again["over"].draws_at, again["over"].frozen_at) == (None, over.closes_at)
    assert again["fresh"].frozen_at is None
    assert fresh.rules_version == 1
    assert ContestRules.select().count() == 3
    assert ContestRules.of(running)[0].text == "Anybody may enter."
