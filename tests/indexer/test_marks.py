"""Marks of secrets are refused, those of internal papers kept from the public; texts about them aren't."""

from pathlib import Path

import pytest

from indexer.metadata import marks
from indexer.read import read_units
from indexer.run import Options, run
from indexer.sources import Source, Unit, scan
from kb.documents import Audience, Block, Extracted
from kb.errors import ConfigError, UnreadableError
from kb.health import examine
from kb.library import ItemState, Library
from kb.library.database import FILE
from kb.progress import Quiet
from kb.settings import Settings, SourceConfig
from tests.support.office import archive, docx

BODY = "各区司法局：\n请按照年度安排做好宪法宣传周的各项工作，结果于月底前报送。\n"
PROBE = "甲乙丙丁戊己"

SECRET = (
    """
秘密★1年|秘密★|机密★长期|绝密|绝密★30年|密级：秘密|密级: 机密★10年|秘　密|秘 密 ★ ５ 年|秘密☆1年|机密*一年
【机密】|（秘密）|秘密＊|机密级★6个月|000123 秘密★1年 特急|份号：000001 机密★10年|特急 秘密★6个月
长期★绝密|１年★秘密
密级和保密期限：秘密★3年|机密文件|密级｜秘密|秘密★2030年解密|秘密（1年）|★秘密
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
INNOCENT = (
    """
中华人民共和国保守国家秘密法|商业秘密|国家秘密|保守秘密|密级|密级、保密期限和知悉范围|密级：绝密、机密、秘密
密级 绝密 机密 秘密
国家秘密的密级分为绝密、机密、秘密三级。|标有“绝密★30年”字样的文件应当妥善保管。|他说这是绝密文件。
绝密级国家秘密是最重要的国家秘密
机密级和秘密级|绝密的国家秘密事项|秘密通信自由|密级的确定|《机密》|秘密侦查★
泄露商业秘密|不公开审理|公开方式：主动公开|内部资料管理办法
内部审计规定|政务公开方式和期限|秘密投票
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
INTERNAL = (
    """
内部资料 注意保存|内部资料 严禁外传|内部资料严禁外传|内部使用|仅供内部|仅供内部使用|（内部资料，注意保存）
内部资料 第3期|公开方式：不公开
信息公开方式：不予公开|公开属性 依申请公开|公开方式｜不公开
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


def refused(text: str, **more: object) -> bool:
    blocks = tuple(Block(line) for line in text.splitlines())
    try:
        marks.refuse_classified(Extracted(blocks, "txt", **more))  # type: ignore[arg-type]
    except UnreadableError as error:
        assert error.reason == "classified"
        assert not any(word in str(error) for word in (PROBE, text.splitlines()[0]))
        return True
    return False


@pytest.mark.parametrize("mark", SECRET)
def test_marks_of_secrets(mark: str) -> None:
    assert refused(f"{mark}\n关于示例的通知\n{BODY}")
    assert refused(f"示例司法局文件\n示司〔2024〕1号\n\n{mark}\n关于示例的通知\n{BODY}")
    assert refused(BODY, heads=("示例司法局", mark))
    assert refused(BODY, title=mark)


@pytest.mark.parametrize("line", INNOCENT)
def test_texts_that_speak_of_secrets(line: str) -> None:
    assert not refused(f"{line}\n{BODY}")
    assert not refused(BODY, heads=(line,))
    assert not marks.internal([line], [line])


def test_seals_anywhere_and_bare_words_only_at_the_head() -> None:
    long = BODY * 20
    assert refused(f"{long}秘密★1年\n{long}")
    assert not refused(f"{long}绝密\n{long}")


@pytest.mark.parametrize("line", INTERNAL)
def test_marks_of_internal_papers(line: str) -> None:
    assert not refused(f"{line}\n{BODY}")
    assert marks.internal([line, BODY])
    assert bool(marks.internal([BODY], [line])) == ("公开" in line)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "通知.txt").write_text(f"机密★1年\n关于示例的通知\n{PROBE}。\n{BODY}", "utf-8")
    header = "<w:p><w:r><w:t>秘密★1年</w:t></w:r></w:p>"
    text = f"<w:p><w:r><w:t>关于示例的通知{PROBE}，{BODY}</w:t></w:r></w:p>"
    (folder / "页眉.docx").write_bytes(docx(text, header1=header))
    (folder / "箱.zip").write_bytes(archive({"内.txt": f"绝密\n{PROBE}\n{BODY}", "好.txt": BODY}))
    head = "From: a@example.org\nTo: b@example.org\nSubject: x\n"
    head += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    mail = f"{head}\n秘密★1年\n{PROBE}{BODY}"
    (folder / "信.eml").write_text(mail, "utf-8")
    (folder / "内部.txt").write_text(f"内部资料 注意保存\n关于示例的通知\n{BODY}", "utf-8")
    return folder


def indexed(folder: Path, data: Path) -> dict[str, tuple[str, str]]:
    data.mkdir(exist_ok=True)
    config = SourceConfig("s", folder, "folder", audience=Audience.PUBLIC)
    report = run(data, [Source(config)], Options(workers=1), Quiet(), "index")
    said = "\n".join(report.lines())
    assert PROBE not in said
    return {f.path: (f.reason, f.message) for f in report.failures}


def test_nothing_of_a_classified_text_is_kept(papers: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    found = indexed(papers, data)
    assert {p: r for p, (r, _) in found.items()} == dict.fromkeys(
        ["信.eml", "箱.zip!/内.txt", "通知.txt", "页眉.docx"], "classified"
    )
    with Library.open(data) as library:
        kept = [d for _, d in library.load(e.hash for e in library.entries())]
    assert {d.audience for d in kept if d.title == "关于示例的通知"} == {Audience.STAFF}
    assert len(kept) == 2
    for file in data.rglob("*"):
        if file.is_file():
            assert PROBE.encode() not in file.read_bytes(), file
            assert PROBE[:3].encode() not in file.read_bytes(), file
    (finding,) = (f for f in examine(Settings(data_dir=data)) if f.subject == "涉密标志")
    assert (finding.level, "4 个" in finding.text) == ("fault", True)


def test_what_was_kept_before_is_erased_and_withdrawn(tmp_path: Path) -> None:
    folder, data = tmp_path / "in", tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text(f"关于示例的通知\n{PROBE}。{BODY}", "utf-8")
    (folder / "b.txt").write_text(f"关于别事的通知\n{BODY}", "utf-8")
    assert indexed(folder, data) == {}
    (folder / "a.txt").write_text(f"秘密★1年\n关于示例的通知\n{PROBE}。{BODY}", "utf-8")
    assert indexed(folder, data)["a.txt"][0] == "classified"
    with Library.open(data, readonly=True) as library:
        assert [e.title for e in library.entries()] == ["关于别事的通知"]
        item = library.items("s")["a.txt"]
        assert (item.state, item.document_id) == (ItemState.FAILED, None)
        assert not library.check()
    assert (data / FILE).is_file()


def test_a_statute_of_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "某法(2020-01-01).md").write_text(
        "# 某法\n\n机密★1年\n\n<!-- INFO END -->\n\n第一条 为了。\n"
    )
    units = [Unit(f.path, (f,)) for f in scan(tmp_path).files]
    (found,) = read_units(units, SourceConfig("l", tmp_path, "lawrefbook"), 5)
    assert (found.reason, found.document) == ("classified", None)


def test_no_real_statute_is_taken_for_a_secret(data: Path) -> None:
    for file in sorted((data / "laws").rglob("*.md")):
        blocks = tuple(map(Block, file.read_text("utf-8").splitlines()))
        marks.refuse_classified(Extracted(blocks, "md"))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"pattern": "秘密.*"}, "pattern"),
        ({"pattern": "密?"}, "空行"),
        ({"pattern": "("}, "有误"),
        ({"effect": "hide"}, "effect"),
        ({"where": "page"}, "where"),
        ({"name": ""}, "非空"),
        ({"more": "x"}, "有且只有"),
    ],
)
def test_the_table_is_checked(entry: dict[str, str], message: str) -> None:
    good = {"name": "a", "effect": "refuse", "where": "line", "pattern": "密", "why": "x"}

    def text(values: dict[str, str]) -> str:
        return "[[mark]]\n" + "\n".join(f"{k} = '{v}'" for k, v in values.items())

    assert marks.parse(text(good))
    with pytest.raises(ConfigError, match=message):
        marks.parse(text({**good, **entry}))
