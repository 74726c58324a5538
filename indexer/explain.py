"""kb index --explain: how one file is read, without writing anything."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from indexer.outcome import Outcome
from indexer.read import read_unit
from indexer.sources import File, Unit, lawrefbook, scan, select
from indexer.sources.checkouts import LAYOUTS
from kb.documents import Audience, Document
from kb.errors import ConfigError
from kb.library import Source as Known
from kb.settings import SourceConfig

_SHOWN = 60
_HEAD = 65_536
"""Bytes within which the head of a checkout's text ends."""


def explain(path: Path, max_file_mb: int, known: Mapping[str, Known]) -> list[str]:
    """The same documents that indexing makes of a file, and why, as lines for the terminal.

    known: the library's sources. A file within one is read with its settings, a file in another
    LawRefBook checkout as part of that, any other as a file of its folder.
    """
    try:
        place = path.resolve(strict=True)
        config = _config(place, known)
        unit = _unit(place, config)
    except (OSError, ConfigError) as error:
        return [f"{path}：不能读取。{error}"]
    out: list[str] = []
    for outcome in read_unit(unit, config, max_file_mb):
        out += _lines(config.path / outcome.path, outcome)
    return out


def _config(place: Path, known: Mapping[str, Known]) -> SourceConfig:
    config = select(place, known, None)[-1].config
    if any(place.is_relative_to(k.root) for k in known.values()):
        return config
    with place.open("rb") as file:
        marked = lawrefbook.MARK.encode() in file.read(_HEAD)
    for name, layout in LAYOUTS.items():
        root = next((p for p in place.parents if (p / layout.marker).is_file()), None)
        if root is not None and (marked or name != "lawrefbook"):
            return SourceConfig(root.name, root, name)
    return config


def _unit(place: Path, config: SourceConfig) -> Unit:
    path = place.relative_to(config.path).as_posix()
    if config.type in LAYOUTS:
        folder = place.parent.relative_to(config.path).as_posix()
        files = scan(config.path, only="" if folder == "." else folder).files
        units = LAYOUTS[config.type].units(files)
        together = next((u for u in units if any(f.path == path for f in u.files)), None)
        if together is not None:
            return together
    info = place.stat()
    return Unit(path, (File(path, info.st_size, info.st_mtime_ns),))


def _lines(path: Path, outcome: Outcome) -> Iterator[str]:
    document = outcome.document
    if document is not None:
        yield from _document(path, document)
    elif outcome.reason:
        yield f"{path}：不能读取。{outcome.message}"


def _document(path: Path, document: Document) -> Iterator[str]:
    public = document.audience is Audience.PUBLIC
    yield f"文件：{path}"
    yield f"格式：{document.format}　编码：{document.encoding or '无'}"
    yield f"题名：{document.title}"
    yield f"类别：{document.kind}　读者：{'公众' if public else '工作人员'}"
    named = {
        "制定机关": document.issuer,
        "地区": document.region,
        "发文字号": document.number,
        "公布日期": document.published,
        "施行日期": document.effective,
        "失效日期": document.expires,
        "年份": document.year,
    }
    yield from (f"{name}：{value}" for name, value in named.items() if value)
    yield from (f"依据：{note}" for note in document.notes)
    yield from (f"主题：{t.topic}（{t.where}，{t.count} 处）" for t in document.topics)
    yield f"删去 {len(document.removed)} 处："
    yield from (f"  第 {r.line} 行，规则 {r.rule}：{_short(r.text)}" for r in document.removed)
    yield f"段落 {len(document.passages)} 条："
    for p in document.passages:
        place = " › ".join([*p.path, p.label] if p.label else p.path)
        yield f"  [{p.anchor}] {place}：{_short(p.text)}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "…"
