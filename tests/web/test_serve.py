"""The command `kb serve`."""

import socket
import subprocess
import sys
import time
import urllib.request

import httpx
import pytest
from click.testing import CliRunner

from tests.support import dictionary
from web.commands import serve


def test_nothing_indexed_yet(tmp_path):
    result = CliRunner().invoke(serve, ["--data-dir", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "kb index" in result.output
    assert not (tmp_path / "none").exists()


def test_wrong_settings(tmp_path):
    file = tmp_path / "kb.toml"
    file.write_text("[site]\nport = 'eighty'\n", "utf-8")
    result = CliRunner().invoke(serve, ["--config", str(file)])
    assert result.exit_code == 2
    assert "port" in result.output


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.mark.parametrize("workers", [1, 2])
def test_serving_and_a_taken_port(workers, make_base, tmp_path):
    from kb.documents import Audience, Document, Kind, Passage

    passage = Passage("p1", "", (), "一段文字。")
    make_base([Document("only00000001", "唯一", Kind.OTHER, Audience.PUBLIC, (passage,))])
    port = _free_port()
    command = [sys.executable, "-c", "from web.commands import serve; serve()"]
    options = ["--data-dir", str(dictionary.put(tmp_path)), "--port", str(port)]
    several = ["--workers", str(workers)]
    with subprocess.Popen(
        command + options + several, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for _ in range(100):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                        assert b'"ok"' in answer.read()
                    break
                except OSError:
                    time.sleep(0.2)
            else:
                raise AssertionError("the server didn't start")
            urllib.request.urlopen(f"http://127.0.0.1:{port}/search?q=private").read()
            # Nagle's algorithm with delayed acknowledgements would make each of them wait 40 ms.
            times = []
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                for _ in range(20):
                    began = time.perf_counter()
                    assert client.get("/about").status_code == 200
                    times.append(time.perf_counter() - began)
            assert sorted(times)[5] < 0.03
            taken = CliRunner().invoke(serve, options)
            assert taken.exit_code == 2
            assert str(port) in taken.output
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=20)
    assert f"http://127.0.0.1:{port}" in output
    assert "GET /search 200" in output
    assert "private" not in output
