"""From blocks of text to passages: articles, sections, questions."""

from collections.abc import Sequence
from itertools import pairwise

from indexer.structure import articles
from indexer.structure.guide import guide, is_answered
from indexer.structure.lines import lines
from indexer.structure.outline import outline
from indexer.structure.statute import statute
from kb.documents import STATUTE_KINDS, Block, Kind, Passage, PassageKind

__all__ = ["guide", "outline", "statute", "structure"]

_EITHER = {Kind.OTHER, Kind.NORMATIVE_DOCUMENT, Kind.PARTY_REGULATION, Kind.PUBLICITY_PLAN}
_ASKING = {Kind.GUIDE, Kind.QUESTION_ANSWER}
_MAY_ASK = {Kind.OTHER, Kind.PUBLICITY_MATERIAL}
_FEWEST_ARTICLES = 3


def structure(
    kind: Kind, blocks: Sequence[Block], title: str = "", prefix: tuple[str, ...] = ()
) -> tuple[Passage, ...]:
    """The passages of a document of this kind, in order. `title`: left out if the text starts
    with it; `prefix`: precedes every path. Accepts any text.

    Kinds that come in either form (其他, 规范性文件, 党内法规, 普法规划) are statutes if they have three
    articles in order.
    """
    if kind in STATUTE_KINDS:
        return statute(blocks, title, prefix)
    if kind in _EITHER and _in_articles(blocks):
        return statute(blocks, title, prefix)
    if kind in _ASKING or (kind in _MAY_ASK and is_answered(lines(blocks))):
        passages = guide(blocks, title, prefix)
        if any(passage.kind is PassageKind.QUESTION for passage in passages):
            return passages
    return outline(blocks, title, prefix)


def _in_articles(blocks: Sequence[Block]) -> bool:
    rows = lines(blocks)
    numbers = [label.number for label in articles.labels(rows).values()]
    rising = 1 + sum(1 for one, two in pairwise(numbers) if one < two)
    return len(numbers) >= _FEWEST_ARTICLES and rising >= _FEWEST_ARTICLES
