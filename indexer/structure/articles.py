"""Which lines start an article, and which only mention one.

第五条 followed by white space is a label; 第五条规定的 is not. If a source has lost the white space,
the number decides: a label continues the count, a reference seldom does.
"""

import re
from dataclasses import dataclass

from indexer.structure.lines import Line
from kb import numerals
from kb.documents import ArticleNumber

_N = rf"[0-9０-９{numerals.NUMERAL}]"
_MISWRITTEN = re.compile(rf"[第笫](?P<number>\s*(?:{_N}|[－—–-]){{1,9}}\s*)条")
"""笫 looks like 第, a dash like 一: scanned texts have 笫五十四条 and 第三十－条."""

_LABEL = re.compile(
    rf"(?P<label>第\s*{_N}{{1,9}}\s*条(?:\s*之\s*{_N}{{1,3}}(?![{numerals.NUMERAL}]))?)"
)
_ASCII = str.maketrans("０１２３４５６７８９", "0123456789")
_HIGHEST = 2000
"""No statute in force has as many articles (民法典: 1260); higher numbers are something else."""

_REFERENCE = re.compile(
    r"[、，,。；;的与和及至到或款项之－—~～”）)》-]|第\s*[0-9一二三四五六七八九十]+\s*[条款项]"
    r"|规定|所[称列指规述涉]|中[的规，,]|以[及外]|前款|后[增加面]|修改|增加|删|改为|作为|关于|确定|但书"
    r"|[（(]\s*[一二三四五六七八九十]+\s*[）)]"
)
_TITLED = frozenset(":：【〔[")
_SENTENCE_END = frozenset("。；;：:！!？?”」』）)")
_FARTHEST = 5
"""How many articles may be missing before a label without white space after it."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label at the start of a line: as written but without white space, and the rest."""

    number: ArticleNumber
    label: str
    rest: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    row: int
    found: Label
    loose: bool
    reference: bool


def labels(rows: list[Line]) -> dict[int, Label]:
    """The lines that start an article, by index."""
    candidates = [c for at, row in enumerate(rows) if (c := _candidate(at, row.text))]
    glued = [c for c in candidates if not c.loose and not c.reference]
    without_space = len(glued) >= 3 and len(glued) * 2 > len(candidates)
    out: dict[int, Label] = {}
    last: ArticleNumber | None = None
    for c in candidates:
        number = c.found.number
        follows = _follows(last, number)
        if c.loose and not c.reference:
            before = rows[c.row - 1] if c.row else None
            accepted = bool(c.found.rest) or follows or _begins_anew(before)
        elif c.reference:
            # Consecutive labels 第六条 第五条 …: accepted only if both white space and count agree.
            accepted = c.loose and follows
        else:
            near = last is not None and 0 < number.number - last.number <= _FARTHEST
            accepted = follows if not without_space else follows or near
            accepted = accepted and not (last is None and not without_space and number.sub)
        if accepted:
            out[c.row] = c.found
            last = number
    return out


def _candidate(row: int, text: str) -> _Candidate | None:
    if not text.startswith(("第", "笫")):
        return None
    text = _MISWRITTEN.sub(_written, text, count=1) if _MISWRITTEN.match(text) else text
    found = _LABEL.match(text)
    if found is None:
        return None
    label = "".join(found["label"].split())
    number = ArticleNumber.parse(label.translate(_ASCII))
    if number is None or not 0 < number.number <= _HIGHEST:
        return None
    after = text[found.end() :]
    if " | " in text:
        return None  # a table row whose first cell names an article of another law
    loose = not after or after[0].isspace() or after[0] in _TITLED
    rest = after.lstrip()
    if rest[:1] in {":", "："}:
        rest = rest[1:].lstrip()
    return _Candidate(row, Label(number, label, rest), loose, bool(_REFERENCE.match(rest)))


def _written(found: re.Match[str]) -> str:
    number = found["number"]
    numeral = any(c in number for c in numerals.NUMERAL)
    return f"第{re.sub('[－—–-]', '一', number) if numeral else number}条"


def _follows(last: ArticleNumber | None, number: ArticleNumber) -> bool:
    if number == ArticleNumber(1):
        return True
    if last is None:
        return False
    return number == ArticleNumber(last.number + 1) or (
        number.number == last.number and number.sub == last.sub + 1
    )


def _begins_anew(before: Line | None) -> bool:
    """Whether a label alone on its line follows a finished sentence, not the middle of one."""
    return before is None or before.heading > 0 or before.text[-1] in _SENTENCE_END
