"""A document's page says where the text comes from and what is nearly the same, to whom it may."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexer.publish import publish
from kb.documents import Audience, Document, Kind, Passage
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.progress import Quiet

TEXT = tuple(
    f"第{n}项工作由街道第{n}组牵头，会同社区{chr(0x4E00 + 37 * n)}{chr(0x5E00 + 53 * n)}"
    f"{chr(0x6E00 + 71 * n)}{chr(0x7E00 + 29 * n)}办理。"
    for n in range(1, 30)
)


def _paper(id: str, texts: Sequence[str] = TEXT, **more) -> Document:
    passages = tuple(Passage(f"p{n}", "", (), t) for n, t in enumerate(texts, 1))
    base = Document(
        id, "关于<b>网格</b>普法的通知", Kind.NORMATIVE_DOCUMENT, Audience.PUBLIC, passages
    )
    return replace(base, **more)


@pytest.fixture
def base(tmp_path: Path) -> Callable[..., KnowledgeBase]:
    opened: list[KnowledgeBase] = []

    def make(places: dict[str, list[str]], *documents: Document) -> KnowledgeBase:
        with Library.open(tmp_path) as library:
            source = library.put_source("区<局>共享盘", "folder", str(tmp_path), "")
            for d in documents:
                library.put_document(d)
                for place in places.get(d.id, [f"{d.id}.docx"]):
                    library.record_item(
                        source, place, size=1, mtime_ns=1, sha256="", document_id=d.id
                    )
            publish(tmp_path, library, full=False, workers=1, progress=Quiet())
        opened.append(KnowledgeBase.open(tmp_path))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def _places(soup) -> list[str]:
    return [li.get_text(" ", strip=True) for li in soup.select("[aria-labelledby=sources] li")]


def _alike(soup) -> dict[str, str]:
    found = soup.select("[aria-labelledby=alike] li")
    return {li.a["href"]: li.select_one(".meta").get_text(strip=True) for li in found}


PAGE = "https://www.example.gov.cn/t.html?a=1&b=2"


def test_staff_see_every_place_and_the_public_what_is_on_the_web(base, browse, parse):
    places = {"aaa": ["通知/<a>.docx", PAGE], "bbb": ["转发/通知.pdf"]}
    made = base(places, _paper("aaa", issuer="某局"), _paper("bbb"))
    staff = parse(browse(made, visitors="staff").get("/doc/aaa"))
    assert _places(staff) == [
        f"区<局>共享盘 {PAGE}",
        "区<局>共享盘 转发/通知.pdf",
        "区<局>共享盘 通知/<a>.docx",
    ]
    public = browse(made).get("/doc/aaa")
    assert _places(parse(public)) == [f"区<局>共享盘 {PAGE}"]
    assert parse(public).select_one("[aria-labelledby=sources] a")["href"] == PAGE
    assert 'docx"' not in public.text.replace("text.docx", "")
    assert "转发" not in public.text


def test_the_address_of_a_copy_shows_the_document(base, browse, parse):
    site = browse(base({}, _paper("aaa", issuer="某局"), _paper("bbb")))
    for id in ("aaa", "bbb"):
        page = site.get(f"/doc/{id}")
        assert page.status_code == 200
        soup = parse(page)
        assert soup.select_one("link[rel=canonical]")["href"] == "/doc/aaa"
        assert "第1项工作" in soup.select_one("#text").text
        assert site.get(f"/doc/{id}/text.txt").status_code == 200
        assert site.get(f"/api/v1/documents/{id}").json()["id"] == "aaa"
    assert "/doc/bbb" not in site.get("/sitemap.xml").text
    assert site.get("/doc/ccc").status_code == 404


def test_what_is_nearly_the_same_is_listed_with_what_differs(base, browse, parse):
    made = base(
        {},
        _paper("aaa", TEXT[:20], issuer="甲局", published=date(2024, 3, 1)),
        _paper("bbb", issuer="乙局", published=date(2024, 3, 1), number="乙〔2024〕2号"),
        _paper("sss", TEXT[2:19], audience=Audience.STAFF),
    )
    public = browse(made)
    length = public.get("/api/v1/documents/bbb").json()["alike"]
    assert [a["id"] for a in length] == ["aaa"]
    shown = parse(public.get("/doc/aaa"))
    full = sum(c.isalnum() for c in "".join(TEXT))
    assert _alike(shown) == {"/doc/bbb": f"更完整，约 {full} 字，乙局，乙〔2024〕2号"}
    assert not [li for li in shown.select(".similar li") if li.a["href"] == "/doc/bbb"]
    staff = _alike(parse(browse(made, visitors="staff").get("/doc/aaa")))
    assert list(staff) == ["/doc/bbb", "/doc/sss"]
    assert staff["/doc/sss"].startswith("较简略")
    assert staff["/doc/sss"].endswith("内部资料")


def test_the_public_learns_nothing_of_internal_copies(base, browse):
    twin = _paper("sss", audience=Audience.STAFF, issuer="内部科室")
    near = _paper("ttt", TEXT[1:], audience=Audience.STAFF)
    site = browse(base({}, _paper("aaa"), twin, near))
    for address in ("/doc/aaa", "/api/v1/documents/aaa", "/search?q=网格", "/api/v1/search?q=网格"):
        text = site.get(address).text
        assert site.get(address).status_code == 200
        assert not [w for w in ("sss", "ttt", "内部科室") if w in text], address
    assert site.get("/doc/sss").status_code == 404
    assert site.get("/api/v1/documents/ttt").status_code == 404
    found = site.get("/api/v1/documents/aaa").json()
    assert (found["alike"], found["sources"]) == ([], [])


def test_the_interface_tells_staff_the_places(base, browse):
    site = browse(base({}, _paper("aaa")), visitors="staff")
    assert site.get("/api/v1/documents/aaa").json()["sources"] == [
        {"source": "区<局>共享盘", "place": "aaa.docx", "url": ""}
    ]


def test_staff_read_why_a_paper_is_for_them_alone(base, browse, parse):
    why = "可见范围 内部：文中标注“内部资料 <注意>保存”"
    paper = _paper("aaa", audience=Audience.STAFF, notes=("题名 甲：首行", why))
    made = base({}, paper)
    shown = parse(browse(made, visitors="staff").get("/doc/aaa"))
    assert why in shown.select_one(".banner.internal").get_text()
    assert browse(made).get("/doc/aaa").status_code == 404
    public = parse(browse(base({}, _paper("bbb", notes=(why,)))).get("/doc/bbb"))
    assert "注意" not in public.get_text()
