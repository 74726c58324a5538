"""The parts of 用户手册.md that the code states: commands, settings, keys of sources.

`python -m docs.reference` (make docs) writes them between their markers; a test fails when they are stale.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import click

from kb import settings, sourceconfig, websource
from kb.cli import kb
from kb.documents import Audience

MANUAL: Final = Path(__file__).resolve().parent / "用户手册.md"
_COMMON: Final = {"--help", "--data-dir", "--config", "--json"}
_BEGIN: Final = "<!-- {}：由 make docs 生成 -->"
_END: Final = "<!-- {}完 -->"


def renewed(text: str) -> str:
    """`text` with what stands between the markers made anew. Raises ValueError where one is missing."""
    for name, make in PARTS.items():
        begin, end = _BEGIN.format(name), _END.format(name)
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise ValueError(f"no place for {name}: {begin} … {end}")
        text = f"{before}{begin}\n\n{make()}\n\n{end}{after}"
    return text


def commands() -> str:
    """Every command with its arguments and options; those that most commands share stand in the text."""
    context = click.Context(kb, info_name="kb")
    return "\n\n".join(
        part
        for name in kb.list_commands(context)
        if (command := kb.get_command(context, name))
        for part in _command(command, click.Context(command, context, name))
    )


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    if isinstance(command, click.Group):
        yield f"**`{context.command_path}`** {_flat(command.help)}"
        for name in command.list_commands(context):
            inner = command.commands[name]
            yield from _command(inner, click.Context(inner, context, name))
        return
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    yield f"**`{' '.join([context.command_path, *arguments])}`** {_flat(command.help)}"
    options = [p for p in command.params if isinstance(p, click.Option)]
    records = [
        record
        for option in options
        if not _COMMON & {*option.opts} and (record := option.get_help_record(context))
    ]
    if records:
        yield _table(("选项", "说明"), (_option(*record) for record in records))


def _option(use: str, text: str) -> tuple[str, str]:
    """A line of click's help in the words of the manual: `--limit INTEGER RANGE`, …  [1<=x<=1000]."""
    use = (
        re.sub(r"INTEGER( RANGE)?", "N", use)
        .replace("[%Y-%m-%d]", "年-月-日")
        .replace("TEXT", "文字")
    )
    between = re.search(r"\[(\d+)<=x<=(\d+)\]", text)
    text = re.sub(r"\s*\[\S*x\S*\]$", "", text)
    return f"`{use}`", f"{text}（{between[1]} 至 {between[2]}）" if between else text


def general() -> str:
    """The settings of `kb.settings`."""
    rows = (
        (
            f"`{s.name}`",
            f"[{s.section}]" if s.section else "开头",
            _shown(s.default),
            s.expected,
            s.help,
        )
        for s in settings.TABLE
    )
    return _table(("设置", "所在", "默认", "应为", "说明"), rows)


def sources() -> str:
    """The keys of every [[source]]."""
    expected = {
        "type": "、".join(sourceconfig.TYPES),
        "audience": "、".join(Audience),
    }
    rows = (
        (f"`{key}`", f"{text}（{expected[key]}）" if key in expected else text)
        for key, text in sourceconfig.HELP.items()
    )
    return _table(("设置", "说明"), rows)


def web() -> str:
    """The keys of a [[source]] on the web, and which types have them."""

    def row(key: str, text: str) -> tuple[str, ...]:
        having = [t for t in websource.TYPES if key in websource.keys(t)]
        used = "全部" if len(having) == len(websource.TYPES) else "、".join(having)
        if key == "url":
            return f"`{key}`", used, "", text
        values = {t: _shown(websource.default(key, t)) for t in having}
        usual = values[having[0]]
        others = "".join(f"，{t} 为 {v}" for t, v in values.items() if v != usual)
        return f"`{key}`", used, usual + others, text

    rows = (row(*item) for item in websource.HELP.items())
    return _table(("设置", "用于", "默认", "说明"), rows)


def _shown(value: object) -> str:
    if value in ("", None, ()):
        return "空"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _flat(text: str | None) -> str:
    # Lines of a Chinese text join without a space.
    return re.sub(r"\s*\n\s*", "", (text or "").strip())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(
        "| " + " | ".join(c.replace("|", r"\|") for c in line) + " |" for line in lines
    )


PARTS: Final[dict[str, Callable[[], str]]] = {
    "命令": commands,
    "设置": general,
    "来源": sources,
    "网络来源": web,
}

if __name__ == "__main__":
    MANUAL.write_text(renewed(MANUAL.read_text("utf-8")), "utf-8")
