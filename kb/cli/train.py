"""kb train: trains the question ranking on judged questions."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from kb import evaluate, settings
from kb.errors import IndexMissingError
from kb.index.snapshot import open_snapshot
from kb.progress import Bar, Quiet
from kb.ranking import model, training, validation
from kb.ranking.model import Model
from kb.ranking.training import Course
from kb.terminal import say
from kb.text.analysis import Analyzer, fingerprint


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件。")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="模型文件（.npz），旁边另写说明（.json）；默认为数据目录中的 ranking.npz，网站用它代替自带的模型。",
)
@click.option("--no-figures", is_flag=True, help="不做交叉验证，说明中没有指标。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def train(
    file: Path,
    data_dir: Path | None,
    config: Path | None,
    output: Path | None,
    no_figures: bool,
    as_json: bool,
) -> None:
    """用 FILE 中的题目（每行一个 JSON，同 kb eval）训练问句排序模型。

    题目所依据的法律须已在索引中，指南也在索引中时一并学习。同样的输入得到同样的模型。
    需要 LightGBM（pip install 'pufa-kb[train]'），检索时不需要。
    """
    directory = settings.load(config, data_dir=data_dir).data_dir
    snapshot = open_snapshot(directory, date.today())
    if snapshot is None:
        raise IndexMissingError(f"{directory} 中还没有可用的索引，请先运行 kb index。")
    bar = Quiet() if as_json else Bar()
    judged = evaluate.read(file)
    course = Course(snapshot, Analyzer(directory / "cache"), judged)
    card: dict[str, Any] = {
        "questions": len(judged),
        "guide_questions": len(course.guides),
        "citations": len(course.links),
        "passages": snapshot.passages,
        "analysis": fingerprint(),
        "retrain": "kb index 法律法规目录 corpus/guides；kb train 题目.jsonl",
    }
    try:
        if not no_figures:
            bar.start("交叉验证", training.FOLDS)
            parts = validation.split(course, bar.advance)
            grades = validation.trees(parts)
            card["figures"] = {
                "all_entries": _rounded(validation.measure(course, parts, grades)),
                "entries_of_several_questions": _rounded(
                    validation.measure(course, parts, grades, cautious=True)
                ),
            }
        bar.start("学习", len(judged))
        forest = training.grow(course.examples(course.asked, bar.advance))
    finally:
        bar.close()
    learned = Model(course.learn(course.asked).memory, forest, card)
    output = output or directory / model.FILE
    model.save(learned, output)
    if as_json:
        click.echo(json.dumps(card, ensure_ascii=False, indent=1))
        return
    say(f"模型已写入 {output}（{output.stat().st_size / 1e6:.1f} MB）")
    for name, value in card.get("figures", {}).get("all_entries", {}).items():
        click.echo(f"{name:8} {value:.3f}")


def _rounded(figures: evaluate.Figures) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.measures.items()}
