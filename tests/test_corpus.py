"""The bundled corpus: its format, and every article its guides cite, looked up in the raw laws.

Nothing of the project is imported: the guides are read with tomllib and regular expressions, the
laws straight from their Markdown files. A mistake in the project's own parser of citations
therefore cannot hide a wrong article number here.
"""

from __future__ import annotations

import datetime
import re
import sqlite3
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "corpus"
GUIDES = sorted((CORPUS / "guides").glob("*.md"))
SAMPLES = sorted((CORPUS / "samples").glob("*.md"))
LAWS = ROOT.parent / "shared" / "data" / "laws"

SITUATIONS = {
    *("劳动", "婚姻家庭", "租房买房", "借钱", "消费", "网络"),
    *("邻里", "老人", "孩子", "交通", "农村", "和政府打交道"),
}
LATER = ROOT.parent / "shared" / "data" / "npc-2026" / "docs"
MIRROR = ROOT.parent / "shared" / "data" / "flk-2026"
# Absorbed by the 生态环境法典 on 2026-08-15.
GONE = {"环境保护法", "噪声污染防治法"}

NUMERAL = "[零一二三四五六七八九十百千]+"
ARTICLE = re.compile(rf"第{NUMERAL}条(?:之{NUMERAL})?")
ARTICLE_LINE = re.compile(rf"({ARTICLE.pattern})(?:\s+|$)(.*)")
PLACE = re.compile(rf"({ARTICLE.pattern})(?:第({NUMERAL})款)?")
ITEM = re.compile(rf"[（(]{NUMERAL}[）)]")
DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
UNITS = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True, slots=True)
class Section:
    question: str
    answer: str
    basis: str


@dataclass(frozen=True, slots=True)
class Citation:
    law: str
    article: str
    paragraph: int | None


def front_matter(path: Path) -> tuple[dict[str, Any], str]:
    match = re.match(r"\A\+\+\+\n(.*?)\n\+\+\+\n(.*)\Z", path.read_text("utf-8"), re.DOTALL)
    assert match, f"{path.name}: no front matter between two lines of +++"
    return tomllib.loads(match[1]), match[2]


def sections(body: str) -> list[Section]:
    found = []
    for part in re.split(r"^## ", body, flags=re.MULTILINE)[1:]:
        question, _, rest = part.partition("\n")
        lines = [line for line in rest.splitlines() if line.strip()]
        basis = [line for line in lines if line.startswith("依据")]
        assert len(basis) == 1, f"{question}: {len(basis)} lines of 依据, not one"
        assert lines[-1] == basis[0], f"{question}: the line of 依据 is not the last"
        assert basis[0].startswith("依据："), f"{question}: 依据 without a full-width colon"
        answer = "\n".join(lines[:-1])
        found.append(Section(question.strip(), answer, basis[0].removeprefix("依据：")))
    return found


def number(numeral: str) -> int:
    total = digit = 0
    for character in numeral:
        if character in UNITS:
            total += (digit or 1) * UNITS[character]
            digit = 0
        else:
            digit = DIGITS[character]
    return total + digit


def split_title(text: str) -> tuple[str, str]:
    """The title in 《…》 and what follows; titles of interpretations hold a 《…》 themselves."""
    assert text.startswith("《"), f"{text!r} does not begin with a title"
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "《") - (character == "》")
        if depth == 0:
            return text[1:position], text[position + 1 :]
    raise AssertionError(f"{text!r}: the title does not end")


def citations(basis: str) -> list[Citation]:
    """《A》第一条、第二条第一款；《B》第三条 → one citation per place. Anything else fails."""
    found = []
    for part in basis.split("；"):
        law, places = split_title(part.strip())
        for place in places.split("、"):
            match = PLACE.fullmatch(place)
            assert match, f"{part!r}: {place!r} is not 第…条 or 第…条第…款"
            found.append(Citation(law, match[1], number(match[2]) if match[2] else None))
    return found


@cache
def law_files() -> dict[str, list[Path]]:
    """Title → the files of its newest version in force (the 民法典: all its files)."""
    expired = set()
    known = defaultdict(set)
    with sqlite3.connect(f"file:{LAWS / 'db.sqlite3'}?mode=ro", uri=True) as database:
        for name, publish, gone in database.execute("SELECT name, publish, expired FROM law"):
            known[name].add(bool(gone))
            if gone:
                expired.add((name, publish))
    database.close()
    versions: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for path in LAWS.rglob("*.md"):
        if path.name.startswith("_") or path.parent.name == "民法典":
            continue
        match = re.fullmatch(r"(.+?)(?:\((\d{4}-\d{2}-\d{2})\))?", path.stem)
        assert match
        title, date = match[1], match[2] or ""
        if (title, date) in expired or (not date and known[title] == {True}):
            continue
        versions[title].append((date, path))
    files = {title: [max(found)[1]] for title, found in versions.items()}
    files["民法典"] = sorted((LAWS / "民法典").glob("[!_]*.md"))
    return mirrored() | files | later()


def mirrored() -> dict[str, list[Path]]:
    """The same for regulations and interpretations of the mirror of May 2026."""
    newest: dict[str, tuple[str, Path]] = {}
    for path in MIRROR.glob("*/*.md"):
        head = dict(re.findall(r"^(title|date|status): '?(.*?)'?$", path.read_text("utf-8"), re.M))
        if path.parent.name in {"行政法规", "司法解释"} and head.get("status") == "有效":
            title = head["title"].replace("中华人民共和国", "")
            newest[title] = max(newest.get(title, ("", path)), (head["date"], path))
    return {title: [path] for title, (_, path) in newest.items()}


def later() -> dict[str, list[Path]]:
    """The same for the laws of July 2026 that are one file."""
    found = {}
    for path in LATER.glob("*/*/README.md"):
        text = path.read_text("utf-8")
        title = re.search(r"^# (.+)$", text, re.M)
        if title and re.search(r"^\*\*第一条", text, re.M):
            found[title[1].strip().replace("中华人民共和国", "")] = [path]
    return found


@cache
def articles(law: str) -> dict[str, list[str]]:
    """Article label → its paragraphs (款), lists of 项 not counted."""
    found: dict[str, list[str]] = {}
    for path in law_files()[law]:
        current = None
        for line in path.read_text("utf-8").split("<!-- INFO END -->")[-1].splitlines():
            text = line.strip().removeprefix("- ").replace("**", "")
            match = ARTICLE_LINE.match(text)
            if match:
                current = found[match[1]] = [match[2]] if match[2] else []
            elif text.startswith("#"):
                current = None
            elif current is not None and text and not ITEM.match(text):
                current.append(text)
    return found


needs_laws = pytest.mark.skipif(
    not (LAWS / "db.sqlite3").is_file(),
    reason="the laws (../shared/data/laws) are not on this machine: citations cannot be checked",
)
every_guide = pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
every_sample = pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)


def test_the_corpus_is_there() -> None:
    assert len(GUIDES) >= 10
    assert len(SAMPLES) == 3
    titles = [front_matter(path)[0]["title"] for path in GUIDES + SAMPLES]
    assert len(set(titles)) == len(titles)


def test_every_situation_has_a_guide() -> None:
    assert {front_matter(path)[0]["situation"] for path in GUIDES} == SITUATIONS


def test_sources_name_folders_of_the_corpus() -> None:
    sources = tomllib.loads((CORPUS / "kb.toml").read_text("utf-8"))["source"]
    assert [source["name"] for source in sources] == ["guides", "samples"]
    for source in sources:
        assert set(source) == {"name", "type", "path", "kind", "audience"}
        assert source["type"] == "folder"
        assert source["audience"] == "public"
        folder = CORPUS / source["path"]
        kinds = {front_matter(path)[0]["kind"] for path in folder.glob("*.md")}
        assert kinds == {source["kind"]}


@every_guide
def test_guide_has_its_format(path: Path) -> None:
    assert re.fullmatch(r"[a-z0-9-]+\.md", path.name)
    meta, body = front_matter(path)
    assert list(meta) == ["title", "kind", "situation", "topics", "checked"]
    assert meta["kind"] == "普法指南"
    assert meta["situation"] in SITUATIONS
    assert meta["topics"] and all(isinstance(topic, str) and topic for topic in meta["topics"])
    assert type(meta["checked"]) is datetime.date
    lines = [line for line in body.splitlines() if line.strip()]
    assert lines[0] == f"# {meta['title']}"
    assert not lines[1].startswith("#"), "no lead paragraph"
    assert lines[2].startswith("## "), "the lead is one paragraph"
    assert [line for line in lines[1:] if re.match(r"#(?!# )", line)] == []


@every_guide
def test_guide_answers_what_people_ask(path: Path) -> None:
    found = sections(front_matter(path)[1])
    assert 6 <= len(found) <= 10
    assert len({section.question for section in found}) == len(found)
    for section in found:
        assert section.question.endswith("？"), section.question
        sentences = re.findall(r"[。！？]", section.answer)
        assert 2 <= len(sentences) <= 6, f"{section.question}: {len(sentences)} sentences"
        # Numbers of articles belong in the line of 依据, where they are checked.
        assert not ARTICLE.search(section.answer), section.question


@every_guide
def test_guide_cites_in_the_standard_form(path: Path) -> None:
    for section in sections(front_matter(path)[1]):
        found = citations(section.basis)
        assert len(set(found)) == len(found), f"{section.question}: cited twice"
        for law in {citation.law for citation in found}:
            assert not law.startswith("中华人民共和国"), f"{law}: use the short title"
            assert law not in GONE, f"{section.question}: {law} is no longer in force"


@needs_laws
@every_guide
def test_cited_articles_are_in_the_version_in_force(path: Path) -> None:
    wrong = []
    for section in sections(front_matter(path)[1]):
        for citation in citations(section.basis):
            if citation.law not in law_files():
                wrong.append(f"{section.question}: 《{citation.law}》 is not in the data")
            elif not (paragraphs := articles(citation.law).get(citation.article)):
                wrong.append(f"{section.question}: 《{citation.law}》 has no {citation.article}")
            elif not 1 <= (citation.paragraph or 1) <= len(paragraphs):
                wrong.append(f"{section.question}: {citation} of {len(paragraphs)} paragraphs")
    assert wrong == []


@needs_laws
def test_the_look_up_itself() -> None:
    """Facts counted by hand in the files; without them a look-up that finds all would pass."""
    assert len(articles("民法典")) == 1260
    assert "第一千二百六十一条" not in articles("民法典")
    assert len(articles("民法典")["第一千零七十七条"]) == 2
    assert len(articles("民法典")["第一千零七十九条"]) == 5
    assert len(articles("劳动合同法")["第三十九条"]) == 1  # six 项 below it are not 款
    assert "第二百七十六条之一" in articles("刑法")
    assert law_files()["行政复议法"][0].is_relative_to(LATER)
    assert len(articles("食品安全法")["第一百四十八条"]) == 2
    assert len(articles("劳动保障监察条例")["第二十条"]) == 2
    assert "最高人民法院关于适用《物权法》若干问题的解释（一）" not in law_files()


def test_citations_are_read_as_written() -> None:
    basis = "《甲法》第十条、第二十一条之一第十二款；《关于适用《乙法》的解释（一）》第三条"
    assert citations(basis) == [
        Citation("甲法", "第十条", None),
        Citation("甲法", "第二十一条之一", 12),
        Citation("关于适用《乙法》的解释（一）", "第三条", None),
    ]
    for broken in (
        "甲法第一条",
        "《甲法》",
        "《甲法》第一条,第二条",
        "《甲法》第1条",
        "《甲法》第一款",
    ):
        with pytest.raises(AssertionError):
            citations(broken)


@every_sample
def test_sample_says_that_it_is_invented(path: Path) -> None:
    meta, body = front_matter(path)
    assert list(meta) == ["title", "kind", "region", "issuer", "year", "topics", "published"]
    assert meta["title"].startswith("示例：")
    assert meta["kind"] == "工作总结"
    assert isinstance(meta["year"], int)
    assert type(meta["published"]) is datetime.date
    lines = [line for line in body.splitlines() if line.strip()]
    assert lines[0] == f"# {meta['title']}"
    assert "虚构" in lines[1] and "数字" in lines[1]
    assert 1200 <= len("".join(body.split())) <= 2000
    for topic in meta["topics"]:
        assert topic.strip() and topic in body, topic


def test_samples_number_their_parts_each_in_its_own_way() -> None:
    styles = {}
    for path in SAMPLES:
        body = front_matter(path)[1]
        styles[path.stem] = (
            bool(re.search(r"^（一）", body, re.MULTILINE)),
            len(re.findall(r"[一二三四五]是", body)) >= 10,
            bool(re.search(r"^（1）", body, re.MULTILINE)),
        )
    assert sorted(styles.values(), reverse=True) == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
