"""The project's own files: pins agree, no address in them, the manual agrees with the code."""

import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest

from docs import reference
from kb import sourceconfig, websource
from kb.cli import kb as group
from kb.settings import TABLE
from kb.sourceconfig import SourceConfig

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


def test_the_notice_names_the_licence_of_every_dependency() -> None:
    pins = (ROOT / "requirements/runtime.txt").read_text("utf-8")
    stated = set(re.findall(r"(?m)^    ([a-z0-9-]+) {2,}\S", (ROOT / "NOTICE").read_text("utf-8")))
    pinned = set(re.findall(r"(?m)^([a-z0-9-]+)==", pins))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = [line for lines in project["optional-dependencies"].values() for line in lines]
    assert stated == pinned | {re.split("[>=]", line)[0] for line in optional}


def test_the_list_of_untyped_tests_only_shrinks() -> None:
    """32 modules are left; whoever types one takes it out of pyproject.toml and lowers the number."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"][
        "overrides"
    ]
    (untyped,) = [o["module"] for o in overrides if o.get("ignore_errors")]
    assert len(untyped) <= 32
    for module in untyped:
        assert module.startswith("tests.")
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module


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
def test_every_command_and_option_has_help(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    for one in (command, *inner):
        assert one.help, one.name
        for parameter in one.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


def test_every_key_of_a_source_has_help() -> None:
    keys = {key for t in websource.TYPES for key in websource.keys(t)}
    assert set(websource.HELP) == keys
    assert {*sourceconfig.HELP} == {f.name for f in fields(SourceConfig)} - {"web"}


def test_the_manual_says_what_the_code_says() -> None:
    """`make docs` was run after the last change of a command, a setting or a key."""
    manual = reference.MANUAL.read_text("utf-8")
    assert reference.renewed(manual) == manual
    for name in commands():
        assert f"`kb {name}" in manual
    for setting in TABLE:
        assert f"| `{setting.name}` |" in manual


def test_a_manual_without_a_marker_is_refused() -> None:
    manual = reference.MANUAL.read_text("utf-8")
    with pytest.raises(ValueError, match="网络来源"):
        reference.renewed(manual.replace("<!-- 网络来源完 -->", ""))


def test_one_thing_has_one_word_on_screen() -> None:
    """kind 类别 (of statutes on their page 效力级别), issuer 制定机关, number 发文字号, year 年份."""
    texts = [ROOT / "web/data/texts.toml", ROOT / "docs/用户手册.md", ROOT / "web/api.py"]
    texts += [*(ROOT / "kb/cli").glob("*.py"), ROOT / "indexer/explain.py"]
    for path in texts:
        for other in ("种类", "文种", "发文单位", "发布机关", '"文号"', '"年度"', '"状态"'):
            assert other not in path.read_text("utf-8"), f"{path.name}: {other}"
