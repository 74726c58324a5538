"""kb index, kb demo, kb refresh and kb watch."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from indexer import locked_run
from indexer.preview import library_as_is, preview
from indexer.report import Report
from indexer.run import Options
from indexer.sources import Source, apart, configured, select
from kb import office, settings
from kb.audiences import with_remembered
from kb.documents import Audience
from kb.library import Source as Known
from kb.progress import Bar, Progress, Quiet
from kb.settings import Settings
from kb.terminal import say, say_all, say_json

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
_DRY_RUN = click.option("--dry-run", is_flag=True, help="只说明会有哪些变化，不写入任何内容。")

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
"""Beside the packages, in a checkout as well as where pip installs them."""

_REMOVAL = click.option("--allow-removal", is_flag=True, help="来源中的文件大量消失时也照样移除。")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_DATA_DIR
@_CONFIG
@click.option("--full", is_flag=True, help="按资料库重建全部索引；可不带 PATH。")
@click.option(
    "--audience",
    type=click.Choice([a.value for a in Audience]),
    help="这些资料给谁看：public 公众，staff 工作人员。默认按类别，工作总结和计划只给工作人员。",
)
@click.option(
    "--explain",
    "explained",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="只说明怎样读这个文件：删去了什么，各项信息从何而来；不写入。",
)
@_WORKERS
@_REMOVAL
@_DRY_RUN
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
    dry_run: bool,
    as_json: bool,
) -> None:
    """把 PATH 下的文件加入知识库，或更新其中有变化的，然后发布。"""
    values = _settings(config, data_dir, workers)
    if explained is not None:
        from indexer import explain  # noqa: PLC0415 - other calls read in processes of their own

        with library_as_is(values.data_dir) as library:
            held = library.sources() if library else {}
        say_all(explain.explain(explained, values.max_file_mb, held))
        return
    if not paths and not full:
        raise click.UsageError("请给出要读取的文件或文件夹，或用 --full 重建索引。")
    options = Options(
        values.workers,
        values.max_file_mb,
        full,
        allow_removal,
        max_gone_share=values.max_gone_share,
    )
    chosen = Audience(audience) if audience else None

    def sources(known: Mapping[str, Known]) -> list[Source]:
        found = [s for path in paths for s in select(path, known, chosen)]
        return apart(_with_unique_names(found), known)

    _go(values.data_dir, sources, options, "index", as_json=as_json, dry_run=dry_run)


@click.command()
@_DATA_DIR
@_JSON
@click.pass_context
def demo(ctx: click.Context, data_dir: Path | None, as_json: bool) -> None:
    """收录程序自带的普法指南和示例，用于试用。"""
    ctx.invoke(index, paths=(CORPUS,), data_dir=data_dir, as_json=as_json)


@click.command()
@_DATA_DIR
@_CONFIG
@_WORKERS
@_REMOVAL
@click.option("--retry-failed", is_flag=True, help="以前读取失败的也都重试，不等到期。")
@_DRY_RUN
@_JSON
def refresh(
    data_dir: Path | None,
    config: Path | None,
    workers: int | None,
    allow_removal: bool,
    retry_failed: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """定时任务：按 kb.toml 所列来源更新知识库，只处理有变化的。"""
    values = _settings(config, data_dir, workers)
    if values.config is None:
        raise click.UsageError(
            f"找不到配置文件 kb.toml：请用 --config 指定，或放在 {values.data_dir} 中。"
        )
    options = Options(
        values.workers,
        values.max_file_mb,
        allow_removal=allow_removal,
        gone_after=values.gone_after,
        max_gone_share=values.max_gone_share,
        patient=not retry_failed,
    )
    listed = values.config

    def sources(known: Mapping[str, Known]) -> list[Source]:
        return apart(_listed(listed), known)

    _go(values.data_dir, sources, options, "refresh", as_json=as_json, dry_run=dry_run)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_DATA_DIR
@_CONFIG
@_WORKERS
@click.option("--poll", is_flag=True, help="每 2 秒查看一遍，不靠系统通知；网络文件夹自动如此。")
def watch(
    paths: tuple[Path, ...],
    data_dir: Path | None,
    config: Path | None,
    workers: int | None,
    poll: bool,
) -> None:
    """监视文件夹，放进去的文件几秒内收录。不带 PATH 时监视 kb.toml 所列的来源。"""
    from indexer import watch as watching  # noqa: PLC0415 - other commands need none of it

    values = _settings(config, data_dir, workers)
    if not paths and values.config is None:
        raise click.UsageError("请给出要监视的文件夹，或用 --config 指定列有来源的 kb.toml。")
    # A removal that was observed is final; a loss while nobody watched may be an unmounted disk.
    seen = Options(values.workers, values.max_file_mb, max_gone_share=values.max_gone_share)
    unseen = replace(seen, gone_after=values.gone_after, patient=True)

    def sources() -> list[Source]:
        with library_as_is(values.data_dir) as library:
            known = with_remembered(library.sources() if library else {}, values.data_dir)
        if not paths:
            assert values.config is not None
            return apart(_listed(values.config), known)
        return apart(_with_unique_names([s for p in paths for s in select(p, known, None)]), known)

    def index(chosen: Sequence[Source], whole: bool) -> Report:
        options = unseen if whole else seen
        report = locked_run.held(values.data_dir, lambda _: list(chosen), options, "watch", Quiet())
        if whole:
            watching.warm(values.data_dir)
        return report

    signal.signal(signal.SIGTERM, locked_run.stop_watching)
    signal.signal(signal.SIGINT, locked_run.stop)
    watching.watch(sources, index, partial(say, err=True), poll=poll)


def _settings(config: Path | None, data_dir: Path | None, workers: int | None) -> Settings:
    values = settings.load(config, data_dir=data_dir, workers=workers)
    os.environ[office.VARIABLE] = values.convert_isolation
    return values


def _listed(config: Path) -> list[Source]:
    """The sources that a kb.toml lists."""
    return [s for c in settings.load_sources(config) for s in configured(c)]


def _with_unique_names(sources: Sequence[Source]) -> list[Source]:
    """Two folders of the same name in one call: the second gets a number."""
    taken: dict[str, Path] = {}
    found = []
    for source in sources:
        name, number = source.config.name, 2
        while taken.get(name, source.config.path) != source.config.path:
            name, number = f"{source.config.name}-{number}", number + 1
        taken[name] = source.config.path
        found.append(replace(source, config=replace(source.config, name=name)))
    return found


def _go(
    data_dir: Path,
    sources: Callable[[Mapping[str, Known]], list[Source]],
    options: Options,
    command: str,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Runs, or reports what a run would do, and exits with its code."""
    result = (
        preview(data_dir, sources, options)
        if dry_run
        else _locked(data_dir, sources, options, command, Quiet() if as_json else Bar())
    )
    if as_json:
        say_json(result.as_json())
    else:
        say_all(result.lines())
    raise click.exceptions.Exit(result.exit_code)


def _locked(
    data_dir: Path,
    sources: Callable[[Mapping[str, Known]], list[Source]],
    options: Options,
    command: str,
    bar: Progress,
) -> Report:
    """Runs with the lock held. SIGTERM stops like Ctrl-C: only the current batch is lost."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, locked_run.stop)
    return locked_run.held(data_dir, sources, options, command, bar)
