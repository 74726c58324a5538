"""Budgets of log-ins: whose they are, and that nobody uses up another's."""

from typing import Any

import pytest

from web import tries
from web.tries import Tries, of_address, of_browser


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _taken(counter: Tries, address: str, times: int) -> int:
    return sum(counter.take(of_address(address)) for _ in range(times))


def test_one_address_uses_up_its_own_only() -> None:
    clock = Clock()
    counter = Tries(clock)
    assert _taken(counter, "10.1.2.3", 100) == 20
    assert _taken(counter, "10.1.2.4", 5) == 5
    assert _taken(counter, "10.1.3.3", 5) == 5
    clock.now += 30
    assert _taken(counter, "10.1.2.3", 100) == 1
    clock.now += 86_400
    assert _taken(counter, "10.1.2.3", 100) == 20


def test_many_addresses_of_one_network_share_a_budget() -> None:
    counter = Tries(Clock())
    assert sum(_taken(counter, f"192.0.2.{n}", 1) for n in range(200)) == 60
    assert _taken(counter, "198.51.100.1", 1) == 1
    assert sum(_taken(counter, f"2001:db8:0:{n:x}::1", 1) for n in range(200)) == 60
    # One customer has a /64.
    assert sum(_taken(counter, f"2001:db8:9:9::{n:x}", 1) for n in range(200)) == 20


def test_what_is_refused_costs_nothing_and_a_success_is_given_back() -> None:
    counter = Tries(Clock())
    for _ in range(200):
        assert counter.take(of_address("10.1.2.3"))
        counter.give_back(of_address("10.1.2.3"))
    assert _taken(counter, "10.1.2.3", 100) == 20
    # Refused eighty times: that used up nothing of the network's.
    assert sum(_taken(counter, f"10.1.2.{n}", 1) for n in range(100, 200)) == 40


@pytest.mark.parametrize("one", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_an_address_is_one_however_it_is_written(one: Any) -> None:
    counter = Tries(Clock())
    assert _taken(counter, "10.1.2.3", 20) == 20
    assert _taken(counter, one, 1) == 0


@pytest.mark.parametrize("odd", ["", "testclient", "fe80::1%eth0", "1.2.3", "\x00"])
def test_odd_addresses_have_a_budget_too(odd: Any) -> None:
    assert _taken(Tries(Clock()), odd, 100) == 20


def test_known_browsers_have_their_own_and_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(tries, "MOST_KEPT", 10)
    counter = Tries(Clock())
    for n in range(100):
        counter.take(of_browser(str(n)))
    assert len(counter._left) == 10
    assert sum(counter.take(of_browser("x")) for _ in range(100)) == 20
    assert counter.take(of_browser("y"))
