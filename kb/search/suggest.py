"""Suggestions while typing: topics, laws, and questions of guides, as the audience may see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from kb import topics
from kb.documents import Audience
from kb.search.analysis import fold
from kb.search.results import DocumentInfo

_SHORTEST_INSIDE = 2


@dataclass(frozen=True, slots=True)
class Suggestion:
    """text: what to put in the box. kind: 主题, 法律 or 指南. url: where it leads at once."""

    text: str
    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    key: str
    suggestion: Suggestion
    public: bool
    rank: int


class Suggester:
    """All that can be suggested from one generation, folded once."""

    def __init__(
        self,
        documents: Iterable[DocumentInfo],
        questions: Sequence[tuple[DocumentInfo, str, str]],
    ) -> None:
        self._candidates: list[_Candidate] = []
        seen: dict[str, bool] = {}
        used: dict[str, bool] = {}
        for info in documents:
            public = info.audience is Audience.PUBLIC
            for topic in info.topics:
                used[topic] = used.get(topic, False) or public
            if info.work:
                seen[info.work] = seen.get(info.work, False) or public
        for name, public in used.items():
            found = topics.find(name)
            for word in (name, *(found.aliases if found else ())):
                suggestion = Suggestion(name, "主题", f"/topic/{quote(name)}")
                self._candidates.append(_Candidate(fold(word), suggestion, public, 0))
        for work, public in seen.items():
            suggestion = Suggestion(work, "法律", f"/law/{quote(work)}")
            self._candidates.append(_Candidate(fold(work), suggestion, public, 1))
        for info, anchor, label in questions:
            suggestion = Suggestion(label, "指南", f"/doc/{info.id}#{anchor}")
            public = info.audience is Audience.PUBLIC
            self._candidates.append(_Candidate(fold(label), suggestion, public, 2))

    def suggest(self, prefix: str, audience: Audience, limit: int) -> tuple[Suggestion, ...]:
        """What begins with the text first, then what has it inside; short before long."""
        key = "".join(fold(prefix[:64]).split())
        if not key:
            return ()
        ranked = []
        for c in self._candidates:
            if not (c.public or audience is Audience.STAFF):
                continue
            at = c.key.find(key)
            if at == 0 or (at > 0 and len(key) >= _SHORTEST_INSIDE):
                ranked.append((at > 0, c.rank, len(c.key), c.suggestion.text, c.suggestion))
        ranked.sort(key=lambda r: r[:4])
        unique = dict.fromkeys(r[4] for r in ranked)
        return tuple(unique)[:limit]
