"""Error responses: a page for people, one JSON shape for programs."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from kb.errors import IndexMissingError, LibraryError
from web.site import site_of

API = "/api/"

_NAMES = {
    **{404: "not_found", 405: "method", 413: "too_large", 414: "too_large"},
    **{421: "misdirected", 429: "busy", 503: "unavailable"},
}
"""Statuses with words of their own; other 4xx are bad_request, other 5xx failed."""

_API_CODES = {"not_found": "not_found", "method": "method_not_allowed", "failed": "internal"}

# pydantic error type → key of our message, and pydantic's name of the limit in it.
_FAULTS = {
    "int_parsing": ("invalid_integer", ""),
    "int_type": ("invalid_integer", ""),
    "greater_than_equal": ("invalid_minimum", "ge"),
    "less_than_equal": ("invalid_maximum", "le"),
    "string_too_long": ("invalid_length", "max_length"),
    "too_long": ("invalid_count", "max_length"),
    "bool_parsing": ("invalid_boolean", ""),
    "missing": ("missing", ""),
}
_DATES = ("date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact", "date_type")
_CHOICES = ("enum", "literal_error")


def answer(request: Request, status: int, error: BaseException | None = None) -> Response:
    """The error page, or the JSON error for addresses of the API."""
    if isinstance(error, IndexMissingError | LibraryError):
        status = 503
    if request.url.path.startswith(API):
        return problem(request, status)
    return page(request, status)


def page(
    request: Request, status: int, template: str = "error.html", **values: Any
) -> HTMLResponse:
    return site_of(request).render(
        request, template, status, name=_name(status), status=status, **values
    )


def problem(
    request: Request, status: int, code: str = "", message: str = "", field: str = ""
) -> JSONResponse:
    """The API's one error shape. field: the parameter at fault, or null."""
    name = _name(status)
    if not message:
        words = "bad_request" if name == "too_large" else name
        message = site_of(request).texts(f"api.{words}")
    body = {"code": code or _API_CODES.get(name, name), "message": message, "field": field or None}
    return JSONResponse({"error": body}, status)


def install(app: FastAPI) -> None:
    """Registers these as the responses to the framework's exceptions."""

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = answer(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        field = str(first["loc"][1]) if len(first["loc"]) > 1 else ""
        message = _fault(request, first, field)
        return problem(request, 422, "invalid_parameter", message, field)

    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _name(status: int) -> str:
    return _NAMES.get(status, "failed" if status >= 500 else "bad_request")


def _fault(request: Request, error: dict[str, Any], field: str) -> str:
    texts, kind, context = site_of(request).texts, error["type"], error.get("ctx", {})
    if kind in _DATES:
        return texts("api.invalid_date", field=field)
    if kind in _CHOICES:
        choices = context["expected"].replace("'", "").replace(" or ", ", ")
        return texts("api.invalid_choice", field=field, choices=choices)
    key, limit = _FAULTS.get(kind, ("invalid", ""))
    return texts(f"api.{key}", field=field, limit=context.get(limit, ""))
