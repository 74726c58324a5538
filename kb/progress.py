"""Progress of a run, shown on a terminal or not at all."""

import sys
from typing import TYPE_CHECKING, Any, Protocol

from tqdm import tqdm

from kb.terminal import plain


class Progress(Protocol):
    """Reports progress: `start` a stage with a number of steps, then `advance` to a step."""

    def start(self, stage: str, total: int) -> None: ...

    def advance(self, done: int) -> None: ...

    def close(self) -> None: ...


class Quiet:
    """Shows nothing."""

    def start(self, stage: str, total: int) -> None:
        """Begins a stage."""

    def advance(self, done: int) -> None:
        """Reports the number of completed steps."""

    def close(self) -> None:
        """Ends the last stage."""


class _Unwatched(tqdm[Any] if TYPE_CHECKING else tqdm):  # type: ignore[misc]
    # No monitor thread for slow bars: readers are forked, which requires a single-threaded program.
    monitor_interval = 0


class Bar:
    """A progress bar on standard error; one line per stage if that is not a terminal."""

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
