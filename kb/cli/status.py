"""kb status, kb doctor, kb rollback: show the state, diagnose faults, go back one generation."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kb import settings
from kb.health import State, examine, gather, shown_state
from kb.health.inspection import tools, versions
from kb.index import catalog, withdrawal
from kb.index.generation import Generations
from kb.lock import Lock
from kb.settings import Settings
from kb.terminal import say, say_all, say_json

_DATA_DIR = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。"
)
_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件 kb.toml。"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
_SHOWN = 20

_STATES = {
    "running": "正在进行",
    "interrupted": "被中断",
    "done": "完成",
    "failed-items": "完成，有项目失败",
    "failed": "失败，没有发布",
}
_PARTS = {"library": "资料库", "index": "索引", "raw": "原始网页", "cache": "缓存", "other": "其他"}
_HOW = {"timer": "", "usual": "（按以往间隔推算）"}


@click.command()
@_DATA_DIR
@_CONFIG
@_JSON
def status(data_dir: Path | None, config: Path | None, as_json: bool) -> None:
    """显示现有索引、上次和下次运行、各来源情况、磁盘和版本。"""
    values = settings.load(config, data_dir=data_dir)
    state = gather(values.data_dir)
    if as_json:
        say_json(_as_json(state))
    else:
        say_all(_lines(values, state))


def _lines(values: Settings, state: State) -> Iterator[str]:
    yield f"数据目录：{values.data_dir}"
    if state.generation:
        name, sentinel = state.generation
        yield (
            f"索引版本：{name}，{_local(sentinel.published_at)} 发布，"
            f"文档 {sentinel.documents} 份，段落 {sentinel.passages} 条"
        )
    else:
        left = bool(Generations(values.data_dir).names())
        yield "索引版本：读不出，请运行 kb doctor" if left else "索引版本：无，请运行 kb index"
    writing = state.writer is not None
    if state.runs:
        run = state.runs[0]
        how = _STATES.get(shown_state(run, writing), run.state)
        yield f"上次运行：{run.command}，{_local(run.started)} 开始，{how}"
        if error := run.report.get("error"):
            yield f"  {error}"
        yield from (f"  提醒：{w}" for w in run.report.get("warnings", []))
    else:
        yield "上次运行：无"
    coming = state.next
    yield f"下次更新：{_local(coming.when) + _HOW[coming.how] if coming.when else '未知'}"
    writer = state.writer
    yield f"正在写入：{f'{writer.command}（进程 {writer.pid}）' if writer else '无'}"
    disk = state.disk
    parts = [f"{_PARTS[n]} {size / 1e6:.0f} MB" for n, size in disk.used.items() if size]
    yield f"占用磁盘：{disk.total / 1e6:.0f} MB，剩余 {disk.free / 1e9:.1f} GB"
    yield f"  {'，'.join(parts) or '空'}；索引保留 {disk.generations} 个版本"
    yield f"来源：{len(state.sources)} 个"
    for source in state.sources:
        seen = f"最近查看 {_local(source.succeeded)}" if source.succeeded else "还没有完整读取过"
        trouble = f"，失败自 {_local(source.failing_since)}" if source.failing_since else ""
        yield (
            f"  {source.name}：正常 {source.ok}，失败 {source.failed}，找不到 {source.missing}；"
            f"{seen}{trouble}"
        )
    yield f"读取失败：{len(state.failures)} 项"
    for failure in state.failures[:_SHOWN]:
        again = f"，{failure.retry_on} 重试" if failure.retry_on else ""
        yield (
            f"  {failure.source}：{failure.path}：{failure.message}"
            f"（{failure.reason}，{failure.failures} 次{again}）"
        )
    yield "版本：" + "，".join(f"{name} {number}" for name, number in versions().items())
    yield from (f"未安装：{t.name}，用于{t.serves}" for t in tools() if not t.present)


def _as_json(state: State) -> dict[str, Any]:
    writing = state.writer is not None
    return {
        "generation": {
            "name": state.generation[0],
            "published_at": state.generation[1].published_at,
            "documents": state.generation[1].documents,
            "passages": state.generation[1].passages,
        }
        if state.generation
        else None,
        "last_run": {
            "command": state.runs[0].command,
            "started": state.runs[0].started,
            "finished": state.runs[0].finished,
            "state": shown_state(state.runs[0], writing),
            "error": state.runs[0].report.get("error", ""),
            "warnings": state.runs[0].report.get("warnings", []),
        }
        if state.runs
        else None,
        "next_run": asdict(state.next),
        "writing": f"{state.writer.command}（进程 {state.writer.pid}）" if state.writer else "",
        "killed": asdict(state.killed) if state.killed else None,
        "bytes": state.disk.total,
        "disk": asdict(state.disk),
        "sources": [{**asdict(s), "troubled": s.troubled} for s in state.sources],
        "failures": [
            {
                "source": f.source,
                "path": f.path,
                "reason": f.reason,
                "message": f.message,
                "failures": f.failures,
                "since": f.failing_since,
                "retry_on": f.retry_on,
            }
            for f in state.failures
        ],
        "versions": versions(),
        "tools": [asdict(t) for t in tools()],
    }


def _local(moment: str) -> str:
    """A display time: local, to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


@click.command()
@_DATA_DIR
@_CONFIG
@_JSON
def doctor(data_dir: Path | None, config: Path | None, as_json: bool) -> None:
    """检查配置、资料库、索引、来源和磁盘，说明问题和办法。有问题时退出码为 1。"""
    values = settings.load(config, data_dir=data_dir)
    findings = list(examine(values))
    if as_json:
        say_json([asdict(f) for f in findings])
    else:
        words = {"ok": "正常", "note": "留意", "fault": "问题"}
        for f in findings:
            say(f"[{words[f.level]}] {f.subject}：{f.text}")
            if f.remedy:
                say(f"       办法：{f.remedy}")
    if any(f.level == "fault" for f in findings):
        raise click.exceptions.Exit(1)


@click.command()
@_DATA_DIR
@_CONFIG
def rollback(data_dir: Path | None, config: Path | None) -> None:
    """退回上一个索引版本。网站随即改用它；资料库不变，下次更新会重新发布。"""
    values = settings.load(config, data_dir=data_dir)
    with Lock(values.data_dir, "rollback"):
        generations = Generations(values.data_dir)
        name = generations.rollback()
        click.echo(f"已退回 {name}。")
        allowed = withdrawal.load(generations.root)
        with suppress(*catalog.DAMAGED):
            infos = catalog.load(generations.directory(name) / "catalog.jsonl")
            if allowed and (hidden := sum(map(allowed.hides, infos))):
                click.echo(f"其中 {hidden} 份文档后来已移除或改为内部，仍不公开。")
