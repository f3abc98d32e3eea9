"""Keeping what is in memory out of files: no core dump of a process that holds keys or cards."""

import contextlib
import ctypes
import resource

_PR_SET_DUMPABLE = 4  # <linux/prctl.h>


def shut_away() -> None:
    """From now on no core dump of this process is written, and no debugger of its account reads it.

    RLIMIT_CORE alone does not stop dumps that the kernel pipes to a program (core(5)), as it does
    on most distributions; Ctrl-\\ at the keyboard would be enough for one.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(AttributeError, OSError):  # Linux alone has it
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
