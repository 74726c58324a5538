"""Mentions that can precede an article: a law by name, 本法, 该法, 前条, 前款."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from kb.lawnames import LawNames, Mention

_WIDTH = {ord("０") + n: str(n) for n in range(10)}
_WIDTH |= dict.fromkeys(map(ord, "—–−‐‑－"), "-")
_WIDTH |= dict.fromkeys(map(ord, "～∼〜"), "~")
_WIDTH |= dict.fromkeys(map(ord, "〔［【﹝"), "[") | dict.fromkeys(map(ord, "〕］】﹞"), "]")
_WIDTH |= {ord(a): b for a, b in zip("（），：　〈〉", "(),: 《》", strict=True)}


def plain(text: str) -> str:
    """The text with normalised digits, brackets and dashes; same length."""
    return text.translate(_WIDTH)


class Sort(Enum):
    """Kinds of anchors."""

    NAMED = "named"
    OWN = "own"
    BACK = "back"
    BEFORE = "before"
    HERE = "here"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A mention at characters start to end that may be followed by articles.

    NAMED: a law; mention.work is empty if it is unknown. OWN: 本法. BACK: 该法, the law last named.
    BEFORE, HERE: 前条, 本条. ABOVE: 前款, `count` of them (前两款).
    """

    sort: Sort
    start: int
    end: int
    mention: Mention | None = None
    count: int = 1


_SORTS = "法典|法|(?:暂行|实施|管理)?(?:条例|规定|办法|细则|规则)|解释|规程|决定|批复|意见|章程"
_POINTERS = re.compile(
    # Not in 基本法, 版本规定, 以前条件.
    rf"(?<![基根日版文样])(?P<own>本(?:{_SORTS}))|(?P<back>(?:该|同|上述|前述)(?:{_SORTS}))"
    r"|(?<![以之目此当提])(?P<before>前一?条)(?=规定|[的第所、和及之,])|(?P<here>本条)(?=第)"
    r"|(?<![以之目此当提])(?P<above>前(?P<n>[一两二三四五])?款)"
)
_COUNTS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5}


def anchors(text: str, names: LawNames, local: Mapping[str, str]) -> list[Anchor]:
    """Anchors in order, not overlapping. local: names that the document defines for works (以下简称…);
    an empty work is one that is not in the base."""
    found = [
        Anchor(Sort.NAMED, m.start, m.end, _localised(m, local)) for m in mentions(text, names)
    ]
    found += [_named(m, local) for m in _local(text, local) if not _called(text, m.start())]
    found += [_pointer(m) for m in _POINTERS.finditer(text)]
    out: list[Anchor] = []
    # Longest match at each position; names before pointers: 本法院 contains none, 同法 may be in a name.
    for anchor in sorted(found, key=lambda a: (a.start, a.start - a.end)):
        if not out or anchor.start >= out[-1].end:
            out.append(anchor)
    return out


_CALLED = re.compile(r"称(?:为|作)?\s?[:]?\s?[《“\"‘「]?$")


def mentions(text: str, names: LawNames) -> list[Mention]:
    """Named laws, except names that only define an abbreviation: （以下简称刑法）."""
    return [m for m in names.scan(text) if not _called(text, m.start)]


def _called(text: str, start: int) -> bool:
    return _CALLED.search(text, max(0, start - 6), start) is not None


def _localised(mention: Mention, local: Mapping[str, str]) -> Mention:
    """Resolves 《条例》 as defined by the document."""
    if mention.bracketed or not mention.work:
        work = local.get(mention.name)
        if work is not None and work != mention.work:
            return Mention(mention.start, mention.end, work, mention.name, bracketed=True)
    return mention


def _local(text: str, local: Mapping[str, str]) -> list[re.Match[str]]:
    long = sorted((n for n in local if len(n) >= 4), key=len, reverse=True)
    if not long or len(long) > 40:
        return []
    return list(re.finditer("|".join(map(re.escape, long)), text))


def _named(match: re.Match[str], local: Mapping[str, str]) -> Anchor:
    mention = Mention(match.start(), match.end(), local[match[0]], match[0])
    return Anchor(Sort.NAMED, match.start(), match.end(), mention)


def _pointer(match: re.Match[str]) -> Anchor:
    sort = Sort(str(match.lastgroup if match.lastgroup != "n" else "above"))
    return Anchor(sort, match.start(), match.end(), count=_COUNTS.get(match["n"] or "", 1))
