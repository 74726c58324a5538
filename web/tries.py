"""How often logging in may be tried, counted where it comes from. In memory, of one process.

Only failures count, as a success gives its try back: an office behind one address logs in as it likes.
"""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEPT = 20_000
"""Places remembered; of more, those that were silent longest are forgotten."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Tries that one place has. burst: at once; then one each `seconds`."""

    place: str
    burst: int
    seconds: float


_ONE, _NETWORK = (20, 30.0), (60, 10.0)


def of_address(address: str) -> tuple[Budget, ...]:
    """The budgets of an asker's address: its own (of IPv6 the /64, which one customer has), and that of
    its network (IPv4 /24, IPv6 /48). What is no address shares one."""
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
    """The budget of a browser known from before: its own, whoever else shares its address."""
    return (Budget(f"browser {mark[:200]}", *_ONE),)


class Tries:
    """What is left of budgets. Safe from several threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, budgets: tuple[Budget, ...]) -> bool:
        """Takes one try of each budget; none where one of them has none left."""
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
