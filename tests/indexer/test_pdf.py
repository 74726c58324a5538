"""PDF files that LibreOffice sets, and small ones written here: text in reading order."""

import io
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from indexer.extract import ocr
from indexer.extract.formats import extract
from indexer.structure import structure
from kb.documents import Extracted, Kind
from kb.errors import UnreadableError
from tests.support import typeset
from tests.support.typeset import Heading, Layout, Table

ROWS = [
    ["序号", "事项", "责任单位", "完成时限"],
    ["1", "“法律明白人”培养工程，每村不少于三名，覆盖全部行政村", "普法与依法治理科", "六月底前"],
    ["2", "人民调解员培训", "基层科", "全年"],
]
SENTENCES = (
    "深入开展宪法宣传周活动，组织法律服务工作者进社区、进学校、进企业",
    "全年化解矛盾纠纷2316件，调处成功率达到98.5%",
    "推动“八五”普法规划落实，压实“谁执法谁普法”责任制",
    "健全覆盖城乡的公共法律服务体系，提升群众满意度",
    "规范社区矫正执法，完善安置帮教衔接机制",
)


def prose(number: int, sentences: int) -> str:
    """An invented paragraph, no two alike."""
    said = (SENTENCES[(number + n) % len(SENTENCES)] for n in range(sentences))
    return f"第{number}项工作方面，" + "，".join(said) + f"，共{number * 37 + 11}次。"


BODY = [prose(n, 2 + n % 4) for n in range(1, 26)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    if not typeset.available():
        pytest.skip("LibreOffice (soffice) is not installed")
    mixed = ["一、总体情况", *BODY[:3], "二、存在的问题", *BODY[3:6]]
    long_table = Table([ROWS[0], *([str(n), f"事项{n}", "基层科", "全年"] for n in range(1, 60))])
    sources = {
        "official": typeset.fodt("某某区司法局2023年工作总结及2024年工作思路情况报告", mixed, Layout()),
        "plain": typeset.fodt("工作总结", BODY, Layout(indent=False, dashes=False, size=12)),
        "headed": typeset.fodt("工作总结", BODY, Layout(head="某区司法局2023年文件汇编", size=14)),
        "columns": typeset.fodt("法治简报", BODY, Layout(columns=2, size=11, head="简报")),
        "table": typeset.fodt("责任清单", [BODY[0], Table(ROWS), BODY[1]], Layout()),
        "long_table": typeset.fodt("责任清单", [BODY[0], long_table, BODY[1]], Layout()),
        "outline": typeset.fodt(
            "工作总结", [Heading("工作开展情况"), BODY[0], Heading("几点体会", 2), BODY[1]], Layout()
        ),
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("pdf")
    made = typeset.pdfs(folder, sources)
    (folder / "locked.fodt").write_text(sources["table"], "utf-8")
    settings = (
        '"EncryptFile":{"type":"boolean","value":"true"},'
        '"DocumentOpenPassword":{"type":"string","value":"secret"}'
    )
    typeset.convert(folder, ["locked.fodt"], f"pdf:writer_pdf_Export:{{{settings}}}")
    return {**made, "locked": (folder / "locked.pdf").read_bytes()}


def texts(data: bytes) -> list[str]:
    return [block.text for block in extract("x", data).blocks]


def test_an_official_document(files: dict[str, bytes]) -> None:
    assert (
        texts(files["official"])
        == [
            "某某区司法局2023年工作总结及2024年工作思路情况报告",  # set in two lines
            "一、总体情况",
            *BODY[:3],
            "二、存在的问题",
            *BODY[3:6],
        ]
    )


@pytest.mark.parametrize(("name", "title"), [("plain", "工作总结"), ("headed", "工作总结")])
def test_paragraphs_over_pages_without_heads_and_numbers(
    files: dict[str, bytes], name: str, title: str
) -> None:
    assert len(pdfium.PdfDocument(files[name])) >= 3
    assert texts(files[name]) == [title, *BODY]


def test_two_columns(files: dict[str, bytes]) -> None:
    assert texts(files["columns"]) == ["法治简报", *BODY]


def test_a_table(files: dict[str, bytes]) -> None:
    rows = [" | ".join(row) for row in ROWS]
    assert texts(files["table"]) == ["责任清单", BODY[0], *rows, BODY[1]]


def test_a_table_over_pages(files: dict[str, bytes]) -> None:
    rows = [f"{n} | 事项{n} | 基层科 | 全年" for n in range(1, 60)]
    assert texts(files["long_table"]) == ["责任清单", BODY[0], " | ".join(ROWS[0]), *rows, BODY[1]]


def test_the_outline_gives_headings(files: dict[str, bytes]) -> None:
    found = {b.text: b.heading for b in extract("x", files["outline"]).blocks}
    assert found == {"工作总结": 0, "工作开展情况": 1, BODY[0]: 0, "几点体会": 2, BODY[1]: 0}


def test_what_the_file_says_of_itself(files: dict[str, bytes]) -> None:
    extracted = extract("x", files["official"])
    assert (extracted.format, extracted.encoding) == ("pdf", "")
    assert str(extracted.meta["created"]).startswith("20")
    assert "title" not in extracted.meta


def test_the_same_passages_as_the_text(files: dict[str, bytes]) -> None:
    mixed = "\n\n".join(["一、总体情况", *BODY[:3], "二、存在的问题", *BODY[3:6]])
    plain = extract("x.txt", f"{texts(files['official'])[0]}\n\n{mixed}".encode())
    assert passages(plain) == passages(extract("x", files["official"]))


def passages(extracted: Extracted) -> object:
    return structure(Kind.WORK_SUMMARY, extracted.blocks, extracted.blocks[0].text)


@pytest.mark.parametrize("name", ["summary-a.txt", "summary-b.txt"])
def test_real_summaries(name: str, data: Path, tmp_path: Path) -> None:
    if not typeset.available():
        pytest.skip("LibreOffice (soffice) is not installed")
    text = (data / "work-summaries" / name).read_text("utf-8")
    lines = ["".join(line.split()) for line in text.splitlines() if line.strip()]
    made = typeset.pdfs(tmp_path, {"a": typeset.fodt("题目", lines, Layout(head="汇编", size=14))})
    found = ["".join(text.split()) for text in texts(made["a"])]
    wrong = sum(a != b for a, b in zip(found, ["题目", *lines], strict=True))
    assert wrong == 0


def test_encrypted(files: dict[str, bytes]) -> None:
    assert fault(files["locked"])[0] == "encrypted"


def test_cut_off(files: dict[str, bytes]) -> None:
    reason, message = fault(files["table"][:900])
    assert reason == "malformed"
    assert "请" in message


def fault(data: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableError) as caught:
        extract("x.pdf", data)
    return caught.value.reason, str(caught.value)


def scan(data: bytes, scale: float = 2.0) -> bytes:
    """The same pages as pictures."""
    source, made = pdfium.PdfDocument(data), pdfium.PdfDocument.new()
    for page in source:
        bitmap = page.render(scale=scale)
        image = pdfium.PdfImage.new(made)
        image.set_bitmap(bitmap)
        image.set_matrix(pdfium.PdfMatrix().scale(*page.get_size()))
        sheet = made.new_page(*page.get_size())
        sheet.insert_obj(image)
        sheet.gen_content()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_scan(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    reason, message = fault(scan(files["table"]))
    assert reason == "scanned"
    assert "扫描件" in message
    assert "pufa-kb[ocr]" in message


@pytest.mark.slow
def test_a_scan_is_recognised(files: dict[str, bytes]) -> None:
    if not ocr.is_available():
        pytest.skip("the extra `ocr` is not installed")
    extracted = extract("x", scan(files["official"]))
    assert extracted.format == "pdf-ocr"
    assert "公共法律服务体系" in "".join(b.text for b in extracted.blocks)


def test_too_many_scanned_pages(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: True)
    monkeypatch.setattr(ocr, "MAX_PAGES", 0)
    assert fault(scan(files["table"]))[0] == "too-large"


# Small files written by hand.


def written(*contents: str, rotate: int = 0) -> bytes:
    """A PDF of one page for each content stream, with Helvetica as F1."""
    pages = len(contents)
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {pages}/Kids[{' '.join(f'{4 + 2 * n} 0 R' for n in range(pages))}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for number, content in enumerate(contents):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Rotate {rotate}"
            f"/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * number} 0 R>>"
        )
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
    out = "%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj{body}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    out += f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF"
    return out.encode("latin-1")


def line(text: str, x: float, y: float, matrix: str = "1 0 0 1", mode: int = 0) -> str:
    return f"BT /F1 12 Tf {mode} Tr {matrix} {x} {y} Tm ({text}) Tj ET"


VISIBLE = line("The visible text of this page is long enough.", 50, 700)


def test_hidden_text_counts_only_where_nothing_is_seen() -> None:
    hidden = line("Text laid under a scan by its scanner.", 50, 600, mode=3)
    assert texts(written(f"{VISIBLE}\n{hidden}")) == [
        "The visible text of this page is long enough."
    ]
    assert texts(written(hidden)) == ["Text laid under a scan by its scanner."]


def test_a_watermark_across_the_page_is_left_out() -> None:
    mark = line("DRAFT ONLY", 200, 300, "0.7 0.7 -0.7 0.7")
    assert texts(written(f"{VISIBLE}\n{mark}")) == ["The visible text of this page is long enough."]


@pytest.mark.parametrize(
    ("matrix", "first", "second"),
    [
        ("0 1 -1 0", (100, 50), (120, 50)),
        ("0 -1 1 0", (400, 700), (380, 700)),
        ("-1 0 0 -1", (500, 100), (500, 120)),
    ],
    ids=["left", "right", "head over"],
)
def test_a_page_that_lies_on_its_side(
    matrix: str, first: tuple[float, float], second: tuple[float, float]
) -> None:
    content = line("Second line.", *second, matrix) + "\n" + line("First line.", *first, matrix)
    assert texts(written(content)) == ["First line.", "Second line."]


def test_a_page_turned_in_the_viewer() -> None:
    assert texts(written(f"{VISIBLE}\n{line('Below it.', 50, 600)}", rotate=90)) == [
        "The visible text of this page is long enough.",
        "Below it.",
    ]


def test_words_and_letters_drawn_twice() -> None:
    bold = line("Bold", 50, 700) + line("Bold", 50.3, 700) + line("text", 90, 700)
    assert texts(written(bold)) == ["Bold text"]


def test_pages_without_anything() -> None:
    assert fault(written(""))[0] == "empty"


def test_letters_drawn_as_shapes() -> None:
    shapes = "\n".join(f"{n} 10 m {n + 3} 40 l {n} 70 l f" for n in range(300))
    assert fault(written(shapes))[0] == "glyphs-as-paths"


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.extract.pdf.MAX_PAGES", 2)
    texts(written(VISIBLE, line("Another page.", 50, 650)))
    reason, message = fault(written(VISIBLE, VISIBLE, VISIBLE))
    assert reason == "too-large"
    assert "3 页" in message
