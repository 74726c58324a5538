"""The wheel is enough: installed away from the repository it indexes its guides and shows them."""

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from kb import __version__

ROOT = Path(__file__).resolve().parents[1]
BUILT_FROM = ("kb", "indexer", "web", "corpus", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
LARGEST = 2_000_000
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KB_"))}
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves files beside what it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=without)
        else:
            shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    run(*pip, "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_what_is_in_it(wheel: Path) -> None:
    assert wheel.name == f"pufa_kb-{__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < LARGEST
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"pufa_kb-{__version__}.dist-info/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert {n.rpartition("/")[2] for n in names if "/licenses/" in n} == {"LICENSE", "NOTICE"}
    assert {n.partition("/")[0] for n in names if ".dist-info/" not in n} == {
        "kb",
        "indexer",
        "web",
        "corpus",
    }
    for package in ("kb", "indexer", "web", "corpus"):
        here = {
            p.relative_to(ROOT).as_posix()
            for p in (ROOT / package).rglob("*")
            if p.is_file() and p.suffix != ".pyc"
        }
        assert here == {n for n in names if n.startswith(f"{package}/")}


def test_a_demonstration_away_from_the_repository(wheel: Path, tmp_path: Path) -> None:
    venv, here = tmp_path / "venv", tmp_path / "here"
    here.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=here)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=here)
    # The dependencies of this environment, without downloading them again; its own .pth files, which
    # lead back to the repository, aren't read from there.
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")

    for package in ("kb", "indexer", "web"):
        place = run(python, "-c", f"import {package}; print({package}.__file__)", cwd=here)
        assert Path(place.strip()).is_relative_to(site)
    kb = venv / "bin" / "kb"
    assert __version__ in run(kb, "--version", cwd=here)
    run(kb, "demo", "--json", cwd=here)

    guides = [p.read_text("utf-8") for p in (ROOT / "corpus" / "guides").glob("*.md")]
    titles = {tomllib.loads(text.split("+++")[1])["title"] for text in guides}
    page = _page(kb, here, "/guides")
    assert len(titles) >= 10
    assert {t for t in titles if t in page} == titles


def _page(kb: Path, cwd: Path, path: str) -> str:
    """A page of the site that `kb serve` serves, over the index in `cwd`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([str(kb), "serve", "--port", str(port)], cwd=cwd) as server:
        try:
            for _ in range(300):
                assert server.poll() is None, "the site ended"
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                        return re.sub(r"\s+", " ", answer.read().decode())
                except urllib.error.URLError:
                    time.sleep(0.2)
            raise AssertionError("the site didn't start")
        finally:
            server.terminate()
            server.wait(timeout=20)
