"""kb user: manages staff accounts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kb import settings
from kb.terminal import plain, say
from kb.users import UserError, Users

_data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="数据目录。"
)
_config = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件 kb.toml。"
)
_stdin = click.option("--password-stdin", is_flag=True, help="从标准输入读取密码（一行）。")


@click.group()
def user() -> None:
    """管理工作人员账号。"""


@user.command()
@click.argument("name")
@_stdin
@_data_dir
@_config
def add(name: str, password_stdin: bool, data_dir: Path | None, config: Path | None) -> None:
    """新增账号 NAME。"""
    password, values = _password(password_stdin), settings.load(config, data_dir=data_dir)
    near = (values.site_name, values.office)
    with Users.open(values.data_dir) as users, _refusals():
        say(f"已新增用户 {users.add(name, password, near).name}。")


@user.command()
@click.argument("name")
@_stdin
@_data_dir
@_config
def passwd(name: str, password_stdin: bool, data_dir: Path | None, config: Path | None) -> None:
    """修改 NAME 的密码，并使其重新登录。"""
    password, values = _password(password_stdin), settings.load(config, data_dir=data_dir)
    near = (values.site_name, values.office)
    with Users.open(values.data_dir) as users, _refusals():
        users.set_password(name, password, near)
    say(f"已修改用户 {name} 的密码。")


@user.command()
@click.argument("name")
@_data_dir
@_config
def remove(name: str, data_dir: Path | None, config: Path | None) -> None:
    """删除账号 NAME。"""
    with _open(data_dir, config) as users, _refusals():
        users.remove(name)
    say(f"已删除用户 {name}。")


@user.command("list")
@_data_dir
@_config
def list_users(data_dir: Path | None, config: Path | None) -> None:
    """列出全部账号。"""
    with _open(data_dir, config) as users:
        for account in users.list():
            click.echo(f"{plain(account.name)}\t{account.created}")


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns UserError into click's usage error (exit code 2)."""
    try:
        yield
    except UserError as e:
        raise click.UsageError(str(e)) from e


def _open(data_dir: Path | None, config: Path | None) -> Users:
    return Users.open(settings.load(config, data_dir=data_dir).data_dir)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(1000).rstrip("\r\n")
    entered: str = click.prompt("密码", hide_input=True, confirmation_prompt="再次输入密码")
    return entered
