"""Composes the plan: the query's words as weighted terms, strict or loose, plus added terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kb import thesaurus
from kb.documents import Kind
from kb.index.fields import Field
from kb.index.snapshot import Boost
from kb.search.plan import Group, Plan, Term
from kb.search.query import Parsed, parse
from kb.search.results import Expanded, Notice, Request
from kb.search.understand import Lexicon, Understanding, understand
from kb.text.analysis import Analyzer, grams
from kb.text.folding import fold
from kb.text.words import Word, cut, is_question, without_empty

WORDS, GRAMS, TITLE, PATH, ASKED = Field

WEIGHTS: Mapping[int, float] = {WORDS: 1.0, GRAMS: 0.8, TITLE: 0.4, PATH: 0.6, ASKED: 0.6}
"""BM25 weight of each field, tuned on the judged questions; `kb eval` measures a change."""

_ADDED = 0.8
"""Weight of added terms relative to query words, multiplied by the entry's own."""

_KEYWORDS = 0.3
"""Weight of an article's questions for keywords, relative to that for a question: who types 家庭教育 means
the law of that title before an article that answers something about it."""

_FLOOR = 0.25
"""In loose mode, passages below this fraction of the best score don't match."""

_MAX_WORDS = 64

_GUIDES_FIRST = Boost("kind", Kind.GUIDE, 1.5)
"""Boost for questions: users want the plain answer first, and the articles it cites below."""


@dataclass(frozen=True, slots=True)
class Composed:
    """plan: runs first, None if there is nothing to search. loose: runs if that finds nothing, or
    None. terms: to highlight. question: the query is a sentence, not keywords."""

    plan: Plan | None
    loose: Plan | None
    expanded: tuple[Expanded, ...]
    terms: tuple[str, ...]
    question: bool = False


def interpret(
    request: Request, lexicon: Lexicon, analyzer: Analyzer
) -> tuple[Composed, Understanding, tuple[Notice, ...]]:
    """What a request is understood to mean, and the plan to run for it. Never raises on user input."""
    parsed = parse(request.query)
    understood = understand(parsed, lexicon, request.dropped, verbatim=request.verbatim)
    composed = compose(parsed, understood, request, analyzer)
    if parsed.empty and request.query.strip():
        composed = replace(composed, plan=None)
    return composed, understood, (*parsed.notices, *understood.notices)


def compose(
    parsed: Parsed, understood: Understanding, request: Request, analyzer: Analyzer
) -> Composed:
    """Builds the plan from what was understood. Pure except for the dictionary used for segmentation."""
    text = fold(understood.text)
    words = cut(text, analyzer)
    telling = [w for w in words if not w.empty] or list(words)
    matches = _matches(text, request)
    question = is_question(parsed.chunks) and any(len(w.text) > 1 for w in telling)
    weights = WEIGHTS if question else {**WEIGHTS, ASKED: WEIGHTS[ASKED] * _KEYWORDS}
    groups, used = _groups(telling[:_MAX_WORDS], matches, weights)
    added, expanded = _added(matches, analyzer)
    phrases = tuple(p for p in parsed.phrases if p not in understood.cited)
    # A query of only phrases is ranked by the words in them.
    phrase_words = [w for p in phrases for w in cut(p, analyzer)]
    groups += [_group(w, weights) for w in phrase_words]
    pairs = _grams(text, words)
    extra = [Term(field, g, weights[field]) for field in (GRAMS, ASKED) for g in pairs]
    extra += [Term(GRAMS, g, WEIGHTS[GRAMS]) for p in phrases for g in grams(p)]
    extra += added
    # A number that could be a quantity may not be the only result either.
    strict = not question and not understood.unsure and any(g.must for g in groups)
    asked = question or bool(matches)
    boosts = (*understood.boosts, _GUIDES_FIRST) if asked else understood.boosts
    base = Plan(
        groups=tuple(groups),
        extra=tuple(extra),
        phrases=phrases,
        excluded=parsed.excluded,
        boosts=boosts,
        targets=understood.targets,
        filters=request.filters,
        strict=strict,
        floor=_FLOOR,
        sort=request.sort,
        group=request.group,
        offset=(request.page - 1) * request.size,
        size=request.size,
    )
    shown = [w.text for w in telling] + list(phrases)
    shown += [t for e in expanded for t in e.terms] + list(used)
    return Composed(
        base,
        replace(base, strict=False) if strict else None,
        expanded,
        tuple(sorted({t for t in shown if t.strip()}, key=lambda t: (-len(t), t))),
        question,
    )


def _matches(text: str, request: Request) -> list[thesaurus.Match]:
    """Thesaurus entries that apply, without those the reader dropped."""
    if request.verbatim:
        return []
    away = request.dropped_words
    return [m for m in thesaurus.load().find(text) if m.entry.word not in away]


def _group(word: Word, weights: Mapping[int, float], must: Sequence[str] = ()) -> Group:
    fields = (WORDS, TITLE, PATH, ASKED)
    terms = [Term(field, token, weights[field]) for field in fields for token in word.tokens]
    return Group(word.text, tuple(terms), tuple(must))


def _groups(
    words: Sequence[Word], matches: Sequence[thesaurus.Match], weights: Mapping[int, float]
) -> tuple[list[Group], list[str]]:
    """One group per word; a word that stands in for legal terms is not required itself."""
    # 社区矫正 → 社区矫正对象: a word contained in its terms is a legal term itself and stays required.
    covered = [
        (m.start, m.end) for m in matches if not any(m.entry.word in term for term in m.entry.terms)
    ]
    groups, used = [], []
    for word in words:
        inside = any(start < word.end and word.start < end for start, end in covered)
        groups.append(_group(word, weights, () if inside else grams(word.text)))
        if inside:
            used.append(word.text)
    return groups, used


def _added(
    matches: Sequence[thesaurus.Match], analyzer: Analyzer
) -> tuple[list[Term], tuple[Expanded, ...]]:
    weights: dict[tuple[int, str], float] = {}
    expanded: dict[str, dict[str, None]] = {}
    for match in matches:
        shown = expanded.setdefault(match.entry.word, {})
        for term in match.entry.terms:
            shown[term] = None
            factor = _ADDED * match.entry.weight
            words, pairs = analyzer.term(term)
            tokens = [(WORDS, t) for t in words] + [(GRAMS, g) for g in pairs]
            for field, token in tokens:
                weight = factor * WEIGHTS[field]
                weights[field, token] = max(weights.get((field, token), 0.0), weight)
    terms = [Term(field, token, weight) for (field, token), weight in weights.items()]
    return terms, tuple(Expanded(word, tuple(terms)) for word, terms in expanded.items())


def _grams(text: str, words: tuple[Word, ...]) -> list[str]:
    left = without_empty(text, words)
    return list(dict.fromkeys(grams(left if left.strip() else text)))
