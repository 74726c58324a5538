"""Names of WordprocessingML elements, and helpers that read their values."""

from collections.abc import Iterator
from typing import Final

from lxml import etree

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OFF: Final = frozenset({"0", "false", "off"})


def w(name: str) -> str:
    """The qualified name of a WordprocessingML element or attribute."""
    return _W + name


ALTERNATIVES: Final = f"{_MC}AlternateContent"
CHOICE: Final = f"{_MC}Choice"
FALLBACK: Final = f"{_MC}Fallback"


def value(element: etree._Element | None, attribute: str = "val") -> str:
    """An attribute of an element that may be absent, or ""."""
    return (element.get(_W + attribute) or "") if element is not None else ""


def child_value(parent: etree._Element | None, *path: str) -> str:
    """w:val of the descendant by this path of names, or ""."""
    return value(child(parent, *path))


def child(parent: etree._Element | None, *path: str) -> etree._Element | None:
    """The descendant by this path of names, or None."""
    for name in path:
        if parent is None:
            return None
        parent = parent.find(_W + name)
    return parent


def switched(properties: etree._Element | None, name: str) -> bool | None:
    """Whether a toggle property (w:vanish …) is on or off; None if it isn't stated."""
    element = child(properties, name)
    return None if element is None else value(element) not in _OFF


def number(text: str) -> int | None:
    """The integer value of an attribute, None if it is not an integer."""
    try:
        return int(text) if len(text) <= 10 else None
    except ValueError:
        return None


def chosen(alternatives: etree._Element) -> Iterator[etree._Element]:
    """The content of an mc:AlternateContent, once: its first choice, else its fallback."""
    for branch in (CHOICE, FALLBACK):
        element = alternatives.find(branch)
        if element is not None and len(element):
            yield from element
            return
