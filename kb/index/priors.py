"""Document priors: how likely a document is wanted, by kind and status, regardless of its text."""

from kb.documents import Kind, Status
from kb.index.document_info import DocumentInfo

_KINDS = {
    Kind.CONSTITUTION: 1.0,
    Kind.LAW: 1.15,
    Kind.ADMINISTRATIVE_REGULATION: 1.0,
    Kind.INTERPRETATION: 1.0,
    Kind.LOCAL_REGULATION: 0.8,
    Kind.DEPARTMENT_RULE: 0.9,
    Kind.LOCAL_RULE: 0.75,
    Kind.GUIDE: 1.15,
}

_STATUSES = {Status.AMENDED: 0.6, Status.REPEALED: 0.5, Status.PENDING: 0.85}


def prior(document: DocumentInfo) -> float:
    """A factor, about 1, for the scores of the document's passages."""
    status = 1.0 if document.applies or not document.status else _STATUSES[document.status]
    return _KINDS.get(document.kind, 1.0) * status
