"""Work summaries, plans, publicity material, cases: 一、 （一） 1. （1） ①, and 一是 … 二是 …."""

from collections.abc import Iterable

from indexer.structure import paragraphs
from indexer.structure.statute import divide
from kb.documents import Block, Passage, PassageKind


def outline(
    blocks: Iterable[Block], title: str = "", prefix: tuple[str, ...] = ()
) -> tuple[Passage, ...]:
    """The passages of a document divided by numbered or plain headings.

    A heading that runs into its paragraph (（一）深化区域法治建设。全面落实…) goes to the path; the
    number is the label, the text what follows the heading. An article quoted in full (in a case's
    section on the law applied) is a separate passage. Accepts any text; only the title, a printed
    table of contents and the mark between heading and text (。 or ：) are left out.
    """
    return divide(blocks, title, prefix, paragraphs.PROSE, PassageKind.PARAGRAPH)
