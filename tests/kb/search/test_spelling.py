"""Spelling: misspelt words are corrected, right ones never; and nothing internal is told by it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import lawnames, thesaurus, topics
from kb.documents import Audience
from kb.errors import ConfigError
from kb.knowledge.base import KnowledgeBase
from kb.lawnames import work_of
from kb.search.slips import Slip, difference, lookalikes, read_lookalikes, slip_between
from kb.search.spelling import MAX_QUERY, Speller
from kb.search.vocabulary import Vocabulary
from kb.text.analysis import Analyzer, field_terms
from kb.text.folding import fold

PUBLIC, STAFF = Audience.PUBLIC, Audience.STAFF
WORKS = ["民法典", "民事诉讼法", "劳动合同法", "社区矫正法", "未成年人保护法", "消费者权益保护法"]
TEXTS = (
    "民法典规定的劳动合同、劳动仲裁和人民调解，社区矫正工作，离婚冷静期，抚养费、赡养费、押金。"
    "工伤赔偿。行政复议的期限。民事诉讼法，劳动合同法，社区矫正法。未成年人保护法，消费者权益保护法。"
    "高空抛物，家庭暴力，信访。app 和 vip 用户。返还彩礼。劳动者签字。"
)
INTERNAL = "八五普法和枫桥经验。"


def attested(text: str) -> bool:
    return text in TEXTS


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture(scope="module")
def speller(analyzer: Analyzer) -> Speller:
    return Speller(WORKS, ["劳动者签字"], attested, analyzer.segmenter.known)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        # by sound
        ("民法点", "民法典"),
        ("明法典", "民法典"),
        ("社区教正", "社区矫正"),
        ("社区教正 做法", "社区矫正 做法"),
        ("社區教正", "社区矫正"),
        ("劳动仲才", "劳动仲裁"),
        ("离昏冷静期", "离婚冷静期"),
        ("房东不退压金怎么办", "房东不退押金怎么办"),
        ("行政复义 期限", "行政复议 期限"),
        ("劳动和同法第39条", "劳动合同法第39条"),
        # by shape
        ("瞻养费", "赡养费"),
        ("民事诉颂法", "民事诉讼法"),
        ("工伤赔尝", "工伤赔偿"),
        # swapped, missing, other
        ("民典法", "民法典"),
        ("社区正矫", "社区矫正"),
        ("未成人保护法", "未成年人保护法"),
        ("未成年年人保护法", "未成年人保护法"),
        ("消费者权益保障法", "消费者权益保护法"),
        # pinyin
        ("minfadian", "民法典"),
        ("MinFaDian", "民法典"),
        ("ｍｉｎｆａｄｉａｎ", "民法典"),
        ("minfadian1043条", "民法典1043条"),
        ("shequjiaozheng 期限", "社区矫正 期限"),
        ("gongshangpeichang", "工伤赔偿"),
        ("mfd", "民法典"),
    ],
)
def test_misspelt_words_are_corrected(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "民法典",
        "劳动合同没签",
        "劳动合同签",
        "app",
        "vip",
        "abcdefgh",
        "xyz",
        "第一千零四十三条",
        "民法典第1043条",
        "",
        "  ",
        "法",
        "！？。",
        "１２３",
        "社区矫",
        "彩礼返还 押金",
        "民法点" * 30,
    ],
)
def test_what_is_no_slip_stays(speller: Speller, typed: str) -> None:
    assert speller.correct(typed) == ""


def test_what_only_staff_may_read_is_no_correction_for_others(speller: Speller) -> None:
    staff = speller.over(lambda text: text in TEXTS or text in INTERNAL)
    for typed, meant in (
        ("八五普发", "八五普法"),
        ("bawupufa", "八五普法"),
        ("枫乔经验", "枫桥经验"),
    ):
        assert staff.correct(typed) == meant
        assert speller.correct(typed) == ""


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=MAX_QUERY + 5))
def test_any_text_is_read(speller: Speller, typed: str) -> None:
    assert isinstance(speller.correct(typed), str)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="民法点典社区教矫正劳动和合同 minfadian", max_size=20))
def test_a_correction_needs_none(speller: Speller, typed: str) -> None:
    """What is proposed is spelt right as far as it was corrected: at most two words at a time."""
    seen = {typed}
    while (after := speller.correct(typed)) and after not in seen:
        seen.add(after)
        typed = after
    assert after == ""


def test_no_word_of_the_field_is_corrected(speller: Speller) -> None:
    """Even where no text has it: whatever the field's own lists hold is right."""
    words = [*field_terms(), *lawnames.aliases(), *WORKS]
    words += [w for t in topics.catalogue().topics for w in (t.name, *t.aliases, *t.queries)]
    words += [w for e in thesaurus.load().entries for w in (*e.parts, *e.terms)]
    assert [(w, c) for w in words if (c := speller.correct(w))] == []


def test_no_law_title_is_corrected(data: Path, analyzer: Analyzer) -> None:
    files = [p for f in ("laws", "laws-local") for p in sorted((data / f).rglob("*.md"))]
    works = sorted({work_of(p.stem.split("(")[0]) for p in files if p.stem != "_index"})
    titles = "\n".join(fold(w) for w in works)
    speller = Speller(works, (), lambda text: text in titles, analyzer.segmenter.known)
    assert [(w, c) for w in works if (c := speller.correct(w))] == []
    wrong = []
    for work in works[::10]:
        for typed in (f"中华人民共和国{work}", f"《{work}》第十条", work[:-1], f"{work}怎么规定"):
            found = speller.correct(typed)
            wrong += [(typed, found)] if found else []
    assert wrong == []


@pytest.mark.parametrize(
    ("written", "word", "slip"),
    [
        ("仲栽", "仲裁", Slip.LOOKALIKE),
        ("正矫社区", "社区矫正", None),
        ("社区正矫", "社区矫正", Slip.SWAPPED),
        ("社矫正", "社区矫正", Slip.MISSING),
        ("社区区矫正", "社区矫正", Slip.EXTRA),
        ("社区矫", "社区矫正", None),
        ("社区矫正法", "社区矫正", None),
        ("社区好正", "社区矫正", Slip.OTHER),
        ("社区矫正", "社区矫正", None),
        ("", "法", None),
    ],
)
def test_slips(written: str, word: str, slip: Slip | None) -> None:
    assert slip_between(written, word) is slip


@given(st.text(alphabet="甲乙丙", max_size=6), st.text(alphabet="甲乙丙", max_size=6))
def test_the_difference_is_where_words_differ(written: str, word: str) -> None:
    first, last = difference(written, word)
    tail = len(written) - last
    assert 0 <= first <= last <= len(written)
    assert written[:first] == word[:first]
    assert not tail or written[-tail:] == word[-tail:]


def test_lookalikes_are_checked(tmp_path: Path) -> None:
    assert lookalikes()["瞻"] == lookalikes()["赡"]
    for lines in ("甲\n", "甲乙\n乙丙\n", "甲甲\n"):
        file = tmp_path / "groups.txt"
        file.write_text(lines, "utf-8")
        with pytest.raises(ConfigError, match="应为两个以上的字"):
            read_lookalikes(file)


def test_what_is_attested_is_what_stands_in_the_texts(knowledge: KnowledgeBase) -> None:
    """Against plain `in` over every passage and title, for both audiences."""
    texts, vocabularies = {}, {}
    for audience in Audience:
        snapshot = knowledge._view(audience).snapshot
        vocabularies[audience] = Vocabulary(snapshot)
        lines = []
        for ordinal, info in enumerate(snapshot.documents):
            first, end = snapshot.spans[ordinal]
            lines += [info.title, info.work]
            records = [snapshot.record(n) for n in range(first, end)]
            lines += [r.text for r in records]
            lines += [r.label for r in records if info.situation]
        texts[audience] = fold("\n".join(lines))
    whole = texts[STAFF]
    chinese = [
        whole[i : i + n]
        for n in (2, 3, 5)
        for i in range(len(whole) - n)
        if all("一" <= c <= "鿿" for c in whole[i : i + n])
    ]
    for text in {*chinese, "玄武", "出租人", "不存在", "租人出"}:
        for audience in Audience:
            assert vocabularies[audience].attested(text) == (text in texts[audience]), text
    assert vocabularies[STAFF].attested("玄武")
    assert not vocabularies[PUBLIC].attested("玄武")


def test_the_vocabulary_holds_public_laws_and_words(knowledge: KnowledgeBase) -> None:
    vocabulary = Vocabulary(knowledge._view(PUBLIC).snapshot)
    works = vocabulary.works()
    assert set(works) == {"示范民法", "示范体育法", "示范收费办法"}
    assert works[-1] == "示范收费办法"
    # 51 articles say it; shorter and rarer words don't count.
    assert vocabulary.frequent() == ["城市照明"]


def test_the_same_words_over_another_generation(speller: Speller) -> None:
    empty = speller.over(lambda text: False)
    assert speller.correct("民发典") == "民法典"
    assert empty.correct("民发典") == ""
    assert empty.words == speller.words
