"""Runs another program within limits: a script, started with `python -I -S`, that execs it.

    confine.py PARENT MEMORY SECONDS FILE_SIZE NETWORK USER program arguments…

PARENT: pid that the program may not outlive. MEMORY: bytes of address space. SECONDS: of processor
time. FILE_SIZE: bytes of a file it writes. NETWORK: "no" for an
empty network namespace of its own, if the system allows one; else "yes". USER: number of the user and
group to switch to; empty to keep the current one.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def main(arguments: list[str]) -> None:
    parent, memory, seconds, size, network, user = arguments[:6]
    libc = _libc()
    _limit(resource.RLIMIT_AS, int(memory))
    _limit(resource.RLIMIT_DATA, int(memory))  # a different limit may be inherited
    _limit(resource.RLIMIT_CPU, int(seconds))
    _limit(resource.RLIMIT_FSIZE, int(size))
    _limit(resource.RLIMIT_CORE, 0)
    if network == "no" and libc is not None and libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    if user:
        os.setgroups([])
        os.setresgid(int(user), int(user), int(user))
        os.setresuid(int(user), int(user), int(user))
    if libc is not None:
        # After the change of user, which resets the parent death signal.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != int(parent):  # the parent ended before the signal was set
        sys.exit(1)
    os.execv(arguments[6], arguments[6:])  # noqa: S606 - that is what it is for


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, hard))


def _libc() -> ctypes.CDLL | None:
    try:
        libc = ctypes.CDLL(None)
        return libc if hasattr(libc, "prctl") and hasattr(libc, "unshare") else None
    except OSError:
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
