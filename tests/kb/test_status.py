"""kb status and kb doctor: they see what is there and say what to do about what is wrong."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.cli.status import doctor, rollback, status
from kb.documents import Audience
from kb.index.generation import Generations
from kb.lock import Lock
from tests.conftest import fill, invented


def call(command: object, data_dir: Path, *more: str) -> Result:
    return CliRunner().invoke(command, ["--data-dir", str(data_dir), *more])  # type: ignore[arg-type]


def findings(data_dir: Path) -> dict[str, str]:
    result = call(doctor, data_dir, "--json")
    found = json.loads(result.output)
    assert result.exit_code == (1 if any(f["level"] == "fault" for f in found) else 0)
    assert all(f["remedy"] for f in found if f["level"] == "fault")
    return {f["subject"]: f["level"] for f in found}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    fill(tmp_path, invented())
    return tmp_path


def test_status_tells_what_is_published(base: Path) -> None:
    data = json.loads(call(status, base, "--json").output)
    assert data["generation"]["documents"] == len(invented())
    assert data["failures"] == []
    assert data["bytes"] > 10_000
    assert "索引版本" in call(status, base).output


def test_status_names_who_writes(base: Path) -> None:
    with Lock(base, "kb index"):
        assert "kb index" in json.loads(call(status, base, "--json").output)["writing"]
    assert json.loads(call(status, base, "--json").output)["writing"] == ""


def test_status_of_nothing_says_so(tmp_path: Path) -> None:
    assert "无" in call(status, tmp_path).output


def test_doctor_finds_a_sound_base_sound(base: Path) -> None:
    # Programs that only some formats need may be missing.
    found = {k: v for k, v in findings(base).items() if k not in ("OCR", "LibreOffice", "运行身份")}
    assert set(found.values()) == {"ok"}


def test_doctor_finds_a_missing_index(base: Path) -> None:
    shutil.rmtree(base / "index")
    assert findings(base)["索引"] == "fault"


def test_doctor_finds_a_damaged_part(base: Path) -> None:
    generations = Generations(base)
    part = next((generations.directory(generations.current_name()) / "parts").iterdir())
    (part / "ids.npy").write_bytes(b"")
    assert findings(base)["索引"] == "fault"


def test_doctor_finds_a_damaged_library(base: Path) -> None:
    (base / "library.sqlite3").write_bytes(b"no database at all" * 100)
    assert findings(base)["资料库"] == "fault"


def test_doctor_warns_of_summaries_that_everybody_sees(base: Path) -> None:
    open_to_all = [replace(d, audience=Audience.PUBLIC) for d in invented()]
    fill(base, open_to_all)
    assert findings(base)["公开范围"] == "note"


def test_rollback_goes_one_step_back(base: Path) -> None:
    fill(base, invented()[:-1])
    before = Generations(base).current_name()
    result = call(rollback, base)
    assert result.exit_code == 0
    after = Generations(base).current_name()
    assert after < before
    assert after in result.output
