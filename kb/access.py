"""Checks which system users can access a data directory.

Everything the program writes is accessible only to its own user (`kb.cli` sets the umask). Wider
access predates this or was set by others.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """others, group: files and directories that any user, or the group, can read or change; foreign:
    those not owned by the directory's owner. Counts. owner: the user's name."""

    others: int
    group: int
    foreign: int
    owner: str


def access(data_dir: Path) -> Access:
    """Checks every file's mode. A file counts only if its parent directories allow access."""
    top = data_dir.stat()
    counts = {"others": 0, "group": 0, "foreign": 0}
    open_to = {str(data_dir): (True, True)}
    for folder, folders, names in os.walk(data_dir):
        place = Path(folder)
        others, group = open_to[folder]
        info = place.stat()
        others, group = others and bool(info.st_mode & 0o005), group and bool(info.st_mode & 0o050)
        counts["others"] += others
        counts["group"] += group
        for name in folders:
            open_to[os.path.join(folder, name)] = others, group  # noqa: PTH118 - as os.walk makes it
        for name in (*names, *folders):
            try:
                found = (place / name).lstat()
            except OSError:
                continue
            counts["foreign"] += found.st_uid != top.st_uid
            if stat.S_ISREG(found.st_mode):
                counts["others"] += others and bool(found.st_mode & 0o006)
                counts["group"] += group and bool(found.st_mode & 0o060)
    return Access(**counts, owner=user_name(top.st_uid))


def user_name(uid: int) -> str:
    """A user's name, or the uid of an unnamed user."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def as_root(data_dir: Path) -> str:
    """The warning for running as root; empty for other users."""
    if os.geteuid() != 0:
        return ""
    try:
        owner = data_dir.stat().st_uid
    except OSError:
        owner = 0
    if owner:
        name = user_name(owner)
        return (
            f"正以 root 身份运行，而数据目录属于 {name}：写下的文件网站可能读不了，"
            f"请改用 sudo -u {name} kb …"
        )
    return "正以 root 身份运行，读取外来文件有风险；请改用专门的用户，如 pufa-kb（见用户手册“每夜更新”）"
