"""Documents offered beside one: with what they share, and only those that the reader may see."""

from dataclasses import replace

from kb.documents import Audience, Document, Kind, Passage, TopicMatch


def _paper(number: int, title: str, *topics: str, **more) -> Document:
    base = Document(
        id=f"paper{number:07d}",
        title=title,
        kind=Kind.PUBLICITY_MATERIAL,
        audience=Audience.PUBLIC,
        passages=(Passage("p1", "", (), f"{title}的内容。"),),
        topics=tuple(TopicMatch(t, "标题", 1) for t in topics),
    )
    return replace(base, **more)


def _base() -> list[Document]:
    return [
        _paper(1, "社区矫正问答手册", "社区矫正"),
        _paper(2, "社区矫正办事指南", "社区矫正"),
        _paper(3, "某区社区矫正内部台账", "社区矫正", audience=Audience.STAFF),
        *(_paper(n, f"消防知识第{n}讲", "消防") for n in range(4, 12)),
    ]


def _offered(soup) -> dict[str, str]:
    return {li.a.text: li.select_one(".meta").text for li in soup.select(".similar li")}


def test_what_is_offered_says_why(make_base, browse, parse):
    site = browse(make_base(_base()))
    offered = _offered(parse(site.get("/doc/paper0000001")))
    assert list(offered) == ["社区矫正办事指南"]
    assert "同属主题：社区矫正" in offered["社区矫正办事指南"]
    assert "标题同有“社区矫正”" in offered["社区矫正办事指南"]


def test_internal_papers_are_offered_to_staff_alone(make_base, browse, parse):
    base = make_base(_base())
    titles = {
        visitors: set(_offered(parse(browse(base, visitors=visitors).get("/doc/paper0000001"))))
        for visitors in ("public", "staff")
    }
    assert titles["staff"] - titles["public"] == {"某区社区矫正内部台账"}
