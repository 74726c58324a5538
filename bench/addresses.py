"""Nasty addresses, made up at random: every door of the site, every parameter, values that cost.

    python -m bench.addresses --data-dir DIR [--count 3000] [--seed 7] [--worst 10]

Asked one after another of the application in this process; prints the ones that took longest and
writes bench/results/addresses.json. tests/web/test_request_costs.py asks a few hundred of a small base.
"""

import argparse
import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from bench.machine import save
from kb.documents import Audience, Kind, Status
from kb.index.document_info import FACETS
from kb.knowledge.base import KnowledgeBase
from kb.settings import Settings
from web.app import create_app

App = Callable[..., Awaitable[None]]

_COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
)
_LAW = "法律条款项规定应当可以不得人民国家机关单位部门管理责任行政处罚合同权利义务"
_TRADITIONAL = "務員會審決議條標準處罰權義與勞動爭議歸還押金離婚財產繼承"
_LETTERS = "minfadianhetonglaodongzhengyizhongcailihunfangwu"
_ODD = "\x00\u200b\u202e《》“”\"'<>&%/\\-—。，？！()（）*~^𠀀😀ﬀ①Ⅷ㈠"


@dataclass(frozen=True, slots=True)
class Known:
    """What a base has that addresses can name."""

    works: tuple[str, ...]
    ids: tuple[str, ...]
    topics: tuple[str, ...]
    values: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, knowledge: KnowledgeBase) -> "Known":
        infos = knowledge.documents(Audience.PUBLIC)
        longest = sorted(infos, key=lambda i: -i.passages)[:20]
        counts = {f: knowledge.counts(Audience.PUBLIC, f) for f in FACETS}
        return cls(
            works=tuple(dict.fromkeys(i.work for i in (*longest, *infos) if i.work)),
            ids=tuple(i.id for i in (*longest, *infos)),
            topics=tuple(sorted({t for i in infos for t in i.topics})),
            values={f: tuple(v.value for v in found) for f, found in counts.items()},
        )


class Composer:
    """Addresses, one after another; the same ones for the same seed."""

    def __init__(self, known: Known, seed: int) -> None:
        self.known = known
        self.rng = random.Random(seed)

    def __iter__(self) -> Iterator[str]:
        doors = (
            *(self.search,) * 6,
            *(self.api,) * 5,
            *(self.csv,) * 2,
            *(self.feed,) * 2,
            *(self.passages,) * 2,
            *(self.suggest,) * 2,
            *(self.law,) * 2,
            *(self.document,) * 2,
            self.plain,
        )
        while True:
            yield self.rng.choice(doors)()

    # Doors

    def search(self) -> str:
        return _url("/search", self._search_pairs(500))

    def api(self) -> str:
        pairs = self._search_pairs(2_000)
        pairs += self._some(
            ("group", ("none", "document")), ("size", ("100", "1", "0")), ("verbatim", ("1",))
        )
        return _url("/api/v1/search", pairs)

    def csv(self) -> str:
        return _url("/search.csv", self._search_pairs(500))

    def feed(self) -> str:
        if self.rng.random() < 0.2 and self.known.topics:
            return f"/topic/{quote(self.rng.choice(self.known.topics), safe='')}/feed"
        return _url("/feed", self._search_pairs(500))

    def passages(self) -> str:
        pairs = [("doc", self._one(self.known.ids[:20])), *self._search_pairs(500)]
        return _url("/search/passages", pairs)

    def suggest(self) -> str:
        path = self.rng.choice(("/suggest", "/api/v1/suggest"))
        return _url(path, [("q", self.query(2_000)), *self._some(("size", ("20", "99")))])

    def law(self) -> str:
        path = f"/law/{quote(self._one(self.known.works) or self.query(80), safe='')}"
        if self.rng.random() < 0.6:
            path += "/" + quote(
                self.rng.choice(("1", "9999999", "1-1", "第一条", "x" * 300)), safe=""
            )
        return _url(path, self._reading())

    def document(self) -> str:
        path = f"/doc/{self._one(self.known.ids)}"
        if self.rng.random() < 0.3:
            return path + self.rng.choice(("/text.txt", "/text.docx"))
        return _url(path, self._reading())

    def plain(self) -> str:
        return self.rng.choice(
            (
                *("/", "/topics", "/guides", "/about", "/statistics", "/healthz", "/robots.txt"),
                *("/sitemap.xml", "/opensearch.xml", "/login", "/api/v1/openapi.json"),
                *("/api/v1/docs", "/nothing", "/search", "/feed", "/static/site.css"),
                *(f"/topic/{quote(t, safe='')}" for t in self.known.topics[:5]),
            )
        )

    # Values

    def query(self, longest: int) -> str:
        kind = self.rng.choice(self._QUERIES)
        return kind(self, longest)[:longest]

    def _reading(self) -> list[tuple[str, str]]:
        return self._some(
            ("q", (self.query(500),)),
            ("all", ("1",)),
            ("part", ("1", "99999", "-1", "x")),
            ("at", ("a1", "p" * 500)),
            ("version", ("2010-03-01", "x" * 900, "9999-12-31")),
            ("article", ("1", "第九万条", "/" * 60)),
        )

    def _search_pairs(self, longest: int) -> list[tuple[str, str]]:
        rng, pairs = self.rng, [("q", self.query(longest))]
        if rng.random() < 0.5:
            pairs += self._filters()
        pairs += self._some(
            ("from", ("1900-01-01", "2020-01-01", "0001-01-01", "2020-13-01", "")),
            ("to", ("2024-12-31", "9999-12-31", "1950-01-01", "x")),
            ("sort", ("date", "date", "x")),
            ("page", ("2", "999", "1000", "99999999999", "-1", "１０")),
            ("verbatim", ("1",)),
            ("q", ("再",)),
        )
        if rng.random() < 0.2:
            pairs += [("drop", self.query(90)) for _ in range(rng.choice((1, 20, 60)))]
        return pairs

    def _filters(self) -> list[tuple[str, str]]:
        rng, pairs = self.rng, []
        for facet in rng.sample(FACETS, rng.randint(1, len(FACETS))):
            known = (*self.known.values[facet], "无此值", *(k.value for k in Kind), *Status)
            for _ in range(rng.choice((1, 1, 2, 5, 20, 40))):
                value = rng.choice((self._one(known), self._one(known), self.query(100)))
                pairs.append((facet, value))
        return pairs

    def _some(self, *choices: tuple[str, Sequence[str]]) -> list[tuple[str, str]]:
        return [(n, self.rng.choice(values)) for n, values in choices if self.rng.random() < 0.35]

    def _one(self, values: Sequence[str]) -> str:
        return self.rng.choice(values) if values else ""

    def _characters(self, alphabet: str, count: int) -> list[str]:
        return [self.rng.choice(alphabet) for _ in range(count)]

    def _phrases(self, _: int) -> str:
        count = self.rng.choice((2, 8, 40, 120, 500))
        size = self.rng.choice((1, 1, 1, 2, 5))
        alphabet = self.rng.choice((_COMMON, _LAW, _COMMON + _LAW))
        return " ".join(f'"{"".join(self._characters(alphabet, size))}"' for _ in range(count))

    def _exclusions(self, _: int) -> str:
        count = self.rng.choice((2, 8, 40, 120, 600))
        words = self._characters(_COMMON, count)
        return self.rng.choice(("法", "规定", '"法"')) + "".join(f" -{w}" for w in words)

    def _both(self, longest: int) -> str:
        return f"{self._phrases(longest)[: longest // 2]} {self._exclusions(longest)}"

    def _sentence(self, longest: int) -> str:
        return "".join(self._characters(_COMMON + _LAW, longest))

    def _words(self, _: int) -> str:
        count = self.rng.choice((3, 30, 70, 600))
        return " ".join("".join(self._characters(_LAW, 2)) for _ in range(count))

    def _repeated(self, longest: int) -> str:
        word = self.rng.choice(
            ("的", "法", "人民", "a", '"', "-", "《", "第一条", "1 ", "x", "法 ")
        )
        return word * (longest // len(word))

    def _cited(self, _: int) -> str:
        joint = self.rng.choice(("", " ", "，"))
        names = [self._one(self.known.works) for _ in range(self.rng.choice((2, 20, 100)))]
        number = self.rng.choice(("1", "99999", "第九千条"))
        return joint.join(
            f"{n}{number}" if number[0] == "第" else f"{n}第{number}条" for n in names
        )

    def _misspelt(self, _: int) -> str:
        return "".join(self._characters(_LAW + _COMMON, self.rng.choice((4, 24, 60))))

    def _pinyin(self, longest: int) -> str:
        size = self.rng.choice((8, 60, longest))
        return (_LETTERS * 60)[self.rng.randrange(40) :][:size]

    def _traditional(self, longest: int) -> str:
        return "".join(self._characters(_TRADITIONAL, self.rng.choice((4, 60, longest))))

    def _odd(self, longest: int) -> str:
        return "".join(self._characters(_ODD + _COMMON, self.rng.choice((5, longest))))

    def _usual(self, _: int) -> str:
        return self.rng.choice(("房东不退押金怎么办", "民法典1043条", '"人民调解" -仲裁', ""))

    _QUERIES = (
        *(_phrases, _phrases, _exclusions, _exclusions, _both, _both),
        *(_sentence, _words, _repeated, _cited, _misspelt, _pinyin, _traditional, _odd, _usual),
    )


def _url(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    query = urlencode(pairs, errors="replace")
    return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and its answer. seconds: of the clock; processor: of this process meanwhile."""

    url: str
    status: int
    size: int
    seconds: float
    processor: float


async def ask(app: App, url: str, host: str = "127.0.0.1") -> Asked:
    """The answer of an ASGI application, without a network in between."""
    path, _, query = url.partition("?")
    headers = [(b"host", host.encode()), (b"accept-encoding", b"gzip")]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    status = size = 0

    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()  # the asker stays until it has its answer
        return messages.pop()

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, size
        status = message.get("status", status)
        size += len(message.get("body", b""))

    began, used = time.perf_counter(), time.process_time()
    await app(scope, receive, send)
    took, used = time.perf_counter() - began, time.process_time() - used
    return Asked(url, status, size, took, used)


def worst(asked: Sequence[Asked], count: int) -> list[Asked]:
    return sorted(asked, key=lambda a: -a.processor)[:count]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--count", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument(
        "--door", choices=[n for n in vars(Composer) if n[0] != "_" and n != "query"]
    )
    args = parser.parse_args()
    knowledge = KnowledgeBase.open(args.data_dir)
    knowledge.warm()
    app = create_app(knowledge, Settings(data_dir=args.data_dir))
    composer = Composer(Known.of(knowledge), args.seed)
    urls = (getattr(composer, args.door)() for _ in iter(int, 1)) if args.door else iter(composer)
    asked: list[Asked] = []

    async def run() -> None:
        for _ in range(args.count):
            url = next(urls)
            if len(url) < 60_000:  # the server takes no longer heads
                asked.append(await ask(app, url))

    asyncio.run(run())
    figures = {
        "seed": args.seed,
        "passages": sum(d.passages for d in knowledge.documents(Audience.PUBLIC)),
        "load_average": os.getloadavg()[0],
        "requests": len(asked),
        "statuses": dict(sorted(Counter(str(a.status) for a in asked).items())),
        "seconds_max": round(max(a.seconds for a in asked), 3),
        "processor_seconds_max": round(max(a.processor for a in asked), 3),
        "worst": [
            {
                "processor_s": round(a.processor, 3),
                "seconds": round(a.seconds, 3),
                "bytes": a.size,
                "address": unquote(a.url)[:400],
            }
            for a in worst(asked, args.worst)
        ],
    }
    knowledge.close()
    save("addresses", figures)


if __name__ == "__main__":
    main()
