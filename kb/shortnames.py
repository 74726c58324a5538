"""Short names of judicial interpretations, derived from their titles.

关于适用《刑事诉讼法》的解释 → 刑诉解释; 关于审理民间借贷案件适用法律若干问题的规定 → 民间借贷规定.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_MAX_TITLE = 160
_ISSUED = re.compile(r"最高人民(?:法院|检察院)[^《》]{0,40}?(?=关?于)")
_SERIES = re.compile(r"\((?P<n>[一二三四五六七八九十]{1,2})\)$")
_END = re.compile(
    r"(?:(?:如何)?(?:具体)?[适应]用法律)?的?(?:若干|有关|几个|具体)*(?:问题)?的?(?:若干|有关)?"
    r"(?P<what>解释|规定)(?:\(试行\))?$"
)
_OF_LAW = re.compile(r"适用《(?P<law>[^《》]{2,30})》(?P<part>.*)")
_VERB = re.compile(
    r"^(?:人民法院)?(?:审理|办理|处理|审查|确定|受理)?(?:申请)?(?:涉及?|发生)?(?:与)?"
)
_CASES = re.compile(r"(?:等)?(?P<sort>刑事|民事|行政)?(?:纠纷)?案件$")
_SHORTEST, _LONGEST = 2, 16
_LONG_BEFORE_CONTRACT = 7
"""商品房买卖 is specific enough without 合同; 买卖 alone is not."""


@dataclass(frozen=True, slots=True)
class Short:
    """A short name. plain: it may be ordinary words (工伤保险规定), and is a name only if an article is
    cited after it. partial: it lacks the title's number, such as （一）."""

    name: str
    plain: bool = False
    partial: bool = False


def of(title: str, called: Callable[[str], Sequence[str]]) -> Iterator[Short]:
    """Short names from an interpretation's title, with plain brackets; none for other titles.

    called: every name of the law with a given short title.
    """
    issued = _ISSUED.match(title)
    if issued is None or len(title) > _MAX_TITLE:
        return
    about = title[issued.end() :]
    yield Short(about.removeprefix("关"))
    for whole in {about, about.replace("《", "").replace("》", "")} - {title}:
        yield Short(whole)
    if "《" in title:
        yield Short(title.replace("《", "").replace("》", ""))
    numbered = _SERIES.search(about)
    series = numbered["n"] if numbered else ""
    text = about[: numbered.start()] if numbered else about
    end = _END.search(text)
    if end is None or not text.startswith("关于"):
        return
    core = text.removeprefix("关于")[: end.start() - len("关于")]
    for stem, sure in _stems(core, called):
        kinds = ("解释", "司法解释") if end["what"] == "解释" else ("规定", "司法解释", "解释")
        for kind in kinds:
            plain = kind == "规定" or not (sure or kind == "司法解释")
            if series:
                yield Short(f"{stem}{kind}({series})")
                if kind != "规定":
                    yield Short(f"{stem}{kind}{series}")
            # 《公司法》规定 is not a name; 公司法解释 may be.
            if kind != "规定" or not sure or stem.endswith(("编", "效力", "制度")):
                yield Short(stem + kind, plain, partial=bool(series))
        if sure:
            yield Short(f"{stem}的{end['what']}" + (f"({series})" if series else ""))


def _stems(core: str, called: Callable[[str], Sequence[str]]) -> Iterator[tuple[str, bool]]:
    """The text before 解释 or 规定, and whether it names a law."""
    law = _OF_LAW.search(core)
    if law:
        part = law["part"].removeprefix("有关").strip("的")
        parts = [part]
        if part.endswith("制度"):
            parts.append(part.removesuffix("制度"))
        for p in parts:
            for name in called(law["law"]):
                yield name + p, True
            if len(p) >= _SHORTEST:
                yield p, "编" in p
        return
    subject = _VERB.sub("", core, count=1)
    cases = _CASES.search(subject)
    bare = subject[: cases.start()] if cases else subject.removesuffix("案件")
    stems = {bare, bare.removesuffix("纠纷"), subject}
    if len(bare) >= _LONG_BEFORE_CONTRACT:
        stems.add(bare.removesuffix("合同"))
    if cases and cases["sort"]:
        stems.add(bare + cases["sort"])
    if cases and cases["sort"] == "刑事" and "罪" not in bare:
        stems.add(bare + "罪")
    if cases and not cases["sort"]:
        stems |= {bare + "纠纷", bare + "案件"}
    for stem in sorted(stems):
        if _SHORTEST <= len(stem) <= _LONGEST:
            yield stem, False
