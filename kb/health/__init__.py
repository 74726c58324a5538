"""State of a data directory: facts for `kb status` and the staff page, findings for `kb doctor`."""

from kb.health.findings import Finding, examine
from kb.health.inspection import State, gather
from kb.health.run_states import shown_state

__all__ = ["Finding", "State", "examine", "gather", "shown_state"]
