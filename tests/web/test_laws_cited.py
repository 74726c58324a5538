"""Where cited articles lead: to the text of the time, to the card of a repealed law, or nowhere."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kb.documents import (
    Audience,
    Document,
    Kind,
    Passage,
    PassageKind,
    Status,
    document_id,
)
from tests.conftest import article, paragraph

CODE = Document(
    id=document_id("test", "code"),
    title="中华人民共和国民法典",
    kind=Kind.LAW,
    audience=Audience.PUBLIC,
    work="民法典",
    published=date(2020, 5, 28),
    effective=date(2021, 1, 1),
    status=Status.IN_FORCE,
    passages=(
        article(1, "为了示范，制定本法。", "第一编 总则"),
        article(32, "没有监护人的，由民政部门担任。", "第一编 总则"),
        article(40, "婚姻自由。", "第五编 婚姻家庭"),
        article(41, "本法自2021年1月1日起施行。", "附则"),
    ),
)
OLD = replace(
    CODE,
    id=document_id("test", "monopoly", "old"),
    title="中华人民共和国示范竞争法",
    work="示范竞争法",
    published=date(2007, 8, 30),
    effective=date(2008, 8, 1),
    status=Status.AMENDED,
    passages=(article(17, "不得滥用。"), article(18, "例外。")),
)
NEW = replace(
    OLD,
    id=document_id("test", "monopoly", "new"),
    published=date(2022, 6, 24),
    effective=date(2022, 8, 1),
    status=Status.IN_FORCE,
    passages=(article(17, "新的一条。"), article(22, "不得滥用。")),
)
CASE = Document(
    id=document_id("test", "case"),
    title="示范捆绑交易案",
    kind=Kind.CASE,
    audience=Audience.PUBLIC,
    passages=(
        paragraph(1, "2016年5月，法院认为应适用示范竞争法第十七条。民法典第一条与此案无关。"),
        paragraph(2, "原告还提出婚姻法第三十二条<b>。"),
    ),
)
AMENDMENT = replace(
    CODE,
    id=document_id("test", "amendment"),
    title="示范法修正案（二）",
    work="示范法修正案（二）",
    passages=(Passage("p1", "一、", (), "将第三条修改为乙。"),),
)


def links(soup: Any, text: Any) -> Any:
    return [a["href"] for a in soup.select("main p a") if a.text == text]


@pytest.fixture
def opened(make_base: Any, browse: Any) -> Any:
    return lambda *documents: browse(make_base(list(documents)))


def test_a_case_cites_the_text_of_its_time(opened: Any, parse: Any) -> None:
    site = opened(CODE, OLD, NEW, CASE)
    soup = parse(site.get(f"/doc/{CASE.id}"))
    (link,) = links(soup, "示范竞争法第十七条")
    assert link.endswith("/17?version=2007-08-30")
    assert "不得滥用" in parse(site.get(link)).main.text
    # The code is younger than the case: its articles can't be meant.
    assert links(soup, "民法典第一条") == []
    assert [m.text for m in soup.select(".old-number")] == ["（旧条号）", "（旧条号）"]
    assert not soup.find("b", string="。")


def test_where_the_old_text_is_not_here_the_number_leads_nowhere(opened: Any, parse: Any) -> None:
    soup = parse(opened(NEW, CASE).get(f"/doc/{CASE.id}"))
    assert links(soup, "示范竞争法第十七条") == []
    assert len(soup.select(".old-number")) == 1


def test_what_is_written_later_cites_todays_text(opened: Any, parse: Any) -> None:
    later = replace(CASE, published=date(2024, 1, 1))
    soup = parse(opened(CODE, OLD, NEW, later).get(f"/doc/{CASE.id}"))
    assert links(soup, "示范竞争法第十七条")[0].endswith("/17")
    assert soup.select(".old-number") == []


def test_a_statute_links_its_own_articles_in_its_own_version(opened: Any, parse: Any) -> None:
    own = replace(OLD, passages=(article(17, "不得滥用。"), article(18, "违反本法第十七条的。")))
    site = opened(own, NEW)
    soup = parse(site.get("/law/示范竞争法?version=2007-08-30"))
    (link,) = links(soup, "本法第十七条")
    assert soup.select(".old-number") == []
    assert link.endswith("/17?version=2007-08-30")


@pytest.mark.parametrize("path", ["/law/婚姻法/32", "/law/婚姻法", "/law/婚姻法/第三十二条"])
def test_a_repealed_law_has_a_card_and_no_article_of_another(
    opened: Any, parse: Any, path: Any
) -> None:
    site = opened(CODE)
    response = site.get(path)
    assert response.status_code == 410
    soup = parse(response)
    assert soup.h1.text == "《婚姻法》已废止"
    assert "2021年1月1日" in soup.select_one(".banner.repealed").text
    assert "监护人" not in soup.main.text
    (link,) = soup.select(".reading li a")
    assert link.text == "《民法典》第五编 婚姻家庭"
    page, _, fragment = link["href"].partition("#")
    assert parse(site.get(page)).find(id=fragment).text.strip().startswith("第五编 婚姻家庭")


def test_a_repealed_law_that_is_held_shows_its_own_article(opened: Any, parse: Any) -> None:
    held = replace(
        CODE,
        id=document_id("test", "marriage"),
        title="中华人民共和国婚姻法",
        work="婚姻法",
        published=date(2001, 4, 28),
        effective=date(2001, 4, 28),
        status=Status.REPEALED,
        passages=(article(32, "感情确已破裂的，准予离婚。"),),
    )
    response = opened(CODE, held).get("/law/婚姻法/32")
    assert response.status_code == 200
    assert "感情确已破裂" in parse(response).main.text
    assert parse(response).select_one(".banner.repealed")


def test_what_a_whole_text_lacks_does_not_exist_and_else_is_not_held(
    opened: Any, parse: Any
) -> None:
    whole = replace(CODE, passages=(article(1, "规定。"), article(2, "本法自2021年1月1日起施行。")))
    site = opened(whole, NEW)
    assert parse(site.get("/law/民法典/3")).h1.text == "《民法典》没有第三条"
    assert parse(site.get("/law/示范竞争法/18")).h1.text == "本库未收录《示范竞争法》第十八条"


def test_points_of_an_amendment_have_their_place(opened: Any) -> None:
    response = opened(AMENDMENT).get("/law/示范法修正案（二）/1")
    assert response.status_code == 303
    assert response.headers["location"].endswith("#p1")


def test_one_name_of_several_works(opened: Any) -> None:
    def work(year: Any, number: Any) -> Any:
        label = Passage(f"a{number}", "", (), "修改。", PassageKind.ARTICLE, str(number))
        name = f"宪法修正案（{year}年）"
        id = document_id("test", name)
        return replace(CODE, id=id, title=name, work=name, passages=(label,))

    site = opened(work(1999, 12), work(2018, 33))
    for number in (12, 33):
        response = site.get(f"/law/宪法修正案/{number}", follow_redirects=True)
        assert response.status_code == 200
    assert site.get("/law/宪法修正案/99").status_code == 404
