"""
Ties a check to its watcher, then becomes the check: if the watcher dies, the check is asked to end.

Run as a script: `python tether.py PARENT_PID COMMAND …`. It begins only after one byte on its standard
input: by then the watcher has written down who will do the work. The tie is Linux's parent-death signal;
elsewhere the next watcher ends the orphan.
"""

import os
import sys

PR_SET_PDEATHSIG = 1
SIGTERM = 15


def main(parent: int, command: list[str]) -> int:
    """Never returns if all goes well; 126 if it was not to begin, 127 if the command cannot be run."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 (not needed, and slow to load, elsewhere)

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0)
    if os.getppid() != parent or os.read(0, 1) != b"g":
        return 126  # the watcher died first, or thought better of it
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        os.execvp(command[0], command)  # noqa: S606 (no shell is the point)
    except OSError as why:
        sys.stderr.write(f"{command[0]} cannot be run: {why.strerror}\n")
        return 127


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
