"""Text for XML 1.0: only characters that XML can represent."""

import re
from xml.etree import ElementTree as ET

_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """`text` without control characters, surrogates and non-characters. Not escaped."""
    return _UNWRITABLE.sub("", text)


def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    """A child element with text and attributes; both are escaped when written."""
    kept = {key: writable(value) for key, value in attributes.items()}
    child = ET.SubElement(parent, name, kept)
    child.text = writable(text) or None
    return child


def document(root: ET.Element) -> bytes:
    """The root element with its contents, as UTF-8 with XML declaration."""
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True))
