"""References to articles, in queries and running text: one grammar, in three steps.

`tokens` marks mentions in a text (laws by name, 本法, 该法, 前款); `grammar` parses the articles
after each; `resolve` determines which work and article is meant.
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
    """The citation of an article, for copying: 《中华人民共和国民法典》第一千零四十三条."""
    return f"{title if title.startswith('《') else f'《{title}》'}{label}"
