"""Fixtures shared by all tests: a real library and a real index of a few invented documents."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

from indexer import read, readers
from indexer.publish import publish
from kb.documents import (
    Audience,
    Document,
    Kind,
    Passage,
    PassageKind,
    Status,
    TopicMatch,
    document_id,
)
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.progress import Quiet
from tests.support.real import DATA

# The same examples in every run; `make check-all` looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


@pytest.fixture(scope="session", autouse=True)
def forked_readers() -> Iterator[None]:
    """Readers are forked, as by `kb index`, though xdist keeps a thread for its messages: a fresh
    interpreter for each of some hundred runs takes minutes. tests/indexer/test_readers.py has both."""
    patch = pytest.MonkeyPatch()
    patch.setattr(readers, "may_fork", lambda: sys.platform == "linux")
    # Once for all that are forked from here.
    read.prepare()
    yield
    patch.undo()


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real statutes; skips the test where it is absent."""
    if not (DATA / "laws").is_dir():
        pytest.skip("the real statutes (../shared/data) are not beside the project")
    return DATA


def article(number: int, text: str, *path: str) -> Passage:
    """An article of an invented law."""
    from kb.documents import ArticleNumber

    n = ArticleNumber(number)
    return Passage(f"a{n.key}", n.label, path, text, PassageKind.ARTICLE, n.key)


def paragraph(number: int, text: str, *path: str) -> Passage:
    """A paragraph of an invented paper."""
    return Passage(f"p{number}", "", path, text)


def invented() -> list[Document]:
    """A small base: laws in several versions, an interpretation, a guide, papers for staff."""
    general = ("第一编 总则", "第一章 一般规定")
    lease = ("第二编 合同", "第二章 租赁合同")
    tidy = [article(n, f"城市照明设施第{n}项由养护单位管理。", "第二编 合同") for n in range(9, 60)]
    code = Document(
        id=document_id("test", "code"),
        title="中华人民共和国示范民法",
        kind=Kind.LAW,
        audience=Audience.PUBLIC,
        work="示范民法",
        issuer="示范人民代表大会",
        as_of=date.today(),
        region="全国",
        published=date(2021, 5, 1),
        effective=date(2022, 1, 1),
        year=2021,
        status=Status.IN_FORCE,
        topics=(TopicMatch("民法典", "标题", 1),),
        passages=(
            article(1, "为了示范，制定本法。", *general),
            article(2, "家庭应当树立优良家风。\n夫妻应当互相忠实，互相尊重。", *general),
            article(7, "出租人应当按照约定将租赁物交付承租人。", *lease),
            article(8, "租赁期限届满，出租人应当返还押金。承租人应当返还租赁物。", *lease),
            *tidy,
            Passage(
                "a60-1",
                "第六十条之一",
                lease,
                "高空抛物的，依法承担责任。",
                PassageKind.ARTICLE,
                "60-1",
            ),
        ),
    )
    old = Document(
        id=document_id("test", "sport", "2010"),
        title="中华人民共和国示范体育法",
        kind=Kind.LAW,
        audience=Audience.PUBLIC,
        work="示范体育法",
        issuer="示范人民代表大会常务委员会",
        as_of=date.today(),
        region="全国",
        published=date(2010, 3, 1),
        effective=date(2010, 5, 1),
        year=2010,
        status=Status.REPEALED,
        passages=(article(1, "旧的体育规定。"), article(2, "公共体育设施向社会开放。")),
    )
    new = Document(
        id=document_id("test", "sport", "2022"),
        title="中华人民共和国示范体育法",
        kind=Kind.LAW,
        audience=Audience.PUBLIC,
        work="示范体育法",
        issuer="示范人民代表大会常务委员会",
        as_of=date.today(),
        region="全国",
        published=date(2022, 6, 24),
        effective=date(2023, 1, 1),
        year=2022,
        status=Status.IN_FORCE,
        passages=(article(1, "新的体育规定。"), article(2, "公共体育设施应当免费开放。")),
    )
    repealed = Document(
        id=document_id("test", "fee"),
        title="示范收费办法",
        kind=Kind.DEPARTMENT_RULE,
        audience=Audience.PUBLIC,
        work="示范收费办法",
        issuer="示范部",
        region="全国",
        published=date(2001, 2, 3),
        year=2001,
        status=Status.REPEALED,
        passages=(article(1, "停车收费按次计算。"),),
    )
    guide = Document(
        id=document_id("test", "guide"),
        title="租房退押金指南",
        kind=Kind.GUIDE,
        audience=Audience.PUBLIC,
        situation="租房买房",
        checked=date(2026, 11, 20),
        topics=(TopicMatch("房屋租赁", "标题", 1),),
        passages=(
            paragraph(1, "租房常见问题。"),
            Passage(
                "p2",
                "房东不退押金怎么办？",
                (),
                "先看合同，再协商，协商不成可以起诉。\n依据：《示范民法》第八条",
                PassageKind.QUESTION,
            ),
        ),
    )
    summary = Document(
        id=document_id("test", "summary"),
        title="某区司法局2023年工作总结",
        kind=Kind.WORK_SUMMARY,
        audience=Audience.STAFF,
        issuer="某区司法局",
        region="浙江省杭州市",
        published=date(2024, 1, 10),
        year=2023,
        topics=(TopicMatch("社区矫正", "小标题", 3), TopicMatch("八五普法", "正文", 3)),
        passages=(
            paragraph(1, "全年调解纠纷若干件，机密代号玄武。", "一、工作总结", "（一）人民调解"),
            paragraph(2, "社区矫正对象管理到位，“八五”普法扎实推进。", "一、工作总结"),
        ),
    )
    notice = Document(
        id=document_id("test", "notice"),
        title='关于开展<script>alert("x")</script>宣传月的通知',
        kind=Kind.NORMATIVE_DOCUMENT,
        audience=Audience.PUBLIC,
        issuer="某市司法局",
        region="浙江省",
        published=date(2025, 4, 2),
        year=2025,
        passages=(
            Passage(
                "p1",
                '<b>"一"</b>',
                ("{{ 7*7 }}", "<img src=x onerror=alert(1)>"),
                "社区矫正宣传月活动<script>alert(1)</script>安排 & 要求。",
            ),
        ),
    )
    return [code, old, new, repealed, guide, summary, notice]


def fill(data_dir: Path, documents: Sequence[Document], *, full: bool = False) -> None:
    """Puts the documents into the library of `data_dir`, as the only ones there, and publishes."""
    with Library.open(data_dir) as library:
        source = library.put_source("test", "folder", str(data_dir), "")
        keep = {d.id for d in documents}
        with library.transaction():
            for id, _ in list(library.current()):
                if id not in keep:
                    library.mark_gone(source, [id])
            for d in documents:
                library.put_document(d)
                library.record_item(source, d.id, size=1, mtime_ns=1, sha256="", document_id=d.id)
        publish(data_dir, library, full=full, workers=1, progress=Quiet())


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The invented base, opened. Read only: shared by all tests of a session."""
    data_dir = tmp_path_factory.mktemp("kb")
    fill(data_dir, invented())
    opened = KnowledgeBase.open(data_dir)
    yield opened
    opened.close()


@pytest.fixture
def make_base(tmp_path: Path) -> Iterator[Callable[[Sequence[Document]], KnowledgeBase]]:
    """A function that makes a base of its own of the documents given."""
    opened: list[KnowledgeBase] = []

    def make(documents: Sequence[Document]) -> KnowledgeBase:
        fill(tmp_path, documents)
        base = KnowledgeBase.open(tmp_path)
        opened.append(base)
        return base

    yield make
    for base in opened:
        base.close()
