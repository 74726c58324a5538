"""What every page needs: the knowledge base, the settings, the texts and the templates."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kb import addresses
from kb.documents import STATUTE_KINDS, Audience
from kb.index.document_info import DocumentInfo
from kb.knowledge.base import KnowledgeBase
from kb.knowledge.similar import Likeness, Similar
from kb.lawnames import LawNames
from kb.queries import QueryLog
from kb.search.results import Understood
from kb.settings import Settings
from web import address, result_view, texts
from web.display import USUAL, Display

HERE = Path(__file__).parent
_QUOTES = '"“”'
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"
SIMILAR = 5
"""Related documents shown beside a document."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The client. name: of the person signed in; csrf: the token that this visitor's forms must carry."""

    audience: Audience
    name: str = ""
    csrf: str = ""
    display: Display = USUAL


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures for an audience. as_of: the date up to which the statutes are known to be complete."""

    documents: int
    passages: int
    as_of: date | None


@dataclass(slots=True)
class Site:
    """One per application. Thread-safe."""

    knowledge: KnowledgeBase
    settings: Settings
    texts: texts.Texts
    stamp: str = ""
    assets: dict[str, str] = field(default_factory=dict)
    sources: dict[tuple[str, Audience], tuple[float, Any]] = field(default_factory=dict)
    queries: QueryLog = field(init=False)
    templates: Environment = field(init=False)
    _overviews: dict[tuple[str, Audience], Overview] = field(default_factory=dict)
    _likeness: dict[tuple[str, Audience], Likeness] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.assets = {p.name: _digest(p) for p in sorted(STATIC.iterdir()) if p.is_file()}
        made_of = [*self.assets.values(), *map(_digest, sorted(TEMPLATES.iterdir()))]
        made_of += [
            _digest(texts.FILE),
            *map(_digest, sorted(HERE.glob("*.py"))),
            # Pages must not show the data directory's path.
            repr(replace(self.settings, data_dir=Path())),
        ]
        self.stamp = hashlib.sha256("".join(made_of).encode()).hexdigest()[:12]
        self.templates = _environment(self)
        self.queries = QueryLog(self.settings.data_dir)

    def asset(self, name: str) -> str:
        """The address of a static file: contains its content hash, so it can be cached."""
        return f"/static/{name}?v={self.assets[name]}"

    def etag(self, visitor: Visitor, base: str) -> str:
        """Identifies the inputs of pages: a page is unchanged while this is. base: as `base_of`."""
        stamp = self.knowledge.edition(visitor.audience).stamp
        parts: tuple[str, ...] = (stamp, date.today().isoformat(), self.stamp)
        parts = (*parts, base, visitor.audience, *visitor.display.words)
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return f'W/"{digest[:20]}"'

    def overview(self, audience: Audience) -> Overview:
        """Counts what this audience may see, nothing else."""
        key = (self.knowledge.edition(audience).stamp, audience)
        if key not in self._overviews:
            infos = self.knowledge.documents(audience)
            known = [i.as_of for i in infos if i.as_of and i.kind in STATUTE_KINDS]
            figures = Overview(
                documents=len(infos),
                passages=sum(i.passages for i in infos),
                as_of=max(known, default=None),
            )
            _keep(self._overviews, key, figures)
        return self._overviews[key]

    def damage(self) -> str:
        """The message to staff about a damaged index, empty if it is intact."""
        missing = self.knowledge.unsearchable(Audience.STAFF)
        if missing:
            return self.texts("site.damaged", n=missing)
        return self.texts("site.stepped_back") if self.knowledge.stepped_back else ""

    def law_names(self, audience: Audience) -> LawNames:
        """The names of the laws that are visible to this audience."""
        return self.knowledge.names(audience)

    def similar(self, info: DocumentInfo, audience: Audience) -> tuple[Similar, ...]:
        """Similar documents, among those that the audience may see."""
        key = (self.knowledge.edition(audience).stamp, audience)
        if key not in self._likeness:
            _keep(self._likeness, key, Likeness(self.knowledge.documents(audience)))
        return self._likeness[key].like(info, SIMILAR)

    def render(
        self, request: Request, template: str, status_code: int = 200, **values: Any
    ) -> HTMLResponse:
        """Renders a page. values: the template's variables; site-wide ones are added."""
        visitor: Visitor = request.scope.get("visitor") or Visitor(Audience.PUBLIC)
        here, query = quote(request.url.path), request.url.query
        html = self.templates.get_template(template).render(
            visitor=visitor,
            display=visitor.display,
            here=request.url.path,
            address=f"{here}?{query}" if query else here,
            **values,
        )
        return HTMLResponse(html, status_code)


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    """Caches a value per key; the cache is cleared when full."""
    if len(kept) >= 4:
        kept.clear()
    kept[key] = value


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


def _environment(site: Site) -> Environment:
    words = site.texts
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(
        t=words,
        site=site.settings,
        asset=site.asset,
        overview=site.overview,
        damage=site.damage,
        addresses=addresses,
        with_parameters=address.with_parameters,
        meta=lambda info: result_view.meta(info, words),
        link=result_view.Link,
        options=lambda choices, label: result_view.options(choices, label, words),
        version_name=lambda info: result_view.version_name(info, words),
        understood_label=lambda item: understood_label(item, words),
    )
    env.filters["quoted"] = lambda text: any(c in text for c in _QUOTES)
    env.filters.update(
        day=lambda value: result_view.day(value, words), status_class=result_view.status_class
    )
    return env


def understood_label(item: Understood, words: texts.Texts) -> str:
    """The label of a term; a type without a label is shown by its value alone."""
    key = f"understood.{item.type}"
    return (
        words("understood.pair", type=words(key), value=item.value)
        if key in words.words
        else item.value
    )


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def base_of(request: Request) -> str:
    """The prefix of absolute addresses: the setting, else scheme and host of the request (checked by
    `web.hosts`). Pages that can use relative paths use the setting only."""
    return site_of(request).settings.base_url or f"{request.url.scheme}://{request.url.netloc}"


def visitor_of(request: Request) -> Visitor:
    visitor: Visitor = request.scope["visitor"]
    return visitor
