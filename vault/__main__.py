"""`python -m vault`, the same as the `vault` command."""

from .commands import main

main(prog_name="vault")
