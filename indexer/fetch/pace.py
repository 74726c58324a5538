"""Not to be a burden: pauses between the requests to a host, and hosts that are left alone."""

import time
from dataclasses import dataclass, field
from typing import Final

DEAD_AFTER: Final = 4
"""Requests in a row without any answer, after which a host is left alone for the rest of a run."""


_ended: dict[str, float] = {}
"""When the last request to a host ended: several sources may lie on one, and share its patience."""


@dataclass(slots=True)
class Pace:
    """One request at a time is made by construction: a run asks for one address after the other.

    delay: seconds from the end of a request to the start of the next to the same host.
    """

    delay: float
    _silent: dict[str, int] = field(default_factory=dict)

    def wait(self, host: str, asked_for: float = 0.0) -> None:
        """Sleeps until the host may be asked again. asked_for: its own Crawl-delay."""
        ended = _ended.get(host)
        if ended is not None:
            left = ended + max(self.delay, asked_for) - time.monotonic()
            if left > 0:
                time.sleep(left)

    def answered(self, host: str) -> None:
        """Notes the end of a request that got an answer."""
        _ended[host] = time.monotonic()
        self._silent.pop(host, None)

    def silent(self, host: str, dead: bool) -> None:
        """Notes the end of one that got none. dead: more of them would get none either."""
        _ended[host] = time.monotonic()
        self._silent[host] = DEAD_AFTER if dead else self._silent.get(host, 0) + 1

    def is_dead(self, host: str) -> bool:
        """Whether the host is left alone for the rest of the run."""
        return self._silent.get(host, 0) >= DEAD_AFTER
