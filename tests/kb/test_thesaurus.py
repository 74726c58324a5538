"""The thesaurus: its file, checked against the laws themselves, and how its words are found.

The laws are read here straight from their Markdown files: a mistake of the project's own parser
cannot hide a term that no law has.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import ConfigError
from kb.text.folding import fold
from kb.thesaurus import COLUMNS, LONGEST_TEXT, Entry, Match, Thesaurus, load, read

ROOT = Path(__file__).resolve().parents[2]
LAWS = ROOT.parent / "shared" / "data" / "laws"
needs_laws = pytest.mark.skipif(
    not (LAWS / "db.sqlite3").is_file(),
    reason="the laws (../shared/data/laws) are not on this machine: terms cannot be checked",
)

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}
UNITS = {"十": 10, "百": 100, "千": 1000}
FILE_NAME = re.compile(r"(.+?)(?:\((\d{4}-\d\d-\d\d)\))?")
ARTICLE = re.compile(r"第([零一二三四五六七八九十百千]+)条(?:之([一二三四五六七八九十]+))?")


def number(text: str) -> int:
    total, digit = 0, 0
    for c in text:
        if c in UNITS:
            total, digit = total + (digit or 1) * UNITS[c], 0
        else:
            digit = DIGITS[c]
    return total + digit


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def articles_of(body: str) -> dict[str, str]:
    """The articles of a law by number (120-1 for 第一百二十条之一), their text without spaces."""
    found: dict[str, str] = defaultdict(str)
    current = ""
    for line in body.splitlines():
        if line.startswith("#"):
            current = ""
        elif m := ARTICLE.match(line):
            current = str(number(m[1])) + (f"-{number(m[2])}" if m[2] else "")
        if current:
            found[current] += plain(line)
    return found


@cache
def laws() -> tuple[str, dict[str, dict[str, str]]]:
    """All text in force, and the articles of each law's newest version by the law's short title."""
    with sqlite3.connect(f"file:{LAWS / 'db.sqlite3'}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT name, publish FROM law WHERE expired").fetchall()
    db.close()
    expired = {(name, publish or "") for name, publish in rows}
    in_force: list[str] = []
    newest: dict[str, tuple[str, dict[str, str]]] = {}
    for path in sorted(LAWS.rglob("*.md")):
        m = FILE_NAME.fullmatch(path.stem)
        if path.name == "_index.md" or m is None:
            continue
        title, date = m[1], m[2] or ""
        body = path.read_text(encoding="utf-8").partition("<!-- INFO END -->")[2]
        if (title, date) not in expired:
            in_force.append(plain(body))
        if path.parent == LAWS / "民法典":
            newest.setdefault("民法典", ("", {}))[1].update(articles_of(body))
            continue
        work = title.replace("中华人民共和国", "")
        if work not in newest or date > newest[work][0]:
            newest[work] = (date, articles_of(body))
    return "\n".join(in_force), {work: found for work, (_, found) in newest.items()}


# The file that ships


def test_there_are_enough_entries_and_none_twice() -> None:
    entries = load().entries
    pairs = {(frozenset(e.parts), frozenset(e.terms)) for e in entries}
    assert len(pairs) == len(entries) >= 1_500
    assert len({e.word for e in entries}) >= 1_400


def test_words_are_as_queries_are_folded() -> None:
    assert [e.word for e in load().entries if fold(e.word) != e.word] == []


def test_no_word_means_itself() -> None:
    assert [e.word for e in load().entries if e.terms == (e.word,)] == []


def test_senses_of_a_word_are_told_apart() -> None:
    """A word may stand in several lines, but then each has other terms and says which sense."""
    by_word: dict[str, list[Entry]] = defaultdict(list)
    for entry in load().entries:
        by_word[entry.word].append(entry)
    several = {word: found for word, found in by_word.items() if len(found) > 1}
    assert several
    assert [word for word, found in several.items() if not all(e.note for e in found)] == []


def test_most_entries_name_an_article() -> None:
    entries = load().entries
    assert sum(bool(e.article) for e in entries) >= 0.8 * len(entries)


@needs_laws
def test_every_term_stands_in_a_law_in_force() -> None:
    text, _ = laws()
    terms = {t for e in load().entries for t in e.terms}
    assert sorted(t for t in terms if t not in text) == []


@needs_laws
def test_every_article_shows_one_of_its_entrys_terms() -> None:
    _, newest = laws()
    wrong = []
    for entry in load().entries:
        if entry.article:
            work, _, article = entry.article.rpartition(":")
            text = newest.get(work, {}).get(article, "")
            if not any(term in text for term in entry.terms):
                wrong.append((entry.word, entry.article))
    assert wrong == []


@needs_laws
def test_the_laws_are_read_rightly() -> None:
    text, newest = laws()
    assert len(newest["民法典"]) == 1_260
    assert newest["民法典"]["1260"].startswith("第一千二百六十条本法自2021年1月1日起施行")
    assert newest["刑法"]["120-1"].startswith("第一百二十条之一资助恐怖活动组织")
    assert "老赖" not in text


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("房东不退押金怎么办", "出租人"),
        ("公交车拒载合法吗", "从事公共运输的承运人不得拒绝"),
        ("快递把我的东西弄丢了", "承运人"),
        ("老赖名下没有财产", "失信被执行人"),
        ("借条没写利息", "借款合同"),
        ("被公司开除了有补偿吗", "解除劳动合同"),
        ("我老公有小三", "与他人同居"),
    ],
)
def test_everyday_questions_find_their_terms(query: str, term: str) -> None:
    assert term in {t for match in load().find(query) for t in match.entry.terms}


# Finding


def thesaurus_of(*words: str) -> Thesaurus:
    return Thesaurus(
        Entry(word, tuple(word.split(" ")), (f"术语{i}",), 0.8, "", "")
        for i, word in enumerate(words)
    )


def found(thesaurus: Thesaurus, text: str) -> list[tuple[str, int, int]]:
    return [(m.entry.word, m.start, m.end) for m in thesaurus.find(text)]


def test_the_longest_word_wins_at_each_place() -> None:
    thesaurus = thesaurus_of("社保", "社保卡", "保卡", "卡")
    assert found(thesaurus, "社保卡丢了") == [("社保卡", 0, 3)]
    assert found(thesaurus, "社保和卡") == [("社保", 0, 2), ("卡", 3, 4)]


def test_words_that_only_overlap_are_both_found() -> None:
    assert found(thesaurus_of("打工", "工伤"), "打工伤") == [("打工", 0, 2), ("工伤", 1, 3)]


def test_a_word_cut_off_by_the_end_is_not_found() -> None:
    assert found(thesaurus_of("房东", "房东税费"), "问房东") == [("房东", 1, 3)]
    assert found(thesaurus_of("房东税费"), "问房东") == []


def test_all_senses_of_a_word_are_returned_in_order() -> None:
    entries = [Entry("押金", ("押金",), (t,), 0.5, "", t) for t in ("保证金", "租金", "定金")]
    assert Thesaurus(entries).find("退押金") == tuple(Match(e, 1, 3) for e in entries)


def test_parts_may_stand_anywhere_and_in_any_order() -> None:
    thesaurus = thesaurus_of("快递 丢", "快递")
    assert found(thesaurus, "丢了一件快递") == [("快递", 4, 6), ("快递 丢", 4, 6)]
    assert found(thesaurus, "我的快递弄丢了，那个快递很贵") == [
        ("快递", 2, 4),
        ("快递 丢", 2, 4),
        ("快递", 10, 12),
    ]
    assert found(thesaurus, "东西丢了") == []


def test_nothing_beyond_the_limit_is_looked_at() -> None:
    thesaurus = thesaurus_of("房东")
    assert found(thesaurus, "的" * LONGEST_TEXT + "房东") == []
    assert len(found(thesaurus, "房东" * LONGEST_TEXT)) == LONGEST_TEXT // 2


SYLLABLES = "甲乙丙"
WORDS = st.lists(st.text(SYLLABLES, min_size=1, max_size=4), min_size=1, max_size=8, unique=True)


@given(WORDS, st.text(SYLLABLES, max_size=30))
def test_find_agrees_with_a_plain_search(words: list[str], text: str) -> None:
    everywhere = [
        (word, at, at + len(word))
        for word in words
        for at in range(len(text))
        if text.startswith(word, at)
    ]
    expected = [
        (w, a, b)
        for w, a, b in everywhere
        if not any(c <= a and b <= d and d - c > b - a for _, c, d in everywhere)
    ]
    assert found(thesaurus_of(*words), text) == sorted(expected, key=lambda m: m[1:])


@given(
    st.lists(WORDS.filter(lambda w: len(w) > 1).map(" ".join), min_size=1, unique=True),
    st.text(SYLLABLES, max_size=12),
)
def test_several_parts_agree_with_a_plain_search(words: list[str], text: str) -> None:
    expected = {w for w in words if all(part in text for part in w.split(" "))}
    matches = thesaurus_of(*words).find(text)
    assert {m.entry.word for m in matches} == expected
    assert len(matches) == len(expected)
    assert all(text[m.start : m.end] == m.entry.parts[0] for m in matches)


@given(st.text(max_size=200))
def test_any_text_is_searched_without_error(text: str) -> None:
    for match in load().find(fold(text)):
        assert fold(text)[match.start : match.end] == match.entry.parts[0]


# Reading

HEAD = "\t".join(COLUMNS)
GOOD = "房东\t出租人|租赁合同\t0.9\t民法典:703\t"


def test_reads_an_entry(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(f"{HEAD}\n{GOOD}\n快递 丢\t承运人\t1\t\t寄送\n", encoding="utf-8")
    assert read(path).entries == (
        Entry("房东", ("房东",), ("出租人", "租赁合同"), 0.9, "民法典:703", ""),
        Entry("快递 丢", ("快递", "丢"), ("承运人",), 1.0, "", "寄送"),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("房东\t出租人\t0.9\t", "5列"),
        ("\t出租人\t0.9\t\t", "word"),
        ("房东 \t出租人\t0.9\t\t", "word"),
        ("房东 房东\t出租人\t0.9\t\t", "word"),
        ("一二三四五六七八九十一二三\t出租人\t0.9\t\t", "word"),
        ("Ａ\t出租人\t0.9\t\t", "word"),
        ("OFFER\t出租人\t0.9\t\t", "word"),
        ("房东\t\t0.9\t\t", "terms"),
        ("房东\t出\t0.9\t\t", "terms"),
        ("房东\t出 租 人\t0.9\t\t", "terms"),
        ("房东\t出租人|出租人\t0.9\t\t", "terms"),
        (f"房东\t{'长' * 21}\t0.9\t\t", "terms"),
        ("房东\t出租人\t0.1\t\t", "weight"),
        ("房东\t出租人\t1.1\t\t", "weight"),
        ("房东\t出租人\tnan\t\t", "weight"),
        ("房东\t出租人\t很\t\t", "weight"),
        ("房东\t出租人\t0.9\t民法典\t", "article"),
        ("房东\t出租人\t0.9\t民法典:第703条\t", "article"),
        ("房东\t出租人\t0.9\t\t 空白", "note"),
        ("房东\t租赁合同|出租人\t0.5\t\t", "第2行"),
        ("", "5列"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(f"{HEAD}\n{GOOD}\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"words\.tsv：第3行") as caught:
        read(path)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"word\n", b"\xff\xfe", f"{HEAD}\n".encode()])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "words.tsv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"words\.tsv"):
        read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.tsv"):
        read(tmp_path / "none.tsv")
