"""Interprets a query: articles, laws, topics, years, kinds; every interpretation is shown.

Pure: maps a parsed query and the lexicon of the base to an `Understanding`. Every interpretation
has an id by which the reader can drop it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kb import citations, documentnumbers, topics
from kb.citations import Reference
from kb.citations.grammar import Unit
from kb.documentnumbers import Number
from kb.documents import ArticleNumber, Kind
from kb.index.document_info import DocumentInfo
from kb.index.snapshot import Boost
from kb.lawnames import LawNames, Mention, quoted
from kb.search.plan import Target
from kb.search.query import Parsed
from kb.search.results import Notice, Understood
from kb.text.words import Word

_YEAR = re.compile(r"(?<![0-9])(?P<y>(?:19|20)[0-9]{2})\s*年?(?:度)?(?![0-9条])")
_LONE_ARTICLE = re.compile(
    r"第\s*[0-9零〇一二三四五六七八九十百千]{1,9}\s*条(?:之[一二三四五六七八九十])?"
)
_KIND_WORDS = {kind.value: kind for kind in Kind if kind not in (Kind.OTHER, Kind.LAW)}

_WHOLE_FACTOR = 10.0
"""Boost for a query that is only a law's name: the law itself precedes texts about it."""

_STATUTE_FACTOR = 2.0
"""Boost for a query that is only a topic's name: the topic's main law comes first."""

# 社区矫正 做法: work summaries describe such practice, rarely in these words.
_HOW_OTHERS_DID = re.compile(
    r"(?<!\S)(?:做法|经验做法|典型做法|工作亮点|亮点|工作举措|成效|工作思路)(?!\S)"
)
_SUMMARY_FACTOR = 2.0

MAX_LAWS = 8
"""Maximum laws per query whose articles are looked up: each may read every version of its law."""

_LAW_FACTOR, _YEAR_FACTOR, _KIND_FACTOR, _TOPIC_FACTOR = 1.5, 1.3, 1.4, 1.15


MAX_TARGETS = 60
"""Maximum articles per query requested by number."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The base's vocabulary for interpretation: law names and article positions.

    article: (work, number, year of the version or 0) → document id of the version to show and the
    article's position in it, or None if there is no such article. has_version: (work, year).
    last: the last article of a work whose text is known to be complete, else None. ceased: message
    for a work that no longer applies. numbered: documents with a number (文号). words: segments a
    folded text, so that a name is not found inside another word.
    """

    names: LawNames
    article: Callable[[str, ArticleNumber, int], tuple[str, int] | None]
    has_version: Callable[[str, int], bool] = lambda work, year: True
    last: Callable[[str], ArticleNumber | None] = lambda work: None
    ceased: Callable[[str], str] = lambda work: ""
    numbered: Callable[[Number], Sequence[DocumentInfo]] = lambda number: ()
    words: Callable[[str], Iterable[Word]] = lambda text: ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """items: shown to the reader. text: the query's words, with article numbers as written in laws.
    cited: phrases that cite an article and are not searched as phrases. unsure: a number was
    interpreted as an article's but may be a quantity."""

    text: str
    items: tuple[Understood, ...] = ()
    targets: tuple[Target, ...] = ()
    boosts: tuple[Boost, ...] = ()
    notices: tuple[Notice, ...] = ()
    cited: tuple[str, ...] = ()
    unsure: bool = False


def understand(
    parsed: Parsed, lexicon: Lexicon, dropped: Sequence[str] = (), *, verbatim: bool = False
) -> Understanding:
    """Recognises articles, laws, topics, years and kinds, except those the reader dropped.

    verbatim: skip interpretation; the words stand for themselves.
    """
    # 公 司 法: characters separated by spaces form one word.
    apart = len(parsed.chunks) > 2 and all(len(c) == 1 for c in parsed.chunks)
    text = ("" if apart else " ").join(parsed.chunks)
    if verbatim:
        return Understanding(text)
    # "宪法第33条" requests the article, not texts that cite it.
    cited = tuple(p for p in parsed.phrases if _cites(p, lexicon.names))
    text = " ".join([*([text] if text else []), *cited])

    items: list[Understood] = []
    boosts: list[Boost] = []
    notices: list[Notice] = []
    references = citations.references(text, lexicon.names)
    targets, unsure = _articles(text, references, lexicon, items, notices)
    numbers = documentnumbers.find(text)
    targets += _numbered(text, numbers, lexicon, items, notices)
    mentions = _standing(lexicon.names.find(text), references, lexicon.words(text))
    lone = _LONE_ARTICLE.search(text)
    if lone and not mentions and not any(n.start <= lone.start() < n.end for n in numbers):
        notices.append(
            Notice("law-missing", "查法条请写明法律名称，例如“民法典第一千零四十三条”。")
        )

    asked = text
    taken = [(m.start, m.end) for m in mentions] + [(n.start, n.end) for n in numbers]
    taken += [(r.start, r.end) for r in references if r.units]
    for mention in mentions:
        if any(i.type == "law" and i.value == mention.work for i in items):
            continue
        items.append(_item("law", mention.work, text[mention.start : mention.end], "优先"))
        whole = mention.end - mention.start == len(text.strip())
        boosts.append(Boost("work", mention.work, _WHOLE_FACTOR if whole else _LAW_FACTOR))
        if mention.note:
            notices.append(Notice("old-law", f"{mention.note}。"))
        elif told := lexicon.ceased(mention.work):
            notices.append(Notice("repealed", f"{told}。"))
    for topic, start, end in topics.mentions(text):
        said = text[start:end]
        if not any(i.value == topic.name or i.text == said for i in items):
            items.append(_item("topic", topic.name, said, "优先"))
            boosts.append(Boost("topic", topic.name, _TOPIC_FACTOR))
            alone = end - start == len(text.strip()) and not mentions
            if alone and topic.statutes and f"topic:{topic.name}" not in dropped:
                named = lexicon.names.resolve(said + "法")
                main = named.work if named and not named.note else topic.statutes[0]
                boosts.append(Boost("work", main, _STATUTE_FACTOR))
    for m in _YEAR.finditer(text):
        if _inside(m.start(), taken):
            continue
        items.append(_item("year", m["y"], m[0], "优先"))
        boosts.append(Boost("year", m["y"], _YEAR_FACTOR))
    for word, kind in _KIND_WORDS.items():
        at = text.find(word)
        if at >= 0 and not _inside(at, taken):
            items.append(_item("kind", kind.value, word, "优先"))
            boosts.append(Boost("kind", kind.value, _KIND_FACTOR))

    how = _HOW_OTHERS_DID.search(text)
    summary = _item("kind", Kind.WORK_SUMMARY.value, how[0] if how else "", "优先")
    if how and any(i.type == "topic" for i in items) and summary.id not in {i.id for i in items}:
        items.append(summary)
        boosts.append(Boost("kind", summary.value, _SUMMARY_FACTOR))
        if summary.id not in dropped:
            asked = text[: how.start()] + " " * len(how[0]) + text[how.end() :]

    away = set(dropped)
    gone = {(i.type, i.value) for i in items if i.id in away}
    kept = [m for m in mentions if m.note or f"law:{m.work}" not in away]
    return Understanding(
        text=_as_laws_write(asked, references, kept),
        items=tuple(i for i in items if i.id not in away),
        targets=tuple(t for id, t in targets if id not in away)[:MAX_TARGETS],
        boosts=tuple(
            b for b in boosts if ("law" if b.facet == "work" else b.facet, b.value) not in gone
        ),
        notices=tuple(notices),
        cited=cited,
        unsure=unsure,
    )


def _item(type: str, value: str, text: str, effect: str) -> Understood:
    return Understood(f"{type}:{value}", type, text, value, effect)


def _cites(phrase: str, names: LawNames) -> bool:
    """Whether a phrase consists only of articles of a law."""
    found = citations.references(phrase, names)
    return (
        len(found) == 1
        and bool(found[0].units)
        and not phrase[: found[0].start].strip()
        and not phrase[found[0].end :].strip()
    )


def _inside(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _standing(
    mentions: Sequence[Mention], references: Sequence[Reference], words: Iterable[Word]
) -> list[Mention]:
    """Mentions that are separate words: no 民法 in 人民法院, no 公司法 in 公司法人."""
    sure = {r.mention.start for r in references if r.units}
    cuts = [(w.start, w.end) for w in words]
    return [
        m
        for m in mentions
        if m.bracketed
        or m.start in sure
        or not any(s < m.start < e or s < m.end < e for s, e in cuts)
    ]


def _articles(
    text: str,
    references: Sequence[Reference],
    lexicon: Lexicon,
    items: list[Understood],
    notices: list[Notice],
) -> tuple[list[tuple[str, Target]], bool]:
    """The requested articles, and whether one may not be an article."""
    targets: list[tuple[str, Target]] = []
    unsure = False
    asked = [r for r in references if r.units and not r.mention.note]
    if len(asked) > MAX_LAWS:
        notices.append(Notice("too-many", f"查询中的法条太多，只查前 {MAX_LAWS} 部法律的。"))
    for r in asked[:MAX_LAWS]:
        work, year = r.mention.work, r.year
        if year and not lexicon.has_version(work, year):
            notices.append(Notice("no-version", f"本库未收录{quoted(work)}{year}年的版本。"))
            continue
        for at, unit in enumerate(r.units):
            start = r.start if at == 0 and r.start < unit.start else unit.start
            for number in (unit.article, *unit.between):
                found = _place(r.mention, number, year, lexicon)
                if found is None:
                    if not unit.bare:
                        notices.append(_missing(work, number, lexicon))
                    continue
                item = _item(
                    "article", quoted(found[0]) + number.label, text[start : unit.end], "直达"
                )
                if item.id not in {i.id for i in items} and len(targets) < MAX_TARGETS:
                    items.append(item)
                    targets.append((item.id, found[1]))
                    unsure = unsure or unit.bare
    return targets, unsure


def _place(
    mention: Mention, number: ArticleNumber, year: int, lexicon: Lexicon
) -> tuple[str, Target] | None:
    for work in (mention.work, *mention.others):
        if place := lexicon.article(work, number, year):
            return work, Target(*place)
    return None


def _missing(work: str, number: ArticleNumber, lexicon: Lexicon) -> Notice:
    """The notice for a missing article; certain only if the text is known to be complete."""
    last = lexicon.last(work)
    if last is not None and number > last:
        return Notice("no-article", f"{quoted(work)}到{last.label}为止，没有{number.label}。")
    return Notice("no-article", f"本库未收录{quoted(work)}{number.label}。")


def _numbered(
    text: str,
    numbers: Sequence[Number],
    lexicon: Lexicon,
    items: list[Understood],
    notices: list[Notice],
) -> list[tuple[str, Target]]:
    """Documents requested by number: they come first, by their first passage."""
    targets = []
    for number in numbers[:MAX_TARGETS]:
        said = text[number.start : number.end]
        found = lexicon.numbered(number)
        if not found:
            notices.append(Notice("no-number", f"本库未收录文号为“{said}”的文件，以下按文字查找。"))
        for info in found:
            item = _item("number", info.title, said, "直达")
            if item.id not in {i.id for i in items}:
                items.append(item)
                targets.append((item.id, Target(info.id, 0)))
    return targets


def _as_laws_write(text: str, references: Sequence[Reference], mentions: Sequence[Mention]) -> str:
    """Replaces 民法典1043条 by 民法典第一千零四十三条 and 未保法 by 未成年人保护法, to match texts that
    use these forms. An old law's name stays, because texts of its time use it; but with an article
    number, which means nothing today, the heading that replaced it is searched."""
    spans: list[tuple[int, int, str]] = []
    for r in references:
        if not r.units:
            continue
        if r.mention.note:
            spans.append((r.start, r.end, f" {r.mention.work} {''.join(r.mention.parts[:1])} "))
            continue
        label, inside = r.units[0].article.label, r.units[0].start < r.end
        if r.start <= r.units[0].start and inside:
            spans.append((r.start, r.end, f" {r.mention.work} {label} "))
        else:
            spans.append((r.start, r.end, f" {r.mention.work} "))
            spans.append((*_extent(r.units), f" {label} "))
    spans += [(m.start, m.end, f" {m.work} ") for m in mentions if not m.note and m.name != m.work]
    out, at = "", 0
    for start, end, written in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start >= at:
            out += text[at:start] + written
            at = end
    return out + text[at:]


def _extent(units: Sequence[Unit]) -> tuple[int, int]:
    return units[0].start, units[-1].end
