"""robots.txt by RFC 9309, read once per run for each site."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from indexer.fetch.fault import FetchError

MAX_BYTES = 512_000
"""Maximum bytes read of a robots.txt: section 2.5 asks for at least 500 KiB."""

_LONGEST_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site allows a robot. trouble: why robots.txt couldn't be fetched; the site is then skipped."""

    parsed: Protego | None = None
    trouble: FetchError | None = None

    def allows(self, address: str, agent: str) -> bool:
        return self.parsed is None or bool(self.parsed.can_fetch(address, agent))

    def delay(self, agent: str) -> float:
        """Seconds between requests that the site asks for, 60 at most; 0 if unstated."""
        found = self.parsed.crawl_delay(agent) if self.parsed else None
        return min(float(found), _LONGEST_DELAY) if found and found > 0 else 0.0


class Robots:
    """The rules of every site visited in a run. ask: returns (status, text) of an address."""

    def __init__(self, ask: Callable[[str], tuple[int, bytes]]) -> None:
        self._ask = ask
        self._rules: dict[str, Rules] = {}

    def of(self, address: str) -> Rules:
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = self._read(f"{site}/robots.txt")
        return self._rules[site]

    def _read(self, address: str) -> Rules:
        # Section 2.3.1: 4xx means no rules; no response, or 5xx, means nothing is allowed.
        try:
            status, text = self._ask(address)
        except FetchError as error:
            if error.reason == "redirects":
                return Rules()
            return Rules(trouble=error)
        if 200 <= status < 300:
            try:
                return Rules(Protego.parse(text.decode("utf-8", "replace")))
            except (ValueError, TypeError, RecursionError):
                return Rules()
        return Rules()
