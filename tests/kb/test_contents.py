"""The tree of headings from the paths of passages."""

from hypothesis import given
from hypothesis import strategies as st

from kb.contents import Section, contents
from kb.documents import Passage, PassageKind


def passage(anchor: str, *path: str) -> Passage:
    return Passage(anchor, "", path, "甲")


def test_tree() -> None:
    passages = [
        passage("p1"),
        passage("a1", "第一编", "第一章"),
        passage("a2", "第一编", "第一章"),
        passage("a3", "第一编", "第二章", "第一节"),
        passage("a4", "第二编", "第一章"),
        passage("a5", "第一编"),
    ]
    assert contents(passages) == (
        Section(
            "第一编",
            "a1",
            3,
            (
                Section("第一章", "a1", 2),
                Section("第二章", "a3", 1, (Section("第一节", "a3", 1),)),
            ),
        ),
        Section("第二编", "a4", 1, (Section("第一章", "a4", 1),)),
        Section("第一编", "a5", 1),
    )


def test_depth() -> None:
    passages = [passage("a1", "甲", "乙", "丙"), passage("a2", "甲", "丁")]
    assert contents(passages, 1) == (Section("甲", "a1", 2),)
    assert contents(passages, 0) == contents(passages, -1) == ()
    assert contents([]) == ()


def test_questions_are_headings() -> None:
    asked = Passage("p1", "怎么办？", ("求助",), "拨打12348。", PassageKind.QUESTION)
    assert contents([asked]) == (Section("求助", "p1", 1, (Section("怎么办？", "p1", 1),)),)


def leaves(sections: tuple[Section, ...]) -> int:
    return sum(section.passages for section in sections)


@given(st.lists(st.lists(st.sampled_from("甲乙丙"), min_size=1, max_size=4)), st.integers(1, 4))
def test_every_passage_is_counted_once_a_level(paths: list[list[str]], depth: int) -> None:
    passages = [passage(f"p{n}", *path) for n, path in enumerate(paths)]
    tree = contents(passages, depth)
    assert leaves(tree) == len(passages)
    pending = [(section, 1) for section in tree]
    while pending:
        section, level = pending.pop()
        assert level <= depth
        assert leaves(section.children) <= section.passages
        pending += [(child, level + 1) for child in section.children]
