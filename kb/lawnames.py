"""Names of laws: full titles, short titles, old names and common names."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from kb import numerals, regions, shortnames
from kb.errors import ConfigError

_STATE = "中华人民共和国"
# Amendments (修正案) differ only in their year, so it stays in their names.
_EDITION = re.compile(
    r"(?<!修正案)[(（]\s*(?:\d{4}|[一二〇○零九]{4})\s*年?(?:修[正订]|修订版|版)?(?:本|稿)?\s*[)）]$"
)
_SPACE = re.compile(r"\s+")
_FORMS = str.maketrans("〈〉﹤﹥<>（）", "《》《》《》()")
_MARKS = str.maketrans("〈〉﹤﹥<>", "《》《》《》")


def work_of(title: str) -> str:
    """The canonical short title shared by all versions of a law.

    中华人民共和国体育法（2022年修订） → 体育法. Titles inside a title lose the state's name too.
    """
    work = _SPACE.sub("", title).translate(_MARKS).strip("《》" if title.count("《") == 1 else "")
    work = _EDITION.sub("", work)
    short = work.replace(_STATE, "")
    return short or work


def quoted(work: str) -> str:
    """Quotes a title, with titles inside it in single brackets: GB/T 15834-2011, 4.15.3.4."""
    return "《" + work.replace("《", "〈").replace("》", "〉") + "》"


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a work.

    note: message to the reader if the name is that of an older law; its article numbers never apply to
    the work. since: when the older law ceased. parts: headings that replaced it.
    plain: the name may be ordinary words, and counts only if an article is cited after it.
    others: other works with the same name but different articles (the five 宪法修正案).
    """

    name: str
    work: str
    note: str = ""
    since: date | None = None
    parts: tuple[str, ...] = ()
    plain: bool = False
    derived: bool = False
    others: tuple[str, ...] = ()


_KEYS = {"names", "work", "note", "since", "parts"}


@lru_cache(maxsize=1)
def aliases() -> dict[str, Alias]:
    """The table kb/data/law_aliases.toml by name. Raises ConfigError for an invalid entry."""
    return read(resources.files("kb").joinpath("data/law_aliases.toml").read_text("utf-8"))


def read(text: str) -> dict[str, Alias]:
    """Parses aliases by name from TOML in the format of kb/data/law_aliases.toml. Raises ConfigError."""
    source = "kb/data/law_aliases.toml"
    found: dict[str, Alias] = {}
    for entry in tomllib.loads(text).get("alias", []):
        if not set(entry) <= _KEYS or not entry.get("work") or not entry.get("names"):
            raise ConfigError(
                f"{source}：条目 {entry!r} 的键应为 names、work、note、since、parts。"
            )
        note, since, parts = entry.get("note", ""), entry.get("since"), entry.get("parts", [])
        # type(), because a TOML datetime is also a date to isinstance.
        if since is not None and type(since) is not date:
            raise ConfigError(f"{source}：条目 {entry!r} 的 since 应为日期。")
        if not isinstance(parts, list) or ((since or parts) and not note):
            raise ConfigError(
                f"{source}：条目 {entry!r} 的 parts 应为列表，有 since、parts 须有 note。"
            )
        for name in entry["names"]:
            if name in found:
                raise ConfigError(f"{source}：别名“{name}”重复。")
            # 失信规定 may be ordinary words, like a name derived from a title.
            words = name.endswith(("规定", "解释"))
            found[name] = Alias(
                name, entry["work"], note, since, tuple(parts), plain=words, derived=words
            )
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """Precedence of works with the same short name: those in force, then the newest."""

    in_force: bool = True
    published: date = date.min


@dataclass(frozen=True, slots=True)
class Mention:
    """A law named in a text: characters start to end, brackets included.

    work: empty for a bracketed title that is not in the base. inside: the name is only part of a
    longer bracketed title, so what follows is not an article of the work.
    """

    start: int
    end: int
    work: str
    name: str
    note: str = ""
    parts: tuple[str, ...] = ()
    bracketed: bool = False
    inside: bool = False
    others: tuple[str, ...] = ()


class LawNames:
    """Finds laws by any name among the works in the base.

    standing: of works, if known; without it, a short name shared by several works is ignored.
    replaced: older laws that are not in the base, by their successor.
    """

    def __init__(
        self,
        works: Iterable[str],
        standing: Mapping[str, Standing] | None = None,
        replaced: Iterable[Alias] = (),
    ) -> None:
        self._names: dict[str, Alias] = {}
        known = set(works)
        for work in sorted(known):
            for name in (
                work,
                _STATE + work,
                work.replace("《", "").replace("》", ""),
                work.replace("《", f"《{_STATE}"),
            ):
                self._names.setdefault(name.translate(_FORMS), Alias(name, work))
        for alias in (*aliases().values(), *replaced):
            # An old law that is in the base keeps its own name.
            if alias.work in known:
                self._names.setdefault(alias.name.translate(_FORMS), alias)
        self._derive(known, standing or {})
        sizes: dict[str, set[int]] = {}
        for name in self._names:
            sizes.setdefault(name[:2], set()).add(len(name))
        self._sizes = {start: sorted(found, reverse=True) for start, found in sizes.items()}

    def _derive(self, known: set[str], standing: Mapping[str, Standing]) -> None:
        """Adds short names of interpretations and amendments if they are unambiguous."""
        called: dict[str, list[str]] = {}
        for alias in aliases().values():
            if not alias.note:
                called.setdefault(alias.work, []).append(alias.name)
        found: dict[str, dict[str, shortnames.Short]] = {}
        families: dict[str, list[str]] = {}
        for work in sorted(known):
            for short in shortnames.of(
                work.translate(_FORMS), lambda law: (law, *called.get(law, ()))
            ):
                found.setdefault(short.name, {}).setdefault(work, short)
            if placed := _PLACED.fullmatch(work):
                # 上海物业管理条例: the common form.
                self._names.setdefault(placed["place"] + placed["rest"], Alias(work, work))
            if amendment := _AMENDMENT.fullmatch(work.translate(_FORMS)):
                for name in _amendment_names(amendment):
                    self._names.setdefault(name, Alias(name, work))
                if amendment["year"]:
                    families.setdefault(amendment["law"] + "修正案", []).append(work)
        for name, (first, *rest) in families.items():
            self._names.setdefault(name, Alias(name, first, others=tuple(rest)))
        kept: dict[tuple[str, bool], Alias] = {}
        for name, shorts in found.items():
            if name not in self._names and (work := _meant(shorts, standing)):
                plain = shorts[work].plain
                # One object for all names of a work, of which there are some forty.
                alias = kept.setdefault((work, plain), Alias(work, work, plain=plain, derived=True))
                self._names[name] = alias

    def resolve(self, name: str) -> Alias | None:
        """The work a name means, or None."""
        plain = _SPACE.sub("", name).translate(_MARKS)
        for form in (plain, plain.strip("《》"), work_of(plain)):
            if found := self._names.get(form.translate(_FORMS)):
                return found
        return None

    def find(self, text: str) -> list[Mention]:
        """Laws named in the text, from left to right, the longest name at each place."""
        return [m for m in self.scan(text) if m.work]

    def scan(self, text: str) -> list[Mention]:
        """Like `find`, but includes bracketed titles that are not in the base."""
        found: list[Mention] = []
        at = 0
        text = text.translate(_FORMS)
        titles = _titles(text)
        while at < len(text):
            end = titles.get(at)
            if end is not None:
                found += self._title(text, at, end)
                at = end
                continue
            mention = self._at(text, at, len(text)) if text[at : at + 2] in self._sizes else None
            if mention is None:
                at += 1
            else:
                found.append(mention)
                at = mention.end
        return found

    def _title(self, text: str, start: int, end: int) -> list[Mention]:
        """A bracketed title: a known work, or unknown with the laws named in it."""
        inner = text[start + 1 : end - 1]
        if alias := self.resolve(inner):
            return [_mention(start, end, alias, inner, bracketed=True)]
        # 《民法典婚姻家庭编》
        head = self._at(text, start + 1, end - 1)
        if head and _PART.fullmatch(text, head.end, end - 1):
            alias = self._names[text[head.start : head.end]]
            return [_mention(start, end, alias, inner, bracketed=True)]
        found = []
        at = start + 1
        while at < end - 1:
            mention = self._at(text, at, end - 1)
            if mention:
                alias = self._names[text[mention.start : mention.end]]
                found.append(_mention(mention.start, mention.end, alias, mention.name, inside=True))
            at = mention.end if mention else at + 1
        return [*found, Mention(end - 1, end, "", inner)]

    def _at(self, text: str, at: int, stop: int) -> Mention | None:
        """The longest name that starts here and ends before `stop`."""
        for size in self._sizes.get(text[at : at + 2], ()):
            end = at + size
            alias = self._names.get(text[at:end]) if end <= stop else None
            if alias is None or (alias.derived and not _ends(text, at, end, stop, alias)):
                continue
            if alias.work.endswith(_LOCAL) and _is_placed(text, at):
                # 江苏省物业管理条例 is not the national one.
                return Mention(at, end, "", text[at:end])
            return _mention(at, end, alias, text[at:end])
        return None


_AMENDMENT = re.compile(
    r"(?P<law>[\u4e00-\u9fff]{2,12})修正案"
    r"(?:\((?:(?P<year>(?:19|20)\d{2})年?|(?P<n>[一二三四五六七八九十]{1,3}))\))?"
)
_PART = re.compile(r"[\u4e00-\u9fff]{1,8}(?:编|总则|分则)")
_PLACED = re.compile(r"(?P<place>[\u4e00-\u9fff]{2,3})[省市](?P<rest>[\u4e00-\u9fff]+)")
_LOCAL = ("条例", "办法", "规定", "细则")
_NEAR = 12
_BEFORE_END = "第的中里之关"
_NUMBER = re.compile(rf"[{numerals.NUMERAL}]{{1,9}}(?:条|第|[0-9\s]|$)")
_SERIES = re.compile(rf"\([{numerals.NUMERAL}]{{1,2}}\)")
_CITED = re.compile(rf"[\s》”\"』」)]{{0,3}}的?\s?(?:第\s?[0-9{numerals.NUMERAL}]|[0-9]|\()")


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    provinces = regions.gazetteer().provinces
    return frozenset(n for p in provinces for n in (p.short, *p.cities))


def _is_placed(text: str, at: int) -> bool:
    """Whether a place name directly precedes: 江苏省…, 上海…"""
    return text[max(0, at - 1) : at] in tuple("省市县州盟旗") or any(
        text[max(0, at - size) : at] in _places() for size in (2, 3)
    )


def _amendment_names(found: re.Match[str]) -> list[str]:
    """刑法修正案（十一）: 刑法修正案十一, 修正案十一, 刑修十一, with brackets and in figures."""
    law, n = found["law"], found["n"]
    if not n:
        return (
            [f"{law}修正案{found['year']}", f"{found['year']}年{law}修正案"]
            if found["year"]
            else []
        )
    tails = (n, f"({n})", f"({numerals.parse(n)})", str(numerals.parse(n)))
    return [stem + tail for stem in (law + "修正案", "修正案", law[:1] + "修") for tail in tails]


def _meant(shorts: Mapping[str, shortnames.Short], standing: Mapping[str, Standing]) -> str:
    """The work meant by a short name that these works share, or empty."""
    unknown = Standing()
    valid = [w for w in shorts if standing.get(w, unknown).in_force] or list(shorts)
    whole = [w for w in valid if not shorts[w].partial]
    if not whole:
        return valid[0] if len(valid) == 1 else ""
    last = max(standing.get(w, unknown).published for w in whole)
    newest = [w for w in whole if standing.get(w, unknown).published == last]
    return newest[0] if len(newest) == 1 else ""


def _ends(text: str, start: int, end: int, stop: int, alias: Alias) -> bool:
    """Whether a derived name ends here and isn't just part of a sentence."""
    after = text[end : min(stop, end + _NEAR)]
    if _SERIES.match(after):
        # 婚姻家庭编解释（二）, if the base has only the first, is not one of its works.
        return False
    if alias.plain:
        alone = (
            start < _NEAR and not text[:start].strip() and not after.strip() and stop - end < _NEAR
        )
        return alone or bool(_CITED.match(after))
    if not after or not "\u4e00" <= after[0] <= "\u9fff":
        return True
    return after[0] in _BEFORE_END or bool(_NUMBER.match(after))


def _mention(
    start: int, end: int, alias: Alias, name: str, *, bracketed: bool = False, inside: bool = False
) -> Mention:
    return Mention(
        start, end, alias.work, name, alias.note, alias.parts, bracketed, inside, alias.others
    )


_MAX_TITLE = 200


def _titles(text: str) -> dict[int, int]:
    """Start and end of bracketed titles: outermost pairs not longer than a title."""
    open_at: list[int] = []
    pairs: dict[int, int] = {}
    for at, c in enumerate(text):
        if c == "《":
            open_at.append(at)
        elif c == "》" and open_at:
            start = open_at.pop()
            if 2 < at + 1 - start <= _MAX_TITLE:
                pairs[start] = at + 1
    return pairs
