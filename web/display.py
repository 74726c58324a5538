"""A visitor's display settings: senior mode, font size, line spacing.

They are stored in a cookie that holds nothing else, and set by plain forms, so they work everywhere.
"""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from web import forms

COOKIE = "display"
YEAR = 31_536_000
SIZES = ("small", "", "large", "huge")
"""Font sizes from the smallest; the one without a name is the default."""


@dataclass(frozen=True, slots=True)
class Display:
    """senior: 适老化, large type, high contrast, fewer items. size: one of SIZES. wide: more line
    spacing."""

    senior: bool = False
    size: str = ""
    wide: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The cookie's value, also the page's classes; empty for the defaults."""
        flags = ("senior" if self.senior else "", self.size, "wide" if self.wide else "")
        return tuple(word for word in flags if word)

    @property
    def larger(self) -> "Display | None":
        return self._step(1)

    @property
    def smaller(self) -> "Display | None":
        return self._step(-1)

    def _step(self, by: int) -> "Display | None":
        at = SIZES.index(self.size) + by
        return replace(self, size=SIZES[at]) if 0 <= at < len(SIZES) else None


USUAL = Display()


def read(cookie: str) -> Display:
    """The settings in a cookie. Unknown words are ignored."""
    words = cookie[:60].split(".")
    size = next((s for s in SIZES if s and s in words), "")
    return Display("senior" in words, size, "wide" in words)


def changed(now: Display, change: str) -> Display:
    """`now` after one press of a button; unknown changes are ignored."""
    match change:
        case "senior" | "normal":
            return replace(now, senior=change == "senior")
        case "larger" | "smaller":
            return getattr(now, change) or now
        case "wide" | "close":
            return replace(now, wide=change == "wide")
    return now


async def change(request: Request) -> Response:
    """Sets the cookie and returns to the page."""
    given = await forms.fields(request)
    wanted = changed(read(request.cookies.get(COOKIE, "")), given.get("set", ""))
    response = RedirectResponse(forms.local(given.get("next", "")), 303)
    if wanted.words:
        response.set_cookie(
            COOKIE,
            ".".join(wanted.words),
            max_age=YEAR,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    else:
        response.delete_cookie(COOKIE)
    return response


ROUTES = [Route("/display", change, methods=["POST"])]
