# SPDX-License-Identifier: Apache-2.0
"""Files that the lab makes in its RUNDIR: never through a symbolic link that somebody put there."""
import os


def own(mode=0o644):
    """An opener for open(): open(path, "w", opener=own(0o600))."""
    return lambda path, flags: os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
