"""Documents to take along, opened as other programs would."""

import io
import zipfile
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from kb.documents import Audience, Document, Kind, Passage
from web import docx
from web.docx import Paragraph

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _open(content: bytes) -> list[tuple[str, str]]:
    """(style, text) of every paragraph; every part of the file is well-formed."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        parts = {name: ET.fromstring(file.read(name)) for name in file.namelist()}
    types = parts["[Content_Types].xml"]
    for part in types.findall("{*}Override"):
        assert part.get("PartName").lstrip("/") in parts
    for rels, folder in (("_rels/.rels", ""), ("word/_rels/document.xml.rels", "word/")):
        for relation in parts[rels]:
            assert folder + relation.get("Target") in parts
    styles = {s.get(f"{W}styleId") for s in parts["word/styles.xml"].findall(f"{W}style")}
    found = []
    for p in parts["word/document.xml"].iter(f"{W}p"):
        style = p.find(f"{W}pPr/{W}pStyle").get(f"{W}val")
        assert style in styles
        found.append((style, "".join(t.text or "" for t in p.iter(f"{W}t"))))
    return found


def test_a_law_as_docx_and_text(client, parse):
    links = [a["href"] for a in parse(client.get("/law/示范民法")).select(".toolbar a")]
    word, text = (client.get(link) for link in links)
    paragraphs = _open(word.content)
    assert paragraphs[0] == ("Title", "中华人民共和国示范民法")
    assert ("Heading1", "第二编 合同") in paragraphs
    assert ("Heading2", "第二章 租赁合同") in paragraphs
    body = [t for style, t in paragraphs if style == "Normal"]
    assert any(t.startswith("第八条　租赁期限届满") for t in body)
    assert "夫妻应当互相忠实，互相尊重。" in body
    assert "现行有效" in body[0]
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    lines = [line for line in text.text.splitlines() if line]
    assert lines == [t for _, t in paragraphs]
    assert any("http://testserver/law/" in line for line in lines)
    for response, form in ((word, "docx"), (text, "txt")):
        name = unquote(response.headers["content-disposition"].rpartition("''")[2])
        assert name == f"中华人民共和国示范民法.{form}"


def test_hidden_and_missing_documents(client, staff, knowledge):
    (hidden,) = (i for i in knowledge.documents(Audience.STAFF) if i.audience is Audience.STAFF)
    for form in ("txt", "docx"):
        missing = client.get(f"/doc/aaaaaaaaaaaa/text.{form}")
        there = client.get(f"/doc/{hidden.id}/text.{form}")
        assert missing.status_code == there.status_code == 404
        answer = staff.get(f"/doc/{hidden.id}/text.{form}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"


def test_odd_texts_make_whole_files(make_base, browse):
    passage = Passage("p1", "<b>", ("a & b",), "甲\x00乙\x0b丙\ud800\n]]>\n<w:p/>")
    odd = Document("odd000000001", 'a/b:"c"\n\r<x>\x01', Kind.OTHER, Audience.PUBLIC, (passage,))
    paragraphs = _open(docx.write(odd.title, [Paragraph(odd.title, -1), Paragraph(passage.text)]))
    assert paragraphs[1][1] == "甲乙丙\n]]>\n<w:p/>"
    safe = Document("odd000000002", 'a/b:"c" <x>', Kind.OTHER, Audience.PUBLIC, ())
    answer = browse(make_base([safe])).get("/doc/odd000000002/text.docx")
    assert _open(answer.content)[0] == ("Title", 'a/b:"c" <x>')
    assert unquote(answer.headers["content-disposition"]).endswith("''a b c x.docx")


def test_the_same_text_gives_the_same_file():
    assert docx.write("题", [Paragraph("文")]) == docx.write("题", [Paragraph("文")])
