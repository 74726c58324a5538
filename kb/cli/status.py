"""kb status, kb doctor, kb rollback: how the base is, what is wrong with it, one step back."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from kb import errors, lock, settings
from kb.documents import INTERNAL_KINDS, Audience
from kb.library import Library
from kb.lock import Lock
from kb.search import catalog, generation
from kb.search.generation import Generations
from kb.settings import Settings

_DATA_DIR = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。"
)
_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件 kb.toml。"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
_LITTLE_DISK = 2_000_000_000
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing doctor looked at. level: ok, note or fault; remedy: what to do, empty if nothing."""

    level: str
    subject: str
    text: str
    remedy: str = ""


@click.command()
@_DATA_DIR
@_CONFIG
@_JSON
def status(data_dir: Path | None, config: Path | None, as_json: bool) -> None:
    """显示现有索引、上次运行和读取失败的项目。"""
    values = settings.load(config, data_dir=data_dir)
    data = _status(values)
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    click.echo(f"数据目录：{values.data_dir}")
    if data["generation"]:
        g = data["generation"]
        click.echo(
            f"索引版本：{g['name']}，{g['published_at']} 发布，"
            f"文档 {g['documents']} 份，段落 {g['passages']} 条"
        )
    else:
        click.echo("索引版本：无，请运行 kb index")
    run = data["last_run"]
    click.echo(
        f"上次运行：{run['command']}，{run['started']}，{run['state']}" if run else "上次运行：无"
    )
    click.echo(f"正在写入：{data['writing'] or '无'}")
    click.echo(f"占用磁盘：{data['bytes'] / 1e6:.0f} MB")
    click.echo(f"读取失败：{len(data['failures'])} 项")
    for failure in data["failures"][:_SHOWN]:
        click.echo(f"  {failure['source']}：{failure['path']}：{failure['message']}")


def _status(values: Settings) -> dict[str, Any]:
    generations = Generations(values.data_dir)
    name = generations.current_name()
    sentinel = generations.sentinel(name) if name else None
    runs, failures = [], []
    if (values.data_dir / "library.sqlite3").is_file():
        with Library.open(values.data_dir, readonly=True) as library:
            runs, failures = library.last_runs(), library.failures()
    holder = lock.holder(values.data_dir)
    return {
        "generation": {
            "name": name,
            "published_at": sentinel.published_at,
            "documents": sentinel.documents,
            "passages": sentinel.passages,
        }
        if sentinel
        else None,
        "last_run": {
            "command": runs[0].command,
            "started": runs[0].started,
            "finished": runs[0].finished,
            "state": runs[0].state,
        }
        if runs
        else None,
        "writing": f"{holder.command}（进程 {holder.pid}）" if holder else "",
        "bytes": _size(values.data_dir),
        "failures": [
            {"source": f.source, "path": f.path, "reason": f.reason, "message": f.message}
            for f in failures
        ],
    }


def _size(directory: Path) -> int:
    """Bytes on disk, files that are linked several times counted once."""
    seen: dict[tuple[int, int], int] = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                info = (Path(folder) / name).lstat()
            except OSError:
                continue
            seen[info.st_dev, info.st_ino] = info.st_size
    return sum(seen.values())


@click.command()
@_DATA_DIR
@_CONFIG
@_JSON
def doctor(data_dir: Path | None, config: Path | None, as_json: bool) -> None:
    """检查配置、资料库、索引和磁盘，说明问题和办法。有问题时退出码为 1。"""
    values = settings.load(config, data_dir=data_dir)
    findings = list(examine(values))
    if as_json:
        click.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=1))
    else:
        words = {"ok": "正常", "note": "留意", "fault": "问题"}
        for f in findings:
            click.echo(f"[{words[f.level]}] {f.subject}：{f.text}")
            if f.remedy:
                click.echo(f"       办法：{f.remedy}")
    if any(f.level == "fault" for f in findings):
        raise click.exceptions.Exit(1)


def examine(values: Settings) -> Iterator[Finding]:
    """Looks at everything that can be wrong with a data directory."""
    directory = values.data_dir
    yield Finding("ok", "配置", str(values.config) if values.config else "使用默认设置")
    if not directory.is_dir():
        yield Finding("fault", "数据目录", f"{directory} 不存在", "运行 kb index 建立")
        return
    if os.access(directory, os.W_OK):
        yield Finding("ok", "数据目录", f"{directory} 可以写入")
    else:
        yield Finding("fault", "数据目录", f"{directory} 不能写入", "检查运行程序的用户对它的权限")
    free = shutil.disk_usage(directory).free
    level, remedy = ("ok", "") if free >= _LITTLE_DISK else ("fault", "清理磁盘或换一个数据目录")
    yield Finding(level, "磁盘", f"剩余 {free / 1e9:.1f} GB", remedy)
    yield from _library(directory)
    yield from _index(directory)


def _library(directory: Path) -> Iterator[Finding]:
    if not (directory / "library.sqlite3").is_file():
        yield Finding("fault", "资料库", "还没有建立", "运行 kb index")
        return
    try:
        with Library.open(directory, readonly=True) as library:
            faults = library.check()
            failures = library.failures()
            count = sum(1 for _ in library.current())
    except errors.LibraryError as error:
        yield Finding("fault", "资料库", str(error), "从备份恢复，或移走后重新运行 kb index")
        return
    for fault in faults:
        yield Finding("fault", "资料库", fault, "从备份恢复，或移走后重新运行 kb index")
    if not faults:
        yield Finding("ok", "资料库", f"完好，现有文档 {count} 份")
    if failures:
        yield Finding("note", "来源", f"有 {len(failures)} 项读取失败", "运行 kb status 查看原因")


def _index(directory: Path) -> Iterator[Finding]:
    generations = Generations(directory)
    name = generations.current_name()
    sentinel = generations.sentinel(name) if name else None
    if sentinel is None:
        yield Finding("fault", "索引", "没有可用的版本", "运行 kb index --full")
        return
    if not sentinel.usable:
        yield Finding("fault", "索引", "由其他版本的程序或词典生成", "运行 kb index --full 重建")
        return
    try:
        generation.verify(generations.directory(name), sentinel)
        entries = catalog.load(generations.directory(name) / "catalog.jsonl")
    except (errors.KbError, *catalog.DAMAGED) as error:
        yield Finding("fault", "索引", str(error), "运行 kb rollback 退回，或 kb index --full 重建")
        return
    yield Finding("ok", "索引", f"{name} 校验通过，文档 {len(entries)} 份")
    shown = [e for e in entries if e.kind in INTERNAL_KINDS and e.audience is Audience.PUBLIC]
    if shown:
        yield Finding(
            "note",
            "公开范围",
            f"有 {len(shown)} 份工作总结或计划对公众可见，如《{shown[0].title}》",
            '如属内部资料，请对其来源设置 audience = "staff" 后重新索引',
        )


@click.command()
@_DATA_DIR
@_CONFIG
def rollback(data_dir: Path | None, config: Path | None) -> None:
    """退回上一个索引版本。网站随即改用它；资料库不变，下次更新会重新发布。"""
    values = settings.load(config, data_dir=data_dir)
    with Lock(values.data_dir, "rollback"):
        click.echo(f"已退回 {Generations(values.data_dir).rollback()}。")
