"""Lines that repeat are counted, not written."""

import logging

from web.logs import MOST, MOST_OF_ALL, SECONDS, Repeats


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _written(repeats: Repeats, *messages: str) -> list[str]:
    out = []
    for message in messages:
        record = logging.LogRecord("asyncio", logging.ERROR, "", 0, message, (), None)
        if repeats.filter(record):
            out.append(record.getMessage())
    return out


def test_a_repeated_fault_is_written_a_few_times_and_counted() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    again = [f"no files left\nsocket {n}" for n in range(10_000)]
    assert _written(repeats, *again) == again[:MOST]
    assert _written(repeats, "another") == ["another"]
    clock.now += SECONDS
    (line,) = _written(repeats, "a third")
    assert line.startswith("a third (9995 ")
    assert _written(repeats, "a third") == ["a third"]


def test_faults_that_differ_are_limited_together() -> None:
    repeats = Repeats(Clock())
    assert len(_written(repeats, *(f"fault {n}" for n in range(10_000)))) == MOST_OF_ALL
