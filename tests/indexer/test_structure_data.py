"""Every law of the data beside the project: counts against an independent reading, and time."""

import re
import time
from pathlib import Path

import pytest

from indexer.structure import outline, statute, structure
from indexer.structure.lines import squash
from kb.documents import Block, Kind, PassageKind

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no data at {DATA}")

_N = "一二三四五六七八九十百千零〇"
ARTICLE = re.compile(rf"^第[{_N}]+条(?:之[{_N}]+)?", re.MULTILINE)
# Slips of the source: 第一百二十八 条侦查人员…, white space before 条 and none after it.
SLIP = re.compile(rf"^第[{_N}]+ 条(?=\S)", re.MULTILINE)

EXPECTED = {
    # folder: files, articles, of which with a slip in the label
    "laws": (1564, 64_671, 5),
    "laws-local": (1911, 82_620, 3),
}


def files(folder: str) -> list[Path]:
    return sorted(p for p in (DATA / folder).rglob("*.md") if p.name != "_index.md")


def body(path: Path) -> str:
    """The text, with two misprints of labels as they are read: 笫五十四条, 第三十－条."""
    text = path.read_text(encoding="utf-8").partition("<!-- INFO END -->")[2]
    return re.sub(rf"(?m)^第([{_N}]*)－(?=条)", r"第\1一", re.sub(r"(?m)^笫", "第", text))


def raw(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("<!-- INFO END -->")[2]


def blocks(text: str) -> list[Block]:
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        heading = re.match(r"(#{1,6})\s+", line)
        if heading:
            out.append(Block(line[heading.end() :], number, len(heading[1])))
        elif line.strip():
            out.append(Block(line, number))
    return out


@pytest.mark.parametrize("folder", EXPECTED)
def test_every_article_is_a_passage(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    """DIVERGENCES.md, 1"""
    paths = files(folder)
    texts = [body(path) for path in paths]
    parsed = [blocks(raw(path)) for path in paths]
    started = time.process_time()
    found = [statute(each) for each in parsed]
    took = time.process_time() - started
    articles = slips = passages = 0
    for path, text, result in zip(paths, texts, found, strict=True):
        labels = [p.label for p in result if p.kind is PassageKind.ARTICLE]
        slipped = SLIP.findall(text)
        assert sorted(labels) == sorted(ARTICLE.findall(text) + [squash(s) for s in slipped]), path
        assert len({p.anchor for p in result}) == len(result)
        articles += len(labels)
        slips += len(slipped)
        passages += len(result)
    with capsys.disabled():
        print(f"\n{folder}: {articles} articles, {passages} passages in {took:.1f} s")
    assert (len(paths), articles - slips, slips) == EXPECTED[folder]
    assert took < 8  # 1.2 s measured; the machine may be busy


@pytest.mark.parametrize("build", [statute, outline])
def test_no_line_is_lost(build: object) -> None:
    """Each line stands in the texts, labels included, or is a heading of a path."""
    assert callable(build)
    for path in files("laws")[::5]:
        parsed = blocks(body(path))
        result = build(parsed)
        stream = squash("".join(p.label + p.text for p in result))
        headings = {squash(title) for p in result for title in p.path}
        for block in parsed:
            line = squash(block.text).strip("\u200b").rstrip("：:")
            if block.heading or line in stream or any(line in title for title in headings):
                continue
            # 附： and （一）甲： keep their words in the path without the punctuation.
            # A heading that ran on stands in the path, what follows it in the text.
            rest = next((line[len(h) + 1 :] for h in headings if h and line.startswith(h)), None)
            counted = re.split(r"(?<=[。；：])(?=[一二三四五六七八九]是)", line)
            pieces = counted if rest is None else [rest]
            assert all(piece in stream for piece in pieces), (path, line)


ARTICLES = [
    # file, article, the label of the next line that is not its text any more
    ("民法典/婚姻家庭编.md", "第一千零四十三条", "第一千零四十四条"),
    ("民法典/合同编.md", "第五百七十七条", "第五百七十八条"),
    ("刑法/刑法.md", "第一百二十条之一", "第一百二十条之二"),
    ("宪法/宪法.md", "第三十三条", "第三十四条"),
    ("诉讼与非诉讼程序法/刑事诉讼法(2018-10-26).md", "第三百零八条", ""),
]


@pytest.mark.parametrize(("name", "label", "after"), ARTICLES, ids=[a[1] for a in ARTICLES])
def test_article_in_full(name: str, label: str, after: str) -> None:
    text = body(DATA / "laws" / name)
    start = text.index(f"\n{label} ") + len(label) + 2
    end = text.index(f"\n{after} ", start) if after else len(text)
    lines = [line.strip() for line in text[start:end].split("\n") if line.strip()]
    (passage,) = [p for p in statute(blocks(text)) if p.label == label]
    assert passage.text == "\n".join(line for line in lines if not line.startswith("#"))


def test_paths_of_the_civil_code() -> None:
    prefix = ("第五编 婚姻家庭",)
    passages = statute(blocks(body(DATA / "laws/民法典/婚姻家庭编.md")), prefix=prefix)
    paths = {p.article: p.path for p in passages}
    assert paths["1043"] == (*prefix, "第一章 一般规定")
    assert paths["1062"] == (*prefix, "第三章 家庭关系", "第一节 夫妻关系")
    assert paths["1111"] == (*prefix, "第五章 收养", "第二节 收养的效力")


def test_preamble_and_annexes() -> None:
    constitution = statute(blocks(body(DATA / "laws/宪法/宪法.md")))
    preamble = [p for p in constitution if p.kind is PassageKind.PREAMBLE]
    raw = body(DATA / "laws/宪法/宪法.md").partition("## 序言")[2].partition("\n## ")[0]
    assert [p.text for p in preamble] == [line for line in raw.split("\n") if line.strip()]
    assert {p.path for p in preamble} == {("序言",)}
    criminal = statute(blocks(body(DATA / "laws/刑法/刑法.md")))
    annexes = [p for p in criminal if p.kind is PassageKind.SCHEDULE]
    assert {p.path for p in annexes} == {("附件一",), ("附件二",)}


def test_amendment_is_one_passage_a_number() -> None:
    text = body(DATA / "laws/刑法/刑法修正案（九）.md")
    numbers = re.findall(rf"^([{_N}]+、)", text, re.MULTILINE)
    assert [p.label for p in statute(blocks(text)) if p.label] == numbers


def test_summaries() -> None:
    found = {}
    for path in sorted((DATA / "work-summaries").glob("*.txt")):
        text = path.read_text(encoding="utf-8").replace("##paidbegin##", "")
        found[path.name] = structure(Kind.WORK_SUMMARY, [Block(text)])
    first = found["summary-a.txt"]
    five = ["（一）", "（二）", "（三）", "（四）", "（五）"]
    assert [p.label for p in first] == ["", *five, "", *five]
    assert first[5].path == ("一、今年工作总结", "（五）创新普法宣传方式")
    assert first[8].path == ("二、明年工作思路", "（二）“八五”普法规划开新篇")
    second = [p for p in found["summary-b.txt"] if p.label]
    assert [p.label[1] for p in second][:7] == list("一二三四一二三")
    assert second[2].path[-1] == "（三）惠民助企激活法治社会新动能"
    third = [p for p in found["summary-c.txt"] if p.label.endswith("是")]
    assert [p.label for p in third] == ["一是", "二是", "三是"] * 9
    assert third[0].path[-1].startswith("一、奋楫扬帆显担当")
    assert third[0].text.startswith("慎终如始抓好防疫。")
    assert third[-1].path[-1:] != third[-4].path[-1:]
