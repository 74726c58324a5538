"""Web pages to blocks: the page's metadata and its main text, without page furniture."""

import re
import warnings
from typing import Final

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PageElement, Tag

from indexer.extract import html_layout, selectors
from indexer.extract.tidy import tidy
from kb.documents import Block, Extracted
from kb.errors import UnreadableError

MAX_TAGS: Final = 150_000
"""Tags in one page; the parser takes about 10 s and 500 MB for a million."""

MAX_DEPTH: Final = 3_000
"""Maximum depth of open elements. Browsers stop at 512; old pages leave many a <font> open."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
# Void elements, or those whose end tag is optional: they don't nest.
_UNNESTED: Final = frozenset({
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
    "option", "p", "param", "script", "source", "style", "tbody", "td", "th", "thead", "tr", "wbr",
})  # fmt: skip
_PAGE = re.compile(r"<(?:!doctype html|html[\s>]|head[\s>]|body[\s>]|meta\s)", re.IGNORECASE)
_MARKUP = re.compile(
    r"<(?:p|div|br|table|tr|td|span|h[1-6]|ul|li|font|strong|a)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_XML_HEAD = re.compile(r"\s{0,100}<\?xml[^<>]{0,300}\?>")
_DATA_URI = re.compile(r"data:[a-z]{1,20}/[\w.+\-]{1,40};base64,[A-Za-z0-9+/=\s]{64,}")
_HIDDEN = re.compile(r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden", re.IGNORECASE)
_LABEL = re.compile(
    r"\s{0,99}[【\[]?[\u4e00-\u9fff][\u4e00-\u9fff \u3000]{1,11}(?:[】\]：:]|\s{0,99}$)"
)
_LABELLED_TEXT = re.compile(
    r"[【\[]?(?P<label>[\u4e00-\u9fff \u3000]{2,12})[】\]]?\s{0,9}[：:]?[】\]]?\s{0,20}"
    r"(?P<value>(?<=[：:】\]\s])\S.{0,198})?",
    re.DOTALL,
)
_TITLE_PARTS = re.compile(r"[_|｜]|\s[-–—]\s|--|(?<=[\u4e00-\u9fff）》])-(?=[\u4e00-\u9fff])")
_MAX_META: Final = 200
_MAX_LABELLED: Final = 200  # characters of an element searched for a label's value
_MAX_NODES: Final = 24  # … and its nodes, counted on entering and leaving
_MAX_CLIMB: Final = 3  # elements a label may be wrapped in


def sniff(name: str, text: str) -> bool:
    """Whether `text` is a page: it starts like one, or is a fragment made of HTML tags."""
    head = text[:3000].lstrip("\ufeff \t\r\n")
    if head.startswith("<") and _PAGE.search(head):
        return True
    if name.lower().endswith((".md", ".markdown", ".mkd")):
        return False
    if name.lower().endswith((".html", ".htm", ".shtml", ".xhtml")):
        return _MARKUP.search(text[:20_000]) is not None
    return head.startswith("<") and _MARKUP.match(head) is not None


def extract(text: str, encoding: str) -> Extracted:
    """Blocks of the main text; `meta` holds <meta> values and labelled facts (索引号, 发文字号 …).

    Keys are lower case. Blocks have no line. Raises UnreadableError: "too-large" for more than
    `MAX_TAGS` tags, "unsupported" for elements nested deeper than `MAX_DEPTH`.
    """
    text = _DATA_URI.sub("", text.replace("\0", ""))
    text = _XML_HEAD.sub("", text, count=1)
    if text.count("<") > MAX_TAGS:
        raise UnreadableError("too-large", "网页标签过多，请只保存正文部分")
    if _nesting(text) > MAX_DEPTH:
        raise UnreadableError("unsupported", "网页标签嵌套过深，请复制正文另存为 .txt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(text, "lxml")
    known = selectors.load()
    tags = [tag for tag in soup.find_all(True) if isinstance(tag, Tag)]
    meta = _meta(tags)
    _labels(soup, known, meta)
    page = html_layout.Page(
        soup, known, frozenset(id(tag) for tag in tags if _is_furniture(tag, known))
    )
    blocks = tuple(html_layout.blocks(page, html_layout.main_element(page, tags)))
    return Extracted(
        blocks=blocks,
        format="html",
        encoding=encoding,
        title=_title(soup, meta, blocks, known),
        meta=dict(meta),
    )


def _nesting(text: str) -> int:
    """The approximate maximum depth of open elements, computed without building the tree."""
    depth = deepest = 0
    for closing, name in _TAG.findall(text):
        if name.lower() not in _UNNESTED:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _meta(tags: list[Tag]) -> dict[str, str]:
    meta: dict[str, str] = {}
    for tag in tags:
        if tag.name != "meta" or len(meta) > _MAX_META:
            continue
        name = str(tag.get("name") or tag.get("property") or "").strip().lower()
        content = " ".join(str(tag.get("content") or "").split())[:2000]
        if name and content:
            meta.setdefault(name, content)
    return meta


def _labels(soup: BeautifulSoup, known: selectors.Selectors, meta: dict[str, str]) -> None:
    """Adds labelled values of 信息公开 pages, from the same element or the next cell."""
    for node in soup.find_all(string=_LABEL):
        words = _LABELLED_TEXT.fullmatch(tidy(node)) if html_layout.is_text(node) else None
        label = "".join(words["label"].split()) if words else ""
        if words is None or label not in known.labels:
            continue
        value = " ".join((words["value"] or _beside(node)).split())
        if value and "".join(value.rstrip("：:").split()) not in known.labels:
            meta.setdefault(label, value)


def _beside(node: PageElement) -> str:
    """The text that follows a label: after it in its element, or in the next element."""
    element: PageElement | None = node
    for _ in range(_MAX_CLIMB):
        if element is None:
            break
        follower = element.next_sibling
        if isinstance(follower, NavigableString) and not follower.strip():
            follower = follower.next_sibling
        if isinstance(follower, Tag):
            return _short_text(follower)
        if follower is not None:
            return str(follower)[:_MAX_LABELLED]
        element = element.parent
    return ""


def _short_text(tag: Tag) -> str:
    """The text of an element if it is short, else ""; visits a few nodes only."""
    parts: list[str] = []
    size = 0
    for seen, (_, node) in enumerate(html_layout.walk(tag)):
        if seen > _MAX_NODES:
            return ""
        if html_layout.is_text(node):
            parts.append(str(node))
            size += len(parts[-1])
            if size > _MAX_LABELLED:
                return ""
    return tidy("".join(parts))


def _is_furniture(tag: Tag, known: selectors.Selectors) -> bool:
    """Whether an element never contains document text: script, hidden, a menu, share buttons."""
    if tag.name in known.drop_tags:
        return True
    if not tag.attrs or tag.name in {"html", "body"}:
        return False
    element_id, classes = html_layout.names_of(tag)
    if known.rank(element_id, classes) is not None:  # WeChat hides the article until scripts run
        return False
    if tag.has_attr("hidden") or _HIDDEN.search(str(tag.get("style") or "")[:2000]):
        return True
    return any(name.lower() in known.drop_names for name in (*classes, element_id))


_OFFICIAL = re.compile(r".{0,40}关于.{2,120}的[\u4e00-\u9fff]{1,6}")


def _title(
    soup: BeautifulSoup, meta: dict[str, str], blocks: tuple[Block, ...], known: selectors.Selectors
) -> str:
    """The article's title: from the meta tags, else the <title> without the site's name, else h1."""
    if meta.get("articletitle"):
        return meta["articletitle"]
    page_title = _text(soup.title)
    headings = [b.text for b in blocks if b.heading == 1]
    found = [_text(h) for h in soup.find_all("h1", limit=2)]
    if len(found) == 1 and _OFFICIAL.fullmatch(found[0]):
        return found[0]  # <title> often names the column, or is the same on all pages
    headings += found[:1]
    for heading in headings:
        if heading and heading in page_title:
            return heading
    parts = [part.strip() for part in _TITLE_PARTS.split(page_title) if part.strip()]
    while len(parts) > 1 and parts[-1].endswith(known.site_endings):
        parts.pop()
    if len(parts) == 1:
        return parts[0]
    return page_title or next(filter(None, headings), "")


def _text(element: object) -> str:
    return tidy(html_layout.squeeze(element.get_text()[:1000])) if isinstance(element, Tag) else ""
