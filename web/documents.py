"""The page of a document: metadata, contents, text by part or whole, search matches."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb import addresses
from kb.documents import STATUTE_KINDS, Audience, Kind, Passage, Status
from kb.index.document_info import DocumentInfo
from kb.knowledge.base import Published
from kb.search import results
from web import address, citing, errors, linked, reading, result_view
from web.address import with_parameters
from web.site import Site, site_of, visitor_of

_CITING = frozenset(
    {Kind.GUIDE, Kind.QUESTION_ANSWER, Kind.CASE, Kind.PUBLICITY_MATERIAL, *STATUTE_KINDS}
)
"""Kinds whose cited articles become links."""

_RESTRICTED = "可见范围 内部："
"""Prefix of the note that says why a document is for staff (`indexer.metadata.describe`)."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of a work, the main one first, each with its address.

    current: the address of the one in force, or empty.
    """

    all: tuple[tuple[DocumentInfo, str], ...]
    current: str


def document(request: Request) -> Response:
    site, audience = site_of(request), visitor_of(request).audience
    published = site.knowledge.document(request.path_params["id"], audience)
    if published is None:
        return errors.page(request, 404)
    return page(request, published, addresses.by_id(published.info.id))


def page(request: Request, published: Published, base: str) -> Response:
    """The page of a document at the address `base`."""
    site, audience = site_of(request), visitor_of(request).audience
    info, text = published.info, published.document
    q, terms = asked_for(request)
    shape = reading.outline(text)
    part = _part(request, text.passages, shape)
    start, end = (part.start, part.end) if part else (0, len(text.passages))
    version = info.law_version
    cites = citing.citing(site, info, text, audience) if info.kind in _CITING else None
    views = [
        reading.passage_view(
            info,
            p,
            version=version,
            terms=terms,
            citing=cites,
            before=text.passages[at - 1] if at else None,
        )
        for at, p in enumerate(text.passages[start:end], start)
    ]
    number = str(part.number) if part and part.number > 1 else ""
    alike = [
        (a, result_view.difference(a, info, site.texts))
        for a in site.knowledge.alike(info, audience)
    ]
    return site.render(
        request,
        "document.html",
        info=info,
        document=text,
        name=info.work or info.title,
        restricted=next((n for n in text.notes if n.startswith(_RESTRICTED)), ""),
        note=reading.law_links(info.status_note, site.law_names(audience)),
        above=_above(site, info),
        guide=info.kind is Kind.GUIDE,
        base=base,
        canonical=with_parameters(addresses.document(info), ("part", number)),
        blocks=reading.blocks(shape.headings, start, views),
        contents=reading.contents(shape, base, part),
        parts=shape.parts if part else (),
        part=part,
        whole=part is None and len(shape.parts) > 1,
        found=reading.found(text, terms, shape=shape, base=base, shown=part, q=q)
        if terms
        else None,
        q=q,
        versions=versions(site, info, audience),
        articles=sum(1 for p in text.passages if p.article) if version is not None else 0,
        version=version,
        alike=[result_view.Link(a.info.title, addresses.document(a.info), d) for a, d in alike],
        sources=site.knowledge.sources(info, audience),
        similar=[s for s in site.similar(info, audience) if s.info.id not in info.alike],
        linked=linked.of(info, text, site.settings.base_url + addresses.document(info)),
    )


def _above(site: Site, info: DocumentInfo) -> tuple[result_view.Link, ...]:
    """The link to documents of the kind: the guides of the situation, or a search."""
    if info.kind is Kind.GUIDE:
        guides = result_view.Link(site.texts("guides.title"), addresses.guides())
        if not info.situation or not addresses.is_step(info.situation):
            return (guides,)
        return guides, result_view.Link(info.situation, addresses.guides(info.situation))
    kind = info.kind.value
    return (result_view.Link(kind, address.Address().toggled("kind", kind).url()),)


def asked_for(request: Request) -> tuple[str, reading.Terms]:
    """The query a reader comes from, and the words that the search adds for it."""
    q = address.clean(request.query_params.get("q", ""))[: address.MAX_QUERY]
    if not q:
        return "", ()
    asked = results.Request(q, audience=visitor_of(request).audience, size=1)
    return q, site_of(request).knowledge.terms(asked)


def versions(site: Site, info: DocumentInfo, audience: Audience, key: str = "") -> Versions:
    """key: of an article, to list its addresses instead of the laws'."""
    if not info.work or not addresses.is_step(info.work):
        return Versions((), "")
    out: list[tuple[DocumentInfo, str]] = []
    current = ""
    for other in site.knowledge.versions(info.work, audience):
        version = other.law_version
        if key and version is not None:
            out.append((other, addresses.article(other.work, key, version)))
        else:
            out.append((other, addresses.document(other)))
        if other.status is Status.IN_FORCE and not current:
            current = out[-1][1]
    return Versions(tuple(out), current)


def _part(
    request: Request, passages: tuple[Passage, ...], shape: reading.Outline
) -> reading.Part | None:
    """The part to show: by a passage's anchor or by number; None for the whole."""
    if len(shape.parts) < 2 or request.query_params.get("all") == "1":
        return None
    anchor = request.query_params.get("at", "")
    if anchor:
        for at, passage in enumerate(passages):
            if passage.anchor == anchor:
                return shape.part_at(at)
    number = request.query_params.get("part", "")
    asked = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    return shape.parts[min(max(asked, 1), len(shape.parts)) - 1]


ROUTES = [Route("/doc/{id}", document)]
