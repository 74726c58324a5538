"""Who may see a document. In doubt, staff only."""

from indexer.metadata.description import Defaults
from kb.documents import INTERNAL_KINDS, Audience, Kind


def audience_of(kind: Kind, defaults: Defaults) -> Audience:
    """The stated audience, else staff for kinds of internal papers, else public."""
    if defaults.audience is not None:
        return defaults.audience
    return Audience.STAFF if kind in INTERNAL_KINDS else Audience.PUBLIC
