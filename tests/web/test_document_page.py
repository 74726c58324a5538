"""Documents, laws and articles: permalinks, citations, versions, status, long texts."""

import time
from dataclasses import replace
from datetime import date

import pytest

from kb.documents import (
    ArticleNumber,
    Audience,
    Document,
    Kind,
    Passage,
    PassageKind,
    Status,
)


def _article(number: int, text: str, *path: str) -> Passage:
    n = ArticleNumber(number)
    return Passage(f"a{n.key}", n.label, path, text, PassageKind.ARTICLE, n.key)


def _long_law(articles: int) -> Document:
    books = ("第一编 总则", "第二编 物业", "第三编 附则")
    return Document(
        id="longlaw00001",
        title="中华人民共和国示范长法",
        kind=Kind.LAW,
        audience=Audience.PUBLIC,
        work="示范长法",
        published=date(2020, 5, 28),
        effective=date(2021, 1, 1),
        year=2020,
        status=Status.IN_FORCE,
        passages=tuple(
            _article(
                n + 1,
                f"业主对第{n + 1}栋建筑物内的住宅等专有部分享有所有权。\n业主转让的，一并转让。",
                books[3 * n // articles],
                f"第{n * 9 // articles + 1}章",
            )
            for n in range(articles)
        ),
    )


def test_document_page(client, parse):
    soup = parse(client.get("/law/示范民法"))
    assert soup.h1.text == "中华人民共和国示范民法"
    facts = {d.dt.text: d.dd.get_text(" ", strip=True) for d in soup.select(".facts dl > div")}
    assert facts["效力级别"] == "法律"
    assert facts["时效性"] == "现行有效"
    assert facts["制定机关"] == "示范人民代表大会"
    assert facts["公布日期"] == "2021年5月1日"
    assert facts["施行日期"] == "2022年1月1日"
    assert facts["主题"] == "民法典"
    assert [a.text for a in soup.select(".contents a")][:2] == ["第一编 总则", "第一章 一般规定"]
    passage = soup.find(id="a8")
    assert passage.select_one(".label > a")["href"].endswith("/8")
    assert passage.select_one(".anchor")["href"] == "#a8"
    assert passage.select_one(".cite").text == "《示范民法》第八条"
    assert "现行有效" in soup.select_one(".status.in-force").text
    assert (
        soup.find("link", rel="canonical")["href"]
        == client.get("/law/示范民法").url.raw_path.decode()
    )


def test_the_same_document_by_its_id(client, parse, knowledge):
    from kb.documents import Audience

    id = knowledge.law("示范民法", Audience.PUBLIC).info.id
    by_id, by_name = parse(client.get(f"/doc/{id}")), parse(client.get("/law/示范民法"))
    canonical = [p.find("link", rel="canonical")["href"] for p in (by_id, by_name)]
    assert canonical[0] == canonical[1]
    full = parse(client.get("/law/中华人民共和国示范民法"))
    assert full.find("link", rel="canonical")["href"] == canonical[0]


@pytest.mark.parametrize("form", ["8", "第八条", "八", "第8条", "８", " 8 "])
def test_one_article_in_every_numeral(client, parse, form):
    soup = parse(client.get(f"/law/示范民法/{form}"))
    assert soup.h1.text.split() == ["《示范民法》", "第八条"]
    assert soup.find("link", rel="canonical")["href"].endswith("/8")
    assert "返还押金" in soup.select_one(".lone").text
    assert [c.text for c in soup.select(".cites .cite")] == [
        "《示范民法》第八条",
        "《中华人民共和国示范民法》第八条",
    ]
    assert soup.select_one('.steps a[rel="prev"]')["href"].endswith("/7")
    assert soup.select_one('.steps a[rel="next"]')["href"].endswith("/9")
    assert [li.b.text for li in soup.select(".around li")] == ["第七条", "第八条", "第六十条之一"]


@pytest.mark.parametrize("form", ["60-1", "第六十条之一", "第60条之一"])
def test_inserted_articles(client, parse, form):
    soup = parse(client.get(f"/law/示范民法/{form}"))
    assert soup.find("link", rel="canonical")["href"].endswith("/60-1")
    assert "高空抛物" in soup.select_one(".lone").text
    crumbs = soup.select(".crumbs a")
    target = crumbs[-1]["href"]
    assert parse(client.get(target.partition("#")[0])).find(id=target.partition("#")[2])


def test_missing_articles_say_what_there_is(client, parse):
    response = client.get("/law/示范民法/3")
    assert response.status_code == 404
    soup = parse(response)
    assert soup.h1.text == "本库未收录《示范民法》第三条"
    assert "第一条至第六十条之一" in soup.select_one(".lead").text
    for link in soup.select("main ul a"):
        assert client.get(link["href"]).status_code == 200
    assert parse(client.get("/law/示范民法/第三款")).select_one(".lead").text.startswith("“第三款”")
    assert client.get("/law/没有的法/3").status_code == 404


def test_looking_up_an_article_by_the_form(client):
    response = client.get("/law/示范民法", params={"article": "第八条"})
    assert (response.status_code, response.headers["location"][-2:]) == (303, "/8")
    odd = client.get("/law/示范民法", params={"article": "//evil.example"})
    assert odd.headers["location"].startswith("/law/")
    assert client.get(odd.headers["location"]).status_code == 404


def test_versions(client, parse):
    now = parse(client.get("/law/示范体育法"))
    assert "新的体育规定" in now.main.text
    assert len(now.select(".versions li")) == 2
    old_link = next(a for a in now.select(".versions a"))
    assert old_link["href"].endswith("?version=2010-03-01")
    old = parse(client.get(old_link["href"]))
    assert "旧的体育规定" in old.main.text
    banner = old.select_one(".banner.amended")
    assert "已修改" in banner.strong.text
    assert "新的体育规定" in parse(client.get(banner.a["href"])).main.text
    article = parse(client.get("/law/示范体育法/2?version=2010-03-01"))
    assert "公共体育设施向社会开放" in article.select_one(".lone").text
    assert article.find("link", rel="canonical")["href"].endswith("/2?version=2010-03-01")
    assert article.select_one('.steps a[rel="prev"]')["href"].endswith("/1?version=2010-03-01")
    assert article.select_one(".banner a")["href"].endswith("/2")


def test_unknown_versions(client, parse):
    for version in ("1999-01-01", "yesterday"):
        response = client.get(f"/law/示范体育法?version={version}")
        assert response.status_code == 404
        assert version in parse(response).h1.text
        assert len(parse(response).select("main ul a")) == 2


def test_repealed_texts_say_so(client, parse):
    for page in ("/law/示范收费办法", "/law/示范收费办法/1"):
        soup = parse(client.get(page))
        assert soup.select_one(".banner.repealed strong").text == "已废止"
        assert "本文件已废止" in soup.select_one(".banner").text


def test_what_replaced_a_repealed_law(make_base, browse, parse):
    older = replace(
        _long_law(3),
        id="older0000001",
        title="示范旧办法",
        work="示范旧办法",
        published=date(2001, 1, 1),
        effective=date(2001, 2, 1),
    )
    newer = replace(
        _long_law(3),
        passages=(
            *_long_law(3).passages,
            _article(4, "本法自2021年1月1日起施行。《示范旧办法》同时废止。"),
        ),
    )
    site = browse(make_base([older, newer]))
    banner = parse(site.get("/law/示范旧办法")).select_one(".banner.repealed")
    link = banner.find("a", string=lambda t: t and "示范长法" in t)
    assert "专有部分" in parse(site.get(link["href"])).main.text


def test_pending_laws_say_from_when(make_base, browse, parse):
    law = replace(_long_law(3), effective=date(2999, 1, 1))
    banner = parse(browse(make_base([law])).get("/law/示范长法")).select_one(".banner.pending")
    assert "2999年1月1日" in banner.text


def test_guides_link_their_articles(client, parse):
    listing = parse(client.get("/guides/租房买房"))
    soup = parse(client.get(listing.select_one("ul.list a")["href"]))
    question = soup.find(id="p2")
    assert question.h3.text.startswith("房东不退押金怎么办？")
    cited = question.find("a", string=lambda t: t and "第八条" in t)
    assert "返还押金" in parse(client.get(cited["href"])).select_one(".lone").text
    assert "2026年11月20日核对" in soup.select_one(".meta").text


def test_words_looked_for_are_listed(client, parse):
    soup = parse(client.get("/law/示范民法?q=押金"))
    found = soup.select(".found li a")
    assert [a["href"] for a in found] == ["#a8"]
    assert "押金" in [m.text for m in soup.select("#a8 mark")]
    none = parse(client.get("/law/示范民法?q=玄武岩"))
    assert "没有" in none.select_one(".found").text


def test_long_documents_come_in_parts(make_base, browse, parse):
    site = browse(make_base([_long_law(1_260)]))
    first = parse(site.get("/law/示范长法"))
    assert len(first.select("div.p")) == 420
    last = parse(site.get("/law/示范长法?part=3"))
    assert last.find(id="a1260")
    assert last.find("link", rel="canonical")["href"].endswith("?part=3")
    assert parse(site.get("/law/示范长法?at=a500")).find(id="a500")
    known = {"": first}
    for link in (*first.select(".contents a"), *first.select(".pages a")):
        page, _, fragment = link["href"].partition("#")
        if page not in known:
            known[page] = parse(site.get(page))
        target = known[page]
        assert target.find(id=fragment) if fragment else target.select("div.p")
    article = parse(site.get("/law/示范长法/900"))
    page, _, fragment = next(
        a["href"] for a in article.select(".cites a") if "#" in a["href"]
    ).partition("#")
    assert parse(site.get(page)).find(id=fragment)

    site.get("/law/示范长法?all=1")
    began = time.perf_counter()
    whole = site.get("/law/示范长法?all=1")
    took = time.perf_counter() - began
    assert len(parse(whole).select("div.p")) == 1_260
    # About 0.1 s on an idle machine; the limit only catches what has become slow in kind.
    assert took < 2


def test_hits_in_long_papers_stand_at_their_passage(make_base, browse, parse):
    paper = Document(
        "longpaper001",
        "长报告",
        Kind.NORMATIVE_DOCUMENT,
        Audience.PUBLIC,
        tuple(
            Passage(f"p{n}", "", (), f"第{n}段说的是{'龙舟竞渡' if n == 277 else '日常工作'}。")
            for n in range(1, 331)
        ),
    )
    site = browse(make_base([paper]))
    link = parse(site.get("/search?q=龙舟竞渡")).select_one(".passage a")["href"]
    page, _, fragment = link.partition("#")
    assert fragment == "p277"
    assert parse(site.get(page)).select_one("#p277 mark")
    answer = site.get("/api/v1/search?q=龙舟竞渡").json()["hits"][0]["url"]
    assert parse(site.get(answer.partition("#")[0])).find(id="p277")


def test_documents_without_text_or_headings(make_base, browse, parse):
    bare = Document("bare00000001", "空文件", Kind.OTHER, Audience.PUBLIC, ())
    site = browse(make_base([bare, _long_law(2)]))
    assert parse(site.get("/doc/bare00000001")).h1.text == "空文件"


def test_citations_of_titles_within_titles():
    from web import reading

    passage = _article(28, "文")
    title = "最高人民法院关于适用《民事诉讼法》的解释"
    assert reading.citation(title, passage).startswith(
        "《最高人民法院关于适用〈民事诉讼法〉的解释》"
    )
    plain = Passage("p1", "（一）", ("一、总结",), "文")
    assert reading.citation("某报告", plain) == "《某报告》“一、总结”“（一）”"


def test_beyond_the_horizon_a_page_and_the_api_say_as_of_when(make_base, browse, parse):
    old = replace(_long_law(3), as_of=date(2025, 4, 30))
    unknown = replace(_long_law(9), id="unknown00001", title="乙条例", work="乙条例", as_of=None)
    client = browse(make_base([old, unknown]))
    for name, words in (("示范长法", "截至2025年4月有效"), ("乙条例", "时效未核实")):
        soup = parse(client.get(f"/law/{name}"))
        assert soup.select_one(".status.unconfirmed").text == words
        assert not soup.select(".in-force")
        assert "flk.npc.gov.cn" in soup.select_one(".in-note").text
    found = client.get("/api/v1/search", params={"q": "示范长法"}).json()
    hit = next(h for h in found["hits"] if h["title"] == old.title)
    assert (hit["status"], hit["status_text"]) == ("现行有效", "截至2025年4月有效")
    assert (hit["status_as_of"], hit["status_confirmed"]) == ("2025-04-30", False)
    facet = {v["value"]: v["count"] for v in found["facets"]["status"]}
    assert facet["现行有效"] == facet["有效待核实"]
    assert "近期核实有效" not in facet
    evidence = client.get(f"/api/v1/documents/{old.id}").json()["evidence"]
    assert evidence == [{"kind": "source", "text": "来源注明有效", "as_of": "2025-04-30"}]
    table = client.get("/search.csv", params={"q": "示范长法"}).text
    assert "截至2025年4月有效" in table


def test_the_only_old_text_is_found_and_says_so(make_base, browse, parse):
    held = replace(_long_law(3), status=Status.AMENDED)
    client = browse(make_base([held]))
    (hit,) = parse(client.get("/search?q=示范长法")).select("li.hit")[:1]
    assert hit.select_one(".in-note").text == "本库所载为旧文本，未收录新文本"
    banner = parse(client.get("/law/示范长法")).select_one(".banner").text
    assert "本库未收录《示范长法》的现行版本" in banner
