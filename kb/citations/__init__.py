"""References to articles, in queries and in running text: one grammar, in three steps.

`tokens` marks what a text speaks of (laws by name, 本法, 该法, 前款); `grammar` reads the articles
behind each; `resolve` says which work and which article is meant.
"""

from kb.citations.resolve import (
    NOWHERE,
    Citation,
    Place,
    Reference,
    abbreviations,
    find,
    references,
)

__all__ = [
    "NOWHERE",
    "Citation",
    "Place",
    "Reference",
    "abbreviations",
    "cite",
    "find",
    "references",
]


def cite(title: str, label: str) -> str:
    """The citation of an article as it is copied: 《中华人民共和国民法典》第一千零四十三条."""
    return f"{title if title.startswith('《') else f'《{title}》'}{label}"
