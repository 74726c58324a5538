"""Rate limits of log-in attempts by origin. In memory, per process.

Only failures count, as a success refunds its try: an office behind one address logs in freely.
"""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEPT = 20_000
"""Origins remembered; beyond that those idle longest are forgotten."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget of one origin. burst: tries at once; then one every `seconds`."""

    place: str
    burst: int
    seconds: float


_ONE, _NETWORK = (20, 30.0), (60, 10.0)


def of_address(address: str) -> tuple[Budget, ...]:
    """The budgets of a client address: its own (for IPv6 the /64, which one customer has), and that of
    its network (IPv4 /24, IPv6 /48). Invalid addresses share one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return (Budget("address ?", *_ONE),)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    one, network = (32, 24) if ip.version == 4 else (64, 48)
    return (
        Budget(f"address {ipaddress.ip_network((ip, one), strict=False)}", *_ONE),
        Budget(f"network {ipaddress.ip_network((ip, network), strict=False)}", *_NETWORK),
    )


def of_browser(mark: str) -> tuple[Budget, ...]:
    """The budget of a known browser: its own, whoever else shares its address."""
    return (Budget(f"browser {mark[:200]}", *_ONE),)


class Tries:
    """The remaining budgets. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, budgets: tuple[Budget, ...]) -> bool:
        """Takes one try from each budget; from none if one of them is exhausted."""
        now = self._now()
        with self._lock:
            left = {b.place: self._of(b, now) for b in budgets}
            if min(left.values()) < 1:
                return False
            self._put({place: n - 1 for place, n in left.items()}, now)
            return True

    def give_back(self, budgets: tuple[Budget, ...]) -> None:
        now = self._now()
        with self._lock:
            self._put({b.place: min(b.burst, self._of(b, now) + 1) for b in budgets}, now)

    def _of(self, budget: Budget, now: float) -> float:
        left, at = self._left.get(budget.place, (float(budget.burst), now))
        return min(budget.burst, left + (now - at) / budget.seconds)

    def _put(self, left: dict[str, float], now: float) -> None:
        for place, n in left.items():
            self._left[place] = (n, now)
            self._left.move_to_end(place)
        while len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
