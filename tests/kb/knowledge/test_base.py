"""The knowledge base as its callers see it, on a real index of invented documents."""

import gc
import inspect
import textwrap
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.documents import Audience, Document, Kind, Status
from kb.errors import IndexMissingError
from kb.index.generation import Generations
from kb.knowledge import view as view_module
from kb.knowledge.base import KnowledgeBase
from kb.knowledge.view import View
from kb.search.results import Filters, Request
from kb.text.analysis import Analyzer
from tests.conftest import article, fill, invented, paragraph

STAFF = Audience.STAFF


def titles(knowledge: KnowledgeBase, query: str, **rest: object) -> list[str]:
    return [h.document.title for h in knowledge.search(Request(query, **rest)).hits]  # type: ignore[arg-type]


def test_warming_reads_everything_without_asserts_too(tmp_path: Path) -> None:
    """python -O leaves asserts out: the method is compiled so, and must still build all."""
    fill(tmp_path, invented()[:1])
    view = View.open(tmp_path, Analyzer(tmp_path / "cache"), Audience.PUBLIC)
    source, names = textwrap.dedent(inspect.getsource(View.warm)), dict(vars(view_module))
    exec(compile(source, "warm", "exec", optimize=1), names)
    names["warm"](view)
    assert {"suggester", "speller", "bridges", "prepared"} <= set(vars(view))


def test_an_article_asked_for_comes_first(knowledge: KnowledgeBase) -> None:
    for query in (
        "示范民法第8条",
        "示范民法 第八条",
        "《示范民法》8条",
        "中华人民共和国示范民法第八条",
    ):
        hit = knowledge.search(Request(query)).hits[0]
        assert (hit.document.work, hit.passages[0].label) == ("示范民法", "第八条"), query
        assert hit.passages[0].url.endswith("/8")


def test_an_everyday_question_finds_guide_and_article(knowledge: KnowledgeBase) -> None:
    result = knowledge.search(Request("房东不退押金怎么办"))
    assert {"租房退押金指南", "中华人民共和国示范民法"} <= {h.document.title for h in result.hits}
    law = next(h for h in result.hits if h.document.work == "示范民法")
    assert law.passages[0].label == "第八条"
    assert any("出租人" in e.terms for e in result.expanded)


def test_verbatim_adds_nothing(knowledge: KnowledgeBase) -> None:
    result = knowledge.search(Request("房东不退押金怎么办", verbatim=True))
    assert (result.expanded, result.understood) == ((), ())


def test_the_version_in_force_comes_before_the_old_one(knowledge: KnowledgeBase) -> None:
    hits = knowledge.search(Request("体育设施 开放")).hits
    assert [h.document.status for h in hits][:2] == [Status.IN_FORCE, Status.AMENDED][: len(hits)]
    law = knowledge.law("示范体育法", Audience.PUBLIC)
    assert law is not None
    assert law.info.published == date(2022, 6, 24)
    old = knowledge.law("中华人民共和国示范体育法", Audience.PUBLIC, date(2010, 3, 1))
    assert old is not None
    assert (old.info.status, old.document.passages[0].text) == (Status.AMENDED, "旧的体育规定。")
    assert "?version=2010-03-01" in next(
        h.url
        for h in knowledge.search(Request("旧的体育规定")).hits
        if h.document.published == date(2010, 3, 1)
    )


def test_a_repealed_text_is_shown_as_repealed(knowledge: KnowledgeBase) -> None:
    hit = knowledge.search(Request("停车收费")).hits[0]
    assert hit.document.status is Status.REPEALED
    found = knowledge.law("示范收费办法", Audience.PUBLIC)
    assert found is not None
    assert found.info.status is Status.REPEALED


def test_staff_papers_are_nowhere_for_the_public(knowledge: KnowledgeBase) -> None:
    hidden = next(d for d in knowledge.documents(STAFF) if d.audience is STAFF)
    assert knowledge.document(hidden.id, STAFF) is not None
    assert knowledge.document(hidden.id, Audience.PUBLIC) is None
    assert hidden.title not in titles(knowledge, "社区矫正")
    assert hidden.title in titles(knowledge, "社区矫正", audience=STAFF)
    assert hidden not in knowledge.documents(Audience.PUBLIC)
    assert hidden not in knowledge.newest(Audience.PUBLIC, 100)
    for query in ("玄武", "某区司法局2023年工作总结", "八五普法", '"机密代号"'):
        result = knowledge.search(Request(query))
        assert result.total == sum(1 for h in result.hits)
        assert "工作总结" not in {v.value for v in result.facets["kind"]}
        assert "玄武" not in "".join(p.text for h in result.hits for p in h.passages)
    for facet in ("kind", "topic", "issuer", "region", "year"):
        secret = {v.value for v in knowledge.counts(STAFF, facet)}
        public = {v.value for v in knowledge.counts(Audience.PUBLIC, facet)}
        assert public < secret, facet
    assert not knowledge.suggest("八五", Audience.PUBLIC)
    assert knowledge.suggest("八五", STAFF)


def test_facets_narrow_to_their_counts(knowledge: KnowledgeBase) -> None:
    whole = knowledge.search(Request("", audience=STAFF, size=100))
    assert whole.total == len(invented())
    for facet, values in whole.facets.items():
        for value in values:
            chosen = Filters(**{facet: (value.value,)})
            narrowed = knowledge.search(Request("", chosen, STAFF, size=100))
            assert narrowed.total == value.count, (facet, value.value)
            assert any(v.selected for v in narrowed.facets[facet])


def test_a_chosen_value_without_hits_stays_visible(knowledge: KnowledgeBase) -> None:
    result = knowledge.search(Request("押金", Filters(kind=("案例",))))
    assert result.total == 0
    assert [(v.value, v.count) for v in result.facets["kind"] if v.selected] == [("案例", 0)]


@pytest.mark.parametrize(
    "query", ["！？。", "(" * 1000, "法" * 10_000, '"', "-", "-调解", "\x00", "NOT OR foo"]
)
def test_odd_queries_are_answered(knowledge: KnowledgeBase, query: str) -> None:
    result = knowledge.search(Request(query))
    assert result.total == 0 or result.hits
    assert result.notices or query in ("\x00", "NOT OR foo")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.integers(-5, 50), st.integers(-5, 2000))
def test_no_query_raises(knowledge: KnowledgeBase, query: str, page: int, size: int) -> None:
    knowledge.search(Request(query, page=page, size=size))


def test_highlights_lie_on_the_words(knowledge: KnowledgeBase) -> None:
    for hit in knowledge.search(Request("出租人 押金")).hits:
        for passage in hit.passages:
            marked = [passage.snippet.text[s.start : s.end] for s in passage.snippet.spans]
            assert marked
            assert set(marked) <= {"出租人", "押金", "返还"}


def test_it_follows_a_new_generation(
    make_base: Callable[[Sequence[Document]], KnowledgeBase], tmp_path: Path
) -> None:
    base = make_base(invented())
    before = base.generation
    added = replace(
        invented()[0],
        id="new",
        work="示范新法",
        title="示范新法",
        passages=(article(1, "全新的制度。"),),
    )
    fill(tmp_path, [*invented(), added])
    base._views._checked = 0.0
    assert base.search(Request("全新的制度")).hits[0].document.id == "new"
    assert base.generation > before
    fill(tmp_path, invented())
    base._views._checked = 0.0
    assert "new" not in {h.document.id for h in base.search(Request("全新的制度")).hits}
    assert base.document("new", STAFF) is None


def test_a_replaced_generation_leaves_nothing_behind(
    make_base: Callable[[Sequence[Document]], KnowledgeBase], tmp_path: Path
) -> None:
    base = make_base(invented())
    base.warm()
    query = Request("房东不退押金")
    assert any(p.cites for h in base.search(query).hits for p in h.passages)
    base.suggest("示范", STAFF)
    names = weakref.ref(base.names(Audience.PUBLIC))
    fill(tmp_path, [replace(invented()[0], title="示范新法"), *invented()[1:]])
    before, end = base.generation, time.monotonic() + 20
    while base.generation == before and time.monotonic() < end:
        time.sleep(0.05)
    assert base.generation > before
    base.search(query)
    gc.collect()
    assert names() is None


def test_many_threads_get_one_answer(knowledge: KnowledgeBase) -> None:
    wanted = [h.document.id for h in knowledge.search(Request("押金")).hits]
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(30):
            found = [h.document.id for h in knowledge.search(Request("押金")).hits]
            published = knowledge.document(wanted[0], Audience.PUBLIC)
            if found != wanted or published is None:
                wrong.append(found)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_without_an_index_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="kb index"):
        KnowledgeBase.open(tmp_path)


def test_a_law_is_its_own_first_hit(knowledge: KnowledgeBase) -> None:
    assert titles(knowledge, "示范民法")[0] == "中华人民共和国示范民法"


def test_newest_first(knowledge: KnowledgeBase) -> None:
    days = [d.published or d.checked or date.min for d in knowledge.newest(STAFF, 100)]
    assert days == sorted(days, reverse=True)
    assert {d.kind for d in knowledge.documents(STAFF, kind="案例")} <= {Kind.CASE}


def test_a_guides_answer_names_the_articles_behind_it(knowledge: KnowledgeBase) -> None:
    hit = next(h for h in knowledge.search(Request("房东不退押金")).hits if h.document.situation)
    passage = next(p for p in hit.passages if p.label)
    assert [(c.text, c.url) for c in passage.cites] == [
        ("《示范民法》第八条", "/law/%E7%A4%BA%E8%8C%83%E6%B0%91%E6%B3%95/8")
    ]
    assert "依据" not in passage.snippet.text


def test_one_added_word_can_be_taken_back(knowledge: KnowledgeBase) -> None:
    asked = "房东不退押金怎么办"
    words = {e.word for e in knowledge.search(Request(asked)).expanded}
    assert "房东" in words
    left = knowledge.search(Request(asked, dropped=("expanded:房东",)))
    assert {e.word for e in left.expanded} == words - {"房东"}


def test_a_law_for_staff_is_not_understood_for_the_public(
    make_base: Callable[[Sequence[Document]], KnowledgeBase],
) -> None:
    secret = replace(invented()[0], id="secret", work="示范密令", title="示范密令", audience=STAFF)
    base = make_base([*invented(), secret])
    assert not any(u.value == "示范密令" for u in base.search(Request("示范密令第8条")).understood)
    assert base.law("示范密令", Audience.PUBLIC) is None
    assert base.search(Request("示范密令第8条", audience=STAFF)).hits[0].document.id == "secret"


def test_a_damaged_index_is_not_swapped_in_and_the_one_before_opened(
    make_base: Callable[[Sequence[Document]], KnowledgeBase], tmp_path: Path
) -> None:
    base = make_base(invented())
    fill(tmp_path, invented()[:-1])
    generations = Generations(tmp_path)
    parts = generations.directory(generations.current_name())
    (parts / "catalog.jsonl").write_text("{", "utf-8")
    base._views._checked = 0.0
    assert base.search(Request("押金")).total
    assert base.stepped_back
    # Not opened again and again while nothing is mended.
    held = base._view(Audience.PUBLIC)
    base._views._checked = 0.0
    assert base.search(Request("押金")).total
    assert base._view(Audience.PUBLIC) is held
    again = KnowledgeBase.open(tmp_path)
    assert again.stepped_back
    assert again.generation == "g000001"
    assert again.search(Request("押金")).total
    again.close()
    for name in generations.names():
        (generations.directory(name) / "sentinel.json").unlink()
    with pytest.raises(IndexMissingError, match="--full"):
        KnowledgeBase.open(tmp_path)


def test_a_base_without_law_topic_or_guide_answers(
    make_base: Callable[[Sequence[Document]], KnowledgeBase],
) -> None:
    plain = Document("plain", "随记", Kind.OTHER, Audience.PUBLIC, (article(1, "今天下雨。"),))
    base = make_base([plain])
    assert titles(base, "下雨") == ["随记"]
    assert base.suggest("民", Audience.PUBLIC) == ()
    empty = make_base([])
    assert empty.search(Request("下雨")).total == 0
    assert empty.search(Request("")).total == 0


def test_a_guides_answer_carries_its_articles_up(
    make_base: Callable[[Sequence[Document]], KnowledgeBase],
) -> None:
    """An article that shares no word with the query comes by way of the guide that cites it."""
    answer = "可以要回来。\n依据：《示范民法》第五十条"
    guide = next(d for d in invented() if d.situation)
    bridge = replace(guide, passages=(replace(guide.passages[1], text=answer),))
    rest = [d for d in invented() if not d.situation]
    passages = [
        p
        for h in make_base([*rest, bridge]).search(Request("房东不退押金")).hits
        for p in h.passages
    ]
    assert passages[0].label == "房东不退押金怎么办？"
    assert "第五十条" in {p.label for p in passages}
    plain = make_base(rest).search(Request("房东不退押金"))
    assert "第五十条" not in {p.label for h in plain.hits for p in h.passages}


def test_single_characters_figures_and_copied_words(
    tmp_path: Path,
) -> None:
    texts = {
        "减免说明": "纳税人可以申请减免，材料30日内提交。",
        "罚款说明": "处5,000元以上罚款，申请复核期为30日。",
        "表扬通报": "买买提•吐尔逊同志受到表扬。",
        "停车说明": "未成年人保护工作由街道牵头。",
    }
    made = [
        Document(
            id=title, title=title, kind=Kind.OTHER, audience=Audience.PUBLIC,
            passages=(paragraph(1, text),),
        )
        for title, text in texts.items()
    ]  # fmt: skip
    fill(tmp_path, made)
    knowledge = KnowledgeBase.open(tmp_path)
    asked = {
        "税": ["减免说明"],
        "停": ["停车说明"],
        "30日 申请": ["减免说明", "罚款说明"],
        "5000元": ["罚款说明"],
        '"５，０００元"': ["罚款说明"],
        '"买买提·吐尔逊"': ["表扬通报"],
        "未成\u200b年人": ["停车说明"],
        "鲸": [],
    }
    for query, expected in asked.items():
        result = knowledge.search(Request(query))
        assert sorted(h.document.title for h in result.hits) == sorted(expected), query
        assert not result.relaxed or not expected
    (hit,) = knowledge.search(Request("5000元")).hits
    span = hit.passages[0].snippet.spans[0]
    assert hit.passages[0].snippet.text[span.start : span.end] == "5,000"
    knowledge.close()
