"""Suggestions: by characters, pinyin and initials; in good order, in good time, nothing internal."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.documents import Audience, Kind, Status
from kb.errors import ConfigError
from kb.index.document_info import DocumentInfo
from kb.lawnames import work_of
from kb.search.suggest import Suggester, normalise
from kb.text import pinyin

PUBLIC = Audience.PUBLIC


def law(work: str, kind: Kind = Kind.LAW, status: Status | None = Status.IN_FORCE) -> DocumentInfo:
    return DocumentInfo(work, work, f"中华人民共和国{work}", kind, PUBLIC, work, status=status)


GUIDE = DocumentInfo(
    "g", "g", "租房退押金", Kind.GUIDE, PUBLIC, topics=("房屋租赁",), situation="租房"
)
DOCUMENTS = [
    replace(law("民法典"), topics=("民法典",)),
    law("民事诉讼法"),
    law("社区矫正法"),
    replace(law("社区矫正法实施办法", Kind.DEPARTMENT_RULE), topics=("社区矫正",)),
    law("劳动合同法"),
    law("劳动合同法实施条例", Kind.ADMINISTRATIVE_REGULATION),
    law("劳动法"),
    law("劳动教养试行办法", status=Status.REPEALED),
    law("刑法"),
    law("重庆市物业管理条例", Kind.LOCAL_REGULATION),
    law("最高人民法院关于审理民间借贷案件的规定", Kind.INTERPRETATION),
    GUIDE,
    DocumentInfo("s", "s", "普法规划", Kind.PUBLICITY_PLAN, PUBLIC, topics=("八五普法",)),
]
QUESTIONS = [(GUIDE, "p2", "房东不退押金怎么办？")]


@pytest.fixture(scope="module")
def suggester() -> Suggester:
    return Suggester(DOCUMENTS, QUESTIONS)


def texts(suggester: Suggester, typed: str) -> list[str]:
    return [s.text for s in suggester.suggest(typed, 8)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("民法", "民法典"),
        ("minfadian", "民法典"),
        ("minfad", "民法典"),
        ("min'fa'dian", "民法典"),
        ("min fa dian", "民法典"),
        ("MFD", "民法典"),
        ("ｍｆｄ", "民法典"),
        ("min法d", "民法典"),
        ("minfd", "民法典"),
        ("民fa典", "民法典"),
        ("中华人民共和国民", "民法典"),
        ("shequjiaozheng", "社区矫正"),
        ("jiaozheng", "社区矫正"),
        ("矫正", "社区矫正"),
        ("社區矯正", "社区矫正"),
        ("ldht", "劳动合同法"),
        ("lao动合", "劳动合同法"),
        ("chongqing", "重庆市物业管理条例"),
        ("合同法", "民法典"),
        ("未完民诉", ""),
        ("民诉", "民事诉讼法"),
        ("租房退", "租房退押金"),
        ("fangdong", "房东不退押金怎么办？"),
        ("mjjd", "最高人民法院关于审理民间借贷案件的规定"),
    ],
)
def test_what_is_typed_finds_its_name(suggester: Suggester, typed: str, first: str) -> None:
    assert (texts(suggester, typed) or [""])[0] == first


def test_order_is_beginning_then_sound_then_inside(suggester: Suggester) -> None:
    # 劳动… begin so; the topic of the same sound would come after; 合同 stands inside.
    assert texts(suggester, "劳动")[:2] == ["劳动法", "劳动合同法"]
    found = texts(suggester, "合同")
    assert found.index("劳动合同法") < found.index("劳动合同法实施条例")
    assert texts(suggester, "minshi")[0] == "民事诉讼法"
    topic, work = suggester.suggest("民法典", 2)
    assert (topic.kind, work.kind) == ("主题", "法律")
    assert (topic.url, work.url) == tuple(
        f"/{p}/%E6%B0%91%E6%B3%95%E5%85%B8" for p in ("topic", "law")
    )


def test_numbers_are_equal_in_both_writings(suggester: Suggester) -> None:
    assert texts(suggester, "85普法") == texts(suggester, "八五普法") == ["八五普法"]


def test_repealed_laws_come_last_and_are_marked(suggester: Suggester) -> None:
    found = suggester.suggest("劳动", 8)
    assert [(s.text, s.note) for s in found if s.note] == [("劳动教养试行办法", "已废止")]
    assert found[-1].text == "劳动教养试行办法"
    many = [law(f"劳动教养试行办法之{n}") for n in "一二三四五六七八九"]
    crowded = Suggester([*DOCUMENTS, *many], ())
    assert "劳动教养试行办法" in [s.text for s in crowded.suggest("劳动教养试行办法", 5)]


def test_an_old_name_says_what_became_of_it(suggester: Suggester) -> None:
    assert "合同编" in suggester.suggest("合同法", 1)[0].note
    assert suggester.suggest("民法", 1)[0].note == ""
    # The old law itself in the base keeps its name.
    own = Suggester([*DOCUMENTS, law("合同法", status=Status.REPEALED)], ())
    assert ("合同法", "已废止") in [(s.text, s.note) for s in own.suggest("合同法", 8)]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=100), st.integers(-2, 20))
def test_any_text_may_be_typed(suggester: Suggester, typed: str, limit: int) -> None:
    found = suggester.suggest(typed, limit)
    assert len(found) <= max(0, limit)
    assert len({(s.text, s.kind) for s in found}) == len(found)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_way_of_typing_a_name_finds_it(suggester: Suggester, data: st.DataObject) -> None:
    """Each character itself, its full sound, or its first letter; any beginning of that."""
    name = data.draw(st.sampled_from([d.work for d in DOCUMENTS if d.work]))
    sounds = zip(normalise(name), pinyin.read(normalise(name)), strict=True)
    typed = "".join(data.draw(st.sampled_from([c, s, s[0]])) for c, s in sounds)
    typed = typed[: data.draw(st.integers(1, len(typed)))]
    assert name in [s.text for s in suggester.suggest(typed, 50)]


def test_every_law_is_suggested_from_its_whole_sound(data: Path) -> None:
    files = [p for f in ("laws", "laws-local") for p in sorted((data / f).rglob("*.md"))]
    works = sorted({work_of(p.stem.split("(")[0]) for p in files if p.stem != "_index"})
    assert len(works) > 3_000
    suggester = Suggester([*DOCUMENTS, *map(law, works)], QUESTIONS)
    for work in works[::40]:
        for form in (work, "".join(pinyin.read(normalise(work)))):
            found = [s.text for s in suggester.suggest(form, 8)]
            assert work in found, form


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("民法典", "min fa dian"),
        ("重庆银行调解", "chong qing yin hang tiao jie"),
        ("执行暂行规定", "zhi xing zan xing gui ding"),
        ("律师会计率先", "lv shi kuai ji shuai xian"),
        ("第3条a", "di 3 tiao a"),
        ("", ""),
    ],
)
def test_readings(text: str, sound: str) -> None:
    assert " ".join(pinyin.read(text)) == sound


@given(st.text(max_size=40))
def test_one_syllable_a_character(text: str) -> None:
    assert len(pinyin.read(text)) == len(text)


@pytest.mark.parametrize("lines", ["Fa\t法\n", "fa\n", "fa\t法\nfei\t法\n", "min fa\t民\n"])
def test_a_wrong_file_of_readings_is_refused(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "pinyin.tsv"
    file.write_text(lines, "utf-8")
    with pytest.raises(ConfigError, match="行"):
        pinyin.load_file(file)
