"""A unit of a just-laws checkout → documents: a law of its parts, amendments each on their own."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from indexer.extract.formats import extract
from indexer.sources import justlaws
from indexer.sources.scan import Unit
from kb import lists
from kb.documents import Block, Extracted, Kind, Status
from kb.errors import UnreadableError
from kb.settings import SourceConfig

_ACT = re.compile(r"[（(]?(?:根据)?\d{4}年\d{1,2}月\d{1,2}日")
_LONGEST_HEAD = 30
"""Lines of a head; the longest of 311 has nine."""


def texts(
    unit: Unit, contents: Sequence[bytes], config: SourceConfig
) -> Iterator[tuple[str, str, Extracted]]:
    """The texts of a unit: member (empty for the unit itself), path, and what `describe` needs.

    The lines below a title, one act each, are given the form of an official record (题注): （…　…）.
    Raises UnreadableError.
    """
    path = unit.files[0].path
    if path == justlaws.LIST:
        yield "", path, _listed(contents[0])
        return
    parts = [
        extract(f.path, data) if data.strip() else _empty(f.path)
        for f, data in zip(unit.files, contents, strict=True)
    ]
    if justlaws.is_apart(path):
        several = _several(parts[0].blocks)
        for number, blocks in enumerate(_apart(parts[0].blocks, several), 1):
            member = f"{number}" if several else ""
            yield member, path, _text(blocks[0].text, blocks[1:], parts[0], path)
        return
    blocks = [b for part in parts for b in part.blocks]
    if not blocks or blocks[0].heading != 1:
        raise UnreadableError("no-text", "没有题名（一级标题）。")
    found = _text(blocks[0].text, blocks[1:], parts[0], path)
    days = justlaws.days_of(config.path, path)
    dated = {"公布日期": days.published, "施行日期": days.effective}
    state = {} if "/versions/" in path else {"时效性": Status.IN_FORCE.value}
    stated = {k: v for k, v in dated.items() if v is not None}
    yield "", path, replace(found, meta={**found.meta, **stated, **state})


def _empty(path: str) -> Extracted:
    # A truncated download of one part must not publish a law with a gap.
    raise UnreadableError("empty", f"文件 {path} 是空的")


def _several(blocks: Sequence[Block]) -> bool:
    """Whether a file has its texts below one heading: 修正案."""
    return any(b.heading == 2 for b in blocks) and blocks[0].heading == 1


def _apart(blocks: Sequence[Block], several: bool) -> Iterator[list[Block]]:
    """The texts of a file, each with its title first."""
    if not several:
        yield list(blocks)
        return
    text: list[Block] = []
    for block in blocks[1:]:
        if block.heading == 2 and text:
            yield text
            text = []
        text.append(block)
    yield text


def _text(title: str, blocks: Sequence[Block], part: Extracted, path: str) -> Extracted:
    head = blocks[:_LONGEST_HEAD]
    end = next((i for i, b in enumerate(head) if b.heading or not _ACT.match(b.text)), len(head))
    acts = "　".join(b.text.strip("（）()") for b in blocks[:end])
    record = [Block(f"（{acts}）", blocks[0].line)] if acts else []
    return Extracted(
        (Block(title, 1, 1), *record, *blocks[end:]),
        "md",
        part.encoding,
        title,
        {"效力级别": justlaws.kind_of(path).value},
    )


def _listed(data: bytes) -> Extracted:
    """The list of laws in force as a document of its own."""
    found = justlaws.read_list(data.decode("utf-8", "replace"))
    if not found.classes or found.as_of is None:
        raise UnreadableError(
            "malformed", "没有法律目录，或没有“更新时间：2026年6月26日”这样的日期。"
        )
    count = sum(map(len, found.classes.values()))
    title = lists.title(count, found.as_of)
    blocks = [Block(title, 1, 1)]
    for name, laws in found.classes.items():
        blocks += [Block(f"{name}（{len(laws)}件）", 0, 2), Block("\n".join(laws))]
    meta: dict[str, str | list[str] | date] = {
        "kind": Kind.NORMATIVE_DOCUMENT.value,
        "issuer": "全国人民代表大会常务委员会法制工作委员会",
        "published": found.as_of,
    }
    return Extracted(tuple(blocks), "md", "utf-8", title, meta)
