"""The command line. kb imports neither indexer nor web: these register commands as plugins."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path

import click

from kb import __version__, errors
from kb.access import as_root
from kb.terminal import say


class Commands(click.Group):
    """The group `kb`, with commands from the entry points kb.commands; errors become exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(e.name for e in entry_points(group="kb.commands"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for entry in entry_points(group="kb.commands", name=cmd_name):
            command = entry.load()
            assert isinstance(command, click.Command)
            return command
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kb")
def kb() -> None:
    """普法知识库：读取、检索、发布法治宣传资料。"""


_PRIVATE = 0o077
"""Umask: neither group nor others may read the program's files: accounts, staff papers."""

_WARNED = ("index", "refresh", "watch", "serve")


def _warn_root(arguments: Sequence[str]) -> None:
    """Prints a warning if a command that writes or serves runs as root; tests and builds may do so."""
    if (
        arguments[:1]
        and arguments[0] in _WARNED
        and not {"CI", "PYTEST_CURRENT_TEST"} & {*os.environ}
    ):
        given = next((b for a, b in pairwise(arguments) if a == "--data-dir"), "")
        said = as_root(Path(given or os.environ.get("KB_DATA_DIR") or "kb-data"))
        if said:
            click.echo(f"提醒：{said}", err=True)


def main() -> None:
    """The console script. Exit codes: 0 done, 1 some items failed, 2 usage or
    configuration, 75 locked, 70 a bug or a system fault, such as a full disk."""
    os.umask(os.umask(_PRIVATE) | _PRIVATE)
    _warn_root(sys.argv[1:])
    try:
        code = kb.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("已中断。", err=True)
        code = 130
    except errors.LockedError as error:
        say(str(error), err=True)
        code = 75
    except errors.StorageError as error:
        say(str(error), err=True)
        code = 70
    except errors.KbError as error:
        say(str(error), err=True)
        code = 2
    except Exception:
        # Not 1, which means that all but some items are done.
        traceback.print_exc()
        click.echo("程序出错，请把以上内容反馈给维护人员。", err=True)
        code = 70
    sys.exit(code if isinstance(code, int) else 0)
