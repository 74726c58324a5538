"""Two bases for comparison: one has documents for staff, the other is what it would be without them."""

import http.client
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from lxml import html

from indexer.publish import publish
from kb.documents import Audience, Document, Kind, Passage, PassageKind, TopicMatch, document_id
from kb.library import Library
from kb.library.database import FILE
from kb.progress import Quiet
from tests.conftest import invented

FIRST_SEEN = "2026-11-01T08:00:00+00:00"

NOTICE = "".join(
    f"第{n}项要求：各单位应当按照普法责任清单，在第{n}周组织宣讲并报送材料。" for n in range(1, 40)
)

PUBLIC = (
    *(d for d in invented() if d.audience is Audience.PUBLIC),
    Document(
        document_id("test", "notice", "long"),
        "普法责任清单通知",
        Kind.NORMATIVE_DOCUMENT,
        Audience.PUBLIC,
        (Passage("p1", "", (), NOTICE),),
        issuer="某市司法局",
        region="浙江省",
        published=date(2024, 5, 6),
        year=2024,
    ),
    Document(
        document_id("test", "property"),
        "示范物业条例",
        Kind.LOCAL_REGULATION,
        Audience.PUBLIC,
        (
            Passage("a1", "第一条", (), "物业费按月交纳。", PassageKind.ARTICLE, "1"),
            Passage("a2", "第二条", (), "业主可以查阅账目。", PassageKind.ARTICLE, "2"),
        ),
        work="示范物业条例",
        issuer="示范市人大常委会",
        region="浙江省",
        published=date(2020, 1, 2),
        year=2020,
        topics=(TopicMatch("物业管理", "标题", 1),),
    ),
)


def _staff() -> tuple[Document, ...]:
    by_title = {d.title: d for d in PUBLIC}
    sport = max(
        (d for d in PUBLIC if d.work == "示范体育法"), key=lambda d: d.published or date.min
    )
    fee, property_ = by_title["示范收费办法"], by_title["示范物业条例"]
    guide, notice = by_title["租房退押金指南"], by_title["普法责任清单通知"]
    papers = [
        *(d for d in invented() if d.audience is Audience.STAFF),
        # Versions of public works: a newer one, one of the same day, one without a date.
        replace(sport, id=document_id("s", "new"), published=date(2026, 3, 4), effective=None),
        replace(sport, id=document_id("s", "same"), title="示范体育法（内部核对稿）"),
        replace(property_, id=document_id("s", "undated"), published=None, status=None),
        # One that repeals public ones, of a work that only staff know.
        replace(
            property_,
            id=document_id("s", "repeals"),
            title="玄武考核办法",
            work="玄武考核办法",
            published=date(2026, 2, 1),
            passages=(
                Passage("a1", "第一条", (), "考核以玄武代号计分。", PassageKind.ARTICLE, "1"),
                Passage(
                    "a2",
                    "第二条",
                    (),
                    "本办法自公布之日起施行，《示范民法》、《示范物业条例》同时废止。",
                    PassageKind.ARTICLE,
                    "2",
                ),
            ),
        ),
        # The very text of a public one, and nearly that of another.
        replace(fee, id=document_id("s", "copy")),
        replace(
            notice,
            id=document_id("s", "near"),
            title="普法责任清单（内部）",
            passages=(Passage("p1", "", (), NOTICE + "代号玄武的单位另报。"),),
        ),
        replace(
            guide,
            id=document_id("s", "guide"),
            title="玄武窗口答复口径",
            situation="玄武窗口",
            topics=(TopicMatch("法律援助", "标题", 1),),
            passages=(
                Passage(
                    "p1",
                    "房东扣押金，窗口怎么答复？",
                    (),
                    "按口径答复，押金应当返还。\n依据：《示范民法》第七条",
                    PassageKind.QUESTION,
                ),
            ),
        ),
        # Many passages of common words: they would make these common, frequent, and texts long.
        replace(
            notice,
            id=document_id("s", "many"),
            title="玄武台账",
            issuer="玄武办公室",
            region="北京市",
            year=2026,
            passages=tuple(
                Passage(
                    f"p{n}", "", (), f"押金纠纷台账第{n}号，社区矫正对象谈话，城市照明报修。" * 5
                )
                for n in range(1, 70)
            ),
        ),
    ]
    return tuple(replace(d, audience=Audience.STAFF) for d in papers)


STAFF = _staff()

PROBES = (
    *(
        "押金",
        "房东不退押金怎么办",
        "示范民法第八条",
        '"出租人应当返还押金"',
        "社区矫正",
        "体育设施 开放",
    ),
    *(
        "玄武",
        '"机密代号玄武"',
        "考核以玄武代号计分",
        "玄武考核办法",
        "玄武考核办法第一条",
        "玄武抬账",
    ),
    *(
        "xuanwu",
        "xwkhbf",
        "房东扣押金",
        "城市照明",
        "城市照名",
        "台账",
        "内部核对稿",
        "工作总结 2023",
    ),
    *(
        "某区司法局2023年工作总结",
        "不曾有过的词组",
        "押金 -玄武",
        "zzqqxxyy",
        "示范收费办法",
        "普法责任清单",
    ),
)
"""What is asked: words of public texts, of staff texts alone, misspelt, in pinyin, of none."""


def put(data_dir: Path, documents: Sequence[Document], *, full: bool = False) -> None:
    """Makes these the library's documents and publishes. All were first seen at the same moment."""
    with Library.open(data_dir) as library:
        source = library.put_source("test", "folder", "/papers", "")
        keep = {d.id for d in documents}
        with library.transaction():
            library.mark_gone(source, [id for id, _ in list(library.current()) if id not in keep])
            for d in documents:
                library.put_document(d)
                library.record_item(source, d.id, size=1, mtime_ns=1, sha256="", document_id=d.id)
    with sqlite3.connect(data_dir / FILE) as connection:
        connection.execute("UPDATE documents SET first_seen = ?", (FIRST_SEEN,))
    connection.close()
    with Library.open(data_dir) as library:
        publish(data_dir, library, full=full, workers=1, progress=Quiet())


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def difference(one: Answer, other: Answer) -> str:
    """Where two answers differ first, for people; empty where they don't."""
    if (one.status, one.headers) != (other.status, other.headers):
        return f"{one.status} {set(one.headers) ^ set(other.headers)} {other.status}"
    at = next((i for i, (a, b) in enumerate(zip(one.body, other.body, strict=False)) if a != b), -1)
    at = min(len(one.body), len(other.body)) if at < 0 and one.body != other.body else at
    near = [a.body[max(0, at - 60) : at + 60].decode("utf-8", "replace") for a in (one, other)]
    return "\n".join(near) if at >= 0 else ""


@dataclass
class Visitor:
    """An anonymous reader of a server. since: the moment at which its base was built, blanked out."""

    address: str
    since: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        if path not in self.answers:
            # A connection each: a server closes one that waits for the other base's answers.
            connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
            try:
                # The same name for both: addresses in answers are made from it.
                connection.request("GET", path, headers={"Host": "kb.example"})
                response = connection.getresponse()
                headers = [(k.lower(), v) for k, v in response.getheaders()]
                self.answers[path] = self._settled(response.status, headers, response.read())
            finally:
                connection.close()
        return self.answers[path]

    def _settled(self, status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """Without what differs between any two answers, and is no more than said here."""
        # How long it took, and with it how many digits the body has.
        body, timed = re.subn(rb'"took_ms":[0-9.e-]+|class="soft took">[^<]+', b"TOOK", body)
        # The token of the sign-in form, made for each asker, and its cookie.
        body = re.sub(rb'(name="form" value=")[^"]+', rb"\1", body)
        if self.since:
            body = body.replace(self.since.encode(), b"SINCE")
        left = {"date", "set-cookie"} | ({"content-length"} if timed else set())
        if timed:
            # And whether the body is long enough to be packed.
            headers = [(k, v.replace(", Accept-Encoding", "")) for k, v in headers]
        kept = tuple(sorted((k, v) for k, v in headers if k not in left))
        return Answer(status, kept, body)


def shape(url: str) -> str:
    """Addresses of one shape lead through one door with the same parameters."""
    parts = urlsplit(url)
    steps = parts.path.split("/")
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    last = steps[-1].rpartition(".")[2] if "." in steps[-1] else ""
    return f"{'/'.join(steps[1:2])} {len(steps)} {last} {' '.join(names)}"


def links(url: str, answer: Answer, probes: Sequence[str]) -> Iterator[str]:
    """Where an answer leads: links, forms filled with the probes, addresses in XML, JSON and CSV."""
    kind = dict(answer.headers).get("content-type", "")
    found: list[str] = []
    if "html" in kind:
        # By lxml alone: a crawl reads thousands of pages, and BeautifulSoup takes ten times as long.
        page: Any = html.document_fromstring(answer.body, parser=html.HTMLParser(encoding="utf-8"))
        found += [str(t.get(name)) for name in ("href", "src") for t in page.xpath(f"//*[@{name}]")]
        for form in page.iter("form"):
            if form.get("method", "get").lower() == "get":
                found += filled(form.get("action", url), form, probes)
    elif any(k in kind for k in ("xml", "json", "csv", "plain")):
        text = answer.body.decode("utf-8", "replace")
        end = "," if "csv" in kind else ""
        found += re.findall(rf"http://kb\.example(/[^\s\"'<>\\{end}]*)", text)
        found += re.findall(r'"(/[^\s"\\{}]+)"', text)
        templates = re.findall(r'template="http://kb\.example([^"]+)"', text)
        found += [t.replace("{searchTerms}", quote(q)) for t in templates for q in probes]
    for link in found:
        whole = urljoin(f"http://kb.example{url}", link.replace("&amp;", "&"))
        parts = urlsplit(whole)
        if parts.netloc == "kb.example" and "{" not in whole:
            path = quote(unquote(parts.path))
            query = quote(parts.query, safe="=&%+/:@,;!'()*-._~")
            yield f"{path}?{query}" if query else path


def filled(action: str, form: Any, probes: Sequence[str]) -> Iterator[str]:
    fields: list[tuple[str, str]] = []
    typed = ""
    for tag in form.iter("input", "select"):
        name, type_ = tag.get("name"), tag.get("type", "text")
        if not name or type_ == "submit":
            continue
        if tag.tag == "input" and type_ in ("text", "search"):
            typed = typed or str(name)
        elif type_ == "hidden":
            fields.append((str(name), str(tag.get("value", ""))))
    for probe in probes if typed else ("",):
        given = [(typed, probe)] if typed else []
        yield f"{action.partition('?')[0]}?{urlencode([*given, *fields])}"


def described(
    openapi: dict[str, dict[str, dict[str, dict[str, list[dict[str, object]]]]]],
) -> Iterator[str]:
    """Every door of the API with each probe and each value of each parameter that has a list of them."""
    for path, methods in openapi["paths"].items():
        parameters = methods.get("get", {}).get("parameters", [])
        names = {str(p["name"]) for p in parameters}
        if "q" not in names:
            continue
        for probe in PROBES:
            yield f"{path}?{urlencode({'q': probe})}"
            for more in ({"group": "none"}, {"sort": "date"}, {"verbatim": "true"}, {"page": "2"}):
                if set(more) <= names:
                    yield f"{path}?{urlencode({'q': probe, 'size': '3', **more})}"


def crawl(visitor: Visitor, seeds: Sequence[str], most: int) -> list[str]:
    """Every address that can be reached from the seeds, `most` of a shape."""
    counts: Counter[str] = Counter()
    waiting, seen = list(seeds), set(seeds)
    visited = []
    while waiting:
        url = waiting.pop(0)
        visited.append(url)
        for link in links(url, visitor.get(url), PROBES):
            if link not in seen and counts[shape(link)] < most:
                counts[shape(link)] += 1
                seen.add(link)
                waiting.append(link)
    return visited
