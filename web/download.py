"""Document downloads as plain text and .docx, each with its source, date and status."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb import addresses
from kb.knowledge.base import Published
from web import docx, errors, reading, result_view
from web.docx import Paragraph
from web.site import Site, base_of, site_of, visitor_of

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MAX_NAME = 80
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|\t\r\n', " "))


def text(request: Request) -> Response:
    return _answer(request, "txt")


def word(request: Request) -> Response:
    return _answer(request, "docx")


def _answer(request: Request, form: str) -> Response:
    site, audience = site_of(request), visitor_of(request).audience
    published = site.knowledge.document(request.path_params["id"], audience)
    if published is None:
        return errors.page(request, 404)
    written = list(paragraphs(site, published, base_of(request)))
    title = published.info.title
    if form == "docx":
        body, media_type = docx.write(title, written), _DOCX
    else:
        body, media_type = plain(written).encode(), "text/plain; charset=utf-8"
    name = " ".join(title.translate(_NOT_IN_NAMES).split())[:_MAX_NAME] or published.info.id
    disposition = (
        f'attachment; filename="{published.info.id}.{form}"; '
        f"filename*=UTF-8''{quote(name, safe='')}.{form}"
    )
    return Response(body, media_type=media_type, headers={"Content-Disposition": disposition})


def paragraphs(site: Site, published: Published, base: str) -> Iterator[Paragraph]:
    """The whole document in reading order, its metadata after the title."""
    info, texts = published.info, site.texts
    yield Paragraph(info.title, -1)
    facts = [info.kind.value, *([info.status_words] if info.status else [])]
    yield Paragraph(texts("api.semicolon").join([*facts, *result_view.meta(info, texts)]))
    if info.status_note:
        yield Paragraph(info.status_note)
    headings = [h for h in reading.outline(published.document).headings if not h.question]
    following = iter(headings)
    heading = next(following, None)
    for at, passage in enumerate(published.document.passages):
        while heading is not None and heading.at <= at:
            yield Paragraph(heading.text, min(heading.level, docx.HEADINGS))
            heading = next(following, None)
        first, *others = [p for p in passage.text.split("\n") if p.strip()] or [""]
        yield Paragraph(first, 0, passage.label)
        for line in others:
            yield Paragraph(line)
    address = base + addresses.document(info)
    today = result_view.day(date.today(), texts)
    yield Paragraph(texts("download.source", site=site.settings.site_name, url=address, date=today))
    yield Paragraph(texts("site.footer_note"))


def plain(written: list[Paragraph]) -> str:
    """A blank line around titles and headings; a label precedes its text."""
    out = []
    for p in written:
        line = f"{p.label}\u3000{p.text}" if p.label and p.text else p.label or p.text
        out.append(f"{line}\n" if p.level <= 0 else f"\n{line}\n")
        if p.level:
            out.append("\n")
    return "".join(out)


ROUTES = [Route("/doc/{id}/text.txt", text), Route("/doc/{id}/text.docx", word)]
