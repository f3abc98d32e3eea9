"""Steps that make, carry, list, destroy, share and join keys."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from storefront.handoff.envelope import HandoffError

from . import custodians, epochs, pins
from . import keys as making
from .desk_keys import DeskKeys
from .files import make_folder, write_new
from .lock import opened
from .memory import shut_away
from .places import PUBLIC, ROLES, roles_in
from .prompting import (
    ask_passphrase,
    ask_secret,
    can_be_wiped,
    choose_passphrase,
    instance_option,
    wipe,
)
from .status import unopened

role_option = click.option(
    "--role",
    "roles",
    type=click.Choice(list(ROLES)),
    multiple=True,
    help="A program of this machine; may be given again. Without it: those that are here, or all.",
)


@click.command()
@instance_option
@role_option
def init(instance: Path, roles: tuple[str, ...]) -> None:
    """Make the keys that are missing, and the next eight weeks' epochs. Overwrites no key.

    With all programs in one folder, for trying things out, nothing is asked: the desk's passphrase
    is random and lies beside its keys. With --role desk a passphrase is asked for.
    """
    shut_away()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    choose = choose_passphrase if "desk" in roles else None
    ask = ask_passphrase(instance / "desk")
    written = making.init(instance, _now(), roles=roles or None, ask=ask, choose=choose)
    for path in written:
        click.echo(f"wrote {instance / path}")
    if "desk/passphrase" in written:
        click.echo(
            f"The desk's passphrase lies in {instance / 'desk/passphrase'}, beside the keys it "
            "opens: good for trying things out, with test cards only."
        )


@click.command()
@instance_option
@click.argument(
    "carried", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--replace", is_flag=True, help="Also where something else is pinned already.")
def pin(instance: Path, carried: Path | None, replace: bool) -> None:
    """Pin what another machine shows, from its folder `public`, carried here.

    Without a folder, show the fingerprints of this machine's own.
    """
    if carried is None:
        return _show_fingerprints(instance / PUBLIC)
    _show_fingerprints(carried)
    for path in pins.pin(instance, carried, replace):
        click.echo(f"pinned {instance / path}")
    click.echo("Compare the fingerprints with those that `vault pin` shows on the other machine.")


def _show_fingerprints(folder: Path) -> None:
    for name, digits in pins.fingerprints(folder).items():
        click.echo(f"{name}\n    {digits}")


@click.group()
def keys() -> None:
    """List, rotate and destroy the keys that cards are sealed to."""
    shut_away()


@keys.command(name="list")
@instance_option
def list_epochs(instance: Path) -> None:
    """Every epoch. Exit code 2 when unopened cards will be lost within 72 hours."""
    roles = roles_in(instance)
    _, manifest = epochs.newest(instance, roles)
    desk, now = DeskKeys(instance / "desk"), _now()
    counts = unopened(instance / "vault", now)
    click.echo(
        "epoch             from              until             needed until      key  unopened"
    )
    for epoch in manifest.epochs if manifest else ():
        times = map(_moment, (epoch.not_before, epoch.not_after, epoch.destroy_after))
        here = ("here" if desk.has(epoch.kid) else "gone") if "desk" in roles else "   -"
        count = counts.of(epoch.kid) if counts else "?"
        click.echo(f"{epoch.kid}  {'  '.join(times)}  {here} {count:>9}")
    for kid in epochs.due(instance, roles, desk, now):
        click.echo(f"{kid}  is over; `vault keys destroy --due` destroys its key")
    if counts and counts.alarms:
        for line in counts.alarms:
            click.echo(f"ALARM {line}", err=True)
        raise click.exceptions.Exit(2)


@keys.command()
@instance_option
def rotate(instance: Path) -> None:
    """Begin a new epoch now, and list it: cards are sealed to it once the manifest is carried."""
    with making.alone(instance):
        desk = DeskKeys(instance / "desk", ask_passphrase(instance / "desk"))
        for path in epochs.rotate(instance, roles_in(instance), desk, _now()):
            click.echo(f"wrote {instance / path}")


@keys.command()
@instance_option
@click.argument("kids", nargs=-1, metavar="[EPOCH]...")
@click.option("--due", is_flag=True, help="Every epoch that is over.")
@click.option("--early", is_flag=True, help="Also one whose cards may still lie unopened.")
def destroy(instance: Path, kids: tuple[str, ...], due: bool, early: bool) -> None:
    """Destroy epochs' private halves: what was sealed to them never opens again."""
    with making.alone(instance):
        desk = DeskKeys(instance / "desk", ask_passphrase(instance / "desk"))
        roles, now = roles_in(instance), _now()
        chosen = [*kids, *(epochs.due(instance, roles, desk, now) if due else ())]
        for kid in chosen:
            epochs.destroy(instance, roles, desk, kid, now, early)
            click.echo(f"destroyed {kid}")
    if not chosen:
        click.echo("No epoch is over; name one to destroy it.")


@click.command()
@instance_option
@click.option("--files", type=click.Path(path_type=Path), help="Write share-1.txt … here.")
def split(instance: Path, files: Path | None) -> None:
    """Share the desk's secret between three custodians, any two of whom can bring it back."""
    shut_away()
    desk = DeskKeys(instance / "desk", ask_passphrase(instance / "desk"))
    shares = custodians.split(desk.lock.secret)
    if files is not None:
        make_folder(files)
    for number, words in enumerate(shares, start=1):
        if files is None:
            click.echo(f"Custodian {number} of 3 (any two are enough):\n\n{_lines(words)}\n")
            _until_written_down()
        else:
            write_new(files / f"share-{number}.txt", f"{_lines(words)}\n".encode())
            click.echo(f"wrote {files / f'share-{number}.txt'}")
    click.echo("Give each to another person, on paper, and keep no copy together.", err=True)


def _until_written_down() -> None:
    """On a screen each custodian's words stand alone, and are gone before the next ones come."""
    if can_be_wiped():
        click.prompt(
            "Press Enter once they are written down", "", prompt_suffix="", show_default=False
        )
        wipe()


def _lines(words: str) -> str:
    every = words.split()
    return "\n".join("  ".join(every[n : n + 6]) for n in range(0, len(every), 6))


@click.command()
@instance_option
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def join(instance: Path, files: tuple[Path, ...]) -> None:
    """Bring the desk's secret back from two custodians' words, and choose a new passphrase.

    FILES hold the words; without them each custodian types a line.
    """
    shut_away()
    lines = [path.read_text("utf-8") for path in files]
    while len(lines) < custodians.NEEDED:
        lines.append(ask_secret(f"The words of custodian {len(lines) + 1}"))
    secret = custodians.join(lines)
    desk = DeskKeys(instance / "desk")
    _check_fits(desk, secret)
    desk.lock.change(choose_passphrase(), secret)
    if (desk.folder / "passphrase").exists():
        (desk.folder / "passphrase").unlink()
    click.echo("The desk opens with the new passphrase.")


def _check_fits(desk: DeskKeys, secret: bytes) -> None:
    try:
        opened(secret, "root key", (desk.folder / "root.key").read_bytes())
    except (OSError, HandoffError):
        raise HandoffError("These words are another desk's. Nothing was changed.") from None


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _now() -> int:
    return int(time.time())
