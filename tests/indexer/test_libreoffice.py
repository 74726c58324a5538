"""LibreOffice as a converter: its limits, what it may not reach, several at once, and without it."""

import http.server
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexer import retry
from indexer.extract import confine, libreoffice
from indexer.extract.formats import extract
from indexer.extract.libreoffice import Conversion, convert
from kb import office
from kb.errors import UnreadableError
from kb.health import examine
from kb.health.inspection import tools
from kb.settings import Settings

needs_office = pytest.mark.skipif(office.find() is None, reason="LibreOffice is not installed")
RTF = rb"{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0\fcharset134 SimSun;}}\f0 "
TEXT = "某市司法局工作总结"
TO_DOCX = Conversion("rtf", "Rich Text Format", "docx", "MS Word 2007 XML")


def rtf(text: str = TEXT) -> bytes:
    escaped = "".join(f"\\u{ord(c)}?" if ord(c) > 127 else c for c in text)
    return RTF + escaped.encode() + rb"\par}"


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("pufa-office-*"))


def test_without_it_a_file_is_listed_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "find", lambda: None)
    with pytest.raises(UnreadableError) as caught:
        extract("总结.rtf", rtf())
    assert caught.value.reason == "missing-tool"
    assert "libreoffice-writer" in str(caught.value)


def test_it_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert office.find() == program
    program.unlink()
    monkeypatch.setattr(office, "PLACES", (str(tmp_path / "nowhere"),))
    assert office.find() is None


@needs_office
@pytest.mark.parametrize(
    "data",
    [
        rtf(),
        RTF + TEXT.encode("gb18030") + rb"\par}",  # raw GBK, some of whose bytes are \ and {
        RTF + "镕誠".encode("gb18030") + TEXT.encode("gb18030") + rb"\par}",
        b"\xef\xbb\xbf" + RTF + TEXT.encode() + rb"\par}",
        b"\xff\xfe" + (RTF.decode() + TEXT + "\\par}").encode("utf-16-le"),
        (RTF.decode() + TEXT + "\\par}").encode("utf-16-be"),
        RTF + "".join(f"\\'{b:02x}" for b in TEXT.encode("gbk")).encode() + rb"\par}",
    ],
)
def test_rtf_in_the_encodings_it_comes_in(data: bytes) -> None:
    found = extract("x", data)
    assert found.format == "rtf"
    assert [b.text.removeprefix("镕誠") for b in found.blocks] == [TEXT]


@needs_office
def test_time_is_limited_and_the_whole_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableError) as caught:
        convert(rtf(), TO_DOCX, seconds=0.05)
    assert caught.value.reason == "timeout"
    assert convert(rtf(), TO_DOCX).startswith(b"PK")  # in a new profile


@needs_office
def test_memory_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libreoffice, "MEMORY", 60_000_000)
    with pytest.raises(UnreadableError) as caught:
        convert(rtf(), TO_DOCX)
    assert caught.value.reason == "conversion"


@needs_office
def test_output_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    convert(rtf(), TO_DOCX)  # the profile is there: only the result is written
    monkeypatch.setattr(libreoffice, "OUTPUT", 1_000)
    with pytest.raises(UnreadableError) as caught:
        convert(rtf(), TO_DOCX)
    assert caught.value.reason in {"too-large", "conversion"}


@needs_office
def test_damaged_files_are_refused() -> None:
    for data in (b"{\\rtf1\\ansi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)):
        with pytest.raises(UnreadableError) as caught:
            extract("x.doc", data)
        assert caught.value.reason in {"conversion", "empty", "unsupported"}


@needs_office
def test_several_at_once_do_not_collide() -> None:
    code = (
        "import sys; from indexer.extract.formats import extract;"
        "print(extract('x', sys.stdin.buffer.read()).blocks[0].text)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    with ThreadPoolExecutor(6) as pool:
        outputs = pool.map(lambda n: processes[n].communicate(rtf(f"第{n}件"))[0], range(3))
        ours = pool.map(lambda n: extract("x", rtf(f"第{n}份")).blocks[0].text, range(3))
        assert [out.decode().strip() for out in outputs] == ["第0件", "第1件", "第2件"]
        assert list(ours) == ["第0份", "第1份", "第2份"]
    left = {path for path in folders() if f"-{os.getpid()}-" not in path.name}
    assert not {path for path in left for process in processes if f"-{process.pid}-" in path.name}


@needs_office
def test_a_killed_process_takes_its_converter_along_and_its_profile_is_swept() -> None:
    code = "from indexer.extract.formats import extract; import sys; extract('x', sys.stdin.buffer.read())"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(rtf())
    process.stdin.close()
    children: list[int] = []
    deadline = time.monotonic() + 30
    while not children and time.monotonic() < deadline and process.poll() is None:
        listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        children = [int(pid) for pid in listed.split()]
    if process.poll() is not None or not children:
        process.kill()
        pytest.skip("the conversion was over before it could be interrupted")
    process.send_signal(signal.SIGKILL)
    process.wait()
    while any(running(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(running(pid) for pid in children)
    libreoffice.sweep()
    assert not {path for path in folders() if f"-{process.pid}-" in path.name}


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_sweeping_leaves_what_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [
        f"pufa-office-{os.getpid()}-a",
        "pufa-office-1-b",
        "pufa-office-x",
        f"other-{dead.pid}-c",
    ]
    for name in (*names, f"pufa-office-{dead.pid}-d"):
        (tmp_path / name).mkdir()
    libreoffice.sweep()
    assert {path.name for path in tmp_path.iterdir()} == set(names)


class _Counting(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<p>geheim</p>")

    do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    made.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def linking(address: str) -> bytes:
    """A page with a picture, a style sheet and a frame from elsewhere."""
    return (
        f'<html><head><link rel="stylesheet" href="{address}/a.css"></head><body><p>正文</p>'
        f'<img src="{address}/b.png"><iframe src="{address}/c.html"></iframe>'
        f'<object data="{address}/d"></object></body></html>'
    ).encode()


PAGE = Conversion("html", "HTML (StarWriter)", "docx", "MS Word 2007 XML")


@needs_office
@pytest.mark.parametrize("network", [False, True])
def test_nothing_is_loaded_from_elsewhere(
    server: http.server.ThreadingHTTPServer, network: bool
) -> None:
    """By the namespace without network and, where the system allows none, by the settings alone."""
    address = f"http://127.0.0.1:{server.server_port}"
    made = convert(linking(address), PAGE, network=network)
    assert [b.text for b in extract("x", made).blocks][:1] == ["正文"]
    field = r'{\field{\*\fldinst %s "%s/%s" \\d}{\fldrslt x}}'
    included = (field % ("INCLUDETEXT", address, "e.rtf")).encode()
    picture = (field % ("INCLUDEPICTURE", address, "f.png")).encode()
    convert(RTF + included + picture + rb"\par}", TO_DOCX, network=network)
    assert server.asked == []  # type: ignore[attr-defined]


def test_confined_programs_have_the_limits_and_no_network(
    server: http.server.ThreadingHTTPServer,
) -> None:
    code = (
        "import resource, socket, sys\n"
        "print([resource.getrlimit(k)[0] for k in (resource.RLIMIT_AS, resource.RLIMIT_CPU,"
        " resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)])\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5); print('reached')\n"
        "except OSError: print('unreachable')\n"
    )
    arguments = [str(os.getpid()), "2000000000", "7", "123456"]
    port = str(server.server_port)
    answers = [
        subprocess.run(
            [sys.executable, "-I", "-S", confine.__file__, *arguments, network, "", sys.executable,
             "-c", code, port],
            capture_output=True, text=True, check=True, timeout=30,
        ).stdout.split("\n")[:2]
        for network in ("yes", "no")
    ]  # fmt: skip
    assert answers[0] == ["[2000000000, 7, 123456, 0]", "reached"]
    assert answers[1][0] == answers[0][0]
    if answers[1][1] == "reached":
        pytest.skip("this system allows no network namespaces")
    orphan = subprocess.run(
        [sys.executable, "-I", "-S", confine.__file__, "1", *arguments[1:], "yes", "", "/bin/true"],
        check=False, timeout=30,
    )  # fmt: skip
    assert orphan.returncode == 1


def test_one_search_for_all_who_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "soffice").write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setattr(office, "PLACES", (str(tmp_path),))
    assert office.find() == tmp_path / "soffice"
    assert retry.CURES["missing-tool"]()
    assert tools()[0].present
    (tmp_path / "soffice").unlink()
    assert not retry.CURES["missing-tool"]()
    assert not tools()[0].present


def test_where_nothing_can_be_isolated_it_is_said_and_refused_by_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "find", lambda: tmp_path / "soffice")
    monkeypatch.setattr(office, "can_isolate", lambda: False)
    levels = {}
    for wanted in ("preferred", "required"):
        values = Settings(data_dir=tmp_path, convert_isolation=wanted)
        (found,) = (f for f in examine(values) if f.subject == "转换隔离")
        levels[wanted] = found.level
    assert levels == {"preferred": "note", "required": "fault"}
    monkeypatch.setenv(office.VARIABLE, "required")
    with pytest.raises(UnreadableError) as caught:
        extract("总结.rtf", rtf())
    assert caught.value.reason == "no-isolation"


def test_the_probe_tells_what_a_program_meets() -> None:
    office.can_isolate.cache_clear()
    done = subprocess.run(
        [sys.executable, "-I", "-S", confine.__file__, str(os.getpid()), "2000000000", "7", "1000", "no", "",
         sys.executable, "-c", "print(len(open('/proc/net/dev').readlines()))"],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    alone = done.stdout.strip() == "3"  # two lines of heads, and lo
    assert office.can_isolate() == alone


@needs_office
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_root_converts_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    real = subprocess.Popen.wait

    def wait(self: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout is not None and timeout > 1:
            time.sleep(0.5)
            uids = Path(f"/proc/{self.pid}/status").read_text().split("Uid:")[1].split("\n")[0]
            seen.append(set(map(int, uids.split())))
        return real(self, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    assert extract("x.docx", convert(rtf(), TO_DOCX)).blocks[0].text == TEXT
    assert seen
    assert all(0 not in uids for uids in seen)


def test_what_a_converter_leaves_is_no_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "soffice"
    program.write_text('#!/bin/sh\nln -s /etc/hostname "$TMPDIR/out/in.docx"\n')
    program.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setattr(office, "find", lambda: program)
    with pytest.raises(UnreadableError) as caught:
        convert(rtf(), TO_DOCX)
    assert caught.value.reason in {"link-outside", "conversion"}
