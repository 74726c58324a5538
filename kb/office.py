"""LibreOffice, which converts formats that our own readers don't support: its location, and whether it
can be isolated from the network."""

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

PLACES: Final = (
    "/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/opt/libreoffice/program",
)  # fmt: skip
_NAMES: Final = ("soffice", "libreoffice")

FORMATS: Final = frozenset({"doc", "xls", "ppt", "rtf", "odt", "ods", "odp", "xlsb"})
"""Formats converted by it."""

VARIABLE: Final = "PUFA_KB_CONVERT_ISOLATION"
"""Passes the setting convert_isolation to readers, which are separate processes."""

ISOLATION: Final = (
    "本机不能为 LibreOffice 建立没有网络的环境（网络命名空间），转换时只靠其自身设置阻止联网",
    "允许服务建立用户和网络命名空间（systemd：RestrictNamespaces=user net；内核："
    "kernel.unprivileged_userns_clone=1，Ubuntu 另见 kernel.apparmor_restrict_unprivileged_userns）；"
    '或设 convert_isolation = "required"，不能隔离就不转换',
)
"""The message if it can't be isolated, with the remedy."""

# CLONE_NEWNET; plus CLONE_NEWUSER for non-root users.
_PROBE: Final = (
    "import ctypes, sys\n"
    "unshare = ctypes.CDLL(None).unshare\n"
    "sys.exit(0 if unshare(0x40000000) == 0 or unshare(0x50000000) == 0 else 1)\n"
)


def find() -> Path | None:
    """Path of the LibreOffice program, or None if it isn't installed."""
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found).resolve()
    places = (Path(place) / "soffice" for place in PLACES)
    return next((path for path in places if path.is_file()), None)


@lru_cache(maxsize=1)
def can_isolate() -> bool:
    """Whether a program can be started here in its own network namespace. Tested in a child process:
    there is no other way to detect a restriction (seccomp, AppArmor, a sysctl)."""
    try:
        # The current Python, with a constant program.
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-S", "-c", _PROBE],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
