"""Resolves the work and article of a reference, given the citing text and previous mentions."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kb.citations import grammar, tokens
from kb.citations.grammar import Unit
from kb.citations.tokens import Anchor, Sort
from kb.documents import ArticleNumber
from kb.lawnames import LawNames, Mention


@dataclass(frozen=True, slots=True)
class Citation:
    """An article of a work, cited at characters start to end. paragraph, item: 款 and 项, 0 if none.

    between: inner articles of a range, stored with the first. year: of the version named, or 0.
    bare: a number without 条, in a query. others: works with the same name,
    one of which may be meant.
    """

    work: str
    article: ArticleNumber
    paragraph: int
    item: int
    start: int
    end: int
    between: tuple[ArticleNumber, ...] = ()
    year: int = 0
    bare: bool = False
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The context of a text: what 本法, 前条 and 前款 mean in it, and names defined by its document."""

    work: str = ""
    article: ArticleNumber | None = None
    before: ArticleNumber | None = None
    local: Mapping[str, str] = field(default_factory=dict)


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Reference:
    """A law with the articles cited after it: characters start to end of both. year as in Citation.

    Articles elsewhere in the query are outside start to end.
    """

    mention: Mention
    units: tuple[Unit, ...]
    start: int
    end: int
    year: int = 0


def find(text: str, names: LawNames, place: Place = NOWHERE) -> tuple[Citation, ...]:
    """Every article in running text of a law that is in the base, in order."""
    plain = tokens.plain(text)
    found: list[Citation] = []
    last: Mention | None = None
    own = Mention(0, 0, place.work, "") if place.work else None
    at, sentence = 0, own
    starts = _starts(plain) if place.article else []
    every = tokens.anchors(plain, names, place.local)
    for number, anchor in enumerate(every):
        stop = every[number + 1].start if number + 1 < len(every) else len(plain)
        # Articles before the anchor without a law of their own: 有第四十一条规定行为之一的.
        found += _lone(plain, at, anchor.start, sentence, place)
        if _SENTENCE.search(plain, at, anchor.start):
            sentence = own or sentence
        cited: list[Citation] = []
        if anchor.sort is Sort.NAMED:
            sentence = last = anchor.mention
        elif anchor.sort is Sort.BACK:
            sentence = last
        elif anchor.sort is Sort.OWN:
            sentence = own
        elif place.work and place.article:
            cited = _near(plain, anchor, stop, place, bisect_right(starts, anchor.start))
        if anchor.sort in (Sort.NAMED, Sort.BACK, Sort.OWN) and sentence is not None:
            cited = _cited(plain, anchor.start, anchor.end, stop, sentence)
            if not cited and anchor.sort is not Sort.OWN:
                # 民法典实施以来，第三条…: the law is ambiguous.
                sentence = _UNKNOWN
        found += cited
        at = cited[-1].end if cited else anchor.end
    found += _lone(plain, at, len(plain), sentence, place)
    return tuple(found)


_UNKNOWN = Mention(0, 0, "", "")
_TITLE_ENDS = tuple("法典例定释则约章程同议书案》)")
_SENTENCE = re.compile(r"[。；;\n]")
_LONE = re.compile(
    rf"[。；;\n]|第{grammar.NUMBER}条(?![例件款目约幅])|(?<![条章])第{grammar.NUMBER}款(?!项)"
)


def _lone(text: str, at: int, stop: int, sentence: Mention | None, place: Place) -> list[Citation]:
    """Articles without a law before them: of the law last named in the sentence; else of the citing
    law, or if there is none, of the law last named."""
    found: list[Citation] = []
    own = Mention(0, 0, place.work, "") if place.work else None
    while m := _LONE.search(text, at, stop):
        at = m.end()
        if m[0][0] != "第":
            sentence = own or sentence
        elif m[0][-1] == "款":
            if place.work and place.article and sentence == own:
                whole = Unit(place.article, 0, 0, m.start(), m.start())
                units = grammar.further(text, whole, stop)
                if units != (whole,):
                    found += _citations(units, Mention(0, 0, place.work, ""), m.start(), 0)
                    at = max(at, units[-1].end)
        elif text[m.start() - 1 : m.start()] in _TITLE_ENDS:
            # 某某条例第三条, 合同第五条: of a named text that is not in the base.
            sentence = _UNKNOWN
        elif sentence is not None and "修改" not in sentence.work and "修正案" not in sentence.work:
            units, end = grammar.articles(text, m.start(), stop)
            if sentence.work and not sentence.note and not sentence.inside:
                found += _citations(units, sentence, m.start(), 0)
            at = max(at, end)
    return found


def _cited(text: str, start: int, at: int, stop: int, mention: Mention) -> list[Citation]:
    # An older law's article numbers are not those of the work that replaced it.
    if not mention.work or mention.note or mention.inside:
        return []
    cited = grammar.read(text, at, stop)
    return _citations(cited.units, mention, start, cited.year)


def _citations(units: Iterable[Unit], mention: Mention, start: int, year: int) -> list[Citation]:
    return [
        Citation(
            work=mention.work,
            article=u.article,
            paragraph=u.paragraph,
            item=u.item,
            start=start if number == 0 else u.start,
            end=u.end,
            between=u.between,
            year=year,
            bare=u.bare,
            others=mention.others,
        )
        for number, u in enumerate(units)
    ]


def _near(text: str, anchor: Anchor, stop: int, place: Place, here: int) -> list[Citation]:
    """Resolves 前条, 本条第二款, 前款 relative to the citing law, its article, and its paragraph number
    `here`."""
    assert place.article is not None
    article = place.before if anchor.sort is Sort.BEFORE else place.article
    paragraph = 0
    if anchor.sort is Sort.ABOVE:
        paragraph = here - anchor.count
        if paragraph < 1:
            return []
    if article is None:
        return []
    # 前款规定的第(一)项
    told = _TOLD.match(text, anchor.end, stop)
    whole = Unit(article, paragraph, 0, anchor.start, told.end() if told else anchor.end)
    units = grammar.further(text, whole, stop)
    if units == (whole,):
        if anchor.sort is Sort.HERE:
            return []
        units = (Unit(article, paragraph, 0, anchor.start, anchor.end),)
    return _citations(units, Mention(anchor.start, anchor.end, place.work, ""), anchor.start, 0)


_TOLD = re.compile(r"(?:规定的?|所列的?)?(?=第)")
_PARAGRAPH = re.compile(
    r"^(?!\s*(?:\(|[0-9]{1,2}[.、]|[一二三四五六七八九十]{1,3}、))", re.MULTILINE
)


def _starts(text: str) -> list[int]:
    """Start of each paragraph (款) of an article. Points (项) have lines of their own."""
    return [m.start() for m in _PARAGRAPH.finditer(text)]


def references(text: str, names: LawNames) -> tuple[Reference, ...]:
    """Every law that a query names, with the requested articles, including older laws.

    A number may precede the law's name (第1043条 民法典), or be anywhere if only one law is named.
    """
    plain = tokens.plain(text)
    mentions = [m for m in tokens.mentions(plain, names) if m.work and not m.inside]
    found: list[Reference] = []
    for number, mention in enumerate(mentions):
        stop = mentions[number + 1].start if number + 1 < len(mentions) else len(plain)
        cited = grammar.read(plain, mention.end, stop, query=True)
        year = cited.year or _year_before(plain, mention.start)
        found.append(Reference(mention, cited.units, mention.start, cited.end, year))
    if len(found) == 1 and not found[0].units:
        found = [_elsewhere(plain, found[0])]
    return tuple(found)


_BEFORE = re.compile(r"(?P<y>(?:19|20)[0-9]{2})年?(?:版|修[订正改](?:后|过)?)的?《?$")


def _year_before(text: str, start: int) -> int:
    """2012年修正的《刑事诉讼法》, 2021版民事诉讼法."""
    m = _BEFORE.search(text, max(0, start - 14), start)
    return int(m["y"]) if m else 0


_ARTICLE = re.compile(
    r"(?:第\s{0,2})?[0-9零〇○一二三四五六七八九十百千]{1,9}\s{0,2}条(?![例件款目约幅])"
)


def _elsewhere(text: str, named: Reference) -> Reference:
    """The law with the only list of articles elsewhere in the query."""
    begin, end = named.start, named.end
    lists: list[tuple[Unit, ...]] = []
    at = 0
    while m := _ARTICLE.search(text, at):
        at = m.end()
        if begin <= m.start() < end:
            continue
        # A list may begin with numbers without 条: 1043-1045条 民法典.
        start = m.start() if text[m.start()] == "第" else _list_start(text, m.start(), end)
        units, stop = grammar.articles(text, start, begin if start < begin else len(text))
        if units:
            lists.append(units)
            at = max(at, stop)
    return replace(named, units=lists[0]) if len(lists) == 1 else named


_LEADING = re.compile(r"[0-9零〇○一二三四五六七八九十百千第、至到~和-]{1,40}$")


def _list_start(text: str, at: int, least: int) -> int:
    m = _LEADING.search(text, max(least if at > least else 0, at - 40), at)
    return m.start() if m else at


_CALLED = re.compile(r"简称(?:为|作)?\s?:?\s?[《“\"‘「]?(?P<name>[\u4e00-\u9fff()]{2,24})")


def abbreviations(texts: Iterable[str], names: LawNames) -> dict[str, str]:
    """Names that a document defines for works in brackets: 《…》（以下简称《条例》）. The work is empty if
    it is not in the base."""
    found: dict[str, str] = {}
    for text in texts:
        if "简称" not in text:
            continue
        plain = tokens.plain(text)
        for mention in names.scan(plain):
            if mention.inside or mention.note:
                continue
            for called in _called(plain, mention.end):
                found.setdefault(called, mention.work)
    return found


_DEFINES = re.compile(
    r"[》\"”]?\s?(?:\([^()]{0,30}\))?\((?P<in>[^()]{0,40}称(?:[^()]|\([^()]{1,4}\)){2,30})\)"
)


def _called(text: str, at: int) -> list[str]:
    m = _DEFINES.match(text, at)
    if m is None or "简称" not in m["in"]:
        return []
    return [c["name"] for c in _CALLED.finditer(m["in"])]
