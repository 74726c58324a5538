"""Files written long ago, opened by the code of the day. tests/support/frozen.py wrote them."""

import json
from pathlib import Path

import pytest

from indexer.publish import publish
from kb.documents import Audience
from kb.errors import IndexMissingError
from kb.index.generation import FORMAT, Generations
from kb.knowledge.base import KnowledgeBase
from kb.library import ItemState, Library
from kb.progress import Quiet
from kb.search.results import Request
from kb.text import analysis
from kb.users import Login, Users
from tests.support import frozen

LAW, PAPER = frozen.DOCUMENTS


def check(data_dir: Path) -> None:
    """Searches find the law and its article, and staff alone the paper."""
    base = KnowledgeBase.open(data_dir)
    (hit,) = base.search(Request("出租人返还押金")).hits
    assert (hit.document.title, hit.passages[0].label) == (LAW.title, "第二条")
    published = base.document(LAW.id, Audience.PUBLIC)
    assert published is not None
    assert published.document.passages == LAW.passages
    assert not base.search(Request("玄武")).hits
    (paper,) = base.search(Request("玄武", audience=Audience.STAFF)).hits
    assert paper.document.id == PAPER.id
    base.close()


def test_a_library_of_the_first_schema(tmp_path: Path) -> None:
    frozen.unpack(frozen.LIBRARY, tmp_path)
    with Library.open(tmp_path) as library:
        assert library.documents_by_ids([d.id for d in frozen.DOCUMENTS]) == {
            d.id: d for d in frozen.DOCUMENTS
        }
        items = library.items("示范")
        assert {path: item.state for path, item in items.items()} == {
            LAW.id: ItemState.OK,
            PAPER.id: ItemState.OK,
            "坏.docx": ItemState.FAILED,
        }
        assert items["坏.docx"].reason == "damaged"
        (run,) = library.last_runs(5)
        assert (run.command, run.state, run.report) == ("index", "done", {"added": 2})
        assert library.check() == []
        publish(tmp_path, library, full=True, workers=1, progress=Quiet())
    with Users.open(tmp_path) as users:
        assert users.verify(frozen.USER, frozen.PASSWORD) == Login(True)
    check(tmp_path)


def test_a_base_of_the_present_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words may be cut otherwise today: then it is refused, and is opened here all the same."""
    frozen.unpack(frozen.base_of(FORMAT), tmp_path)
    generations = Generations(tmp_path)
    sentinel = generations.sentinel(generations.current_name())
    assert sentinel is not None
    if sentinel.analysis != analysis.fingerprint():
        with pytest.raises(IndexMissingError, match="kb index --full"):
            KnowledgeBase.open(tmp_path)
        monkeypatch.setattr(analysis, "fingerprint", lambda: sentinel.analysis)
    check(tmp_path)


def test_a_base_of_another_format_is_refused(tmp_path: Path) -> None:
    frozen.unpack(frozen.base_of(FORMAT), tmp_path)
    generations = Generations(tmp_path)
    path = generations.directory(generations.current_name()) / "sentinel.json"
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**data, "format": FORMAT - 1}), "utf-8")
    with pytest.raises(IndexMissingError, match="kb index --full"):
        KnowledgeBase.open(tmp_path)
