"""The JSON API, version 1. Its models define the responses; a test checks responses against them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BeforeValidator, Field

from kb import addresses, articlenotes
from kb.documents import Passage
from kb.index.document_info import DocumentInfo
from kb.search import results
from kb.search.query import MAX_LENGTH
from kb.search.results import Filters, Hit, PassageHit
from web import address, errors, reference, result_view
from web.answers import (
    AlikeModel,
    DocumentModel,
    ErrorModel,
    EvidenceModel,
    ExpandedModel,
    FacetValueModel,
    HitModel,
    NoticeModel,
    OriginModel,
    PassageHitModel,
    PassageModel,
    SearchModel,
    SuggestionModel,
    SuggestModel,
    UnderstoodModel,
)
from web.heavy import Heavy
from web.site import site_of, visitor_of

MAX_SIZE = 100
SUGGESTIONS = 8


class Sort(StrEnum):
    RELEVANCE = "relevance"
    DATE = "date"


class Group(StrEnum):
    DOCUMENT = "document"
    NONE = "none"


_INVALID: dict[int | str, dict[str, Any]] = {422: {"model": ErrorModel, "description": "参数有误"}}
_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": ErrorModel, "description": "没有找到"}}

router = APIRouter(prefix="/api/v1")

Value = Annotated[str, Field(max_length=address.MAX_VALUE)]
Values = Annotated[list[Value], Query(max_length=address.MAX_VALUES)]
# A form sends an empty field if nothing was chosen.
Day = Annotated[date | None, BeforeValidator(lambda value: value or None)]
Words = Annotated[str, Query(max_length=MAX_LENGTH)]


@router.get("/search", summary="搜索", response_model=SearchModel, responses=_INVALID)
async def search(
    request: Request,
    *,
    q: Annotated[Words, Query(description="查询内容")] = "",
    kind: Annotated[Values, Query(description="类别，如 法律")] = [],  # noqa: B006
    topic: Annotated[Values, Query(description="主题，如 社区矫正")] = [],  # noqa: B006
    year: Annotated[Values, Query(description="年份，如 2023")] = [],  # noqa: B006
    region: Annotated[Values, Query(description="地区")] = [],  # noqa: B006
    status: Annotated[Values, Query(description="时效性，如 现行有效")] = [],  # noqa: B006
    issuer: Annotated[Values, Query(description="制定机关")] = [],  # noqa: B006
    date_from: Annotated[Day, Query(alias="from", description="公布日期不早于")] = None,
    date_to: Annotated[Day, Query(alias="to", description="公布日期不晚于")] = None,
    sort: Annotated[Sort, Query(description="排序")] = Sort.RELEVANCE,
    group: Annotated[Group, Query(description="document 按文件分组，none 不分组")] = Group.DOCUMENT,
    page: Annotated[int, Query(ge=1, le=address.MAX_PAGE, description="页码")] = 1,
    size: Annotated[int, Query(ge=1, le=MAX_SIZE, description="每页条数")] = 10,
    verbatim: Annotated[bool, Query(description="只搜原词")] = False,
    drop: Annotated[Values, Query(description="要取消的理解项，值为其 id")] = [],  # noqa: B006
) -> SearchModel | Response:
    asked = results.Request(
        query=address.clean(q),
        filters=Filters(
            kind=_clean(kind),
            topic=_clean(topic),
            year=_clean(year),
            region=_clean(region),
            status=_clean(status),
            issuer=_clean(issuer),
            date_from=date_from,
            date_to=date_to,
        ),
        audience=visitor_of(request).audience,
        sort=sort,
        group=group,
        page=page,
        size=size,
        verbatim=verbatim,
        dropped=_clean(drop),
    )
    heavy: Heavy = request.app.state.heavy
    return await heavy.run(request, asked.query, lambda: _search(request, asked))


def _search(request: Request, asked: results.Request) -> SearchModel:
    found = site_of(request).knowledge.search(asked)
    return SearchModel(
        query=asked.query,
        understood=[
            UnderstoodModel(id=u.id, type=u.type, text=u.text, value=u.value, effect=u.effect)
            for u in found.understood
        ],
        expanded=[ExpandedModel(word=e.word, terms=list(e.terms)) for e in found.expanded],
        total=found.total,
        took_ms=round(found.took_ms, 2),
        hits=[_hit(hit) for hit in found.hits if hit.passages],
        facets={
            name: [
                FacetValueModel(value=v.value, count=v.count, selected=v.selected) for v in values
            ]
            for name, values in found.facets.items()
        },
        suggestion=found.suggestion,
        notices=[NoticeModel(code=n.code, text=n.text) for n in found.notices],
        relaxed=found.relaxed,
    )


@router.get(
    "/documents/{id}", summary="文件", response_model=DocumentModel, responses=_MISSING | _INVALID
)
def document(request: Request, id: str) -> DocumentModel | JSONResponse:
    site, audience = site_of(request), visitor_of(request).audience
    published = site.knowledge.document(id, audience)
    if published is None:
        return errors.problem(request, 404)
    info = published.info
    return DocumentModel(
        **{name: getattr(info, name) for name in _PLAIN},
        year=info.year or None,
        status_text=info.status_words,
        status_confirmed=info.confirmed,
        evidence=[EvidenceModel(kind=e.kind, text=e.text, as_of=e.as_of) for e in info.evidence],
        topics=list(info.topics),
        url=addresses.document(info),
        alike=[
            AlikeModel(
                id=a.info.id,
                title=a.info.title,
                issuer=a.info.issuer,
                published=a.info.published,
                length=a.info.length,
                url=addresses.document(a.info),
            )
            for a in site.knowledge.alike(info, audience)
        ],
        sources=[
            OriginModel(source=o.source, place=o.place, url=o.url)
            for o in site.knowledge.sources(info, audience)
        ],
        passages=[_passage(info, p) for p in published.document.passages],
    )


@router.get("/suggest", summary="搜索建议", response_model=SuggestModel, responses=_INVALID)
async def suggest(
    request: Request,
    q: Annotated[Words, Query(description="已输入的文字")] = "",
    size: Annotated[int, Query(ge=1, le=20, description="最多条数")] = SUGGESTIONS,
) -> SuggestModel:
    query = address.clean(q)
    site, audience = site_of(request), visitor_of(request).audience
    found = site.knowledge.suggest(query, audience, size) if query else ()
    return SuggestModel(
        query=query,
        suggestions=[
            SuggestionModel(text=s.text, kind=f"{s.kind} {s.note}".strip(), url=s.url)
            for s in found
        ],
    )


@router.get("/openapi.json", summary="OpenAPI 文件", response_class=JSONResponse)
def openapi(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


@router.get("/docs", summary="接口说明", response_class=HTMLResponse)
def docs(request: Request) -> HTMLResponse:
    site = site_of(request)
    described = reference.describe(request.app.openapi(), site.texts)
    return site.render(request, "reference.html", described=described)


_PLAIN = (
    *("id", "version", "title", "kind", "work", "issuer", "region", "number", "published"),
    *("effective", "expires", "status", "status_note", "status_as_of"),
    *("situation", "checked", "as_of"),
)


def _clean(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for v in map(address.clean, values) if v))


def _passage_hit(info: DocumentInfo, hit: PassageHit) -> dict[str, Any]:
    return {
        "id": hit.id,
        "label": hit.label,
        "heading": hit.heading,
        "path": list(hit.path),
        "snippet": str(result_view.highlight(hit.snippet)),
        "url": result_view.passage_url(info, hit),
        "score": round(hit.score, 4),
    }


def _hit(hit: Hit) -> HitModel:
    info = hit.document
    best, *others = (_passage_hit(info, p) for p in hit.passages)
    return HitModel(
        **best,
        document_id=info.id,
        title=info.title,
        kind=info.kind,
        year=info.year or None,
        region=info.region,
        issuer=info.issuer,
        status=info.status,
        status_text=info.status_words,
        status_as_of=info.status_as_of,
        status_confirmed=info.confirmed,
        status_note=info.status_note,
        topics=list(info.topics),
        passages=[PassageHitModel(**p) for p in others],
        more=hit.more,
    )


def _passage(info: DocumentInfo, passage: Passage) -> PassageModel:
    note = articlenotes.find(info.work, passage.text) if passage.article else None
    return PassageModel(
        anchor=passage.anchor,
        label=passage.label,
        heading=note.heading if note else "",
        questions=list(note.questions) if note else [],
        path=list(passage.path),
        text=passage.text,
        kind=passage.kind,
        article=passage.article,
        url=address.with_parameters(
            addresses.by_id(info.id, passage.anchor), ("at", passage.anchor)
        ),
    )
