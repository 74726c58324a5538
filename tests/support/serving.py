"""The site over a base of the bundled corpus, served in a thread, and a browser to look at it."""

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from kb.knowledge.base import KnowledgeBase
from kb.settings import Settings
from web.app import create_app
from web.commands import OPTIONS

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_KB = [sys.executable, "-c", "from kb.cli import main; main()"]
CORPUS = Path(__file__).resolve().parents[2] / "corpus"


@contextmanager
def browsing(paths: list[Path], **given: Any) -> Iterator[tuple[str, Any, KnowledgeBase]]:
    """(address, browser, base) over an index of `paths` in a temporary folder. given: settings."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        sys.exit(f"Chromium is not installed at {CHROMIUM}.")
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "kb"
        command = [*_KB, "index", *map(str, paths), "--data-dir", str(data_dir), "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        base = KnowledgeBase.open(data_dir)
        base.warm()
        with serving(base, Settings(data_dir=data_dir, **given)) as address, sync_playwright() as p:
            browser = p.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            yield address, browser, base
            browser.close()
        base.close()


@contextmanager
def serving(base: KnowledgeBase, settings: Settings) -> Iterator[str]:
    """A server in a thread; its address."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    options = OPTIONS | {"log_config": None}
    server = uvicorn.Server(uvicorn.Config(create_app(base, settings), **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()
