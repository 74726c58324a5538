"""Topics of legal publicity: their names, their laws, and matching documents.

Tagging is rule-based, so that every tag can be explained: a topic's word in the title, in a heading,
or often enough in the text; a statute also by the lists of laws in `data/topics.toml`.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from kb.documents import TopicMatch
from kb.errors import ConfigError

MOST = 8
"""Maximum topics per document."""

MIN_COUNT = 3
CHARACTERS_PER_COUNT = 2_000
"""A text has a topic named at least MIN_COUNT times, and once in CHARACTERS_PER_COUNT."""

STATUTE_MIN_COUNT = 8
STATUTE_CHARACTERS_PER_COUNT = 500
"""Statutes mention other fields in passing: these thresholds apply to them."""

_FILE = Path(__file__).parent / "data" / "topics.toml"
_DROPPED = "“”\"'‘’「」『』〝〞＂＇ \t\u3000\xa0\u200b\ufeff·•"
_DELETE = str.maketrans("", "", _DROPPED)
# 最高人民检察院关于…, 某市人民代表大会常务委员会关于…: the issuer is not the subject.
_ISSUED_BY = re.compile(
    r"^[^《关]{2,80}?(?:委员会|人民代表大会|法院|检察院|政府|国务院|[部局厅署办])关于(?=.)"
)
_COUNTRY = "中华人民共和国"
# 法 ends a law's name, but not in these: 法律, 法定, 法人, 法院, 法规, 法治 …
_NOT_AFTER_LAW = "律定人院官规治制庭"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `aliases`, `titles` and `queries` exclude the name; period is (first, last)."""

    name: str
    group: str
    description: str
    aliases: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    statutes: tuple[str, ...] = ()
    period: tuple[int, int] | None = None
    successor: str = ""
    common_name: bool = False
    """The name is too common to count in texts."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The topics from one file in file order, the order of their groups, and the ignored phrases."""

    groups: tuple[str, ...]
    topics: tuple[Topic, ...]
    ignored: tuple[str, ...]


def load(path: Path) -> Catalogue:
    """Reads and checks a topics file. Raises ConfigError naming file and key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}：无法读取（{error.strerror}）") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}：不是有效的 TOML（{error}）") from error
    check = _Check(path)
    check.keys("文件", data, {"groups", "ignored", "topic"})
    groups = check.strings("groups", data.get("groups"), required=True)
    ignored = check.strings("ignored", data.get("ignored"))
    entries = data.get("topic")
    if not isinstance(entries, list) or not entries:
        raise check.error("topic", "至少应有一个 [[topic]]")
    topics = tuple(_topic(check, i, entry, groups) for i, entry in enumerate(entries, 1))
    _check_whole(check, topics, ignored)
    return Catalogue(groups, topics, ignored)


@cache
def catalogue() -> Catalogue:
    """The bundled topics."""
    return load(_FILE)


def find(name_or_alias: str) -> Topic | None:
    """The topic with that name, alias or everyday word; quotes and white space are ignored."""
    return _index().by_word.get(normalise(name_or_alias))


def mentions(query: str) -> tuple[tuple[Topic, int, int], ...]:
    """Topics named in a query, with the span [start, end) of the words as typed."""
    kept = [(i, c) for i, c in enumerate(query) if c not in _DROPPED]
    plain = "".join(c for _, c in kept)
    index, out = _index(), []
    for m in index.in_queries.finditer(plain):
        topic = index.by_word.get(m[0])
        if topic is not None:
            out.append((topic, kept[m.start()][0], kept[m.end() - 1][0] + 1))
    return tuple(out)


def match(
    title: str, headings: Sequence[str], text: str, work: str, is_statute: bool
) -> tuple[TopicMatch, ...]:
    """The topics of a document, at most MOST, strongest first.

    The strongest evidence is a word in the title, then a law of the topic (also reported as 标题, with
    the statute's name as the word), then a heading, then the text; within these by count and by file
    order. `count` is the number of occurrences of the topic's words there.
    """
    index = _index()
    in_title = _in_title(title, is_statute)
    if work:
        in_title |= _in_title(work, is_statute)
    in_work = Counter(index.by_statute.get(work, ()) if work else ())
    in_headings = _count(index.in_texts, normalise("\n".join(headings)), index.text_topics)
    plain = normalise(text)
    in_text = _count(index.in_texts, plain, index.text_topics)
    least = STATUTE_MIN_COUNT if is_statute else MIN_COUNT
    per = STATUTE_CHARACTERS_PER_COUNT if is_statute else CHARACTERS_PER_COUNT
    enough = max(least, len(plain) / per)
    if is_statute:
        # A statute's chapter is often named for a field that the statute only touches on.
        in_headings = Counter({n: c for n, c in in_headings.items() if in_text[n] >= least})
    in_body = Counter({n: c for n, c in in_text.items() if c >= enough})
    found: dict[str, tuple[int, TopicMatch]] = {}
    places = (("标题", in_title), ("标题", in_work), ("小标题", in_headings), ("正文", in_body))
    for rank, (where, counts) in enumerate(places):
        for name, count in counts.items():
            found.setdefault(name, (rank, TopicMatch(name, where, count)))
    ranked = sorted(
        found.values(), key=lambda f: (f[0], -in_text[f[1].topic], index.order[f[1].topic])
    )
    return tuple(m for _, m in ranked[:MOST])


def _in_title(title: str, is_statute: bool) -> Counter[str]:
    """Title matches. Everyday words count in titles of guides and cases, but not of statutes."""
    index = _index()
    plain = _ISSUED_BY.sub("关于", normalise(title).replace(_COUNTRY, ""))
    if is_statute:
        out = _count(index.in_titles, plain, index.title_topics)
    else:
        out = _count(index.in_queries, plain, index.query_topics)
    return out | _count(index.statutes, plain, index.statute_topics)


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    return text.translate(_DELETE)


def normalise(text: str) -> str:
    """Removes all quotes, middle dots and white space inside lines."""
    return _short(text) if len(text) < 64 else text.translate(_DELETE)


def _count(
    pattern: re.Pattern[str], text: str, topics: Mapping[str, tuple[str, ...]]
) -> Counter[str]:
    out: Counter[str] = Counter()
    if text:
        for word, count in Counter(pattern.findall(text)).items():
            for name in topics.get(word, ()):
                out[name] += count
    return out


class _Index:
    """Normalised words of all topics. Patterns are built when a text is first matched, so that looking up
    a name doesn't wait for them."""

    def __init__(self, whole: Catalogue) -> None:
        self.by_word: dict[str, Topic] = {}
        self.text_topics: dict[str, tuple[str, ...]] = {}
        self.by_statute: dict[str, tuple[str, ...]] = {}
        for topic in whole.topics:
            words = (topic.name, *topic.aliases, *topic.titles, *topic.queries)
            self.by_word.update((normalise(w), topic) for w in words)
            counted = topic.aliases if topic.common_name else (topic.name, *topic.aliases)
            self.text_topics.update((normalise(w), (topic.name,)) for w in counted)
            for law in topic.statutes:
                self.by_statute[law] = (*self.by_statute.get(law, ()), topic.name)
        # A law shared by several topics (民法典) means little in another's title.
        self.statute_topics = {law: n for law, n in self.by_statute.items() if len(n) == 1}
        self.title_topics = dict(self.text_topics)
        for topic in whole.topics:
            named = (topic.name, *topic.titles)
            self.title_topics.update((normalise(w), (topic.name,)) for w in named)
        self.query_topics = {word: (topic.name,) for word, topic in self.by_word.items()}
        self.order = {t.name: i for i, t in enumerate(whole.topics)}
        self._ignored = [normalise(w) for w in whole.ignored]

    @cached_property
    def in_texts(self) -> re.Pattern[str]:
        return _alternation([*self.text_topics, *self._ignored])

    @cached_property
    def in_titles(self) -> re.Pattern[str]:
        return _alternation([*self.title_topics, *self._ignored])

    @cached_property
    def in_queries(self) -> re.Pattern[str]:
        return _alternation([*self.by_word, *self._ignored])

    @cached_property
    def statutes(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.statute_topics), key=len, reverse=True)
        return re.compile(
            rf"(?:^|(?<=[《〈施用于、和]))(?:{'|'.join(longest_first)})(?![{_NOT_AFTER_LAW}])"
        )


@cache
def _index() -> _Index:
    return _Index(catalogue())


def _alternation(words: Collection[str]) -> re.Pattern[str]:
    """Matches the longest of the words, left to right; grouped by first character for speed."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(set(words), key=lambda w: (-len(w), w)):
        rest = re.escape(word[1:]) + (f"(?![{_NOT_AFTER_LAW}])" if word.endswith("法") else "")
        by_first.setdefault(word[0], []).append(rest)
    first = "".join(re.escape(c) for c in by_first)
    second = "".join(
        sorted({re.escape(r[1] if r[0] == "\\" else r[0]) for v in by_first.values() for r in v})
    )
    branches = "|".join(f"{re.escape(c)}(?:{'|'.join(v)})" for c, v in by_first.items())
    return re.compile(f"(?=[{first}][{second}])(?:{branches})")


_LISTS = ("aliases", "titles", "queries", "statutes")
_KEYS = {"name", "group", "description", "period", "successor", *_LISTS}


class _Check:
    """Checks one file; every message includes its name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, key: str, expected: str) -> ConfigError:
        return ConfigError(f"{self.path}：{key}：{expected}")

    def keys(self, where: str, table: Mapping[str, Any], known: set[str]) -> None:
        for key in table:
            if key not in known:
                raise self.error(f"{where} {key}", f"没有这个键，可用：{'、'.join(sorted(known))}")

    def string(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "应为非空字符串")
        return value

    def strings(self, key: str, value: object, required: bool = False) -> tuple[str, ...]:
        if value is None and not required:
            return ()
        if not isinstance(value, list) or (required and not value):
            raise self.error(key, "应为字符串列表")
        out = tuple(self.string(key, v) for v in value)
        for word in out:
            if len(normalise(word)) < 2:
                raise self.error(key, f"“{word}”太短，至少两个字")
        if len(set(out)) < len(out):
            raise self.error(key, "有重复的词")
        return out


def _topic(check: _Check, number: int, entry: object, groups: tuple[str, ...]) -> Topic:
    where = f"第{number}个 [[topic]]"
    if not isinstance(entry, dict):
        raise check.error(where, "应为表")
    name = check.string(f"{where} name", entry.get("name"))
    check.strings(f"{where} name", [name])
    where = f"[[topic]]“{name}”"
    check.keys(where, entry, _KEYS)
    group = check.string(f"{where} group", entry.get("group"))
    if group not in groups:
        raise check.error(f"{where} group", f"“{group}”不在 groups 中")
    lists = {key: check.strings(f"{where} {key}", entry.get(key)) for key in _LISTS}
    words = {key: tuple(w for w in lists[key] if w != name) for key in _LISTS[:3]}
    period = entry.get("period")
    if period is not None and not (
        isinstance(period, list)
        and len(period) == 2
        and all(type(y) is int and 1949 <= y <= 2100 for y in period)
        and period[0] <= period[1]
    ):
        raise check.error(f"{where} period", "应为 [起始年, 结束年]")
    return Topic(
        name=name,
        group=group,
        description=check.string(f"{where} description", entry.get("description")),
        **words,
        statutes=lists["statutes"],
        period=(period[0], period[1]) if period else None,
        successor=check.string(f"{where} successor", entry["successor"])
        if "successor" in entry
        else "",
        common_name=name in lists["titles"] or name in lists["queries"],
    )


def _check_whole(check: _Check, topics: tuple[Topic, ...], ignored: tuple[str, ...]) -> None:
    owner: dict[str, str] = dict.fromkeys(map(normalise, ignored), "ignored")
    for topic in topics:
        for word in (topic.name, *topic.aliases, *topic.titles, *topic.queries):
            other = owner.setdefault(normalise(word), topic.name)
            if other != topic.name:
                raise check.error(
                    f"[[topic]]“{topic.name}”", f"“{word}”已属于“{other}”，一个词只属于一个专题"
                )
    names = [t.name for t in topics]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise check.error(f"[[topic]]“{twice}” name", "专题重名")
    for topic in topics:
        if topic.successor and topic.successor not in names:
            raise check.error(f"[[topic]]“{topic.name}” successor", f"没有专题“{topic.successor}”")
