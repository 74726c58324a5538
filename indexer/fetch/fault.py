"""Why an address couldn't be fetched."""

from kb.errors import KbError


class FetchError(KbError):
    """One request failed; the run continues. reason: short code; the message is for people.

    status: of the response, 0 without one. wait: seconds the site asked to wait. dead: the host
    doesn't respond at all. brief: the fault may be transient, so a retry within seconds is worthwhile.
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
