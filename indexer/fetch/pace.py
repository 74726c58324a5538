"""Rate limiting: pauses between requests to a host, and hosts that are skipped."""

import time
from dataclasses import dataclass, field
from typing import Final

DEAD_AFTER: Final = 4
"""Consecutive requests without a response after which a host is skipped for the rest of a run."""


_ended: dict[str, float] = {}
"""Time of the last request to each host: several sources on one host share its pace."""


@dataclass(slots=True)
class Pace:
    """One request at a time by construction: a run requests addresses sequentially.

    delay: seconds from the end of a request to the start of the next to the same host.
    """

    delay: float
    _silent: dict[str, int] = field(default_factory=dict)

    def wait(self, host: str, asked_for: float = 0.0) -> None:
        """Sleeps until the host may be requested again. asked_for: its own Crawl-delay."""
        ended = _ended.get(host)
        if ended is not None:
            left = ended + max(self.delay, asked_for) - time.monotonic()
            if left > 0:
                time.sleep(left)

    def answered(self, host: str) -> None:
        """Notes the end of a request that got a response."""
        _ended[host] = time.monotonic()
        self._silent.pop(host, None)

    def silent(self, host: str, dead: bool) -> None:
        """Notes the end of a request without response. dead: further requests would get none either."""
        _ended[host] = time.monotonic()
        self._silent[host] = DEAD_AFTER if dead else self._silent.get(host, 0) + 1

    def is_dead(self, host: str) -> bool:
        """Whether the host is skipped for the rest of the run."""
        return self._silent.get(host, 0) >= DEAD_AFTER
