"""Plain-language guides and questions with answers: one passage per question."""

import re
from collections.abc import Iterable

from indexer.structure import marks
from indexer.structure.builder import Builder
from indexer.structure.lines import Line, lines, without_title
from kb.documents import Block, Passage

_NUMBER = r"\s*[0-9０-９一二三四五六七八九十]{0,3}\s*"
_QUESTION = re.compile(
    rf"(?P<number>.{{0,6}}?)(?:问|Q){_NUMBER}[:：.．、]\s*(?P<text>.+)", re.DOTALL
)
_ANSWER = re.compile(rf"(?:答|A){_NUMBER}[:：.．、]\s*(?P<text>.*)", re.DOTALL)
_LONGEST_QUESTION = 80


def guide(
    blocks: Iterable[Block], title: str = "", prefix: tuple[str, ...] = ()
) -> tuple[Passage, ...]:
    """The passages of a guide: a question as label, the paragraphs of its answer as text.

    A question is a heading with text directly below it, a line 问：, a line before 答：, or, if the
    text has no headings and no such marks, a short line that ends in a question mark. Headings
    above questions are the path; text before the first question is paragraphs.
    """
    rows = without_title(lines(blocks), title)
    builder = Builder(prefix)
    plain = not any(row.heading for row in rows) and not is_answered(rows)
    question, path, from_heading = "", builder.path, False
    answer: list[str] = []

    def close() -> None:
        nonlocal question, answer
        if question and answer:
            builder.add_question(question, path, "\n".join(answer))
        elif question and not from_heading:
            builder.add(question)
        elif answer:
            for text in answer:
                builder.add(text)
        question, answer = "", []

    for at, row in enumerate(rows):
        asked = _asked(rows, at, plain)
        if row.heading:
            close()
            builder.open(row.text, 0, row.heading)
            # The heading stays open for subheadings; its own text is its answer.
            question, path, from_heading = asked or builder.path[-1], builder.path[:-1], True
        elif asked:
            close()
            question, path, from_heading = asked, builder.path, False
        else:
            found = _ANSWER.fullmatch(row.text) if question else None
            text = found["text"].strip() if found else row.text
            if text:
                answer.append(text)
    close()
    return builder.finish()


def is_answered(rows: list[Line]) -> bool:
    """Whether the text has at least two questions with 问： or answers with 答：."""
    asked = sum(1 for row in rows if _QUESTION.fullmatch(row.text))
    answered = sum(1 for row in rows if _ANSWER.fullmatch(row.text))
    return max(asked, answered) >= 2


def _asked(rows: list[Line], at: int, plain: bool) -> str:
    """The question in a line, without the word 问; empty if there is none."""
    text = rows[at].text
    found = _QUESTION.fullmatch(text)
    if found:
        return f"{found['number']}{found['text']}".strip()
    if rows[at].heading or len(text) > _LONGEST_QUESTION:
        return ""
    following = rows[at + 1] if at + 1 < len(rows) else None
    if following is None or following.heading:
        return ""
    if _ANSWER.fullmatch(following.text) and not _ANSWER.fullmatch(text):
        return text
    mark = marks.mark(text)
    asks = text[-1] in "？?" and (mark is None or len(mark.rest) > 1)
    return text if plain and asks and following.text[-1] not in "？?" else ""
