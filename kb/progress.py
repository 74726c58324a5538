"""How far a run is, shown on a terminal or not at all."""

import sys
from typing import TYPE_CHECKING, Any, Protocol

from tqdm import tqdm

from kb.terminal import plain


class Progress(Protocol):
    """Shows how far a run is: `start` a stage of so many steps, then `advance` to a step."""

    def start(self, stage: str, total: int) -> None: ...

    def advance(self, done: int) -> None: ...

    def close(self) -> None: ...


class Quiet:
    """Shows nothing."""

    def start(self, stage: str, total: int) -> None:
        """Begins a stage."""

    def advance(self, done: int) -> None:
        """Notes how many steps are done."""

    def close(self) -> None:
        """Ends the last stage."""


class _Unwatched(tqdm[Any] if TYPE_CHECKING else tqdm):  # type: ignore[misc]
    # No thread that watches over slow bars: readers are forked, which wants a program of one thread.
    monitor_interval = 0


class Bar:
    """A bar on standard error; a line a stage where that is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def start(self, stage: str, total: int) -> None:
        self.close()
        if total:
            self._bar = _Unwatched(
                total=total,
                desc=plain(stage),
                unit="份",
                file=sys.stderr,
                mininterval=0.2 if sys.stderr.isatty() else 10,
            )

    def advance(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
