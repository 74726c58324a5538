"""The pages of laws: by name, and one article of them; alternatives if the requested one is missing."""

import unicodedata
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kb import addresses, articlenotes
from kb.citations import cite
from kb.documents import ArticleNumber, Passage
from kb.index.document_info import DocumentInfo
from kb.knowledge.base import Published
from kb.lawnames import Alias
from kb.search.lawbook import last_of, place_of
from web import address, documents, errors, linked, reading, result_view
from web.address import with_parameters
from web.site import Site, site_of, visitor_of

VERSIONS_SEARCHED = 12
"""Older versions searched for an article that the current one lacks."""

NEAR = 3
"""Articles suggested if the requested one is missing."""

CHAPTER = 60
"""Articles listed around one, in chapters that have more."""

MAX_ARTICLE = 40


def law(request: Request) -> Response:
    site = site_of(request)
    name = request.path_params["name"]
    version = request.query_params.get("version", "")
    asked = address.clean(request.query_params.get("article", ""))[:MAX_ARTICLE]
    if asked:
        number = _number(asked)
        key = number.key if number else asked.replace("/", " ")
        return RedirectResponse(addresses.article(name, key, version[:20]), 303)
    found = _find(site, request, name, version)
    if isinstance(found, Response):
        return found
    if found.info.law_version is None:
        return _elsewhere(found)
    return documents.page(request, found, addresses.law(found.info.work, version))


def article(request: Request) -> Response:
    site, audience = site_of(request), visitor_of(request).audience
    version = request.query_params.get("version", "")
    found = _find(site, request, request.path_params["name"], version)
    if isinstance(found, Response):
        return found
    text = address.clean(request.path_params["article"])[:MAX_ARTICLE]
    number = _number(text)
    info, passages = found.info, found.document.passages
    at = place_of(found.document, number) if number else None
    if found.info.law_version is None:
        return _elsewhere(found, at)
    if at is None:
        if number and (other := _namesake(site, request, number)):
            return RedirectResponse(other, 303)
        return _no_article(request, found, number=number, text=text, version=version)
    passage, name = passages[at], result_view.law_name(info)
    if not passage.article:
        # An item of an amendment is shown within the text and has no page of its own.
        return RedirectResponse(f"{addresses.law(info.work, version)}#{passage.anchor}", 303)
    shape, base = reading.outline(found.document), addresses.law(info.work, version)
    articles = [i for i, p in enumerate(passages) if p.article]
    chapter = [i for i in articles if passages[i].path == passage.path]
    order = articles.index(at)
    q, terms = documents.asked_for(request)

    def place(index: int) -> result_view.Link:
        other = passages[index]
        url = addresses.article(info.work, other.article, version)
        heading = articlenotes.heading(info.work, other.text)
        return result_view.Link(other.label, url, reading.opening(other.text), index == at, heading)

    canonical = addresses.article(info.work, passage.article, info.law_version or "")
    return site.render(
        request,
        "article.html",
        info=info,
        name=name,
        note=reading.law_links(info.status_note, site.law_names(audience)),
        passage=reading.passage_view(info, passage, version=version, terms=terms),
        crumbs=_crumbs(shape, base, at, passage),
        canonical=canonical,
        linked=linked.legislation(
            info, site.settings.base_url + canonical, part=passage.label, text=passage.text
        ),
        cites=tuple(
            dict.fromkeys((reading.citation(name, passage), cite(info.title, passage.label)))
        ),
        previous=place(articles[order - 1]) if order else None,
        next=place(articles[order + 1]) if order + 1 < len(articles) else None,
        around=[place(i) for i in _window(chapter, at)],
        base=base,
        in_text=_in_text(shape, base, at, passage.anchor),
        versions=documents.versions(site, info, audience, passage.article),
        total=len(articles),
        version=version,
        q=q,
    )


def _elsewhere(found: Published, at: int | None = None) -> Response:
    """To a law that has no address by its own name, though a short one leads to it."""
    anchor = "" if at is None else found.document.passages[at].anchor
    url = addresses.document(found.info, anchor)
    return RedirectResponse(with_parameters(url, ("at", anchor)), 303)


def _find(site: Site, request: Request, name: str, version: str) -> Published | Response:
    """The requested law, or a page that says why it is missing and what is available."""
    audience = visitor_of(request).audience
    alias = site.law_names(audience).resolve(name)
    if alias and alias.note:
        return _repealed(site, request, alias)
    found = site.knowledge.law(name, audience, _date(version) if version else None)
    if found is not None:
        return found
    other = site.knowledge.law(name, audience) if version else None
    if other is None:
        return errors.page(request, 404)
    return errors.page(
        request,
        404,
        "no_article.html",
        heading=site.texts(
            "error.no_version", law=result_view.law_name(other.info), version=version[:20]
        ),
        lead=site.texts("error.no_version_list"),
        links=[
            result_view.Link(result_view.version_name(i, site.texts), url)
            for i, url in documents.versions(site, other.info, audience).all
        ],
        info=other.info,
        base=addresses.document(other.info),
        form=False,
    )


def _repealed(site: Site, request: Request, alias: Alias) -> Response:
    """The card of an older law that is not in the base: its end date and its successor. Its articles
    are gone, so the status is 410: no article of another law is what was requested."""
    audience = visitor_of(request).audience
    texts = site.texts
    asked = address.clean(request.path_params.get("article", ""))[:MAX_ARTICLE]
    number = _number(asked) if asked else None
    found = site.knowledge.law(alias.work, audience)
    links: list[result_view.Link] = []
    if found is not None:
        name, base = result_view.law_name(found.info), addresses.document(found.info)
        shape = reading.outline(found.document)
        for part in alias.parts:
            heading = next((h for h in shape.headings if part in h.text), None)
            if heading:
                url = _in_text(shape, base, heading.at, heading.id)
                links.append(
                    result_view.Link(f"{texts('article.law_name', law=name)}{heading.text}", url)
                )
        if not links:
            links.append(result_view.Link(texts("article.law_name", law=name), base))
    return errors.page(
        request,
        410,
        "repealed.html",
        heading=texts("error.repealed", law=alias.name),
        note=alias.note,
        label=number.label if number else "",
        law=alias.work,
        links=links,
    )


def _namesake(site: Site, request: Request, number: ArticleNumber) -> str:
    """The article's address in another work of the same name: there are five 宪法修正案."""
    audience = visitor_of(request).audience
    alias = site.law_names(audience).resolve(request.path_params["name"])
    for work in alias.others if alias else ():
        found = site.knowledge.law(work, audience)
        if found is not None and place_of(found.document, number) is not None:
            return addresses.document(found.info, f"a{number.key}")
    return ""


def _no_article(
    request: Request, found: Published, *, number: ArticleNumber | None, text: str, version: str
) -> Response:
    site = site_of(request)
    info, texts = found.info, site.texts
    numbered = [(p.number, p) for p in found.document.passages if p.number]
    leads: list[str] = []
    links: list[result_view.Link] = []
    # Only a text known to be complete can be said to lack an article.
    end = last_of(found.document)
    none = number is None or (end is not None and number > end)
    if number is None:
        leads.append(texts("error.no_article_form", text=text))
    if numbered:
        first, last = numbered[0][1].label, numbered[-1][1].label
        key = "error.no_article_range" if end else "error.no_article_held"
        leads.append(texts(key, n=len(numbered), first=first, last=last))
    else:
        leads.append(texts("error.no_article_none"))
    if number is not None:
        links = _in_versions(site, request, info, number)
        if links:
            leads.append(texts("error.no_article_versions"))
        elif numbered:
            leads.append(texts("error.no_article_near"))
            ranked = sorted(numbered, key=lambda e: abs(e[0].number - number.number))[:NEAR]
            links = [
                result_view.Link(p.label, addresses.article(info.work, p.article, version))
                for _, p in sorted(ranked, key=lambda e: e[0])
            ]
    return errors.page(
        request,
        404,
        "no_article.html",
        heading=texts(
            "error.no_article" if none else "error.not_held",
            law=result_view.law_name(info),
            label=number.label if number else f"“{text}”",
        ),
        lead="".join(leads),
        links=links,
        info=info,
        base=addresses.law(info.work, version),
        form=bool(numbered),
    )


def _in_versions(
    site: Site, request: Request, info: DocumentInfo, number: ArticleNumber
) -> list[result_view.Link]:
    """Other versions of the work that have the article."""
    audience, out = visitor_of(request).audience, []
    for other in site.knowledge.versions(info.work, audience)[:VERSIONS_SEARCHED]:
        version = other.law_version
        if other.id == info.id or version is None:
            continue
        published = site.knowledge.document(other.id, audience)
        if published and place_of(published.document, number) is not None:
            url = addresses.article(other.work, number.key, version)
            out.append(result_view.Link(result_view.version_name(other, site.texts), url))
    return out


def _number(text: str) -> ArticleNumber | None:
    number = ArticleNumber.parse(unicodedata.normalize("NFKC", text))
    return number if number and number.number < 100_000 and number.sub < 1_000 else None


def _date(text: str) -> date:
    """The date in the address, or one that no version has."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _crumbs(
    shape: reading.Outline, base: str, at: int, passage: Passage
) -> tuple[result_view.Link, ...]:
    """The headings above an article, each linked to its place in the text."""
    above: dict[int, reading.Heading] = {}
    for heading in shape.headings:
        if heading.at > at:
            break
        above[heading.level] = heading
    found = [above[level] for level in range(1, len(passage.path) + 1)]
    return tuple(result_view.Link(h.text, _in_text(shape, base, h.at, h.id)) for h in found)


def _in_text(shape: reading.Outline, base: str, at: int, fragment: str) -> str:
    """The address of passage number `at` in the whole law."""
    number = str(shape.part_at(at).number) if len(shape.parts) > 1 else ""
    return f"{with_parameters(base, ('part', number))}#{fragment}"


def _window(chapter: list[int], at: int) -> list[int]:
    """The chapter's articles; for a very long chapter those around the one shown."""
    place = chapter.index(at)
    start = max(0, min(place - CHAPTER // 2, len(chapter) - CHAPTER))
    return chapter[start : start + CHAPTER]


ROUTES = [
    Route("/law/{name}", law),
    Route("/law/{name}/{article}", article),
]
