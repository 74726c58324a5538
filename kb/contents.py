"""A document's table of contents, from the paths of its passages."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kb.documents import Passage, PassageKind


@dataclass(frozen=True, slots=True)
class Section:
    """A heading: anchor of its first passage, number of its passages, its subsections."""

    title: str
    anchor: str
    passages: int
    children: tuple["Section", ...] = ()


@dataclass(slots=True)
class _Open:
    title: str
    anchor: str
    passages: int = 0
    children: list["_Open"] = field(default_factory=list)

    def close(self) -> Section:
        children = tuple(child.close() for child in self.children)
        return Section(self.title, self.anchor, self.passages, children)


def contents(passages: Iterable[Passage], depth: int = 3) -> tuple[Section, ...]:
    """The headings of a document as a tree of at most `depth` levels, in reading order.

    A heading repeated after another one is a separate section. A guide's questions are headings too,
    at the end of their path.
    """
    root = _Open("", "")
    open_now: list[_Open] = []
    for passage in passages:
        path = passage.path
        asks = passage.kind is PassageKind.QUESTION
        path = ((*path, passage.label) if asks else path)[: max(depth, 0)]
        same = 0
        while same < min(len(path), len(open_now)) and path[same] == open_now[same].title:
            same += 1
        del open_now[same:]
        for title in path[same:]:
            section = _Open(title, passage.anchor)
            (open_now[-1] if open_now else root).children.append(section)
            open_now.append(section)
        for section in open_now:
            section.passages += 1
    return tuple(section.close() for section in root.children)
