"""robots.txt after RFC 9309, read once a run for each site."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from indexer.fetch.fault import FetchError

MAX_BYTES = 512_000
"""Of a robots.txt, no more is read: section 2.5 asks for at least 500 KiB."""

_LONGEST_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site allows a robot. trouble: why it couldn't be asked; then it is left alone."""

    parsed: Protego | None = None
    trouble: FetchError | None = None

    def allows(self, address: str, agent: str) -> bool:
        return self.parsed is None or bool(self.parsed.can_fetch(address, agent))

    def delay(self, agent: str) -> float:
        """Seconds between requests that the site asks for, 60 at most; 0 if it doesn't say."""
        found = self.parsed.crawl_delay(agent) if self.parsed else None
        return min(float(found), _LONGEST_DELAY) if found and found > 0 else 0.0


class Robots:
    """The rules of every site met in a run. ask: gives (status, text) of an address."""

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
        # Section 2.3.1: 4xx means there are no rules; no answer, or 5xx, that nothing is allowed.
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
