"""A person at the desk, typing lines; what the screen shows them and what it never shows."""

import os
import pty
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from vault import desk_commands
from vault.commands import main

VISA = "4242 4242 4242 4242"


@pytest.fixture
def put(vault, make_envelope):
    def put(*arguments, **changes):
        assert vault.put(make_envelope(*arguments, **changes).to_bytes()).status == 201

    return put


@pytest.fixture
def sit(instance, tmp_path, vault, monkeypatch):
    """Exports a bundle, sits down at the desk with it, types these lines; what the screen says."""
    monkeypatch.setattr(desk_commands, "can_be_wiped", lambda: True)

    def sit(*lines, acquirer="sandbox", bundle=True, code=0):
        argv = ["desk", "--instance", str(instance), "--acquirer", acquirer]
        if bundle:
            path = tmp_path / "bundle"
            path.write_bytes(vault.bundle())
            argv.append(str(path))
        result = CliRunner().invoke(main, argv, input="".join(f"{line}\n" for line in lines))
        assert result.exit_code == code, result.output
        return result.output

    return sit


def carry_home(instance, file):
    argv = ["import-statements", "--instance", str(instance), str(file)]
    result = CliRunner().invoke(main, argv)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_day_at_the_desk(put, sit, instance, tmp_path, told, states):
    put("AAAAA-22222")
    put("BBBBB-22222", number="4000 0000 0000 0002", amount_minor=123450)
    home = tmp_path / "home"
    said = sit("list", "charge 1", "charge all", f"write {home}", "shred", "quit")
    assert "2 cards wait, 0 refunds" in said
    assert re.search(r"1  AAAAA-22222 attempt 1 +USD 19.99  waits", said)
    assert re.search(r"2  BBBBB-22222 attempt 1 +USD 1234.50  waits", said)
    assert "AAAAA-22222 attempt 1: charged" in said
    assert "BBBBB-22222 attempt 1: declined (card_declined)" in said
    assert f"2 statements are in {home}" in said
    assert not (tmp_path / "bundle").exists()
    assert carry_home(instance, home) == "2 new statements\n"
    assert told() == [("AAAAA-22222", "charged"), ("BBBBB-22222", "declined")]
    assert {state for _, _, state, _ in states()} == {"shredded"}


def test_no_more_than_six_and_four_digits_are_shown(put, sit):
    put()
    said = sit("show 1", "charge 1", "list")
    assert "424242******4242  12/2039  USD 19.99" in said
    assert not re.search(r"4242\s*4242\s*4242", said)


def test_with_the_terminal_the_number_is_shown_only_to_be_keyed_in(put, sit, instance, tmp_path):
    put("AAAAA-22222")
    put("BBBBB-22222")
    home = tmp_path / "home"
    lines = ("show 1", "charge 1", "charged slip-17", "charge 2", "declined", f"write {home}")
    said = sit(*lines, acquirer="terminal")
    assert said.count(VISA) == 2
    assert f"Key in:  {VISA}   12/2039   USD 19.99" in said
    assert "AAAAA-22222 attempt 1: charged" in said
    assert "BBBBB-22222 attempt 1: declined" in said
    assert b"4242" not in home.read_bytes()


@pytest.mark.parametrize(
    "wrong",
    ["yes", "charged", "charged a b", "charged 4242-4242-4242-4242", "charged ä", "declined x"],
)
def test_a_verdict_that_is_none_is_asked_for_again(put, sit, wrong):
    put()
    said = sit("charge 1", wrong, "charged slip-17", acquirer="terminal")
    assert "attempt 1: charged" in said
    assert re.search("Type charged|looks like a card number|A reference has", said)


@pytest.mark.parametrize("end", [("stop", "quit"), ()], ids=["stop", "the pipe ends"])
def test_without_a_verdict_a_charge_stays_pending_and_is_asked_about_later(put, sit, end):
    put()
    said = sit("charge 1", *end, acquirer="terminal")
    assert "It stays pending" in said
    again = sit("charge 1", "charged slip-18", "pending", acquirer="terminal")
    assert "P1  K7M2-9QXD attempt 1  USD 19.99  has no verdict" in again
    assert "Look into the terminal's journal" in again
    assert VISA not in again
    assert "attempt 1: charged" in again


def test_what_was_never_tried_is_shown_again_to_be_keyed_in(put, sit):
    put()
    sit("charge 1", "stop", acquirer="terminal")
    said = sit("charge 1", "untried", "charged slip-19", acquirer="terminal")
    assert said.count(VISA) == 1
    assert "attempt 1: charged" in said


def test_a_person_settles_what_is_pending(put, sit):
    put()
    sit("charge 1", "stop", acquirer="terminal")
    said = sit("settle P1 charged slip-20", "pending", bundle=False)
    assert "K7M2-9QXD attempt 1: charged" in said
    assert said.count("has no verdict") == 1


def test_money_is_given_back_as_the_shop_instructed(put, sit, work_off, instruct, tmp_path):
    put()
    work_off()
    instruct("refund", amount=500)
    said = sit("refund all", f"write {tmp_path / 'home'}")
    assert re.search(r"R1  K7M2-9QXD +USD 5.00  refund", said)
    assert "K7M2-9QXD: refunded" in said
    assert "statements are in" in said


def test_a_refund_by_terminal_is_asked_for_as_one_and_no_charge_passes_for_it(
    put, sit, instruct, told, instance, tmp_path
):
    put()
    sit("charge 1", "charged slip-17", f"write {tmp_path / 'first'}", acquirer="terminal")
    carry_home(instance, tmp_path / "first")
    instruct("refund", amount=500)
    said = sit("refund 1", "charged slip-17", "stop", acquirer="terminal")
    assert "Give back USD 5.00 of the charge slip-17" in said
    assert "begun before" not in said
    assert "refunded" not in said
    again = sit("refund 1", "charged slip-17", "untried", "refused", acquirer="terminal")
    assert "The refund was begun before" in again
    assert "the acquirer refused" in again
    last = sit("refund 1", "done slip-18", f"write {tmp_path / 'last'}", acquirer="terminal")
    assert "K7M2-9QXD: refunded" in last
    carry_home(instance, tmp_path / "last")
    assert told() == [("K7M2-9QXD", "charged"), ("K7M2-9QXD", "refunded")]


def test_the_screen_says_which_order_a_question_is_about(put, sit):
    put()
    sit("charge 1", "stop", acquirer="terminal")
    put(attempt=2)
    said = sit("charge all", "declined", "charged slip-18", acquirer="terminal")
    asked, keyed_in = (
        said.index("K7M2-9QXD attempt 2  USD 19.99; first attempt 1"),
        said.index(VISA),
    )
    assert asked < said.index("begun before") < keyed_in
    assert "K7M2-9QXD attempt 2: charged" in said


def test_who_leaves_without_writing_is_told_and_nothing_is_lost(put, sit, tmp_path):
    put()
    assert "1 verdicts are in the ledger and not yet in a file" in sit("charge all", "quit")
    assert "1 statements are in" in sit(f"write {tmp_path / 'home'}", bundle=False)


def test_a_bundle_with_cards_left_in_it_is_not_shredded_by_mistake(put, sit, tmp_path):
    put()
    assert "The bundle is kept." in sit("shred", "no")
    assert (tmp_path / "bundle").exists()
    sit("shred", "yes")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("dance", "'dance' is not understood"),
        ("charge", "`charge` wants something else after it"),
        ("charge 1 2", "`charge` wants something else after it"),
        ("charge 7", "There is no number 7"),
        ("show all of them", "`show` wants"),
        ("settle 1 charged x", "There is no number 1"),
        ("write /nowhere/at/all", "No such file"),
        ("write home", "There is nothing to say"),
        ("", "desk>"),
        ("help", "charge N | charge all"),
    ],
)
def test_what_is_not_understood_is_said_and_the_sitting_goes_on(put, sit, line, answer):
    put()
    if "write /nowhere" in line:
        assert answer in sit("charge 1", line, "list")
    else:
        assert answer in sit(line, "list")


def test_a_file_that_is_no_bundle_is_refused(instance, tmp_path):
    (tmp_path / "x").write_text("hello")
    result = CliRunner().invoke(main, ["desk", "--instance", str(instance), str(tmp_path / "x")])
    assert result.exit_code == 1
    assert "This is no bundle of our vault" in result.output


def test_a_wrong_passphrase_opens_no_desk(instance, tmp_path, vault, put):
    (instance / "desk/passphrase").unlink()
    argv = ["desk", "--instance", str(instance), "--acquirer", "sandbox"]
    result = CliRunner().invoke(main, argv, input="wrong\nlist\n")
    assert result.exit_code == 1
    assert "does not open" in result.output


def test_an_automatic_desk_wants_the_demonstrations_own_passphrase(instance):
    (instance / "desk/passphrase").unlink()
    result = CliRunner().invoke(main, ["desk", "--automatic", "--instance", str(instance)])
    assert result.exit_code == 1
    assert "for the demonstration on one machine" in result.output


def test_at_a_real_desk_no_acquirer_is_chosen_for_the_person(instance, put, vault, tmp_path):
    """The sandbox would decline real cards, and give goods away for test numbers."""
    put()
    (instance / "desk/passphrase").unlink()
    result = CliRunner().invoke(main, ["desk", "--instance", str(instance)], input="x\nquit\n")
    assert result.exit_code == 1
    assert "Say who moves the money" in result.output


def test_the_sandbox_says_that_no_money_moves(sit, put):
    put()
    assert "no money moves" in sit("quit")


def sit_at_a_screen(instance, *step, kind="xterm", typed=()):
    """A step of `vault` at a pseudoterminal of a kind; its code, and all it showed."""
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "vault", *map(str, step), "--instance", str(instance)]
    environ = os.environ | {"TERM": kind}
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    shown = b""
    at = 0
    for wanted, line in typed:
        while wanted not in shown[at:]:
            shown += os.read(ours, 4096)
        at = len(shown)
        os.write(ours, line)
    try:
        while more := os.read(ours, 4096):
            shown += more
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(), shown


def test_a_number_is_wiped_off_the_screen_it_was_shown_on(instance, put, vault, tmp_path):
    put()
    (tmp_path / "bundle").write_bytes(vault.bundle())
    typed = [(b"desk> ", b"charge 1\n"), (b"or stop> ", b"declined\n"), (b": declined", b"quit\n")]
    code, shown = sit_at_a_screen(
        instance, "desk", tmp_path / "bundle", "--acquirer", "terminal", typed=typed
    )
    assert code == 0
    before, after = shown.split(b"\033[H\033[2J\033[3J")
    assert VISA.encode() in before
    assert b"4242" not in after


def test_no_number_is_shown_where_it_cannot_be_wiped(instance, put, vault, tmp_path):
    put()
    (tmp_path / "bundle").write_bytes(vault.bundle())
    code, shown = sit_at_a_screen(
        instance, "desk", tmp_path / "bundle", "--acquirer", "terminal", kind="dumb"
    )
    assert code == 1
    assert b"can be wiped" in b" ".join(shown.split())
    argv = ["desk", "--instance", str(instance), str(tmp_path / "bundle"), "--acquirer", "terminal"]
    result = CliRunner().invoke(main, argv, input="charge 1\ndeclined\n")
    assert result.exit_code == 1
    assert "4242" not in result.output


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2)")
def test_what_holds_the_desks_keys_leaves_no_core_dump(instance):
    """Also where the kernel pipes dumps to a program, which no RLIMIT_CORE stops."""
    asked = (
        "import ctypes, resource, sys; from vault.commands import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    for step in (["desk"], ["split"], ["keys", "list"], ["init"]):
        argv = [sys.executable, "-c", asked, *step, "--instance", str(instance)]
        said = subprocess.run(argv, input="quit\n", capture_output=True, text=True, check=True)
        assert said.stdout.splitlines()[-1] == "0 (0, 0)", step


def test_each_custodian_sees_their_own_words_only(instance):
    typed = [(b"written down", b"\n")] * 3
    code, shown = sit_at_a_screen(instance, "split", typed=typed)
    assert code == 0
    pages = shown.split(b"\033[H\033[2J\033[3J")
    assert [len(re.findall(rb"Custodian \d of 3", page)) for page in pages] == [1, 1, 1, 0]
    assert all(len(re.findall(rb"\b[a-z]{4,8}\b", page)) >= 33 for page in pages[:3])
