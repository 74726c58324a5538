"""Presentations: slides in their order, titles, tables; what stands on every slide is left out."""

import io
import zipfile

import pytest

from indexer.extract import ole
from indexer.extract.formats import extract
from indexer.extract.libreoffice import Conversion, convert
from kb import office
from kb.documents import Block
from kb.errors import UnreadableError
from tests.support.office import archive

_NAMES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def shape(kind: str, *lines: str) -> str:
    placeholder = f'<p:ph type="{kind}"/>' if kind else ""
    text = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    return f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:txBody>{text}</p:txBody></p:sp>"


def slide(content: str, more: str = "") -> str:
    return f"<p:sld {_NAMES}{more}><p:cSld><p:spTree>{content}</p:spTree></p:cSld></p:sld>"


def pptx(*slides: str, order: str = "") -> bytes:
    ids = "".join(f'<p:sldId r:id="r{n}"/>' for n in (map(int, order) if order else ()))
    listed = f"<p:sldIdLst>{ids}</p:sldIdLst>" if ids else ""
    relations = "".join(
        f'<Relationship Id="r{n}" Type="x/slide" Target="slides/slide{n}.xml"/>'
        for n, _ in enumerate(slides, 1)
    )
    return archive(
        {
            "ppt/presentation.xml": f"<p:presentation {_NAMES}>{listed}</p:presentation>",
            "ppt/_rels/presentation.xml.rels": f"<Relationships>{relations}</Relationships>",
            **{f"ppt/slides/slide{n}.xml": content for n, content in enumerate(slides, 1)},
        }
    )


def test_slides_in_their_order() -> None:
    cells = "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{t}</a:t></a:r></a:p></a:txBody></a:tc>"
                    for t in ("项目", "数量"))  # fmt: skip
    table = f"<p:graphicFrame><a:graphic><a:tbl><a:tr>{cells}</a:tr></a:tbl></a:graphic></p:graphicFrame>"
    group = f"<p:grpSp>{shape('', '组内')}</p:grpSp>"
    alternatives = (
        f"<mc:AlternateContent><mc:Choice>{shape('', '新')}</mc:Choice>"
        f"<mc:Fallback>{shape('', '旧')}</mc:Fallback></mc:AlternateContent>"
    )
    data = pptx(
        slide(shape("", "先放的正文", "  ") + shape("title", "一、什么是民法典") + table + group),
        slide(shape("ctrTitle", "民法典宣讲") + shape("sldNum", "1") + shape("ftr", "某司法局")),
        slide(shape("", "隐藏"), ' show="0"'),
        slide(alternatives),
        order="2134",
    )
    found = extract("x", data)
    assert (found.format, found.title) == ("pptx", "民法典宣讲")
    assert found.blocks == (
        Block("民法典宣讲", 0, 1), Block("一、什么是民法典", 0, 2), Block("先放的正文"),
        Block("项目 | 数量"), Block("组内"), Block("新"),
    )  # fmt: skip
    unlisted = pptx(slide(shape("", "甲")), slide(shape("", "乙")))
    assert [b.text for b in extract("x", unlisted).blocks] == ["甲", "乙"]


def test_damage() -> None:
    for data in (archive({"ppt/presentation.xml": "<p"}), pptx(slide(""), order="1")):
        with pytest.raises(UnreadableError) as caught:
            extract("x", data)
        assert caught.value.reason in {"malformed", "empty"}


@pytest.mark.skipif(office.find() is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize(
    ("form", "filter"), [("ppt", "MS PowerPoint 97"), ("odp", "impress8"), ("pptx", None)]
)
def test_presentations_of_libreoffice(form: str, filter: str | None) -> None:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    page = (
        '<draw:page><draw:frame svg:width="20cm" svg:height="9cm"><draw:text-box><text:p>{}</text:p>'
        "<text:p>{}</text:p></draw:text-box></draw:frame></draw:page>"
    )
    source = (
        '<?xml version="1.0"?><office:document office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.presentation" '
        f'xmlns:office="{names}:office:1.0" xmlns:draw="{names}:drawing:1.0" '
        f'xmlns:text="{names}:text:1.0" xmlns:svg="{names}:svg-compatible:1.0"><office:body>'
        f"<office:presentation>{page.format('宪法', '根本法')}{page.format('民法典', '社会生活')}"
        "</office:presentation></office:body></office:document>"
    ).encode()
    filter = filter or "Impress MS PowerPoint 2007 XML"
    found = extract("x", convert(source, Conversion("fodp", "", form, filter)))
    assert found.format == form
    assert [b.text for b in found.blocks] == ["宪法", "根本法", "民法典", "社会生活"]


def test_ole_files_that_are_locked_or_something_else() -> None:
    assert ole.inspect(b"").kind == ""
    assert ole.inspect(ole.MAGIC + bytes(600)).kind == ""
    assert ole.inspect(compound("EncryptedPackage")).kind == "encrypted"
    assert ole.inspect(compound("Workbook")).kind == "xls"
    assert ole.inspect(compound("__properties_version1.0")).kind == ""
    word = b"\xec\xa5" + (193).to_bytes(2, "little") + bytes(6)
    assert ole.inspect(compound("WordDocument", word + b"\0\0")).kind == "doc"
    assert ole.inspect(compound("WordDocument", word + b"\0\1")).kind == "encrypted"
    with pytest.raises(UnreadableError) as caught:
        extract("总结.docx", compound("EncryptedPackage"))
    assert caught.value.reason == "encrypted"
    assert "密码" in str(caught.value)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ("__properties_version1.0", "Outlook"),
        ("MatOST", "Microsoft Works"),
        ("别的", "旧版 Office"),
    ],
)
def test_compound_files_that_are_not_read_are_named(stream: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said) as caught:
        extract("来信", compound(stream))
    assert caught.value.reason == "unsupported"
    assert "另存为" in str(caught.value)


def compound(name: str, content: bytes = b"") -> bytes:
    """An OLE file of three sectors: allocation table, directory with one stream, the stream."""
    header = bytearray(512)
    header[:8] = ole.MAGIC
    header[0x1E:0x20] = (9).to_bytes(2, "little")
    header[0x30:0x34] = (1).to_bytes(4, "little")
    header[0x4C : 0x4C + 436] = b"\0\0\0\0" + b"\xff" * 432
    chain = b"\xfd\xff\xff\xff" + b"\xfe\xff\xff\xff" * 2 + b"\xff" * 500
    entry = bytearray(128)
    raw = name.encode("utf-16-le")
    entry[: len(raw)] = raw
    entry[64:66] = (len(raw) + 2).to_bytes(2, "little")
    entry[66] = 2
    entry[116:120] = (2).to_bytes(4, "little")
    return bytes(header) + chain + bytes(entry).ljust(512, b"\0") + content.ljust(512, b"\0")


def test_a_cell_merged_downwards_stands_in_each_of_its_rows() -> None:
    def cell(text: str, more: str = "") -> str:
        return f"<a:tc {more}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    rows = (
        cell("窗口", 'rowSpan="2"') + cell("登记") + cell("五日", 'vMerge="0"'),
        cell("", 'vMerge="1"') + cell("变更") + cell("三日"),
        cell("合计", 'gridSpan="2"') + cell("", 'hMerge="1"') + cell("两项"),
    )
    table = "".join(f"<a:tr>{row}</a:tr>" for row in rows)
    data = pptx(
        slide(f"<p:graphicFrame><a:graphic><a:tbl>{table}</a:tbl></a:graphic></p:graphicFrame>")
    )
    found = [b.text for b in extract("a.pptx", data).blocks]
    assert found == ["窗口 | 登记 | 五日", "窗口 | 变更 | 三日", "合计 | 两项"]


def test_smart_art_is_read_with_its_slide() -> None:
    whole = pptx(slide(shape("title", "办理流程")), slide(shape("", "谢谢")))
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        parts: dict[str, str | bytes] = {n: packed.read(n) for n in packed.namelist()}
    points = "".join(f"<a:p><a:r><a:t>{t}</a:t></a:r></a:p>" for t in ("登记", "核验", "发证"))
    parts["ppt/diagrams/data1.xml"] = f"<d {_NAMES}>{points}</d>"
    parts["ppt/slides/_rels/slide1.xml.rels"] = (
        '<Relationships><Relationship Id="r1" Type="x/diagramData" Target="../diagrams/data1.xml"/>'
        "</Relationships>"
    )
    found = [b.text for b in extract("a.pptx", archive(parts)).blocks]
    assert found == ["办理流程", "登记", "核验", "发证", "谢谢"]
