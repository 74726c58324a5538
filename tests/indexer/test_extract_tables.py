"""Workbooks and delimited text: rows with the heads of their columns; what is no table."""

import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from indexer.extract import delimited, rows, spreadsheet
from indexer.extract.formats import extract
from indexer.extract.libreoffice import Conversion, convert
from indexer.extract.package import Package
from indexer.extract.rows import Merge
from kb import office
from kb.documents import Block
from kb.errors import UnreadableError
from tests.support.office import archive

needs_office = pytest.mark.skipif(office.find() is None, reason="LibreOffice is not installed")
PEOPLE = [["姓名", "职务"], ["张三", "科长"], ["李四", "副科长"]]


def book(*sheets: Callable[[Any], None], names: Sequence[str] = ()) -> bytes:
    made = Workbook()
    active = made.active
    assert active is not None
    made.remove(active)
    for at, fill in enumerate(sheets):
        fill(made.create_sheet(names[at] if names else f"Sheet{at + 1}"))
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def filled(table: Sequence[Sequence[object]]) -> Callable[[Any], None]:
    def fill(target: Any) -> None:
        for row in table:
            target.append(list(row))

    return fill


def texts(data: bytes, name: str = "x") -> list[str]:
    return [block.text for block in extract(name, data).blocks]


def test_rows_with_their_heads() -> None:
    table = [["某局人员名单"], [], ["姓名", "职务", "电话"], ["张三", "科长", None], [None, None, None],
             ["李四", None, "123"], ["注：电话为内线"]]  # fmt: skip
    found = extract("x.txt", book(filled(table)))
    assert (found.format, found.title) == ("xlsx", "某局人员名单")
    assert found.blocks == (
        Block("某局人员名单", 0, 1), Block("姓名：张三；职务：科长"), Block("姓名：李四；电话：123"),
        Block("注：电话为内线"),
    )  # fmt: skip


def test_names_of_sheets_are_headings() -> None:
    two = extract("x", book(filled(PEOPLE), filled(PEOPLE[:2]), names=["机关", "基层"]))
    assert [(b.text, b.heading) for b in two.blocks] == [
        ("机关", 2), ("姓名：张三；职务：科长", 0), ("姓名：李四；职务：副科长", 0), ("基层", 2),
        ("姓名：张三；职务：科长", 0),
    ]  # fmt: skip
    assert texts(book(filled(PEOPLE), names=["名单"]))[0] == "名单"


def test_hidden_sheets_are_left_out() -> None:
    def hidden(target: Any) -> None:
        target.append(["秘密", "内容"])
        target.sheet_state = "hidden"

    assert texts(book(filled(PEOPLE), hidden))[0] == "姓名：张三；职务：科长"
    assert not any("秘密" in text for text in texts(book(filled(PEOPLE), hidden)))


def test_values_as_they_are_read() -> None:
    def fill(target: Any) -> None:
        target.append(["事项", "日期", "时间", "比例", "金额", "编号", "完成"])
        target.append(["检查", datetime.date(2023, 5, 6), datetime.datetime(2023, 5, 6, 9, 30), 0.985,
                       1234.50, 7, True])  # fmt: skip
        target.append(["汇报\n两次", None, datetime.time(8, 5), 1.0, 0.1 + 0.2, 12, False])
        for row in (2, 3):
            target.cell(row, 4).number_format = "0.0%"
            target.cell(row, 6).number_format = "0000"

    assert texts(book(fill)) == [
        "事项：检查；日期：2023年5月6日；时间：2023年5月6日 09:30；比例：98.5%；金额：1234.5；编号：0007；"
        "完成：是",
        "事项：汇报 两次；时间：08:05；比例：100%；金额：0.3；编号：0012；完成：否",
    ]


def test_hidden_rows_are_left_out() -> None:
    def fill(target: Any) -> None:
        filled([["姓名", "单位"], ["甲", "一科"], ["乙", "二科"], ["丙", "三科"]])(target)
        target.row_dimensions[3].hidden = True

    assert texts(book(fill)) == ["姓名：甲；单位：一科", "姓名：丙；单位：三科"]


def test_dates_as_chinese_excel_shows_them() -> None:
    """Formats that a file holds by number only, and months without a day."""

    def fill(target: Any) -> None:
        day = datetime.date(2023, 9, 30)
        filled([["事项", "日", "月", "数"], ["修路", day, day, 45199]])(target)
        target["C2"].number_format = 'yyyy"年"m"月";@'

    written = book(fill)
    assert texts(written) == ["事项：修路；日：2023年9月30日；月：2023年9月；数：45199"]
    styles = Package(written).read("xl/styles.xml")
    assert styles is not None
    for number, shown in ((57, "2023年9月"), (58, "2023年9月30日"), (31, "2023年9月30日")):
        changed = styles.replace(b'<xf numFmtId="165"', b'<xf numFmtId="%d"' % number)
        parts = {name: Package(written).read(name) or b"" for name in Package(written).parts}
        names = zipfile.ZipFile(io.BytesIO(written)).namelist()
        whole = {n: changed if n == "xl/styles.xml" else parts[n.lower()] for n in names}
        assert f"；月：{shown}；" in texts(archive(dict(whole)))[0]


def test_a_note_above_the_heads() -> None:
    for note in (
        ["填报：路灯所", "", "", "2023年9月"],
        ["填报：路灯所", "时间：九月", "人：甲", ""],
    ):
        table = [
            ["路灯检修表"],
            note,
            ["路名", "盏数", "状况", "处理"],
            ["东街", 4, "熄灭", "已换"],
        ]
        assert texts(book(filled(table)))[-1] == "路名：东街；盏数：4；状况：熄灭；处理：已换"


def test_merged_cells() -> None:
    def fill(target: Any) -> None:
        target.append(["单位", "人员", None])
        target.append([None, "在编", "聘用"])
        target.append(["办公室", 3, 2])
        target.append([None, 1, 4])
        for area in ("A1:A2", "B1:C1", "A3:A4"):
            target.merge_cells(area)

    assert texts(book(fill)) == [
        "单位：办公室；人员在编：3；人员聘用：2", "单位：办公室；人员在编：1；人员聘用：4",
    ]  # fmt: skip


def test_forms_and_tables_without_heads() -> None:
    form = [["姓名", "张三", "性别", "男"], ["地址", "某街1号", "", ""], ["简历", "某某", "", ""]]
    merges = [Merge(1, 1, 1, 3), Merge(2, 1, 2, 3)]
    assert [b.text for b in rows.blocks(form, merges)] == [
        "姓名 | 张三 | 性别 | 男", "地址 | 某街1号", "简历 | 某某",
    ]  # fmt: skip
    figures = [["1", "2"], ["3", "4"]]
    assert [b.text for b in rows.blocks(figures)] == ["1 | 2", "3 | 4"]
    years = [["地区", "2022年", "2023年"], ["甲区", "1", "2"]]
    assert [b.text for b in rows.blocks(years)] == ["地区：甲区；2022年：1；2023年：2"]
    twice = [*PEOPLE[:2], PEOPLE[0], PEOPLE[2]]
    assert len(list(rows.blocks(twice))) == 2
    ending = [["事项", "情况"], ["甲。", "完成。"]]
    assert [b.text for b in rows.blocks(ending)] == ["事项：甲；情况：完成。"]


@needs_office
@pytest.mark.parametrize(("form", "filter"), [("xls", "MS Excel 97"), ("ods", "calc8")])
def test_formulas_by_their_values_in_every_format(form: str, filter: str) -> None:
    def fill(target: Any) -> None:
        for row in [["项目", "数量", "合计"], ["讲座", 120, "=B2*2"], ["错误", 1, "=1/0"]]:
            target.append(row)

    # openpyxl keeps no values of formulas; LibreOffice computes them.
    source = book(fill)
    expected = ["项目：讲座；数量：120；合计：240", "项目：错误；数量：1"]
    saved = convert(source, Conversion("xlsx", "", form, filter))
    found = extract("x", saved)
    assert (found.format, [b.text for b in found.blocks]) == (form, expected)
    computed = convert(source, Conversion("xlsx", "", "xlsx", "Calc MS Excel 2007 XML"))
    assert texts(computed) == expected


@needs_office
def test_what_openpyxl_cannot_read_goes_through_libreoffice() -> None:
    package = Package(book(filled(PEOPLE)))
    parts: dict[str, str | bytes] = {name: package.read(name) or b"" for name in package.parts}
    parts["xl/styles.xml"] = b"<styleSheet><fills><fill><foo/></fill></fills></styleSheet>"
    broken = archive({n.replace("content_types", "Content_Types"): c for n, c in parts.items()})
    assert "姓名：张三；职务：科长" in texts(broken)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    data = book(filled(PEOPLE))
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 2)
    with pytest.raises(UnreadableError, match="行"):
        extract("x", data)
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 100)
    monkeypatch.setattr(spreadsheet, "MAX_CELLS", 5)
    with pytest.raises(UnreadableError, match="单元格"):
        extract("x", data)
    monkeypatch.setattr(delimited, "MAX_ROWS", 2)
    with pytest.raises(UnreadableError, match="行"):
        extract("x.csv", b"a,b\nc,d\ne,f\n")


def test_a_cell_in_the_last_row_and_column() -> None:
    def far(target: Any) -> None:
        target.append(["姓名", "职务"])
        target.cell(90_000, 16_000, "远")

    assert "远" in texts(book(far))


def test_document_types_and_damage_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    package = Package(book(filled(PEOPLE)))
    parts: dict[str, str | bytes] = {name: package.read(name) or b"" for name in package.parts}
    parts["[Content_Types].xml"] = parts.pop("[content_types].xml")
    assert extract("x", archive(parts)).blocks
    parts["xl/theme/theme1.xml"] = '<!DOCTYPE a [<!ENTITY b "c">]><sst>&b;</sst>'
    monkeypatch.setattr(office, "find", lambda: None)
    with pytest.raises(UnreadableError, match="声明"):
        extract("x", archive(parts))
    for data in (archive({"xl/workbook.xml": "<x"}), archive({"xl/workbook.xml": "<x/>"})):
        with pytest.raises(UnreadableError) as caught:
            extract("x", data)
        assert caught.value.reason in {"malformed", "empty"}


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimited_text(codec: str, delimiter: str) -> None:
    table = [
        ["姓名", "职务", "说明"],
        ["张三", "科长", f'"甲{delimiter}乙\n丙"'],
        ["李四", "副科长", ""],
    ]
    text = "\r\n".join(delimiter.join(row) for row in table)
    found = extract("名单.csv", text.encode(codec))
    assert found.format == "csv"
    joined = "甲 乙" if delimiter == "\t" else f"甲{delimiter}乙"
    assert [b.text for b in found.blocks] == [
        f"姓名：张三；职务：科长；说明：{joined} 丙", "姓名：李四；职务：副科长",
    ]  # fmt: skip
    # Without its name three even rows tell.
    assert extract("名单", text.encode(codec)).format == "csv"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "其实是一段话。\n没有表格。"),
        ("a.txt", "某市,某区,某街道,都很好。\n某甲,某乙,某丙,也都好。\n某丁,某戊,某己,全都好。"),
        ("a.txt", "一、情况, 说明\n二、做法, 措施\n三、打算, 安排"),
        ("a.txt", "甲,乙,丙\n丁,戊,己"),
        ("a.txt", "第一条 为了;第二条\n第三条 规定\n第四条 施行"),
        ("a.txt", "\n".join([",".join(["很长的一段话" * 10] * 3)] * 4)),
    ],
)  # fmt: skip
def test_prose_with_commas_is_no_table(name: str, text: str) -> None:
    assert extract(name, text.encode()).format == "txt"


def test_a_quote_that_never_ends() -> None:
    found = extract("a.csv", ('姓名,职务\n张三,"科长\n李四,主任\n' * 2).encode())
    assert "张三" in "".join(b.text for b in found.blocks)
