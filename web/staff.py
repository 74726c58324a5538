"""Signing in and out, and identifying the client of a request."""

import hashlib
import hmac
import logging
import secrets
import threading
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kb.documents import Audience
from kb.errors import KbError
from kb.users import Users
from web import display, errors, forms, tries
from web.site import Site, Visitor, base_of, site_of, visitor_of
from web.threads import Threads
from web.tries import Budget, Tries

SESSION = "session"
FORM = "form"
KNOWN = "known"
"""Cookies: the session token, the token that the sign-in form must repeat, and the token that
recognises a browser that has signed in before (`kb.users`)."""

KNOWN_SECONDS = 180 * 86_400
MAX_FIELD = 300
CHECKS, CHECKS_KNOWN = 2, 1
"""Passwords checked concurrently, for strangers and for known browsers: each takes 32 MiB and a core."""

WAITING = 8
"""Log-ins that wait for their check; further ones are asked to retry later."""

log = logging.getLogger("web.errors")


class Accounts:
    """The accounts, opened on first use: a site without log-ins needs none."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._users: Users | None = None
        self.tries = Tries()
        self.strangers, self.known = Threads(CHECKS, WAITING), Threads(CHECKS_KNOWN, WAITING)

    def open(self) -> Users:
        """Raises LibraryError if the accounts can't be read."""
        with self._lock:
            if self._users is None:
                self._users = Users.open(self._data_dir)
            return self._users

    def name_of(self, token: str) -> str:
        """The name of the session's user, or empty. An error in the accounts makes nobody staff."""
        try:
            return self.open().session_user(token) or ""
        except KbError as e:
            log.error("sessions: %s", e)
            return ""

    def close(self) -> None:
        with self._lock:
            if self._users is not None:
                self._users.close()
                self._users = None


def identify(request: Request) -> tuple[Visitor, str]:
    """The client, and the entity tag that a public page would have; empty for staff."""
    site = site_of(request)
    token = request.cookies.get(SESSION, "")
    shown = display.read(request.cookies.get(display.COOKIE, ""))
    name = accounts_of(request).name_of(token) if token else ""
    if name:
        # Here, already in a thread: the staff view may have to be created.
        site.knowledge.prepare(Audience.STAFF)
        return Visitor(Audience.STAFF, name, _derived(token), shown), ""
    if site.settings.visitors == "staff":
        return Visitor(Audience.STAFF, display=shown), ""
    visitor = Visitor(Audience.PUBLIC, display=shown)
    return visitor, site.etag(visitor, base_of(request))


def accounts_of(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.accounts
    return accounts


def form(request: Request) -> Response:
    """The sign-in form. Its token is also set as a cookie, so that another site can't forge both."""
    if visitor_of(request).name:
        return RedirectResponse(forms.local(request.query_params.get("next", "")), 303)
    return _form(site_of(request), request, request.query_params.get("next", ""))


async def sign_in(request: Request) -> Response:
    """Refused before a password is checked: costs almost nothing and reveals nothing about names."""
    fields = await forms.fields(request)
    site, onward = site_of(request), fields.get("next", "")
    given, kept = fields.get(FORM, ""), request.cookies.get(FORM, "")
    if not kept or not hmac.compare_digest(given.encode(), kept.encode()):
        return _form(site, request, onward, 400, "expired")
    accounts, mark = accounts_of(request), request.cookies.get(KNOWN, "")
    name = fields.get("name", "")[:MAX_FIELD]
    known = bool(mark) and await run_in_threadpool(lambda: accounts.open().recognises(name, mark))
    budgets = tries.of_browser(mark) if known else tries.of_address(_address(request))
    checks = accounts.known if known else accounts.strangers
    if checks.full or not accounts.tries.take(budgets):
        return _form(site, request, onward, 429, "busy")
    return await checks.run(lambda: _sign_in(request, fields, budgets, known))


def _sign_in(
    request: Request, fields: dict[str, str], budgets: tuple[Budget, ...], known: bool
) -> Response:
    site, onward, accounts = site_of(request), fields.get("next", ""), accounts_of(request)
    users = accounts.open()
    name, password = fields.get("name", "")[:MAX_FIELD], fields.get("password", "")[:MAX_FIELD]
    if not users.verify(name, password, known=known).ok:
        return _form(site, request, onward, 403, "wrong")
    accounts.tries.give_back(budgets)
    token = users.start_session(name, site.settings.session_hours)
    response = RedirectResponse(forms.local(onward), 303)
    _set(request, response, SESSION, token, seconds=site.settings.session_hours * 3600)
    mark = users.mark(name)
    _set(request, response, KNOWN, mark, seconds=KNOWN_SECONDS, path="/login")
    response.delete_cookie(FORM, path="/login")
    return response


def _address(request: Request) -> str:
    """The client's address; behind a trusted proxy, as the proxy states it (uvicorn handles that)."""
    if "x-forwarded-for" in request.headers and not site_of(request).settings.proxies:
        log.warning("a proxy that the setting proxies doesn't name: its askers count as one")
    return request.client.host if request.client else ""


async def sign_out(request: Request) -> Response:
    fields = await forms.fields(request)
    return await run_in_threadpool(_sign_out, request, fields)


def _sign_out(request: Request, fields: dict[str, str]) -> Response:
    visitor = visitor_of(request)
    if visitor.name:
        if not hmac.compare_digest(fields.get(FORM, "").encode(), visitor.csrf.encode()):
            return errors.page(request, 400)
        accounts_of(request).open().end_session(request.cookies[SESSION])
    response = RedirectResponse("/", 303)
    response.delete_cookie(SESSION)
    return response


def _form(
    site: Site, request: Request, onward: str, status: int = 200, problem: str = ""
) -> Response:
    token = request.cookies.get(FORM, "")
    if not 20 <= len(token) <= 100:
        token = secrets.token_urlsafe(24)
    message = site.texts(f"login.{problem}") if problem else ""
    response = site.render(
        request, "login.html", status, form=token, next=forms.local(onward), problem=message
    )
    _set(request, response, FORM, token, seconds=3600, path="/login")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _set(
    request: Request, response: Response, name: str, value: str, *, seconds: int, path: str = "/"
) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=seconds, path=path, httponly=True, samesite="lax", secure=secure
    )


def _derived(token: str) -> str:
    return hashlib.sha256(f"form:{token}".encode()).hexdigest()


ROUTES = [
    Route("/login", form, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"]),
    Route("/logout", sign_out, methods=["POST"]),
]
