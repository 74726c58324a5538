"""kb eval: retrieval figures for judged questions."""

import json
from pathlib import Path

import click

from kb import evaluate, settings
from kb.progress import Bar, Quiet
from kb.search.knowledge import KnowledgeBase


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件。")
@click.option("--worst", type=click.IntRange(1), help="列出最差的若干题。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def evaluation(
    file: Path, data_dir: Path | None, config: Path | None, worst: int | None, as_json: bool
) -> None:
    """用 FILE 中的题目（每行一个 JSON）衡量检索的好坏。"""
    questions = evaluate.read(file)
    knowledge = KnowledgeBase.open(settings.load(config, data_dir=data_dir).data_dir)
    bar = Quiet() if as_json else Bar()
    bar.start("检索", len(questions))
    try:
        figures = evaluate.evaluate(
            questions, lambda query: evaluate.ranking(knowledge, query), bar.advance
        )
    finally:
        bar.close()
        knowledge.close()
    chosen = sorted(questions, key=lambda q: figures.each[q.id].get("nDCG@10", 0.0))[: worst or 0]
    if as_json:
        data = {
            "questions": figures.questions,
            "measures": figures.measures,
            "worst": [{"id": q.id, "query": q.query, **figures.each[q.id]} for q in chosen],
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    click.echo(f"题目 {figures.questions} 道")
    for name, value in figures.measures.items():
        click.echo(f"{name:8} {value:.3f}")
    for q in chosen:
        click.echo(f"{figures.each[q.id].get('nDCG@10', 0.0):.2f}  {q.id}  {q.query}")
