"""Why an address couldn't be had."""

from kb.errors import KbError


class FetchError(KbError):
    """One request failed; the run goes on. reason: short code; the message is for people.

    status: of the answer, 0 without one. wait: seconds the site asked to wait. dead: the host
    doesn't answer at all. brief: it may pass within seconds, so that a second try is worth it.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        status: int = 0,
        wait: float | None = None,
        dead: bool = False,
        brief: bool = False,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status
        self.wait = wait
        self.dead = dead
        self.brief = brief
