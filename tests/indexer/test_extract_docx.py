"""Word documents: what is text, in which order, and what is left out; missing and damaged parts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.extract.formats import extract
from kb.documents import Block
from kb.errors import UnreadableError
from tests.support.office import archive, blocks, document, docx, p, part, texts

STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="3"><w:name w:val="章标题"/><w:basedOn w:val="2"/></w:style>
<w:style w:type="paragraph" w:styleId="4"><w:name w:val="节标题"/>
  <w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="5"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="6"><w:name w:val="toc 1"/></w:style>
<w:style w:type="character" w:styleId="h"><w:name w:val="暗"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="l1"><w:name w:val="x"/><w:basedOn w:val="l2"/></w:style>
<w:style w:type="paragraph" w:styleId="l2"><w:name w:val="y"/><w:basedOn w:val="l1"/></w:style>
"""


def styled(style: str, text: str) -> str:
    return p(text, f'<w:pStyle w:val="{style}"/>')


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_a_document_of_nothing_but_its_body() -> None:
    """As WPS and small programs write it: no content types, relationships, styles, properties."""
    found = extract("x.txt", docx(p("某市司法局文件") + p() + p("各科室：")))
    assert found.blocks == (Block("某市司法局文件"), Block("各科室："))
    assert (found.format, found.encoding, found.title, found.meta) == ("docx", "", "", {})


def test_headings_by_style_by_its_parent_by_outline_level() -> None:
    body = (
        p("关于普法工作的报告") + styled("2", "一、总体情况") + p("正文。")
        + styled("3", "二、主要做法") + styled("4", "（一）宣传") + p("直接", '<w:outlineLvl w:val="2"/>')
        + p("不是标题", '<w:pStyle w:val="2"/><w:outlineLvl w:val="9"/>') + styled("l1", "循环样式")
    )  # fmt: skip
    assert [b.heading for b in blocks(body, styles=STYLES)] == [0, 2, 0, 2, 3, 4, 0, 0]


def test_a_sentence_in_a_heading_style_is_text() -> None:
    body = (
        styled("2", "一、情况") + styled("2", "我局认真贯彻执行有关规定。") + styled("2", "长" * 81)
    )
    assert [b.heading for b in blocks(body, styles=STYLES)] == [2, 0, 0]


def test_without_styles_the_built_in_ids_tell() -> None:
    assert [b.heading for b in blocks(styled("Heading2", "甲") + styled("Heading3", "乙"))] == [
        1,
        4,
    ]
    assert [b.heading for b in blocks(p("上") + styled("Heading1", "一、甲"))] == [0, 2]


def test_the_title_is_what_has_its_style_or_the_one_top_heading() -> None:
    found = extract("x", docx(styled("5", "某市司法局") + styled("5", "工作报告") + styled("2", "一、甲"),
                              styles=STYLES))  # fmt: skip
    assert found.title == "某市司法局工作报告"
    assert [b.heading for b in found.blocks] == [1, 1, 2]
    alone = extract("x", docx(styled("2", "某市条例") + styled("4", "第一章 总则"), styles=STYLES))
    assert alone.title == "某市条例"
    assert [b.heading for b in alone.blocks] == [1, 3]
    # The style for titles used for everything, and numbered ones, say nothing.
    many = extract("x", docx(styled("5", "甲") + p("文") + styled("5", "乙"), styles=STYLES))
    assert (many.title, [b.heading for b in many.blocks]) == ("", [2, 0, 2])
    assert extract("x", docx(styled("2", "一、甲") + p("文"), styles=STYLES)).title == ""


def test_core_properties() -> None:
    core = (
        '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:t="t"><dc:title>{}</dc:title>'
        "<dc:creator>张三</dc:creator><t:created>2023-05-06T01:02:03Z</t:created>"
        "<t:modified>昨天</t:modified></cp:coreProperties>"
    )
    parts: dict[str, str | bytes] = {
        "word/document.xml": part("document", f"<w:body>{p('关于某事的')}{p('通知')}</w:body>"),
        "docProps/core.xml": core.format("关于某事的通知"),
    }
    found = extract("x", archive(parts))
    assert found.title == "关于某事的通知"
    assert found.meta == {"author": "张三", "created": date(2023, 5, 6)}
    parts["docProps/core.xml"] = core.format("公司模板")
    assert extract("x", archive(parts)).title == ""


def test_breaks_tabs_hyphens_and_white_space() -> None:
    body = (
        '<w:p><w:r><w:t>  甲 </w:t><w:br/><w:t>乙</w:t><w:tab/><w:t xml:space="preserve"> 丙</w:t>'
        '<w:br w:type="page"/><w:t>丁</w:t><w:softHyphen/><w:noBreakHyphen/><w:t>戊</w:t><w:cr/></w:r></w:p>'
    )
    assert texts(body) == ["甲\n乙 丙\n丁-戊"]


def test_links_controls_smart_tags_ruby_and_symbols() -> None:
    body = (
        f'<w:p><w:hyperlink r:id="x">{run("链接")}</w:hyperlink><w:smartTag>{run("标记")}</w:smartTag>'
        f"<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>{run('控件')}</w:sdtContent></w:sdt>"
        "<w:r><w:ruby><w:rt><w:r><w:t>yīn</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>音</w:t></w:r></w:rubyBase></w:ruby></w:r>"
        '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Wingdings" w:char="zz"/></w:r></w:p>'
        f"<w:sdt><w:sdtContent>{p('块')}</w:sdtContent></w:sdt>"
    )
    assert texts(body) == ["链接标记控件音☑", "块"]


def test_tracked_changes_as_accepted() -> None:
    body = (
        f"<w:p>{run('应当')}<w:del><w:r><w:delText>删</w:delText></w:r>{run('去')}</w:del>"
        f"<w:ins>{run('报告')}</w:ins><w:moveFrom>{run('移走')}</w:moveFrom><w:moveTo>{run('移来')}</w:moveTo>"
        "</w:p>"
        # A deleted paragraph mark joins what it parted.
        f"{p('上半', '<w:rPr><w:del/></w:rPr>')}{p('下半')}"
        f"<w:tbl><w:tr>{_cells('甲', '乙')}</w:tr>"
        f"<w:tr><w:trPr><w:del/></w:trPr>{_cells('删', '除')}</w:tr></w:tbl>"
        f"{p('末', '<w:rPr><w:del/></w:rPr>')}"
    )
    assert texts(body) == ["应当报告移来", "上半下半", "甲 | 乙", "末"]


def test_hidden_text() -> None:
    body = (
        f'<w:p>{run("现")}{run("隐", "<w:vanish/>")}{run("形", """<w:vanish w:val="0"/>""")}'
        f"""{run("暗", '<w:rStyle w:val="h"/>')}</w:p>"""
        f"""<w:p><w:pPr><w:pStyle w:val="v"/></w:pPr>{run("全隐")}"""
        f"""{run("独现", '<w:vanish w:val="false"/>')}</w:p>"""
    )  # fmt: skip
    hidden = (
        STYLES + '<w:style w:type="paragraph" w:styleId="v"><w:rPr><w:vanish/></w:rPr></w:style>'
    )
    assert texts(body, styles=hidden) == ["现形", "独现"]


def field(instruction: str, result: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{instruction}</w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def test_fields() -> None:
    body = (
        f"<w:p>{run('见')}{field(' REF _x ', run('第三条'))}{field('PAGE', run('17'))}</w:p>"
        f'<w:p><w:fldSimple w:instr="NUMPAGES">{run("9")}</w:fldSimple>'
        f'<w:fldSimple w:instr="SEQ 表">{run("表1")}</w:fldSimple></w:p>'
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>eq \\o\\ac(○,3)</w:instrText>'
        f'</w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>{run("项")}</w:p>'
    )
    assert texts(body) == ["见第三条", "表1", "③项"]


def test_a_field_that_never_ends_takes_nothing_away() -> None:
    body = f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{run("甲")}</w:p>{p("乙")}'
    assert texts(body) == ["甲", "乙"]


def test_tables_of_contents_are_left_out() -> None:
    begin, separate, end = (
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
    )
    body = (
        f"<w:p>{begin}<w:r><w:instrText>TOC \\o</w:instrText></w:r>{separate}{run('一、情况 1')}</w:p>"
        f"<w:p>{field('HYPERLINK', run('二、做法 2'))}{end}</w:p>"
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
        f"</w:sdtPr><w:sdtContent>{p('目录')}</w:sdtContent></w:sdt>" + styled("6", "三、打算 3") + p("正文")
    )  # fmt: skip
    assert texts(body, styles=STYLES) == ["正文"]


def _cells(*contents: str) -> str:
    return "".join(f"<w:tc>{p(text)}</w:tc>" for text in contents)


def test_tables_stand_in_their_place_row_by_row() -> None:
    merge = "<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>"
    body = (
        p("表前")
        + f"<w:tbl><w:tr>{_cells('姓名', '职务')}</w:tr><w:tr><w:tc>{p('张三')}{p('（组长）')}</w:tc>"
        f"{_cells('科长')}</w:tr><w:sdt><w:sdtContent><w:tr>{merge}{_cells('副科长', '')}</w:tr>"
        f"</w:sdtContent></w:sdt><w:tr>{_cells('1')}{merge}{_cells('2')}</w:tr>"
        f"<w:tr>{_cells('', '')}</w:tr></w:tbl>" + p("表后")
    )
    assert texts(body) == ["表前", "姓名 | 职务", "张三 （组长） | 科长", "副科长", "1 | 2", "表后"]


def _merged(kind: str, text: str = "", span: int = 1) -> str:
    return f"<w:tc><w:tcPr><w:gridSpan w:val='{span}'/><w:vMerge w:val='{kind}'/></w:tcPr>{p(text)}</w:tc>"


def test_a_cell_merged_downwards_stands_in_each_of_its_rows() -> None:
    rows = (
        _cells("部门", "组", "电话"),
        _merged("restart", "执法科", 2) + _cells("1001"),
        _merged("continue", "", 2) + _cells("1002"),
        _cells("办公室", "文秘") + _merged("restart", "长" * 101),
        _cells("办公室", "档案") + _merged("continue"),
        _merged("restart", "宣传科") + _cells("", "1004"),
        _merged("continue") + _merged("restart", "网") + _cells("1005"),
    )
    body = "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    assert texts(body)[1:] == [
        "执法科 | 1001",
        "执法科 | 1002",
        f"办公室 | 文秘 | {'长' * 101}",
        "办公室 | 档案",
        "宣传科 |  | 1004",
        "宣传科 | 网 | 1005",
    ]


def test_tables_for_layout_give_their_paragraphs() -> None:
    inner = f"<w:tbl><w:tr>{_cells('甲', '乙')}</w:tr></w:tbl>"
    body = (
        f"<w:tbl><w:tr><w:tc>{p('一段。')}{p('二段。')}</w:tc></w:tr>"
        f"<w:tr><w:tc>{p('左')}{inner}<w:p/></w:tc>{_cells('右')}</w:tr>"
        f"<w:tr>{_cells('长' * 501, '短')}</w:tr></w:tbl>"
    )
    assert texts(body) == ["一段。", "二段。", "左", "甲 | 乙", "右", "长" * 501, "短"]


def test_text_boxes_once() -> None:
    box = f"<w:txbxContent>{p('框中')}</w:txbxContent>"
    body = (
        f"<w:p>{run('前')}<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}"
        f"</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict>"
        f"</mc:Fallback></mc:AlternateContent></w:r>{run('后')}</w:p>"
        f"<w:p><w:r><w:pict><v:shape><v:textbox>{box.replace('框', '旧框')}</v:textbox></v:shape>"
        "</w:pict></w:r></w:p>"
    )
    assert texts(body) == ["前后", "框中", "旧框中"]


def test_notes_stand_at_the_end_without_marks_in_the_text() -> None:
    body = (
        '<w:p><w:r><w:t>根据规定</w:t><w:endnoteReference w:id="2"/><w:t>和意见</w:t>'
        '<w:footnoteReference w:id="2"/><w:footnoteReference w:id="9"/></w:r></w:p>' + p("完。")
    )
    notes = (
        f'<w:footnote w:id="0" w:type="separator">{p("线")}</w:footnote>'
        f'<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r>{run(" 脚注")}</w:p>{p("续")}</w:footnote>'
        f'<w:footnote w:id="3">{p("没有引用")}</w:footnote>'
    )
    ends = f'<w:endnote w:id="2">{p("尾注")}</w:endnote>'
    found = texts(body, footnotes=notes, endnotes=ends)
    assert found == ["根据规定和意见", "完。", "附注", "注1：尾注", "注2：脚注 续"]


def test_page_heads_and_feet_and_comments_are_no_text() -> None:
    body = p("正文") + '<w:sectPr><w:headerReference r:id="h"/></w:sectPr>'
    assert texts(body, header1=p("内部资料"), footer1=p("- 1 -"), comments=p("批注")) == ["正文"]


def test_strict_documents_odd_names_and_other_main_parts() -> None:
    strict = part("document", f"<w:body>{p('严格')}</w:body>").replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert extract("x", archive({"word/document.xml": strict})).blocks == (Block("严格"),)
    assert extract("x", archive({"Word\\Document.xml": strict})).blocks == (Block("严格"),)
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r" Type="http://x/officeDocument" Target="/word/document2.xml"/></Relationships>'
    )
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relations,
        "word/document.xml": part("document", f"<w:body>{p('旧')}</w:body>"),
        "word/document2.xml": part("document", f"<w:body>{p('新')}</w:body>"),
    }
    assert extract("x", archive(parts)).blocks == (Block("新"),)


def test_broken_parts_beside_the_body_do_not_matter() -> None:
    made = archive(
        {
            "word/document.xml": part("document", f"<w:body>{p('正文')}</w:body>"),
            "word/styles.xml": "<w:styles",
            "word/numbering.xml": b"\xff\xfe\0",
            "word/footnotes.xml": "",
            "docProps/core.xml": "x",
            "_rels/.rels": "<a>",
        }
    )
    assert extract("x", made).blocks == (Block("正文"),)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (docx(p("正文"))[:300], "malformed"),  # cut off in transfer
        (archive({"word/document.xml": "<w:document"}), "malformed"),
        (archive({"word/document.xml": part("document", "")}), "malformed"),
        (archive({"word/document.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "malformed"),
        (docx("<w:p>" * 300 + "</w:p>" * 300), "malformed"),  # deeper than 256 elements
        (docx(""), "empty"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        extract("总结.docx", data)
    assert caught.value.reason == reason
    assert "，" in str(caught.value) or reason == "empty"


def test_entities_are_neither_expanded_nor_fetched(tmp_path: object) -> None:
    secret = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    content = part("document", "<w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body>")
    head, _, rest = content.partition("?>")
    with pytest.raises(UnreadableError):
        extract("x", archive({"word/document.xml": f"{head}?>{secret}{rest}"}))


def test_blanks_of_a_format_do_not_show_in_passages() -> None:
    lines = [
        "某区司法局2023年工作总结",
        "引进律师X\xa0人，  其中\t女性\u2003三人，工作成效较为明显。",
    ]
    plain = document("总结.txt", "\n".join(lines).encode())
    word = document("总结.docx", docx("".join(map(p, lines))))
    assert plain.passages == word.passages
    assert plain.passages[0].text == "引进律师X 人， 其中 女性 三人，工作成效较为明显。"


_PIECES = st.sampled_from([
    p("甲"), p(), "<w:p>", "</w:p>", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>", "</w:tc>", "<w:r>",
    "</w:r>", "<w:t>乙</w:t>", '<w:fldChar w:fldCharType="begin"/>', '<w:fldChar w:fldCharType="end"/>',
    "<w:instrText>PAGE</w:instrText>", "<w:sdt>", "</w:sdt>", '<w:sym w:char="x"/>', "<w:br/>", "<w:del>",
    "</w:del>", "<w:txbxContent>", "</w:txbxContent>", "<mc:AlternateContent>", "</mc:AlternateContent>",
    "<mc:Choice>", "</mc:Choice>", '<w:footnoteReference w:id="1"/>',
    p("丙", '<w:numPr><w:ilvl w:val="99999999999"/><w:numId w:val="-1"/></w:numPr><w:outlineLvl w:val="x"/>'),
])  # fmt: skip


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_body_gives_blocks_or_a_reason(body: str) -> None:
    try:
        found = blocks(body)
    except UnreadableError:
        return
    assert all(b.text == b.text.strip() != "" for b in found)


def test_files_inserted_as_a_whole() -> None:
    names = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ids = "".join(f'<w:altChunk {names} r:id="{i}"/>' for i in ("a", "b", "c", "a", "none"))
    relations = "".join(
        f'<Relationship Id="{i}" Type="x/aFChunk" Target="{target}"/>'
        for i, target in (("a", "one.html"), ("b", "two.txt"), ("c", "three.bin"))
    )
    data = archive(
        {
            "word/document.xml": part("document", f"<w:body>{p('转发如下：')}{ids}</w:body>"),
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            "word/one.html": "<html><body><p>甲方要求。</p><p>乙方照办。</p></body></html>",
            "word/two.txt": "文本附文。".encode("gb18030"),
            "word/three.bin": b"\x00\x01\x02\xff" * 50,
        }
    )
    assert [b.text for b in extract("a.docx", data).blocks] == [
        "转发如下：", "甲方要求。", "乙方照办。", "文本附文。", "（此处插入的文件未能读取）",
    ]  # fmt: skip
