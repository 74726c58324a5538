"""The laws that regulations and interpretations carry out, as their titles say."""

import re

from kb.documents import Kind

_PARENTS = (
    re.compile(r"《(?P<law>[^《》]{1,40}(?:法|法典))》"),
    re.compile(r"(?:适用|实施|执行)(?P<law>[^《》、，]{1,30}?(?:法典|法))(?:[^典律院规定]|$)"),
    re.compile(r"^(?P<law>[^《》]{1,30}法)(?:实施条例|实施细则|实施办法|施行细则)$"),
)
SUBORDINATE = frozenset(
    {Kind.INTERPRETATION, Kind.ADMINISTRATIVE_REGULATION, Kind.LOCAL_REGULATION}
    | {Kind.DEPARTMENT_RULE, Kind.LOCAL_RULE, Kind.SUPERVISION_REGULATION}
)
"""Kinds that carry out laws."""


def of(work: str) -> tuple[str, ...]:
    """The laws that a regulation or interpretation carries out, as its title says."""
    for pattern in _PARENTS:
        if found := [m["law"] for m in pattern.finditer(work)]:
            return tuple(dict.fromkeys(found))
    return ()
