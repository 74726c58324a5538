"""kb search: the site's search, for the terminal and for scripts."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from kb import settings
from kb.documents import Audience
from kb.index.document_info import FACETS
from kb.knowledge.base import KnowledgeBase
from kb.search.results import SORTS, Filters, Hit, Marked, Request, SearchResult
from kb.terminal import plain, say_json

_NAMES = {
    "kind": "类别",
    "topic": "主题",
    "year": "年份",
    "region": "地区",
    "status": "时效性",
    "issuer": "制定机关",
}


def _filters(command: Any) -> Any:
    for facet in reversed(FACETS):
        command = click.option(
            f"--{facet}", multiple=True, help=f"只要这个{_NAMES[facet]}的，可重复。"
        )(command)
    return command


@click.command()
@click.argument("query")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件。")
@click.option("--limit", default=10, type=click.IntRange(1, 1000), help="最多显示几条。")
@click.option(
    "--group",
    default="document",
    type=click.Choice(["none", "document"]),
    help="按文档归并或逐段。",
)
@click.option("--sort", default="relevance", type=click.Choice(SORTS), help="按相关度或日期。")
@click.option("--from", "date_from", type=click.DateTime(["%Y-%m-%d"]), help="公布日期不早于。")
@click.option("--to", "date_to", type=click.DateTime(["%Y-%m-%d"]), help="公布日期不晚于。")
@click.option("--verbatim", is_flag=True, help="只查所写的词，不作理解和扩展。")
@click.option("--public", is_flag=True, help="只查公众可见的资料。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
@_filters
def search(
    query: str,
    data_dir: Path | None,
    config: Path | None,
    limit: int,
    group: str,
    sort: str,
    date_from: Any,
    date_to: Any,
    verbatim: bool,
    public: bool,
    as_json: bool,
    **chosen: tuple[str, ...],
) -> None:
    """在知识库中检索 QUERY。"""
    values = settings.load(config, data_dir=data_dir)
    audience = Audience.PUBLIC if public else Audience.STAFF
    knowledge = KnowledgeBase.open(values.data_dir, audience, values.status_months)
    try:
        result = knowledge.search(
            Request(
                query=query,
                filters=Filters(
                    **chosen,
                    date_from=_day(date_from),
                    date_to=_day(date_to),
                ),
                audience=audience,
                sort=sort,
                group=group,
                size=limit,
                verbatim=verbatim,
            )
        )
    finally:
        knowledge.close()
    if as_json:
        say_json(as_data(result))
    else:
        click.echo(_text(result))


def _day(value: Any) -> date | None:
    return value.date() if value else None


def as_data(result: SearchResult) -> dict[str, Any]:
    """The result as plain data; snippets are plain text with spans [start, end]."""
    return {
        "query": result.request.query,
        "understood": [
            {"type": u.type, "text": u.text, "value": u.value, "effect": u.effect}
            for u in result.understood
        ],
        "expanded": [{"word": e.word, "terms": list(e.terms)} for e in result.expanded],
        "notices": [{"code": n.code, "text": n.text} for n in result.notices],
        "total": result.total,
        "took_ms": result.took_ms,
        "hits": [_hit(h) for h in result.hits],
        "facets": {f: {v.value: v.count for v in values} for f, values in result.facets.items()},
        "suggestion": result.suggestion,
    }


def _hit(hit: Hit) -> dict[str, Any]:
    d = hit.document
    return {
        "document_id": d.id,
        "title": d.title,
        "kind": d.kind.value,
        "year": d.year,
        "region": d.region,
        "issuer": d.issuer,
        "status": d.status.value if d.status else "",
        "status_text": d.status_words,
        "status_as_of": d.status_as_of.isoformat() if d.status_as_of else "",
        "status_confirmed": d.confirmed,
        "status_note": d.status_note,
        "topics": list(d.topics),
        "score": hit.score,
        "more": hit.more,
        "passages": [
            {
                "id": p.id,
                "label": p.label,
                "path": list(p.path),
                "snippet": p.snippet.text,
                "spans": [[s.start, s.end] for s in p.snippet.spans],
                "url": p.url,
                "score": p.score,
            }
            for p in hit.passages
        ],
    }


def _text(result: SearchResult) -> str:
    """Terminal output: its only control characters are the highlights."""
    out = [f"共 {result.total} 条，用时 {result.took_ms:.1f} 毫秒"]
    if result.understood:
        read = "，".join(f"{u.text}＝{u.value}（{u.effect}）" for u in result.understood)
        out.append(plain(f"已理解为：{read}"))
    for e in result.expanded:
        out.append(plain(f"同时查找：{e.word} → {'、'.join(e.terms)}"))
    out += [plain(n.text) for n in result.notices]
    for place, hit in enumerate(result.hits, 1):
        d = hit.document
        about = "　".join(
            str(v) for v in (d.kind, d.status_words, d.published or d.year or "") if v
        )
        out.append(f"\n{place}. {_marked(hit.title)}　{plain(about)}")
        for p in hit.passages:
            where = " › ".join([*p.path, p.label] if p.label else p.path)
            out.append(f"   {plain(where)}\n   {_marked(p.snippet)}\n   {plain(p.url)}")
        if hit.more:
            out.append(f"   另有 {hit.more} 段相符")
    return "\n".join(out)


def _marked(marked: Marked) -> str:
    out, at, text = "", 0, plain(marked.text)
    for span in marked.spans:
        out += text[at : span.start]
        out += click.style(text[span.start : span.end], bold=True, fg="red")
        at = span.end
    return out + text[at:]
