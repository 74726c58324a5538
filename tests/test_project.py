"""The project's own files: pins agree, no address in them, every command and setting is told."""

import re
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from kb.cli import kb as group
from kb.settings import TABLE

ROOT = Path(__file__).resolve().parents[1]


def tracked() -> list[Path]:
    """Files under version control, or all but build products where there is none."""
    try:
        out = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git here")
    return [ROOT / name for name in out.decode().split("\0") if name and (ROOT / name).is_file()]


def test_runtime_requirements_are_those_of_the_package() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "dependencies"
    ]
    lines = (ROOT / "requirements/runtime.in").read_text("utf-8").splitlines()
    assert sorted(declared) == sorted(line for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("name", ["build", "runtime", "dev"])
def test_every_pin_has_hashes(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    pins = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert pins
    for pin in pins:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", pin), pin[:60]
        assert "--hash=sha256:" in pin, pin[:60]
    assert "://" not in text
    assert "--index-url" not in text


def test_no_path_of_a_machine_and_no_registry_in_any_file() -> None:
    place = re.compile(r"/(?:work|home|root|Users)/[A-Za-z.]")
    registry = re.compile(
        r"https?://[A-Za-z0-9.-]*(?:py" + r"pi|pythonhosted|npm" + r"js|debian)\."
    )
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if path == Path(__file__):
            continue
        assert not place.search(text), f"{path}: {place.search(text)}"
        assert not registry.search(text), f"{path}: {registry.search(text)}"


def commands() -> list[str]:
    context = click.Context(group)
    return group.list_commands(context)


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_and_stands_in_the_manual(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"
    assert f"kb {name}" in (ROOT / "docs/用户手册.md").read_text("utf-8")


def test_every_setting_stands_in_the_manual() -> None:
    manual = (ROOT / "docs/用户手册.md").read_text("utf-8")
    for setting in TABLE:
        assert f"`{setting.name}`" in manual, setting.name
