"""The record of a text (题注): who passed, published and amended it and when, and its effective date.

（2004年3月5日国务院令第399号公布 根据2013年…《…的决定》修正 自2004年4月1日起施行）, and the order or
announcement before it. Dates are those of the last act, which the text reflects.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from indexer.metadata import dates
from kb.errors import ConfigError
from kb.lawnames import work_of

_FILE = Path(__file__).parents[1] / "data" / "decisions.tsv"
_COLUMNS = 5
_DATE = re.compile(dates.DATE)
_ACT = re.compile(r"通过|公布|发布|颁布|修订|修正|修改|印发|令|公告|批准|决定|会议")
_FIRST_ACT = re.compile(r"通过|决定|批准|公布|发布|颁布|印发|令第|令公布")
_PASSED = {"通过", "决定", "批准"}
_AMENDED = re.compile(r"修订|修正|修改")
_IN_FORCE = re.compile(r"^ ?(?:起|开始)?(?:正式)?(?:施行|实施|生效|执行|试行|不再适用)")
_FROM = re.compile(r"(?:自|从|于) ?$")
_AT_ONCE = re.compile(
    r"自(?:公布|发布|印发|颁布|通过|批准|下发|发文)之?日?起(?:正式)?(?:施行|实施|执行|生效|试行)|公布施行"
)
_QUOTED = re.compile(r"[《〈][^《》〈〉]*(?:[《〈][^《》〈〉]*[》〉][^《》〈〉]*)*[》〉]")
_CLOSING = re.compile(
    r"(?:本|该|此|以上)(?P<what>法|条例|规定|办法|细则|规则|解释|决定|决议|批复|安排|意见|通知|"
    r"[\u4e00-\u9fff]{2,6}?)[^。；，]{0,20}?"
    rf"(?:(?:自|从|于) ?(?P<day>{dates.DATE}) ?(?:起|开始)?|自(?:公布|发布|印发|颁布|通过|批准|下发)之?日?起)"
    r"(?:正式)?(?:施行|实施|生效|执行|试行)"
)


@dataclass(frozen=True, slots=True)
class Record:
    """published: the day of the last act, and whether it is stated as publication rather than only
    adoption; effective as stated for this version; amended: the text is not the first version."""

    published: date | None = None
    is_publication: bool = False
    effective: date | None = None
    at_once: bool = False
    amended: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that amends works, all of its day if none are named: the day their records give for
    it, when it was published and since when it applies."""

    body: str
    dated: date
    published: date
    effective: date
    works: frozenset[str] = frozenset()


def read(lines: Sequence[str], announced: Sequence[str] = (), title: str = "") -> Record:
    """lines: those of the record; announced: those of the order or announcement."""
    text = "".join(lines)
    found = _acts(text)
    acts = [a for a in found if not a.in_force]
    starts = [a.day for a in found if a.in_force]
    last = max((a.day for a in acts), default=None)
    amended = any(a.amends for a in acts)
    signed = [d for d in map(dates.only, announced) if d is not None]
    told = _acts("".join(announced))
    is_publication = any(a.day == last and a.publishes for a in acts)
    if signed and (last is None or signed[-1] >= last):
        last, is_publication = signed[-1], True
    decided = decision(text, last, work_of(title)) if amended else None
    if decided is not None:
        return Record(decided.published, True, decided.effective, False, True)
    effective = max((d for d in starts if last is None or not amended or d >= last), default=None)
    effective = effective or next((a.day for a in told if a.in_force), None)
    at_once = _AT_ONCE.search(text) is not None or _AT_ONCE.search("".join(announced)) is not None
    return Record(last, is_publication, effective, at_once, amended)


@dataclass(frozen=True, slots=True)
class _Act:
    day: date
    in_force: bool
    publishes: bool
    amends: bool


def _acts(text: str) -> list[_Act]:
    """The dates of a record, outside quoted titles, each with the text that follows it."""
    text = _QUOTED.sub("《》", text)
    spans = list(_DATE.finditer(text))
    out = []
    for at, m in enumerate(spans):
        day = dates.parse(m[0])
        if day is None:
            continue
        following = text[m.end() : spans[at + 1].start() if at + 1 < len(spans) else m.end() + 160]
        in_force = _IN_FORCE.match(following) is not None and (
            _FROM.search(text[: m.start()]) is not None or following.startswith("起")
        )
        first = _FIRST_ACT.search(following)
        publishes = first is not None and first[0] not in _PASSED
        out.append(_Act(day, in_force, publishes, _AMENDED.search(following) is not None))
    return out


def closing(lines: Sequence[str], title: str, published: date | None) -> tuple[date | None, str]:
    """Since when a text applies by its closing words, and these words: the last that refer to such a
    text (本决定 of a decision, not 本法 of the law printed below it), else the last."""
    found = [m for line in lines for m in _CLOSING.finditer(line)]
    own = [m for m in found if title.endswith(m["what"])] or found
    for m in reversed(own):
        day = dates.parse(m["day"]) if m["day"] else published
        if day is not None:
            return day, m[0]
    return None, ""


def decision(text: str, last: date | None, work: str) -> Decision | None:
    """The decision in the table that a record names as its last act."""
    of_day = (d for d in decisions() if d.dated == last and d.body in text)
    return next((d for d in of_day if not d.works or work in d.works), None)


@cache
def decisions() -> tuple[Decision, ...]:
    """The bundled table, `data/decisions.tsv`."""
    return load(_FILE)


def load(path: Path) -> tuple[Decision, ...]:
    """Parses and validates a table of decisions. Raises ConfigError naming file and line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}：不能读取（{error}）") from error
    return tuple(
        _decision(f"{path} 第{number}行", line.split("\t"))
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    )


def _decision(where: str, cells: Sequence[str]) -> Decision:
    if len(cells) != _COLUMNS or not cells[0]:
        raise ConfigError(f"{where}：应有 {_COLUMNS} 列，以制表符分隔，第一列不得为空")
    try:
        dated, published, effective = map(date.fromisoformat, cells[1:4])
    except ValueError as error:
        raise ConfigError(f"{where}：日期应写作 2020-12-29（{error}）") from error
    if not dated <= published <= effective:
        raise ConfigError(f"{where}：通过、公布、施行日期的先后不对")
    works = frozenset(cells[4].split("、")) if cells[4] else frozenset()
    return Decision(cells[0], dated, published, effective, works)
