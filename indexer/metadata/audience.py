"""Who may see a document. Every doubt is decided for staff."""

import re
from collections.abc import Iterable

from indexer.metadata.description import Defaults
from kb.documents import INTERNAL_KINDS, Audience, Kind

_INTERNAL = re.compile(
    r"[(（【\[]?(?:内部(?:资料|文件|材料|参考|使用|刊物)|仅供内部|不得外传|严禁外传|注意保存|"
    r"绝密|机密|秘密)(?:[★☆*].{0,12}|[,，、 ;；!！:：].{0,20}|(?:使用|参考|交流|传阅).{0,12})?"
    r"[)）】\]]?[!！。]?"
)
_SEALED = re.compile(r"(?:绝密|机密|秘密) ?[★☆]")
_TOP_LINES = 8


def audience_of(kind: Kind, defaults: Defaults) -> Audience:
    """What the source states, else staff for kinds of internal papers, else public."""
    if defaults.audience is not None:
        return defaults.audience
    return Audience.STAFF if kind in INTERNAL_KINDS else Audience.PUBLIC


def internal_mark(lines: Iterable[str]) -> str:
    """The mark at the top of a text that it is not for everyone (内部资料, 秘密★1年), or empty."""
    for _, line in zip(range(_TOP_LINES), lines, strict=False):
        if len(line) <= 40:
            m = _SEALED.search(line) or _INTERNAL.fullmatch(line)
            if m is not None:
                return m[0]
    return ""
