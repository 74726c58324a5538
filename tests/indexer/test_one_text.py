"""One document in every format: the same title, kind, structure and passages from each."""

import html
import re
from functools import lru_cache
from pathlib import Path

import pytest

from indexer.extract.formats import BINARY, extract
from indexer.run import Options, run
from indexer.sources import select
from kb import office
from kb.documents import Audience, Document, Kind
from kb.knowledge.base import KnowledgeBase
from kb.progress import Quiet
from tests.support.office import FILTERS, document, docx, odt, p, saved, whole
from tests.support.real import DATA

pytestmark = pytest.mark.skipif(office.find() is None, reason="LibreOffice is not installed")

KNOWN = {form.name for form in BINARY}
FORMS = [form for form in FILTERS if form != "pdf" or "pdf" in KNOWN]

STATUTE = """<h1>杭州市法治宣传教育条例</h1>
<p>（2023年9月27日杭州市第十四届人民代表大会常务委员会第五次会议通过）</p>
<h2>第一编　总则</h2><h3>第一章　一般规定</h3>
<p>第一条　为了加强法治宣传教育，提高公民法治素养，结合本市实际，制定本条例。</p>
<p>第二条　本市行政区域内的法治宣传教育及其保障、监督，适用本条例。</p>
<p>法律、行政法规另有规定的，从其规定。</p>
<h3>第二章　职责</h3><p>第三条　司法行政部门履行下列职责：</p>
<p>（一）编制规划；</p><p>（二）组织实施：</p><p>1.指导普法责任制；</p><p>2.开展评估。</p>
<h2>第二编　附则</h2><p>第四条　本条例自2023年12月1日起施行。</p>"""
SUMMARY = """<p>某区司法局2023年工作总结</p><p>2023年，区司法局认真履行职责，现将有关情况总结如下：</p>
<p>一、主要工作</p><p>（一）深化普法宣传。举办法治讲座一百二十场，覆盖群众两万余人次，制作发放宣传资料三万余份。</p>
<p>（二）做实人民调解。各级调解组织调解纠纷一千余件，成功率百分之九十八以上，无一转为刑事案件。</p>
<p>1.健全网络。新建品牌调解室六个，配备专职调解员四十名，实现镇街调解组织全面覆盖。</p>
<table border="1"><tr><th>项目</th><th>数量</th></tr><tr><td>法治讲座</td><td>120场</td></tr>
<tr><td>人民调解</td><td>1000件</td></tr></table>
<p>以上数据由各司法所统计，截至2023年11月底。</p><p>二、存在问题</p><p>基层司法所人员力量仍显不足，普法形式有待创新，群众参与的积极性还需要进一步提高。</p>
<p>某区司法局</p><p>2023年12月20日</p>"""


@lru_cache(maxsize=64)
def made(content: str, form: str) -> bytes:
    return odt(content) if form == "odt" else saved(made(content, "odt"), form)


def passages(read: Document, table: bool = False) -> list[object]:
    """Anchor, kind, label, path and text of each; without table marks where text has no tables."""
    mark = re.compile(r"\s*\|\s*|\n") if table else re.compile(r"(?!)")
    return [(q.anchor, q.kind, q.label, q.path, mark.sub(" ", q.text)) for q in read.passages]


@pytest.mark.parametrize("form", FORMS)
def test_a_statute(form: str) -> None:
    read = document(f"条例.{form}", made(STATUTE, form))
    assert read.format == form
    assert (read.title, read.kind) == ("杭州市法治宣传教育条例", Kind.LOCAL_REGULATION)
    general, duties = ("第一编 总则", "第一章 一般规定"), ("第一编 总则", "第二章 职责")
    assert [(q.anchor, q.path) for q in read.passages] == [
        ("p1", ()), ("a1", general), ("a2", general), ("a3", duties), ("a4", ("第二编 附则",)),
    ]  # fmt: skip
    third = "司法行政部门履行下列职责：\n（一）编制规划；\n（二）组织实施：\n1.指导普法责任制；\n2.开展评估。"
    assert read.passages[3].text == third
    assert read.passages[2].text.split("\n")[1] == "法律、行政法规另有规定的，从其规定。"
    assert passages(read) == passages(document("条例.docx", made(STATUTE, "docx")))


@pytest.mark.parametrize("form", FORMS)
def test_a_summary_with_a_table(form: str) -> None:
    read = document(f"总结.{form}", made(SUMMARY, form))
    assert (read.title, read.kind, read.year) == (
        "某区司法局2023年工作总结",
        Kind.WORK_SUMMARY,
        2023,
    )
    paths = {q.path for q in read.passages}
    assert {("一、主要工作", "（一）深化普法宣传"), ("二、存在问题",)} <= paths
    if form != "txt":
        assert any("法治讲座 | 120场" in q.text for q in read.passages)
    reference = document("总结.docx", made(SUMMARY, "docx"))
    # Saved as text a table is a line a cell; all else is the same.
    assert passages(read, table=form == "txt") == passages(reference, table=form == "txt")
    assert read.published == reference.published is not None


NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>'
    + "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:suff w:val="{suff}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for at, (form, text, suff) in enumerate(
            [("japaneseCounting", "%1、", "nothing"), ("chineseCounting", "（%2）", "nothing"),
             ("decimal", "%3.", "tab")]
        )
    )
    + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)  # fmt: skip


@pytest.mark.parametrize("form", ["doc", "rtf", "odt", "docx"])
def test_numbers_that_word_made_survive_every_conversion(form: str) -> None:
    levels = [0, 1, 1, 2, 2, 0, 1]
    body = "".join(
        p(f"第{n}段的内容", f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="1"/></w:numPr>')
        for n, at in enumerate(levels)
    )
    data = saved(whole(docx(body + p("完"), numbering=NUMBERING)), form, "docx")
    if (
        form == "rtf"
    ):  # LibreOffice writes ? for what isn't Latin in a level; Word writes it in full
        data = data.replace(rb"\'02\'00\'3f;", rb"\'02\'00\'a1\'a2;")
        data = data.replace(rb"\'03\'28\'01\'29;", rb"\'03\u-248 ?\'01\u-247 ?;")
        data = data.replace(rb"\ansi", rb"\ansi\ansicpg936", 1)
    marks = ["一、", "（一）", "（二）", "1.", "2.", "二、", "（一）"]
    assert [b.text for b in extract("x", data).blocks][:-1] == [
        f"{mark}第{n}段的内容" for n, mark in enumerate(marks)
    ]


def real() -> list[Path]:
    if not DATA.is_dir():
        return []
    return [
        DATA / "work-summaries" / "summary-c.txt",
        DATA / "laws" / "刑法" / "刑法修正案（八）.md",
    ]


def without_blanks(read: Document) -> list[object]:
    return [(q.anchor, q.label, q.path, re.sub(r"[ \u3000]", "", q.text)) for q in read.passages]


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="no real texts (../shared/data) beside the project")
@pytest.mark.parametrize("path", real(), ids=lambda path: path.stem)
def test_real_texts(path: Path) -> None:
    raw = path.read_text("utf-8")
    head, end, body = raw.partition("<!-- INFO END -->")
    text = head.split("\n", 1)[0].lstrip("# ") + "\n\n" + body if end else raw
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reference = document("文件.txt", "\n".join(lines).encode())
    assert len(reference.passages) > 20
    # First lines stand in by two characters, as GB/T 9704 has it: flush paragraphs that end exactly at
    # the edge can't be told from wrapped ones in a PDF.
    page = "".join(f'<p style="text-indent:24pt">{html.escape(line)}</p>' for line in lines)
    for form in FORMS:
        read = document(f"文件.{form}", made(page, form))
        assert (read.title, read.kind, read.year) == (
            reference.title,
            reference.kind,
            reference.year,
        )
        # A page has no blanks, only places: those between figures and characters are lost in a PDF.
        assert without_blanks(read) == without_blanks(reference), form


def test_seven_formats_are_one_document_with_seven_sources(tmp_path: Path) -> None:
    folder, data_dir = tmp_path / "各种格式", tmp_path / "data"
    folder.mkdir()
    for form in FORMS:
        (folder / f"条例.{form}").write_bytes(made(STATUTE, form))
    report = run(data_dir, select(folder, {}, None), Options(workers=1), Quiet(), "index")
    assert report.failures == []
    assert report.total_documents == 1
    base = KnowledgeBase.open(data_dir)
    (shown,) = base.documents(Audience.PUBLIC)
    origins = base.sources(shown, Audience.STAFF)
    assert sorted(o.place for o in origins) == sorted(f"条例.{form}" for form in FORMS)
    assert len(FORMS) == 7
    base.close()
