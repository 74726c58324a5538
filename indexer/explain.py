"""kb index --explain: how one file is read, without writing anything."""

from pathlib import Path

from indexer.clean import clean
from indexer.extract.formats import extract
from indexer.metadata import Defaults, describe, marks
from indexer.read import MEGABYTE
from indexer.sources.lawrefbook import MARK, kind_of_folder
from indexer.structure import structure
from kb import topics
from kb.documents import STATUTE_KINDS
from kb.errors import UnreadableError

_SHOWN = 60


def explain(path: Path, max_file_mb: int) -> list[str]:
    """What is recognised, removed and taken for what, as lines for the terminal."""
    try:
        if path.stat().st_size > max_file_mb * MEGABYTE:
            return [f"{path}：文件超过上限 {max_file_mb} MB，不会读取。"]
        data = path.read_bytes()
        extracted = extract(path.name, data)
        marks.refuse_classified(extracted)
    except (OSError, UnreadableError) as error:
        return [f"{path}：不能读取。{error}"]
    blocks, removed = clean(extracted)
    marked = MARK.encode() in data
    kind = kind_of_folder(path.resolve().as_posix()) if marked else None
    about = describe(extracted, blocks, Defaults(kind=kind, relpath=path.name))
    passages = structure(about.kind, blocks, about.title)
    headings = list(dict.fromkeys(h for p in passages for h in p.path))
    found = topics.match(
        about.title,
        headings,
        "\n".join(p.text for p in passages),
        "",
        about.kind in STATUTE_KINDS,
    )
    out = [
        f"文件：{path}",
        f"格式：{extracted.format}　编码：{extracted.encoding or '无'}　文本块：{len(extracted.blocks)}",
        f"题名：{about.title}",
        f"类别：{about.kind}　读者：{'公众' if about.audience == 'public' else '工作人员'}",
    ]
    named = {
        "制定机关": about.issuer,
        "地区": about.region,
        "发文字号": about.number,
        "公布日期": about.published,
        "施行日期": about.effective,
        "年份": about.year,
    }
    out += [f"{name}：{value}" for name, value in named.items() if value]
    out += [f"依据：{note}" for note in about.notes]
    out += [f"主题：{t.topic}（{t.where}，{t.count} 处）" for t in found]
    out.append(f"删去 {len(removed)} 处：")
    out += [f"  第 {r.line} 行，规则 {r.rule}：{_short(r.text)}" for r in removed]
    out.append(f"段落 {len(passages)} 条：")
    for p in passages:
        place = " › ".join([*p.path, p.label] if p.label else p.path)
        out.append(f"  [{p.anchor}] {place}：{_short(p.text)}")
    return out


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "…"
