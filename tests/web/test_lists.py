"""The list as CSV and JSON, all passages of a hit, and why nothing was found."""

import csv
import io
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from kb.documents import Audience, Document, Kind, Passage


def _rows(response):
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["content-disposition"]
    text = response.content.decode("utf-8-sig")
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_list_as_csv_and_json(client, parse):
    soup = parse(client.get("/search?q=押金&kind=法律&kind=普法指南"))
    titles = [h.text for h in soup.select(".hit h2")]
    links = [a["href"] for a in soup.select(".exports a")]
    rows = _rows(client.get(links[0]))
    assert [r["标题"] for r in rows] == titles
    assert {r["类别"] for r in rows} == {"法律", "普法指南"}
    for row in rows:
        assert client.get(urlsplit(row["地址"]).path).status_code == 200
    assert [h["title"] for h in client.get(links[1]).json()["hits"]] == titles


def test_csv_has_what_the_asker_may_see(client, staff):
    assert not _rows(client.get("/search.csv?q=玄武"))
    assert [r["类别"] for r in _rows(staff.get("/search.csv?q=玄武"))] == ["工作总结"]
    assert not _rows(client.get("/search.csv"))


def test_cells_are_no_formulas(make_base, browse):
    one = Document("x", "t", Kind.OTHER, Audience.PUBLIC, ())
    titles = [*"=1+1 +1 -2 @sum ＝1 ＋1 －2 ＠x −3".split(), " =4", "\t=5", "\rx", '"引号",逗号\n']
    # Texts of their own: titles that differ in width alone would be those of copies.
    texts = [(Passage("p1", "", (), f"消防演练{n}。"),) for n in range(len(titles))]
    pairs = enumerate(zip(titles, texts, strict=True))
    site = browse(make_base([replace(one, id=f"d{n}", title=t, passages=p) for n, (t, p) in pairs]))
    found = {r["标题"] for r in _rows(site.get("/search.csv?q=消防演练"))}
    assert found == {*(f"'{t}" for t in titles[:-1]), titles[-1]}


def test_all_passages_of_a_hit(client, parse):
    hit = parse(client.get("/search?q=城市照明")).select_one("li.hit")
    shown, more = len(hit.select(".passage")), hit.select_one("a.expand")
    soup = parse(client.get(more["href"]))
    assert len(soup.select(".all .passage")) == 51 > shown
    assert str(51 - shown) in more.text
    first = [a["href"] for a in hit.select(".where a")]
    assert [a["href"] for a in soup.select(".all .where a")][: len(first)] == first


def test_passages_keep_the_reading_of_the_query(client, parse):
    soup = parse(client.get("/search?q=房东不退押金&verbatim=1&kind=法律"))
    for link in soup.select("a.expand"):
        assert "verbatim=1" in link["href"]


def test_passages_of_hidden_and_missing_documents(client, staff, knowledge):
    (hidden,) = (i for i in knowledge.documents(Audience.STAFF) if i.audience is Audience.STAFF)
    assert client.get(f"/search/passages?doc={hidden.id}&q=玄武").status_code == 404
    assert staff.get(f"/search/passages?doc={hidden.id}&q=玄武").status_code == 200
    for query in ("doc=aaaaaaaaaaaa&q=a", "doc=&q=", "", f"doc={'a' * 9_000}&q=a", "doc=%00&q=%00"):
        assert client.get(f"/search/passages?{query}").status_code == 404


@pytest.mark.parametrize("query", ['"返还押金" "没有这样的话"', '"押金" -押金'])
def test_why_nothing_was_found(client, parse, query):
    soup = parse(client.get("/search", params={"q": query, "verbatim": "1"}))
    assert not soup.select("li.hit")
    words = soup.select_one(".empty ul")
    counted = [a for a in words.select("a") if a["href"].startswith("/search")]
    assert counted
    for link in counted:
        assert parse(client.get(link["href"])).select("li.hit")


def test_conditions_that_leave_nothing(client, parse):
    soup = parse(client.get("/search?q=押金&kind=法律&year=1999"))
    assert not soup.select("li.hit")
    links = [a for a in soup.select(".empty a") if "去掉“1999”" in a.text]
    assert parse(client.get(links[0]["href"])).select("li.hit")
    assert not any("去掉“法律”" in a.text for a in soup.select(".empty a"))
