"""The application: routes, middleware, and the one place that assembles them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from kb import __version__
from kb.knowledge.base import KnowledgeBase
from kb.settings import Settings
from web import (
    api,
    display,
    documents,
    download,
    errors,
    feeds,
    laws,
    lists,
    machines,
    pages,
    run_pages,
    staff,
    statistics,
    texts,
)
from web.heavy import Heavy
from web.hosts import Hosts
from web.security import Freshness, Guard
from web.site import STATIC, Site

YEAR = 31_536_000

THREADS = 4
"""Requests per process handled in threads at a time: those that read the library or create files.
Searches and suggestions wait for nothing except, occasionally, a law whose article is looked up: a thread
would only pass the interpreter to and fro. Handled on the event loop, 16 readers get a sixth more
pages."""


class Files(StaticFiles):
    """Static files. An address that contains the content hash is cached for a year."""

    def __init__(self, site: Site) -> None:
        super().__init__(directory=STATIC)
        self._site = site

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = scope["query_string"] == f"v={self._site.assets.get(path)}".encode()
        response.headers["Cache-Control"] = (
            f"public, max-age={YEAR}, immutable" if kept else "no-cache"
        )
        return response


def create_app(knowledge: KnowledgeBase, settings: Settings) -> FastAPI:
    """The site over an open knowledge base; the caller closes the base.

    Raises ConfigError if the words on screen can't be read.
    """
    site = Site(knowledge, settings, texts.load())
    accounts = staff.Accounts(settings.data_dir)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        yield
        accounts.close()
        site.queries.close()

    app = FastAPI(
        title=settings.site_name,
        description=site.texts("api.description"),
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[
            Middleware(Guard, fail=errors.answer, hosts=Hosts(settings)),
            Middleware(GZipMiddleware, minimum_size=700, compresslevel=3),
            Middleware(Freshness, identify=staff.identify),
        ],
    )
    app.state.site = site
    app.state.accounts = accounts
    app.state.heavy = Heavy()
    errors.install(app)
    app.include_router(api.router)
    app.router.routes.extend(
        [
            *(*pages.ROUTES, *documents.ROUTES, *laws.ROUTES),
            *(*lists.ROUTES, *statistics.ROUTES, *download.ROUTES, *feeds.ROUTES),
            *(*machines.ROUTES, *staff.ROUTES, *run_pages.ROUTES, *display.ROUTES),
        ]
    )
    app.router.routes.append(Mount("/static", Files(site), name="static"))
    return app
