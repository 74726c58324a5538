"""JSON-LD in pages: metadata of a law or a guide for search engines and screen readers.

It is in a script element of a data type, which the content security policy allows and browsers don't run.
"""

import json
from typing import Any

from markupsafe import Markup

from kb.documents import Document, Kind, PassageKind, Status
from kb.index.document_info import DocumentInfo

_FORCE = {
    Status.IN_FORCE: "InForce",
    Status.AMENDED: "NotInForce",
    Status.REPEALED: "NotInForce",
    Status.PENDING: "NotInForce",
}
# Escaped as in JSON strings: no document text can end the element or open another.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def script(data: dict[str, Any]) -> Markup:
    """The element for the page's <head>."""
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    return Markup('<script type="application/ld+json">{}</script>').format(
        Markup(text.translate(_ESCAPES))  # noqa: S704 - escaped for where it stands
    )


def legislation(info: DocumentInfo, url: str, *, part: str = "", text: str = "") -> Markup:
    """A law, or one article of it: part is the article's label, text its text.

    url: absolute, or a path relative to the page.
    """
    whole: dict[str, Any] = {"@type": "Legislation", "name": info.title, "inLanguage": "zh-CN"}
    whole |= {
        key: value
        for key, value in (
            ("legislationIdentifier", info.number),
            ("legislationType", info.kind.value),
            ("legislationDate", info.published.isoformat() if info.published else ""),
            ("legislationDateVersion", info.effective.isoformat() if info.effective else ""),
            (
                "legislationLegalForce",
                _FORCE[info.status] if info.status and info.confirmed else "",
            ),
            ("legislationJurisdiction", info.region),
            ("alternateName", info.work if info.work != info.title else ""),
        )
        if value
    }
    if info.issuer:
        whole["legislationPassedBy"] = {"@type": "Organization", "name": info.issuer}
    if not part:
        return script({**whole, "url": url})
    return script(
        {
            "@type": "Legislation",
            "name": f"{info.title}{part}",
            "url": url,
            "inLanguage": "zh-CN",
            "text": text,
            "isPartOf": whole,
        }
    )


def questions(document: Document) -> Markup:
    """The questions of a guide with their answers; empty if it has none."""
    entries = [
        {
            "@type": "Question",
            "name": passage.label,
            "acceptedAnswer": {"@type": "Answer", "text": passage.text},
        }
        for passage in document.passages
        if passage.kind is PassageKind.QUESTION and passage.label
    ]
    return script({"@type": "FAQPage", "mainEntity": entries}) if entries else Markup("")


def of(info: DocumentInfo, document: Document, url: str) -> Markup:
    """The type for the document's kind; empty for papers without a matching type."""
    if document.is_statute:
        return legislation(info, url)
    if info.kind in (Kind.GUIDE, Kind.QUESTION_ANSWER):
        return questions(document)
    return Markup("")
