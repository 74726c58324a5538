"""kb index and kb refresh."""

import json
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from indexer import explain
from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import Source, apart, configured, select
from kb import settings
from kb.documents import Audience
from kb.library import Library
from kb.lock import Lock
from kb.progress import Bar, Quiet

_DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="数据目录（默认 kb-data）。",
)
_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件 kb.toml。"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出报告。")
_WORKERS = click.option("--workers", type=int, help="读取文件的进程数，0 为处理器核数。")
_REMOVAL = click.option("--allow-removal", is_flag=True, help="来源中的文件大量消失时也照样移除。")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_DATA_DIR
@_CONFIG
@click.option("--full", is_flag=True, help="按资料库重建全部索引；可不带 PATH。")
@click.option(
    "--audience",
    type=click.Choice([a.value for a in Audience]),
    help="这些资料给谁看：public 公众，staff 工作人员。默认按文件种类，工作总结和计划只给工作人员。",
)
@click.option(
    "--explain",
    "explained",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="只说明怎样读这个文件：删去了什么，各项信息从何而来；不写入。",
)
@_WORKERS
@_REMOVAL
@_JSON
def index(
    paths: tuple[Path, ...],
    data_dir: Path | None,
    config: Path | None,
    full: bool,
    audience: str | None,
    explained: Path | None,
    workers: int | None,
    allow_removal: bool,
    as_json: bool,
) -> None:
    """把 PATH 下的文件加入知识库，或更新其中有变化的，然后发布。"""
    values = settings.load(config, data_dir=data_dir, workers=workers)
    if explained is not None:
        click.echo(explain.explain(explained, values.max_file_mb))
        return
    if not paths and not full:
        raise click.UsageError("请给出要读取的文件或文件夹，或用 --full 重建索引。")
    options = Options(values.workers, values.max_file_mb, full, allow_removal)
    chosen = Audience(audience) if audience else None

    def sources() -> list[Source]:
        found: list[Source] = []
        with Library.open(values.data_dir) as library:
            known = library.sources()
        for path in paths:
            found += select(path, known, chosen)
        return apart(_with_unique_names(found), known)

    _finish(_locked(values.data_dir, sources, options, "index", as_json), as_json)


@click.command()
@_DATA_DIR
@_CONFIG
@_WORKERS
@_REMOVAL
@_JSON
def refresh(
    data_dir: Path | None,
    config: Path | None,
    workers: int | None,
    allow_removal: bool,
    as_json: bool,
) -> None:
    """定时任务：按 kb.toml 所列来源更新知识库，只处理有变化的。"""
    values = settings.load(config, data_dir=data_dir, workers=workers)
    if values.config is None:
        raise click.UsageError(
            f"找不到配置文件 kb.toml：请用 --config 指定，或放在 {values.data_dir} 中。"
        )
    options = Options(values.workers, values.max_file_mb, allow_removal=allow_removal)
    listed = values.config

    def sources() -> list[Source]:
        found: list[Source] = []
        for item in settings.load_sources(listed):
            found += configured(item)
        with Library.open(values.data_dir) as library:
            return apart(found, library.sources())

    _finish(_locked(values.data_dir, sources, options, "refresh", as_json), as_json)


def _with_unique_names(sources: Sequence[Source]) -> list[Source]:
    """Two folders of one name in one call: the second gets a number."""
    taken: dict[str, Path] = {}
    found = []
    for source in sources:
        name, number = source.config.name, 2
        while taken.get(name, source.config.path) != source.config.path:
            name, number = f"{source.config.name}-{number}", number + 1
        taken[name] = source.config.path
        found.append(replace(source, config=replace(source.config, name=name)))
    return found


def _locked(
    data_dir: Path,
    sources: Callable[[], list[Source]],
    options: Options,
    command: str,
    as_json: bool,
) -> Report:
    """Runs with the lock held. SIGTERM stops like Ctrl-C: the batch in hand is given up, no more."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    bar = Quiet() if as_json else Bar()
    with Lock(data_dir, command):
        try:
            return run(data_dir, sources(), options, bar, command)
        finally:
            bar.close()


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A run may be killed at any moment, so the surest way to stop is to be gone: unwinding through
    # pools and locks can wait for a worker that waits for us. The workers follow by themselves.
    os.write(2, "\n已中断。\n".encode())
    os._exit(130)


def _finish(report: Report, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(report.lines()))
    raise click.exceptions.Exit(report.exit_code)
