"""LibreOffice as a converter, if installed: .doc, .wps, .rtf, .odt, .ppt, .xls … to OOXML.

Each conversion is a separate process with limits on time, memory and output, in a private profile
without macros, links and network. Documents may be hostile, so the result is read like any
untrusted file.
"""

import atexit
import contextlib
import html
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Final

from indexer.extract import confine
from indexer.sources import confined
from indexer.sources.scan import File
from kb import office
from kb.errors import UnreadableError

SECONDS: Final = 60
"""Wall time of one conversion; a report of 100 pages takes 2 to 3 s."""
MEMORY: Final = 4_000_000_000
"""Bytes of address space; LibreOffice maps 1.5 GB when idle."""
OUTPUT: Final = 200_000_000
"""Bytes of the converted file."""

_RESTART: Final = 81  # the exit code that requests a restart, after creating a profile
_PREFIX: Final = "pufa-office-"
_NOBODY: Final = 65534
_PROFILE = re.compile(rf"{_PREFIX}(\d{{1,10}})-")

INSTALL: Final = (
    "未安装 LibreOffice。请系统管理员安装后重新更新（Debian、Ubuntu、统信、麒麟："
    "apt install libreoffice-writer libreoffice-calc libreoffice-impress；"
    "openEuler、CentOS：dnf install libreoffice-writer libreoffice-calc libreoffice-impress），"
    "或另存为 .docx、.xlsx 再添加"
)

# Settings of the private profile, by configuration path: no macros, no scripts, no link updates,
# nothing loaded from locations a document names, network only through a proxy that doesn't exist.
_SETTINGS: Final = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Writer/Content/Update", "Field", "false"),
    ("Office.Calc/Content/Update", "Link", "2"),
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode", "1"),
    ("Office.Calc/Formula/Load", "ODFRecalcMode", "1"),
    ("Office.Common/Misc", "UseLocking", "false"),
    ("Office.Common/Save/Document", "WarnAlienFormat", "false"),
    ("Office.Common/Java/ApplicationConfiguration", "Enable", "false"),
    ("Office.Java/VirtualMachine", "Enable", "false"),
    ("Inet/Settings", "ooInetProxyType", "1"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
    ("Inet/Settings", "ooInetNoProxy", ""),
    ("Setup/Office", "ooSetupInstCompleted", "true"),
)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a file is and what it is converted to.

    source: LibreOffice's import filter, "" to detect it; suffix, filter: of the result.
    """

    suffix_in: str
    source: str
    suffix: str
    filter: str


def convert(
    data: bytes, conversion: Conversion, seconds: float = SECONDS, network: bool = False
) -> bytes:
    """`data` converted. `network`: only for tests of the settings: no namespace then.

    Raises UnreadableError: missing-tool, no-isolation (the setting requires it and the system refuses
    it), timeout, too-large or conversion (LibreOffice rejects the file or ends without a result).
    """
    program = office.find()
    if program is None:
        raise UnreadableError("missing-tool", INSTALL)
    if os.environ.get(office.VARIABLE) == "required" and not office.can_isolate():
        raise UnreadableError("no-isolation", f"未转换：{office.ISOLATION[0]}，而设置要求隔离")
    with _OFFICE.lock:
        return _OFFICE.convert(program, data, conversion, seconds, network)


@dataclass(slots=True, weakref_slot=True)
class _Office:
    """The one LibreOffice of this process: a profile serves one conversion at a time."""

    home: Path | None = None
    owner: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def convert(
        self, program: Path, data: bytes, conversion: Conversion, seconds: float, network: bool
    ) -> bytes:
        home = self._home()
        deadline = time.monotonic() + seconds
        with tempfile.TemporaryDirectory(dir=home) as folder:
            work = Path(folder)
            (work / "out").mkdir()
            source = work / f"in.{conversion.suffix_in}"
            source.write_bytes(data)
            _hand_over(work)
            command = [
                "--convert-to",
                f"{conversion.suffix}:{conversion.filter}",
                "--outdir",
                str(work / "out"),
                *([f"--infilter={conversion.source}"] if conversion.source else []),
                str(source),
            ]
            code = self._run(program, command, work, deadline, network)
            if code == _RESTART:
                code = self._run(program, command, work, deadline, network)
            if code == -signal.SIGXFSZ:
                raise UnreadableError("too-large", "文件转换后过大，请拆分后再添加")
            if not code:
                # The document may have taken over the converter: its output must be a regular file.
                result = File(f"{work.name}/out/in.{conversion.suffix}", 0, 0)
                with contextlib.suppress(OSError), confined.opened(home, result) as file:
                    return confined.bounded(file, OUTPUT)
            else:
                self.close()  # a crash may leave the profile in any state
            raise UnreadableError(
                "conversion",
                "LibreOffice 无法转换该文件，文件可能已损坏或设有密码，"
                "请用 Word 或 WPS 打开后另存为 .docx、.xlsx",
            )

    def _run(
        self, program: Path, command: list[str], work: Path, deadline: float, network: bool
    ) -> int:
        home = self._home()
        limits = (
            *(os.getpid(), MEMORY, int(SECONDS * 2), OUTPUT),
            "yes" if network else "no",
            _user() or "",
        )
        arguments = [
            sys.executable, "-I", "-S", confine.__file__, *map(str, limits),
            str(_binary(program)), f"-env:UserInstallation={(home / 'profile').as_uri()}",
            "--headless", "--invisible", "--nologo", "--norestore", "--nolockcheck", "--nodefault",
            "--nofirststartwizard", *command,
        ]  # fmt: skip
        process = subprocess.Popen(  # noqa: S603 - the program found, arguments of our own
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=work,
            env=_environment(home, work),
            start_new_session=True,
        )
        try:
            return process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._kill(process)
            self.close()
            message = f"LibreOffice 转换超时（{SECONDS} 秒），请用 Word 或 WPS 打开后另存为 .docx"
            raise UnreadableError("timeout", message) from None
        finally:
            self._kill(process)

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        # It has its own session, so all its descendants are killed with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _home(self) -> Path:
        """The folder with this process's profile, created on first use."""
        if self.home is None or self.owner != os.getpid() or not self.home.is_dir():
            sweep()
            self.home = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
            self.owner = os.getpid()
            user = self.home / "profile" / "user"
            user.mkdir(parents=True)
            (user / "registrymodifications.xcu").write_text(_registry(), "utf-8")
            _hand_over(self.home / "profile")
            if _user():
                self.home.chmod(0o711)  # owned by us, so that nothing in it can be replaced
            if parent_process() is not None:  # workers of multiprocessing don't run atexit
                Finalize(self, self.close, exitpriority=0)
        return self.home

    def close(self) -> None:
        """Removes the profile; the next conversion creates a new one."""
        if self.home is not None and self.owner == os.getpid():
            shutil.rmtree(self.home, ignore_errors=True)
        self.home = None


def _user() -> int:
    """The user that conversions run as if we are root: nobody. 0 to keep our own."""
    if os.geteuid() != 0:
        return 0
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return _NOBODY


def _hand_over(folder: Path) -> None:
    """Gives a folder and its contents to the user that conversions run as."""
    user = _user()
    if user:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)


def sweep() -> None:
    """Removes the profiles of processes that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        found = _PROFILE.match(path.name)
        if found and not _lives(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def _tidy_up() -> None:
    _OFFICE.close()
    sweep()  # readers that this process started and killed


_OFFICE: Final = _Office()
atexit.register(_tidy_up)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (
        PermissionError,
        OverflowError,
    ):  # another user's process, or no pid at all
        pass
    return True


def _binary(program: Path) -> Path:
    # Started without the shell script and the splash screen's process, it is a single process.
    binary = program.with_name("soffice.bin")
    return binary if binary.is_file() else program


def _environment(home: Path, work: Path) -> dict[str, str]:
    dead = "http://127.0.0.1:9"
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "LD_LIBRARY_PATH", "TZ"}}
    return {
        **kept,
        "HOME": str(home),
        "TMPDIR": str(work),
        "LANG": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
        "SAL_DISABLE_OPENCL": "1",
        "http_proxy": dead,
        "https_proxy": dead,
    }


def _registry() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{html.escape(value)}</value></prop></item>\n"
        for path, name, value in _SETTINGS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"{items}</oor:items>\n"
    )
