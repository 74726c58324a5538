"""DIVERGENCES.md and its tests name each other; and the gaps that no test of a module shows."""

import ast
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from indexer.metadata import Defaults, describe
from indexer.run import Options, run
from indexer.sources import apart, select
from indexer.structure import statute
from kb.documents import Audience, Block, Document, Extracted, Kind
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.progress import Quiet
from kb.search.results import Request
from tests.conftest import article, paragraph

ROOT = Path(__file__).resolve().parents[1]
MakeBase = Callable[[Sequence[Document]], KnowledgeBase]


def named_in_the_paper() -> set[tuple[int, str]]:
    """(entry, tests/…::test_…); entries without a test say why."""
    text = (ROOT / "DIVERGENCES.md").read_text("utf-8")
    found: set[tuple[int, str]] = set()
    numbers = []
    for entry in re.split(r"(?m)^(?=\d+\. )", text)[1:]:
        number = int(entry.partition(".")[0])
        tests = re.findall(r"tests/[\w/]+\.py::test_\w+", entry)
        assert tests or "No test: " in " ".join(entry.split()), f"entry {number}"
        found |= {(number, test) for test in tests}
        numbers.append(number)
    assert numbers == list(range(1, len(numbers) + 1))
    return found


def named_in_tests() -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                place = f"{path.relative_to(ROOT).as_posix()}::{node.name}"
                for number in re.findall(r"DIVERGENCES\.md, (\d+)", ast.get_docstring(node) or ""):
                    found.add((int(number), place))
    return found


def test_every_entry_and_its_test_name_each_other() -> None:
    assert named_in_the_paper() == named_in_tests()


def test_a_reference_at_the_place_of_the_next_label() -> None:
    """DIVERGENCES.md, 2"""
    lines = ("第一条 甲。", "第二条 乙。", "第三条 规定的事项除外。")
    passages = statute([Block(line, number) for number, line in enumerate(lines, 1)])
    assert [p.label for p in passages] == ["第一条", "第二条", "第三条"]


def test_a_folder_within_a_folder_is_read_once(tmp_path: Path) -> None:
    """DIVERGENCES.md, 4"""
    inner = tmp_path / "资料" / "一科"
    inner.mkdir(parents=True)
    (inner / "通知.txt").write_text("关于宣传月的通知\n\n各单位要认真组织宣传月活动。", "utf-8")
    data_dir = tmp_path / "data"
    for folder in (inner, inner.parent, inner):
        with Library.open(data_dir) as library:
            known = library.sources()
        sources = apart(select(folder, known, None), known)
        run(data_dir, sources, Options(workers=1), Quiet(), "index")
    with Library.open(data_dir) as library:
        assert len(list(library.current())) == 1


def test_a_revised_law_shows_the_body_that_first_made_it() -> None:
    """DIVERGENCES.md, 5"""
    head = (
        "（1990年4月4日第七届全国人民代表大会第三次会议通过　"
        "2020年6月30日第十三届全国人民代表大会常务委员会第二十次会议修订）"
    )
    lines = ("中华人民共和国示范法", head, "第一条 为了示范，制定本法。")
    blocks = tuple(Block(line, number) for number, line in enumerate(lines, 1))
    assert (
        describe(Extracted(blocks, format="txt"), blocks, Defaults()).issuer == "全国人民代表大会"
    )


def test_a_numeral_in_a_misspelt_word_stays(make_base: MakeBase) -> None:
    """DIVERGENCES.md, 8"""
    text = "拆迁补偿由双方约定。拆除违法建筑的，不予补偿。"
    base = make_base(
        [Document("a", "示范拆迁办法", Kind.OTHER, Audience.PUBLIC, (article(1, text),))]
    )
    assert base.search(Request("拆钱补偿")).suggestion == "拆迁补偿"
    assert base.search(Request("拆千补偿")).suggestion == ""


def test_an_exclusion_does_not_look_at_titles(make_base: MakeBase) -> None:
    """DIVERGENCES.md, 9"""
    passages = (article(1, "调解应当自愿。"), article(2, "调解不成的，可以申请仲裁。"))
    base = make_base([Document("a", "示范调解仲裁法", Kind.LAW, Audience.PUBLIC, passages)])
    (hit,) = base.search(Request("调解 -仲裁")).hits
    assert [p.label for p in hit.passages] == ["第一条"]


def test_copies_on_two_pages_are_both_shown(make_base: MakeBase) -> None:
    """DIVERGENCES.md, 10"""
    text = "".join(f"第{n}项宣传活动由街道第{n * 7}组负责，第{n + 3}周完成。" for n in range(1, 40))
    base = make_base(
        [
            Document(
                id, title, Kind.NORMATIVE_DOCUMENT, Audience.PUBLIC, (paragraph(1, head + text),)
            )
            for id, title, head in (
                ("a", "关于宣传活动的通知", ""),
                ("b", "转发通知", "现予转发。"),
            )
        ]
    )

    def shown(**page: int) -> list[str]:
        return [h.document.id for h in base.search(Request("宣传活动", fold=True, **page)).hits]  # type: ignore[arg-type]

    assert len(shown()) == 1
    assert sorted(shown(size=1, page=1) + shown(size=1, page=2)) == ["a", "b"]


def test_an_effective_date_before_publication_is_shown_as_given() -> None:
    """DIVERGENCES.md, 11"""
    blocks = (Block("第一条 为了示范，制定本办法。", 1),)
    meta: dict[str, str | list[str] | date] = {
        "title": "示范办法",
        "published": "2020-03-01",
        "effective": "2020-02-01",
    }
    found = describe(Extracted(blocks, format="txt", meta=meta), blocks, Defaults())
    assert (found.published, found.effective) == (date(2020, 3, 1), date(2020, 2, 1))
