"""The `vault` command: keeps sealed cards, carries them to the desk, and charges them there.

Each step is loaded only when it is asked for, so that the vault, which is on line, never has in
it what opens a card.
"""

import importlib
import os

import click

from storefront.handoff.envelope import HandoffError

STEPS = {
    "init": "key_commands:init",
    "pin": "key_commands:pin",
    "keys": "key_commands:keys",
    "split": "key_commands:split",
    "join": "key_commands:join",
    "serve": "serve_commands:serve",
    "status": "serve_commands:status",
    "export": "serve_commands:export",
    "import-statements": "serve_commands:import_statements",
    "desk": "desk_commands:desk",
}


class Steps(click.Group):
    """Loads a step when it is used; what a person can mend is one sentence and exit code 1."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names, in the order in which they are needed."""
        return list(STEPS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The step called `name`, or None."""
        if name not in STEPS:
            return None
        module, _, step = STEPS[name].partition(":")
        return getattr(importlib.import_module(f".{module}", __package__), step)

    def invoke(self, context: click.Context):
        """Runs the step."""
        try:
            return super().invoke(context)
        except (HandoffError, OSError) as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Steps, help=__doc__)
def main() -> None:
    os.umask(0o077)  # what is written here is its owner's alone
