"""Documents like another: by shared topics and words of titles, which are told."""

from typing import Any

from kb.documents import Audience, Kind
from kb.index.document_info import DocumentInfo
from kb.knowledge.similar import Likeness


def info(id: str, title: str, *topics: str, **more: Any) -> DocumentInfo:
    values: dict[str, Any] = {"kind": Kind.WORK_SUMMARY, "audience": Audience.PUBLIC} | more
    return DocumentInfo(id=id, version=id, title=title, topics=topics, **values)


BASE = [
    info("a", "某县司法局2023年工作总结", "社区矫正", "人民调解"),
    info("b", "某区司法局2024年工作总结", "社区矫正"),
    info("c", "消费者权益指南", "消费", kind=Kind.GUIDE),
    info("d", "社区矫正对象管理办法", "社区矫正", kind=Kind.LOCAL_RULE),
    info("e", "航道养护技术规范", kind=Kind.LOCAL_RULE),
    *(info(f"x{n}", f"无关文件{'甲乙丙丁戊己庚辛'[n]}", "其他") for n in range(8)),
]


def test_the_most_alike_comes_first_and_says_why() -> None:
    found = Likeness(BASE).like(BASE[0], 5)
    assert [s.info.id for s in found] == ["b", "d"]
    assert found[0].topics == ("社区矫正",)
    assert "工作总结" in found[0].words
    assert found[1].topics == ("社区矫正",)


def test_nothing_alike() -> None:
    assert Likeness(BASE).like(BASE[4], 5) == ()
    assert Likeness([]).like(BASE[0], 5) == ()


def test_other_versions_are_not_offered() -> None:
    law = [
        info(f"v{n}", "中华人民共和国示范法", "示范", work="示范法", kind=Kind.LAW)
        for n in range(3)
    ]
    others = [
        info(f"w{n}", "示范法实施办法", "示范", work="示范法实施办法", kind=Kind.LAW)
        for n in range(3)
    ]
    found = Likeness([*BASE, *law, *others]).like(law[0], 5)
    assert [s.info.work for s in found] == ["示范法实施办法"]


def test_the_countrys_name_makes_no_likeness() -> None:
    laws = [info(str(n), f"中华人民共和国{t}", kind=Kind.LAW) for n, t in enumerate("甲乙丙丁")]
    assert all(not s.words for law in laws for s in Likeness(laws).like(law, 5))


def test_the_limit() -> None:
    assert len(Likeness(BASE).like(BASE[5], 3)) <= 3
