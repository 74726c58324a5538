"""Posted forms: their fields within limits, and return addresses restricted to this site."""

from urllib.parse import parse_qs

from starlette.requests import Request

MAX_FIELD = 2_000


async def fields(request: Request) -> dict[str, str]:
    """The fields of a posted form, each once. `web.bodies` limits its size."""
    body = await request.body()
    try:
        parsed = parse_qs(body.decode("ascii", "replace"), max_num_fields=10, errors="replace")
    except ValueError:
        return {}
    return {name: values[0][:MAX_FIELD] for name, values in parsed.items()}


def local(url: str) -> str:
    """`url` if it is a path on this site, else the home page."""
    plain = url.startswith("/") and not url.startswith("//") and "\\" not in url
    return url if plain and url.isprintable() and len(url) < MAX_FIELD else "/"
