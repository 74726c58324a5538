"""kb eval: retrieval metrics for judged questions."""

from collections.abc import Sequence
from pathlib import Path

import click

from kb import evaluate, settings
from kb.documents import Audience
from kb.evaluate import Judged
from kb.knowledge.base import KnowledgeBase
from kb.progress import Bar, Quiet
from kb.search.results import Request
from kb.terminal import say_all, say_json


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件。")
@click.option("--worst", type=click.IntRange(1), help="列出最差的若干题。")
@click.option("--explain", metavar="ID", help="说明这一题的排序：每条结果各项依据所占的分量。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def evaluation(
    file: Path,
    data_dir: Path | None,
    config: Path | None,
    worst: int | None,
    explain: str | None,
    as_json: bool,
) -> None:
    """用 FILE 中的题目（每行一个 JSON）衡量检索的好坏。

    需要 ir-measures（pip install 'pufa-kb[eval]'）。
    """
    questions = evaluate.read(file)
    knowledge = KnowledgeBase.open(
        settings.load(config, data_dir=data_dir).data_dir, Audience.STAFF
    )
    if explain is not None:
        say_all(_explained(knowledge, questions, explain).split("\n"))
        return
    bar = Quiet() if as_json else Bar()
    bar.start("检索", len(questions))
    try:
        figures = evaluate.evaluate(
            questions, lambda query: evaluate.ranking(knowledge.search, query), bar.advance
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
        say_json(data)
        return
    click.echo(f"题目 {figures.questions} 道")
    for name, value in figures.measures.items():
        click.echo(f"{name:8} {value:.3f}")
    for q in chosen:
        click.echo(f"{figures.each[q.id].get('nDCG@10', 0.0):.2f}  {q.id}  {q.query}")


_REASONS = 6


def _explained(knowledge: KnowledgeBase, questions: Sequence[Judged], id: str) -> str:
    chosen = next((q for q in questions if q.id == id), None)
    if chosen is None:
        raise click.UsageError(f"题目文件中没有 {id}。")
    request = Request(chosen.query, audience=Audience.STAFF)
    out = [chosen.query]
    for place, (hit, why) in enumerate(knowledge.explain(request), 1):
        (passage,) = hit.passages
        right = "✓" if evaluate.plain(passage.text) in chosen.relevant else " "
        out.append(f"{place:2} {right} {why.score:+.2f}  {hit.document.title} {passage.label}")
        out += [
            f"        {r.contribution:+.2f}  {r.name}＝{r.value:.3g}"
            for r in why.reasons[:_REASONS]
        ]
    if len(out) == 1:
        out.append("这一题不用学习得来的排序（不是问句，或索引中没有法律），按词语相符程度排列。")
    return "\n".join(out)
