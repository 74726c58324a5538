"""Open views: one for each audience, kept up to date with publications and withdrawals."""

import threading
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from kb import allocator
from kb.documents import Audience
from kb.errors import IndexMissingError
from kb.index import withdrawal
from kb.index.generation import Generations
from kb.knowledge.view import View
from kb.text.analysis import Analyzer
from kb.validity import HORIZON

_CHECK_SECONDS = 0.05
_AGAIN_SECONDS = 10.0
"""Delay before retrying after a generation could not be read."""

_LOOK_SECONDS = 2.0


class Views:
    """One view for each audience, built on first use. Thread-safe.

    A new generation is opened alongside the serving one, which answers until the new one is warm.
    Withdrawn or restricted documents disappear from the very next answer (`kb.index.withdrawal`).
    """

    def __init__(
        self, data_dir: Path, analyzer: Analyzer, audience: Audience, months: int = HORIZON
    ) -> None:
        """audience: whose view to open now. months: the horizon of `kb.validity`. Raises
        IndexMissingError."""
        self._data_dir, self._analyzer, self._months = data_dir, analyzer, months
        self._root = data_dir / "index"
        self._swapping = threading.Lock()
        self._opening = threading.Lock()
        self._narrowing = threading.Lock()
        self._closed = threading.Event()
        self._checked = 0.0
        self._warmed = False
        self._held = {audience: self._view(audience)}

    def of(self, audience: Audience) -> View:
        """The audience's view of the serving generation."""
        self._follow()
        view = self._held.get(audience) or self._opened(audience)
        current = view.snapshot.mask == withdrawal.stamp(self._root)
        return view if current else self._narrowed(audience)

    def prepare(self, audience: Audience) -> None:
        """Builds the audience's view if it is missing."""
        if audience not in self._held:
            self._opened(audience)

    def warm(self) -> Iterable[Audience]:
        """Warms the open views, and from now on every new one before it serves; follows publications even
        without requests. Returns the audiences."""
        self._warmed = True
        held = dict(self._held)
        for view in held.values():
            view.warm()
        threading.Thread(target=self._look, daemon=True).start()
        return tuple(held)

    @property
    def generation(self) -> str:
        """Name of the newest serving generation."""
        self._follow()
        return max(v.snapshot.name for v in self._held.values())

    @property
    def stepped_back(self) -> bool:
        """Whether an older generation serves because the newest is damaged."""
        self._follow()
        return any(v.snapshot.stepped_back for v in self._held.values())

    def close(self) -> None:
        """Stops following publications."""
        self._closed.set()

    def _view(self, audience: Audience, others: Sequence[View] = ()) -> View:
        return View.open(self._data_dir, self._analyzer, audience, others, self._months)

    def _opened(self, audience: Audience) -> View:
        """Opens a view on first use; warms it if the others are warm."""
        with self._opening:
            if audience not in self._held:
                others = tuple(self._held.values())
                view = self._view(audience, others)
                if self._warmed:
                    view.warm()
                with self._narrowing:
                    self._held = {**self._held, audience: view}
            return self._held[audience]

    def _look(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS):
            self._follow()

    def _follow(self) -> None:
        now = time.monotonic()
        if now - self._checked >= _CHECK_SECONDS and self._swapping.acquire(blocking=False):
            self._checked = now
            if not self._is_behind():
                self._swapping.release()
            elif self._warmed:
                # No request waits for the new generation: the current one serves until it is warm.
                threading.Thread(target=self._swap, daemon=True).start()
            else:
                self._swap()

    def _is_behind(self) -> bool:
        try:
            name = Generations(self._data_dir).current_name()
        except OSError:
            return False
        held = {(v.snapshot.name, v.snapshot.today) for v in self._held.values()}
        return bool(name) and held != {(name, date.today())}

    def _swap(self) -> None:
        self._reopen()
        allocator.release()

    def _reopen(self) -> None:
        try:
            with self._opening:
                if self._has_what_there_is():
                    self._checked = time.monotonic() + _AGAIN_SECONDS
                    return
                fresh: dict[Audience, View] = {}
                for audience, former in self._held.items():
                    others = (*fresh.values(), former)
                    fresh[audience] = self._view(audience, others)
                    if self._warmed:
                        fresh[audience].warm()
                with self._narrowing:
                    self._held = fresh
        except (OSError, IndexMissingError):
            # Mid-swap, damaged, or written by another version: keep serving the current one.
            self._checked = time.monotonic() + _AGAIN_SECONDS
        finally:
            self._swapping.release()

    def _has_what_there_is(self) -> bool:
        """Whether the newest intact generation is already open, because a newer one is damaged."""
        held = next(iter(self._held.values())).snapshot
        whole = Generations(self._data_dir).whole()
        same = whole is not None and (whole[0], date.today()) == (held.name, held.today)
        return held.stepped_back and same

    def _narrowed(self, audience: Audience) -> View:
        """The open view without what was withdrawn or restricted since, effective for this answer."""
        with self._narrowing:
            view, mask = self._held[audience], withdrawal.stamp(self._root)
            allowed = withdrawal.load(self._root) if view.snapshot.mask != mask else None
            if allowed is not None and view.snapshot.hides(allowed):
                view = View(view.snapshot.narrowed(allowed), self._analyzer, view.ranker)
                self._held = {**self._held, audience: view}
            view.snapshot.mask = mask
            return view
