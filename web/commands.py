"""The command `kb serve`."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

import click
import uvicorn
from fastapi import FastAPI

from kb import settings as settings_table
from kb.documents import Audience
from kb.errors import IndexMissingError, KbError
from kb.knowledge.base import KnowledgeBase
from kb.settings import Settings
from kb.terminal import say
from web import texts
from web.app import create_app
from web.connections import BACKLOG
from web.logs import LOGGING

# uvicorn's own access log would contain the query strings.
OPTIONS: dict[str, Any] = {
    "access_log": False,
    "backlog": BACKLOG,
    "http": "web.connections:Connection",
    "log_config": LOGGING,
    "proxy_headers": False,
    "server_header": False,
    "timeout_graceful_shutdown": 10,
    "timeout_keep_alive": 15,
    "ws": "none",
}

# Passes the command-line options to the processes of --workers.
_GIVEN = ("data_dir", "host", "port")
_CONFIG = "KB_SERVE_CONFIG"


@click.command(help="启动网站。")
@click.option("--host", help="监听的地址（默认 127.0.0.1）。")
@click.option("--port", type=click.IntRange(1, 65535), help="监听的端口（默认 8000）。")
@click.option("--data-dir", type=click.Path(path_type=Path), help="数据目录（默认 kb-data）。")
@click.option("--config", type=click.Path(path_type=Path), help="配置文件 kb.toml。")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="进程数（默认 1）。")
def serve(
    host: str | None, port: int | None, data_dir: Path | None, config: Path | None, workers: int
) -> None:
    """Serves until stopped. Exit code 2 for invalid settings or when nothing is indexed."""
    words = texts.load()
    try:
        settings = settings_table.load(config, host=host, port=port, data_dir=data_dir)
        # Opened here too before worker processes serve, so that errors are reported once. Warm only
        # if this process serves: a supervisor needs no dictionaries.
        knowledge = _open(settings, warm=workers == 1)
    except IndexMissingError as e:
        data_dir = settings.data_dir
        say(words("serve.no_index", reason=e, data_dir=data_dir), err=True)
        sys.exit(2)
    except KbError as e:
        say(str(e), err=True)
        sys.exit(2)
    listener = _listen(settings, words)
    host_shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(words("serve.started", host=host_shown, port=settings.port))
    if workers == 1:
        try:
            app = create_app(knowledge, settings)
            server = uvicorn.Server(uvicorn.Config(app, **_options(settings)))
            server.run(sockets=[listener])
        finally:
            knowledge.close()
        return
    knowledge.close()
    for name in _GIVEN:
        os.environ[f"KB_{name.upper()}"] = str(getattr(settings, name))
    os.environ[_CONFIG] = str(settings.config or "")
    uvicorn.run(
        "web.commands:application",
        factory=True,
        workers=workers,
        fd=listener.fileno(),
        **_options(settings),
    )


def application() -> FastAPI:
    """The application of one of several processes."""
    path = os.environ.get(_CONFIG)
    settings = settings_table.load(Path(path) if path else None)
    return create_app(_open(settings, warm=True), settings)


def _options(settings: Settings) -> dict[str, Any]:
    """OPTIONS, and which proxies the settings trust for client address and scheme."""
    trusted = settings.proxies.split()
    return OPTIONS | {"proxy_headers": bool(trusted), "forwarded_allow_ips": trusted}


def _open(settings: Settings, *, warm: bool) -> KnowledgeBase:
    """The knowledge base; warm, so that the first visitor doesn't wait for dictionaries to load."""
    audience = Audience.STAFF if settings.visitors == "staff" else Audience.PUBLIC
    knowledge = KnowledgeBase.open(settings.data_dir, audience, settings.status_months)
    if warm:
        knowledge.warm()
    return knowledge


def _listen(settings: Settings, words: texts.Texts) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Connections inherit it. Nagle's algorithm would delay each response by 40 ms, and asyncio disables
    # it only for sockets that it knows to be TCP, which those of --workers aren't.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as e:
        listener.close()
        place = {"host": settings.host, "port": settings.port}
        say(words("serve.port_taken", **place, reason=e.strerror or e), err=True)
        sys.exit(2)
    return listener
