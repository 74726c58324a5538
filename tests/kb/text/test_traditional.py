"""Traditional characters: one for one, stable, and no change of simplified text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import lawnames, thesaurus, topics
from kb.errors import ConfigError
from kb.text.analysis import field_terms
from kb.text.traditional import read, simplify, table

_FORMS = "".join(map(chr, table()))


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("勞動合同糾紛調解", "劳动合同纠纷调解"),
        ("頭髮與發展", "头发与发展"),
        ("乾淨、幹部、干預", "干净、干部、干预"),
        ("後果由皇后承擔", "后果由皇后承担"),
        ("複議決定恢復效力", "复议决定恢复效力"),
        ("這裏與那裡", "这里与那里"),
        ("繼承遺產，離婚冷靜期", "继承遗产，离婚冷静期"),
        ("著作權法", "著作权法"),
        ("臺灣、颱風、檯面", "台湾、台风、台面"),
        ("老闆欠薪、僱主、買賣", "老板欠薪、雇主、买卖"),
        ("Ａbc １２３ 民法典", "Ａbc １２３ 民法典"),
    ],
)
def test_forms_become_simplified(written: str, plain: str) -> None:
    assert simplify(written) == plain


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(_FORMS)), max_size=200))
def test_length_stays_and_twice_is_once(text: str) -> None:
    once = simplify(text)
    assert len(once) == len(text)
    assert simplify(once) == once


def test_the_fields_own_words_stay_as_they_are() -> None:
    words = [*field_terms(), *lawnames.aliases()]
    words += [w for t in topics.catalogue().topics for w in (t.name, *t.aliases, *t.queries)]
    words += [w for e in thesaurus.load().entries for w in (e.word, *e.terms)]
    assert [w for w in words if simplify(w) != w] == []


def test_real_statutes_stay_as_they_are(data: Path) -> None:
    """A handful of characters in eight million: a table that caught more would harm simplified text."""
    names = ("民法典", "刑法", "行政法规")
    files = [p for n in names for p in sorted((data / "laws" / n).rglob("*.md"))]
    texts = [p.read_text("utf-8") for p in files]
    changed = sum(a != b for t in texts for a, b in zip(t, simplify(t), strict=True))
    assert changed <= sum(map(len, texts)) / 100_000


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("发\t髮發\n法\t髮\n", "第2行.*“髮”重复"),
        ("发\t\n", "第1行.*应为一个简体字"),
        ("发展\t發\n", "第1行.*应为一个简体字"),
        ("后\t後\n後\t后\n", "既是简体字又是"),
        ("发\t发\n", "第1行.*与简体字相同"),
    ],
)
def test_a_wrong_table_is_refused_by_line(tmp_path: Path, lines: str, said: str) -> None:
    file = tmp_path / "table.tsv"
    file.write_text(lines, "utf-8")
    with pytest.raises(ConfigError, match=said):
        read(file)
