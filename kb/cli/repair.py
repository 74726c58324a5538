"""kb repair: salvages a damaged library."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from kb import settings
from kb.repair import repair as repaired


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。")
@click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件 kb.toml。"
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def repair(data_dir: Path | None, config: Path | None, as_json: bool) -> None:
    """修复损坏或丢失的资料库：救出账号、来源和正文。损坏的文件另存，不覆盖。有正文丢失时退出码为 1。"""
    found = repaired(settings.load(config, data_dir=data_dir).data_dir)
    if as_json:
        click.echo(json.dumps(asdict(found) if found else None, ensure_ascii=False, indent=1))
    elif found is None:
        click.echo("资料库完好，无需修复。")
    else:
        click.echo("\n".join(found.lines()))
    raise click.exceptions.Exit(1 if found and found.lost else 0)
