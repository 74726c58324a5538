"""OFD files (GB/T 33190) written here: their text, what they state, and what can't be read."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.extract import ofd
from indexer.extract.formats import extract
from indexer.structure import structure
from kb.documents import Kind
from kb.errors import UnreadableError
from tests.support.ofd_writer import LINES, write

BODY = [
    "关于进一步加强普法工作的意见",
    "各县（市、区）司法局，市级有关单位：",
    "一、总体要求",
    *(
        f"（{n}）落实“谁执法谁普法”责任制，健全普法责任清单，全年开展宣传活动{n * 137}场次，"
        f"覆盖群众{n * 2311}人次，群众满意度达到98.{n}%，组织法律明白人培训{n}期，取得良好成效。"
        for n in range(1, 40)
    ),
    "2024年1月5日",
]


def texts(data: bytes) -> list[str]:
    return [block.text for block in extract("x", data).blocks]


def changed(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """The same archive with one member rewritten; without it where nothing is left."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            text = old.read(member).decode()
            text = change(text) if member == name else text
            if text:
                new.writestr(member, text)
    return out.getvalue()


def fault(data: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableError) as caught:
        extract("x.ofd", data)
    return caught.value.reason, str(caught.value)


PAGE = "Doc_0/Pages/Page_0/Content.xml"


def test_paragraphs_over_pages_without_page_numbers() -> None:
    data = write(BODY)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "Doc_0/Pages/Page_4/Content.xml" in archive.namelist()
    assert texts(data) == BODY


def test_the_same_passages_as_the_text() -> None:
    plain = extract("x.txt", "\n\n".join(BODY).encode())
    read = extract("x", write(BODY))
    one, two = (structure(Kind.NORMATIVE_DOCUMENT, e.blocks, BODY[0]) for e in (plain, read))
    assert one == two


def test_a_real_statute(data: Path) -> None:
    path = data / "laws" / "社会法" / "反电信网络诈骗法(2022-09-02).md"
    text = path.read_text("utf-8").partition("<!-- INFO END -->")[2]
    lines = [line.lstrip("# ").strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    assert texts(write(lines)) == lines


def test_what_the_file_states() -> None:
    data = write(BODY, BODY[0], [("发文字号", "某司发〔2024〕3号"), ("audience", "public")])
    extracted = extract("x", data)
    assert (extracted.format, extracted.title) == ("ofd", BODY[0])
    assert extracted.meta == {"created": "2024-01-05", "发文字号": "某司发〔2024〕3号"}
    assert extract("x", write(BODY, "模板标题")).title == ""


def test_several_documents_in_one_file() -> None:
    root = "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
    data = changed(
        write(["第一份。"]),
        "OFD.xml",
        lambda text: text.replace(root, root + "<ofd:DocBody>" + root),
    )
    assert texts(data) == ["第一份。", "第一份。"]


@pytest.mark.parametrize("place", ["/Doc_0/Document.xml", "./Doc_0/x/../Document.xml"])
def test_places_in_the_file(place: str) -> None:
    data = changed(write(BODY), "OFD.xml", lambda t: t.replace("Doc_0/Document.xml", place))
    assert texts(data) == BODY


def test_a_matrix_moves_and_scales_the_text() -> None:
    def scaled(text: str) -> str:
        text = re.sub(r'Size="[0-9.]+"', 'Size="1"', text)
        text = text.replace('Font="2"', 'Font="2" CTM="5.64 0 0 5.64 0 0"')
        text = re.sub(r'Y="[0-9.]+"', 'Y="1"', text)
        return re.sub(
            r'DeltaX="([^"]*)"',
            lambda m: 'DeltaX="' + re.sub(r"5\.64|2\.82", _unscaled, m[1]) + '"',
            text,
        )

    data = write(BODY[:8])
    assert texts(changed(data, PAGE, scaled)) == texts(data)


def _unscaled(m: re.Match[str]) -> str:
    return f"{float(m[0]) / 5.64:g}"


def test_watermarks_hidden_text_and_background_are_left_out() -> None:
    data = write(BODY[:5])
    shown = texts(data)

    def add(text: str) -> str:
        extra = (
            '<ofd:TextObject ID="9" Boundary="50 150 90 9" Size="9" CTM="0.7 0.7 -0.7 0.7 0 0">'
            '<ofd:TextCode X="0" Y="9">内部资料</ofd:TextCode></ofd:TextObject>'
            '<ofd:TextObject ID="8" Boundary="50 150 90 9" Size="5" Visible="false">'
            '<ofd:TextCode X="0" Y="5">看不见</ofd:TextCode></ofd:TextObject></ofd:Layer>'
            '<ofd:Layer ID="7" Type="Background"><ofd:TextObject ID="6" Boundary="50 90 90 9" Size="5">'
            '<ofd:TextCode X="0" Y="5">背景</ofd:TextCode></ofd:TextObject></ofd:Layer>'
        )
        return text.replace("</ofd:Layer>", extra)

    assert texts(changed(data, PAGE, add)) == shown


OBJECT = (
    '<ofd:TextObject ID="9" Boundary="{} {} 150 9" Size="5" {}>'
    '<ofd:TextCode X="0" Y="5" DeltaX="{}">{}</ofd:TextCode></ofd:TextObject>'
)


def put(text: str, x: float, y: float, more: str = "", step: float = 5) -> str:
    deltas = " ".join([f"{step:g}"] * max(0, len(text) - 1))
    return OBJECT.format(x, y, more, deltas, text)


def instead(objects: str) -> Callable[[str], str]:
    """The page with these objects in place of its own."""
    return lambda text: re.sub("<ofd:TextObject.*</ofd:TextObject>", lambda _: objects, text)


def test_composite_objects_one_within_the_other() -> None:
    units = (
        '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="70"><ofd:Content>'
        + put("某某县司法局值班表", 0, 0)
        + '<ofd:CompositeObject ID="5" Boundary="30 20 90 9" ResourceID="71"/></ofd:Content>'
        '</ofd:CompositeGraphicUnit><ofd:CompositeGraphicUnit ID="71"><ofd:Content>'
        + put("值班电话每日有人接听。", 0, 0)
        + '<ofd:CompositeObject ID="4" Boundary="0 0 9 9" ResourceID="71"/></ofd:Content>'
        "</ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits></ofd:Res>"
    )
    used = '<ofd:CompositeObject ID="6" Boundary="40 40 90 90" ResourceID="70" CTM="1 0 0 1 20 0"/>'
    data = changed(write(["文字"]), "Doc_0/PublicRes.xml", lambda t: t.replace("</ofd:Res>", units))
    found = texts(changed(data, PAGE, instead(used)))
    assert found == ["某某县司法局值班表", "值班电话每日有人接听。"]


def test_the_printed_text_of_a_form_is_in_its_template() -> None:
    name = "Doc_0/Tpls/Tpl_0/Content.xml"
    label = put("经办人：", 30, 100) + put("领证须知：凭证件领取。", 30, 130)
    data = changed(write(["李某某"]), PAGE, instead(put("李某某", 60, 100)))
    data = changed(data, name, lambda t: t.replace("</ofd:Layer>", label + "</ofd:Layer>"))
    assert texts(data) == ["经办人： 李某某", "领证须知：凭证件领取。"]


def test_a_missing_template_leaves_the_page_readable() -> None:
    data = changed(write(BODY[:4]), "Doc_0/Tpls/Tpl_0/Content.xml", lambda t: "")
    assert texts(data) == BODY[:4]


def test_a_page_set_sideways() -> None:
    row = [put(text, 160 - 20 * n, 30, 'CTM="0 1 -1 0 5 0"') for n, text in
           enumerate(["附表所列单位均须按月报送情况", "逾期未报送的应当书面说明原因。"])]  # fmt: skip
    data = changed(write(["文字"]), PAGE, instead("".join(row) + put("关于报送情况的通知", 60, 30)))
    assert texts(data) == [
        "关于报送情况的通知", "附表所列单位均须按月报送情况", "逾期未报送的应当书面说明原因。",
    ]  # fmt: skip


def test_private_use_text_is_refused() -> None:
    reason, message = fault(
        changed(write(["文字"]), PAGE, instead(put("本\ue101\ue102\ue103" * 9, 20, 40)))
    )
    assert reason == "undecodable"
    assert "文字识别" in message
    one = changed(write(["文字"]), PAGE, instead(put("经办人员李\ue101民，电话另行公布。", 20, 40)))
    assert texts(one) == ["经办人员李□民，电话另行公布。"]


def test_characters_written_by_their_codes() -> None:
    data = changed(
        write(["文字"]), PAGE, instead(put(r"甲方\0x0020乙方\0x0026丙方共同遵守本约定。", 20, 40))
    )
    assert texts(data) == ["甲方 乙方&丙方共同遵守本约定。"]


def test_figures_set_as_wide_as_chinese_characters() -> None:
    data = changed(
        write(["文字"]), PAGE, instead(put("登记日期2023/11/05，登记人员两名。", 20, 40))
    )
    assert texts(data) == ["登记日期2023/11/05，登记人员两名。"]


def test_a_table() -> None:
    cells = {(0, 0): "序号", (0, 1): "事项", (1, 0): "1", (1, 1): "法律明白人培养"}
    lines = "".join(
        f'<ofd:PathObject ID="{n}" Boundary="{box}" LineWidth="0.3"><ofd:AbbreviatedData>{path}'
        "</ofd:AbbreviatedData></ofd:PathObject>"
        for n, (box, path) in enumerate(
            [("30 100 90 20", "M 0 0 L 90 0 L 90 20 L 0 20 C"), ("30 110 90 0.2", "M 0 0 L 90 0"),
             ("60 100 0.2 20", "M 0 0 L 0 20")], 300,
        )
    )  # fmt: skip
    words = "".join(
        f'<ofd:TextObject ID="4{r}{c}" Boundary="{32 + 30 * c} {101 + 10 * r} 50 8" Size="4">'
        f'<ofd:TextCode X="0" Y="6">{text}</ofd:TextCode></ofd:TextObject>'
        for (r, c), text in cells.items()
    )
    data = changed(
        write(["清单"]), PAGE, lambda t: t.replace("</ofd:Layer>", f"{lines}{words}</ofd:Layer>")
    )
    assert texts(data) == ["清单", "序号 | 事项", "1 | 法律明白人培养"]


def test_text_drawn_as_paths_and_as_pictures() -> None:
    """DIVERGENCES.md, 15"""

    def paths(text: str) -> str:
        drawn = "".join(
            f'<ofd:PathObject ID="{n}" Boundary="{n} 9 5 5"><ofd:AbbreviatedData>M 0 0 B 1 1 2 2 3 3 C'
            "</ofd:AbbreviatedData></ofd:PathObject>"
            for n in range(60)
        )
        return re.sub("<ofd:TextObject.*</ofd:TextObject>", drawn, text)

    reason, message = fault(changed(write(["文字"]), PAGE, paths))
    assert reason == "glyphs-as-paths"
    assert "图形" in message

    def picture(text: str) -> str:
        image = '<ofd:ImageObject ID="9" Boundary="0 0 210 297" ResourceID="5"/>'
        return re.sub("<ofd:TextObject.*</ofd:TextObject>", image, text)

    assert fault(changed(write(["文字"]), PAGE, picture))[0] == "scanned"


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("秘密", "utf-8")
    head = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'

    def inject(text: str) -> str:
        text = text.replace("?>\n", f"?>\n{head}", 1)
        return text.replace("文字在此", "文字&e;在此")

    data = changed(write(["前面的一段文字在此，后面还有很多很多文字。"]), PAGE, inject)
    try:
        assert "秘密" not in "".join(texts(data))
    except UnreadableError as error:
        assert error.reason == "malformed"


def test_an_entity_bomb_ends() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )

    def inject(text: str) -> str:
        return text.replace("?>\n", f"?>\n{bomb}]>", 1).replace("文字", "&j;")

    with pytest.raises(UnreadableError):
        extract("x", changed(write(["文字"]), PAGE, inject))


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("OFD.xml", lambda t: t[:50], "malformed"),
        ("OFD.xml", lambda t: t.replace("Doc_0/", "Doc_9/"), "malformed"),
        ("Doc_0/Document.xml", lambda t: "", "malformed"),
        (PAGE, lambda t: "", "malformed"),
        ("OFD.xml", lambda t: t.replace("ofd:DocBody", "ofd:Other"), "malformed"),
    ],
)
def test_damaged(name: str, change: Callable[[str], str], reason: str) -> None:
    assert fault(changed(write(["文字"]), name, change))[0] == reason


def test_one_page_missing_of_several() -> None:
    found = texts(changed(write(BODY), "Doc_0/Pages/Page_1/Content.xml", lambda t: ""))
    assert found[:3] == BODY[:3]
    assert found[-1] == BODY[-1]
    assert len(found) < len(BODY)


def test_encrypted() -> None:
    out = io.BytesIO(write(["文字"]))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("Encryptions.xml", "<x/>")
    assert fault(out.getvalue())[0] == "encrypted"


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ofd, "MAX_PAGES", 2)
    assert fault(write(["短。"] * (LINES * 2 + 1)))[0] == "too-large"


def test_known_by_its_root() -> None:
    assert ofd.sniff(write(["文字"]))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("说明/OFD.xml", "<x/>")
        archive.writestr("a.txt", "OFD.xml")
    assert not ofd.sniff(out.getvalue())
    assert not ofd.sniff(b"OFD.xml")
