"""Understanding: what a query names - articles, laws, topics, years, kinds - said openly.

Pure: from a parsed query and the lexicon of what is in the base to an `Understanding`. Everything
understood has an id, and a reader who disagrees takes it back by that id.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb import citations, topics
from kb.citations import Citation
from kb.documents import ArticleNumber, Kind
from kb.lawnames import LawNames, Mention
from kb.search.plan import Boost, Target
from kb.search.query import Parsed
from kb.search.results import Notice, Understood

_YEAR = re.compile(r"(?<![0-9])(?P<y>(?:19|20)[0-9]{2})\s*年?(?:度)?(?![0-9条])")
_LONE_ARTICLE = re.compile(
    r"第\s*[0-9零〇一二三四五六七八九十百千]{1,9}\s*条(?:之[一二三四五六七八九十])?"
)
_KIND_WORDS = {kind.value: kind for kind in Kind if kind not in (Kind.OTHER, Kind.LAW)}

_WHOLE_FACTOR = 10.0
"""For a query that is nothing but a law's name: the law itself comes before texts about it."""

_STATUTE_FACTOR = 2.0
"""For a query that is nothing but a topic's name: the law that the topic rests on first."""

# 社区矫正 做法: how others did it is told in work summaries, rarely in these words.
_HOW_OTHERS_DID = re.compile(
    r"(?<!\S)(?:做法|经验做法|典型做法|工作亮点|亮点|工作举措|成效|工作思路)(?!\S)"
)
_SUMMARY_FACTOR = 2.0

_LAW_FACTOR, _YEAR_FACTOR, _KIND_FACTOR, _TOPIC_FACTOR = 1.5, 1.3, 1.4, 1.15


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is in the base, for understanding: names of laws, and where an article stands.

    article: (work, number) → document id of the version to show and the article's place in it, or
    None where the work has no such article.
    """

    names: LawNames
    article: Callable[[str, ArticleNumber], tuple[str, int] | None]


@dataclass(frozen=True, slots=True)
class Understanding:
    """items: for the reader. text: the query's words with article numbers as laws write them."""

    text: str
    items: tuple[Understood, ...] = ()
    targets: tuple[Target, ...] = ()
    boosts: tuple[Boost, ...] = ()
    notices: tuple[Notice, ...] = ()


def understand(
    parsed: Parsed, lexicon: Lexicon, dropped: Sequence[str] = (), *, verbatim: bool = False
) -> Understanding:
    """Reads articles, laws, topics, years and kinds; leaves out what the reader took back.

    verbatim: nothing is understood, the words stand for themselves.
    """
    # 公 司 法: characters typed apart are one word.
    apart = len(parsed.chunks) > 2 and all(len(c) == 1 for c in parsed.chunks)
    text = ("" if apart else " ").join(parsed.chunks)
    if verbatim:
        return Understanding(text)
    items: list[Understood] = []
    boosts: list[Boost] = []
    notices: list[Notice] = []
    cited = citations.find(text, lexicon.names)
    targets = _articles(text, cited, lexicon, items, notices)
    if not cited and _LONE_ARTICLE.search(text) and not lexicon.names.find(text):
        notices.append(
            Notice("law-missing", "查法条请写明法律名称，例如“民法典第一千零四十三条”。")
        )

    asked = text
    mentions = lexicon.names.find(text)
    for mention in mentions:
        if any(i.type == "law" and i.value == mention.work for i in items):
            continue
        items.append(_item("law", mention.work, text[mention.start : mention.end], "优先"))
        whole = mention.end - mention.start == len(text.strip())
        boosts.append(Boost("work", mention.work, _WHOLE_FACTOR if whole else _LAW_FACTOR))
        if mention.note:
            notices.append(Notice("old-law", f"{mention.note}。"))
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
        items.append(_item("year", m["y"], m[0], "优先"))
        boosts.append(Boost("year", m["y"], _YEAR_FACTOR))
    for word, kind in _KIND_WORDS.items():
        if word in text:
            items.append(_item("kind", kind.value, word, "优先"))
            boosts.append(Boost("kind", kind.value, _KIND_FACTOR))

    told = _HOW_OTHERS_DID.search(text)
    summary = _item("kind", Kind.WORK_SUMMARY.value, told[0] if told else "", "优先")
    if told and any(i.type == "topic" for i in items) and summary.id not in {i.id for i in items}:
        items.append(summary)
        boosts.append(Boost("kind", summary.value, _SUMMARY_FACTOR))
        if summary.id not in dropped:
            asked = text[: told.start()] + " " * len(told[0]) + text[told.end() :]

    away = set(dropped)
    gone = {(i.type, i.value) for i in items if i.id in away}
    return Understanding(
        _as_laws_write(asked, cited, [m for m in mentions if f"law:{m.work}" not in away]),
        tuple(i for i in items if i.id not in away),
        tuple(t for id, t in targets if id not in away),
        tuple(b for b in boosts if ("law" if b.facet == "work" else b.facet, b.value) not in gone),
        tuple(notices),
    )


def _item(type: str, value: str, text: str, effect: str) -> Understood:
    return Understood(f"{type}:{value}", type, text, value, effect)


def _articles(
    text: str,
    cited: Sequence[Citation],
    lexicon: Lexicon,
    items: list[Understood],
    notices: list[Notice],
) -> list[tuple[str, Target]]:
    targets = []
    for c in cited:
        label = f"《{c.work}》{c.article.label}"
        place = lexicon.article(c.work, c.article)
        if place is None:
            notices.append(Notice("no-article", f"本库所载{label}不存在，请核对条号。"))
            continue
        item = _item("article", label, text[c.start : c.end], "直达")
        if item not in items:
            items.append(item)
            targets.append((item.id, Target(*place)))
    return targets


def _as_laws_write(text: str, cited: Sequence[Citation], mentions: Sequence[Mention]) -> str:
    """Replaces 民法典1043条 by 民法典第一千零四十三条 and 未保法 by 未成年人保护法, so that texts that
    say it so are found. An old law's name stays: texts of its time are found by it."""
    spans = [(c.start, c.end, f" {c.work} {c.article.label} ") for c in cited]
    spans += [(m.start, m.end, f" {m.work} ") for m in mentions if not m.note and m.name != m.work]
    out, at = "", 0
    for start, end, written in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start >= at:
            out += text[at:start] + written
            at = end
    return out + text[at:]
