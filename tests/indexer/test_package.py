"""Packages within limits: size, ratio, number of parts and tags, locked and damaged parts."""

import io
import zipfile

import pytest

from indexer import limits
from indexer.extract import package
from indexer.extract.package import Package
from kb.errors import UnreadableError
from tests.support.office import archive


def reason(data: bytes, name: str = "a.xml") -> str:
    with pytest.raises(UnreadableError) as caught:
        Package(data).xml(name)
    return caught.value.reason


def test_parts_are_found_whatever_the_case_and_slashes() -> None:
    opened = Package(archive({"/Word\\A.XML": "<a/>"}))
    assert opened.read("word/a.xml") == b"<a/>"
    assert opened.read("b.xml") is None
    assert opened.xml("b.xml") is None


def test_relations_resolve_and_external_ones_are_left_out() -> None:
    rels = (
        "<Relationships><Relationship Id='1' Type='http://x/styles' Target='../s.xml'/>"
        "<Relationship Id='2' Type='http://x/image' Target='http://h/i.png' TargetMode='External'/>"
        "<Relationship Id='3' Type='http://x/notes' Target='/../../n.xml'/></Relationships>"
    )
    opened = Package(archive({"word/_rels/d.xml.rels": rels, "s.xml": "<a/>", "n.xml": "<a/>"}))
    found = opened.relations("word/d.xml")
    assert {id: (r.kind, r.target) for id, r in found.items()} == {
        "1": ("styles", "s.xml"),
        "3": ("notes", "n.xml"),
    }
    assert opened.related("word/d.xml", "styles", "x") == "s.xml"
    assert opened.related("word/d.xml", "numbering", "x") == "x"


def test_a_bomb_by_its_ratio() -> None:
    assert reason(archive({"a.xml": b"<a>" + b" " * 5_000_000 + b"</a>"})) == "too-large"
    assert Package(archive({"a.xml": b"<a>" + b" " * 3_900_000 + b"</a>"})).xml("a.xml") is not None


def test_size_of_a_part_of_all_parts_and_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive({"a.xml": "<a>" + "x" * 900 + "</a>", "b.xml": "<b>" + "y" * 900 + "</b>"})
    monkeypatch.setattr(limits, "ZIP_TOTAL", 1_000)
    opened = Package(data)
    assert opened.xml("a.xml") is not None
    with pytest.raises(UnreadableError):
        opened.xml("b.xml")
    monkeypatch.setattr(limits, "PART", 500)
    assert reason(data) == "too-large"
    monkeypatch.setattr(limits, "ZIP_ENTRIES", 1)
    assert reason(data) == "too-large"


def test_a_false_size_in_the_header_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(archive({"a.xml": "<a>" + "x" * 5_000 + "</a>"}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    monkeypatch.setattr(limits, "PART", 1_000)
    assert reason(bytes(data)) in {"too-large", "malformed"}


def test_tags_and_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason(archive({"a.xml": "<a>" * 300 + "</a>" * 300})) == "malformed"
    monkeypatch.setattr(package, "MAX_TAGS", 20)
    assert reason(archive({"a.xml": "<a>" + "<b/>" * 30 + "</a>"})) == "too-large"


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_document_types_are_refused(codec: str) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a d="&c;">&c;</a>'
    assert reason(archive({"a.xml": bomb.encode(codec)})) == "malformed"


def test_locked_parts_odd_methods_and_damage() -> None:
    data = bytearray(archive({"a.xml": "<a/>"}))
    for at in (data.find(b"PK\x03\x04") + 6, data.rfind(b"PK\x01\x02") + 8):
        data[at] |= 1
    assert reason(bytes(data)) == "encrypted"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as zipped:
        zipped.writestr("a.xml", "<a/>")
    assert reason(buffer.getvalue()) == "unsupported"
    whole = archive({"a.xml": "<a>" + "".join(map(str, range(2_000))) + "</a>"})
    assert reason(whole[:-30]) == "malformed"
    damaged = bytearray(whole)
    damaged[60:80] = bytes(20)
    assert reason(bytes(damaged)) == "malformed"


def test_names_never_raises() -> None:
    assert package.names(b"PK\x03\x04" + bytes(30)) == frozenset()
    assert package.names(b"") == frozenset()
    assert package.names(archive({"A/b": "x"})) == {"a/b"}
