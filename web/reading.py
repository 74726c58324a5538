"""A document for reading: headings, parts, passages with their permalinks and citations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from markupsafe import Markup, escape

from kb import addresses, articlenotes, citations
from kb.articlenotes import Note
from kb.documents import Document, Passage, PassageKind
from kb.index.document_info import DocumentInfo
from kb.knowledge import snippet
from kb.lawnames import LawNames
from kb.search.results import Marked, Span
from web.address import with_parameters
from web.citing import Citing, Target
from web.result_view import PART_LIMIT, Link, highlight, law_name, mark

CHUNK = 100
"""Passages per part if a long document has no headings to split at."""

FOUND_LIMIT = 20
SNIPPET = 60
OPENING = 38

Terms = tuple[str, ...]
"""The words to highlight, from a search."""

_INNER = str.maketrans("《》", "〈〉")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the document, before passage number `at`. level: from 1.

    question: the heading is the label of a guide's question and is shown with its passage.
    """

    id: str
    text: str
    level: int
    at: int
    question: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Passages start to end (exclusive) of a long document. number: from 1."""

    number: int
    title: str
    start: int
    end: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Outline:
    headings: tuple[Heading, ...]
    parts: tuple[Part, ...]

    def part_at(self, passage: int) -> Part:
        return next(p for p in self.parts if p.start <= passage < p.end)


@dataclass(frozen=True, slots=True)
class PassageView:
    """form: article, question or plain. heading: the label with terms highlighted. url: the article's
    own page, or its place on this page. note: our heading of an article, and what it answers."""

    anchor: str
    label: str
    heading: Markup
    paragraphs: tuple[Markup, ...]
    url: str
    cite: str
    form: str
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Passages under the same headings: the headings that open before them, then the passages."""

    headings: tuple[Heading, ...]
    passages: tuple[PassageView, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Passages of the document that contain the search terms. links: the first ones of total."""

    total: int
    links: tuple[tuple[str, str, Markup], ...]


def outline(document: Document) -> Outline:
    """Headings wherever a passage's path differs from the previous one's; and the document's parts."""
    headings: list[Heading] = []
    before: tuple[str, ...] = ()
    for at, passage in enumerate(document.passages):
        same = _common(before, passage.path)
        for depth in range(same, len(passage.path)):
            number = len(headings) + 1
            headings.append(Heading(f"h{number}", passage.path[depth], depth + 1, at))
        if passage.kind is PassageKind.QUESTION and passage.label:
            level = len(passage.path) + 1
            headings.append(Heading(passage.anchor, passage.label, level, at, question=True))
        before = passage.path
    return Outline(tuple(headings), _parts(document.passages))


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    length = 0
    while length < min(len(a), len(b)) and a[length] == b[length]:
        length += 1
    return length


def _parts(passages: tuple[Passage, ...]) -> tuple[Part, ...]:
    total = len(passages)
    if total <= PART_LIMIT:
        return (_part(passages, 1, "", 0, total),) if total else ()
    deepest = max(len(p.path) for p in passages)
    for depth in range(1, deepest + 1):
        starts: list[tuple[int, str]] = []
        for title, group in groupby(enumerate(passages), partial(_heads, depth)):
            starts.append((next(group)[0], title[-1] if title else ""))
        # Text before the first heading belongs to the first part.
        if len(starts) > 1 and not starts[0][1]:
            starts[:2] = [(0, starts[1][1])]
        if len(starts) > 1:
            break
    else:
        starts = [(at, "") for at in range(0, total, CHUNK)]
    ends = [*(at for at, _ in starts[1:]), total]
    return tuple(
        _part(passages, n, title, start, end)
        for n, ((start, title), end) in enumerate(zip(starts, ends, strict=True), 1)
    )


def _heads(depth: int, numbered: tuple[int, Passage]) -> tuple[str, ...]:
    return numbered[1].path[:depth]


def _part(passages: Sequence[Passage], number: int, title: str, start: int, end: int) -> Part:
    labels = [p.label for p in passages[start:end] if p.article]
    return Part(
        number, title, start, end, labels[0] if labels else "", labels[-1] if labels else ""
    )


def citation(name: str, passage: Passage) -> str:
    """《民法典》第一千零四十三条; for other passages the heading above them."""
    title = f"《{name.translate(_INNER)}》"
    if passage.article:
        return title + passage.label
    where = [*passage.path[-1:], *([passage.label] if passage.label else [])]
    return f"{title}“{'”“'.join(where)}”" if where else title


def passage_view(
    info: DocumentInfo,
    passage: Passage,
    *,
    version: str | None = "",
    terms: Terms = (),
    citing: Citing | None = None,
    before: Passage | None = None,
) -> PassageView:
    """version: as for `addresses.article`; None if the version's articles have no pages. before: the
    previous passage."""
    article = bool(passage.article)
    question = passage.kind is PassageKind.QUESTION
    # A repeated number in the document (a1043.2) has no page of its own.
    own = article and version is not None and passage.anchor == f"a{passage.article}"
    return PassageView(
        anchor=passage.anchor,
        label=passage.label,
        heading=mark(passage.label, terms),
        paragraphs=_paragraphs(passage, terms, citing, before),
        url=addresses.article(info.work, passage.article, version or "")
        if own
        else f"#{passage.anchor}",
        cite=citation(law_name(info), passage),
        form="article" if article else "question" if question else "plain",
        note=articlenotes.find(info.work, passage.text) if article else None,
    )


def _paragraphs(
    passage: Passage, terms: Terms, citing: Citing | None, before: Passage | None
) -> tuple[Markup, ...]:
    """Escaped paragraphs with terms highlighted and, given how to resolve them, cited articles as links."""
    text = passage.text
    if citing is None or ("条" not in text and "款" not in text):
        return tuple(mark(line, terms) for line in text.split("\n") if line.strip())
    place = citing.place(passage.number, before.number if before else None)
    links = []
    for cited in citations.find(text, citing.names, place):
        target = citing.target(cited)
        # 前款 and 本条 point to this same article.
        here = cited.work == citing.work and cited.article == passage.number
        if (target.url or target.old) and not here and "\n" not in text[cited.start : cited.end]:
            links.append((cited.start, cited.end, target))
    out: list[Markup] = []
    at = 0
    for line in text.split("\n"):
        end = at + len(line)
        inside = [link for link in links if at <= link[0] < end]
        if line.strip():
            out.append(_linked(text, at, end, inside, terms=terms, old=citing.mark))
        at = end + 1
    return tuple(out)


def _linked(
    text: str,
    at: int,
    stop: int,
    links: Sequence[tuple[int, int, Target]],
    *,
    terms: Terms,
    old: str,
) -> Markup:
    out, link = Markup(""), Markup('<a href="{}">{}</a>')
    for start, end, target in links:
        words = mark(text[start:end], terms)
        out += mark(text[at:start], terms)
        out += link.format(target.url, words) if target.url else words
        if target.old:
            out += Markup('<small class="old-number">{}</small>').format(old)
        at = end
    return out + mark(text[at:stop], terms)


def law_links(text: str, names: LawNames) -> Markup:
    """Escaped text in which names of laws in the base link to their pages."""
    out, at = Markup(""), 0
    for found in names.find(text):
        if not addresses.is_step(found.work):
            continue
        out += escape(text[at : found.start])
        link = Markup('<a href="{}">{}</a>')
        out += link.format(addresses.law(found.work), text[found.start : found.end])
        at = found.end
    return out + escape(text[at:])


def blocks(
    headings: Sequence[Heading], start: int, views: Sequence[PassageView]
) -> tuple[Block, ...]:
    """The passages from number `start` on, split at headings."""
    own = (h for h in headings if not h.question)
    by_place = {at: tuple(hs) for at, hs in groupby(own, lambda h: h.at)}
    cuts = sorted({start, *(at for at in by_place if start <= at < start + len(views))})
    ends = [*cuts[1:], start + len(views)]
    return tuple(
        Block(by_place.get(at, ()), tuple(views[at - start : end - start]))
        for at, end in zip(cuts, ends, strict=True)
        if end > at
    )


def contents(shape: Outline, base: str, shown: Part | None) -> tuple[tuple[int, Link], ...]:
    """The table of contents as (level, link); entries of other parts link to their page."""
    out = []
    for heading in shape.headings:
        here = shown is None or shown.start <= heading.at < shown.end
        number = str(shape.part_at(heading.at).number)
        page = "" if here else with_parameters(base, ("part", number))
        out.append((heading.level, Link(heading.text, f"{page}#{heading.id}", current=here)))
    return tuple(out)


def found(
    document: Document, terms: Terms, *, shape: Outline, base: str, shown: Part | None, q: str
) -> Found:
    """Where the terms occur in the document: the passages with most of them, in reading order."""
    places: list[tuple[int, int, Marked]] = []
    for at, passage in enumerate(document.passages):
        marked = snippet.mark(passage.text, terms)
        different = {marked.text[s.start : s.end] for s in marked.spans}
        in_label = snippet.mark(passage.label, terms).spans
        worth = sum(map(len, different)) + sum(s.end - s.start for s in in_label)
        if worth:
            places.append((-worth, at, marked))
    best = sorted(places, key=lambda p: p[:2])[:FOUND_LIMIT]
    links = []
    for _, at, marked in sorted(best, key=lambda p: p[1]):
        passage = document.passages[at]
        here = shown is None or shown.start <= at < shown.end
        page = "" if here else with_parameters(base, ("q", q), ("at", passage.anchor))
        label = passage.label or (passage.path[-1] if passage.path else "")
        links.append((label, f"{page}#{passage.anchor}", highlight(around_match(marked))))
    return Found(len(places), tuple(links))


def around_match(marked: Marked) -> Marked:
    """About SNIPPET characters around the first span."""
    text = marked.text.replace("\n", " ")
    start = max(0, (marked.spans[0].start if marked.spans else 0) - SNIPPET // 3)
    end = min(len(text), start + SNIPPET)
    lead, tail = "…" if start else "", "…" if end < len(text) else ""
    shift = len(lead) - start
    spans = (s for s in marked.spans if start <= s.start and s.end <= end)
    return Marked(
        lead + text[start:end] + tail,
        tuple(Span(s.start + shift, s.end + shift) for s in spans),
    )


def opening(text: str) -> str:
    """The first words of a passage, for lists."""
    line = text.replace("\n", " ")
    return line if len(line) <= OPENING else line[:OPENING] + "…"
