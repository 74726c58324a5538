"""A just-laws checkout: codes in several files, versions to come, the list of laws in force."""

from datetime import date
from pathlib import Path

import pytest

from indexer.read import read_units
from indexer.sources import configured, justlaws, scan, select
from indexer.sources.justlaws import Days
from kb import lists
from kb.documents import Document, Kind, Status
from kb.index import catalog
from kb.settings import SourceConfig

LIST = """# 法律收录进度

> 更新时间：2026年6月26日

## 宪法（1部）

| 序号 | 法律名称 | 通过年份 | 修正年份 | 状态 |
|------|---------|---------|---------|------|
| 1 | 中华人民共和国宪法 | 1982 | 2018 | ✅ 已收录 |

## 民法商法（2部）

| 序号 | 法律名称 | 通过年份 | 修正年份 | 状态 |
|------|---------|---------|---------|------|
| 1 | 中华人民共和国甲法典 | 2020 | — | ✅ 已收录 |
| 2 | 中华人民共和国乙法 | 1982 | 2019 | 🔄️ 待更新 |
"""
FILES = {
    "LAWS_PROGRESS.md": LIST,
    "LICENSE": "MIT",
    "README.md": "# 说明\n",
    "docs/README.md": "# 首页\n",
    "docs/civil/README.md": "# 民法\n",
    "docs/civil/a-code/README.md": "---\nnext: /x\n---\n\n# 中华人民共和国甲法典\n\n"
    "2020年5月28日第十三届全国人民代表大会第三次会议通过\n",
    "docs/civil/a-code/00-supplementary.md": "# 附则\n\n**第三条**　本法自2021年1月1日起施行。\n",
    "docs/civil/a-code/01-general.md": "# 第一编　总则\n\n### 第一章　规定\n\n**第一条**　甲一。\n",
    "docs/civil/a-code/02-rights.md": "# 第二编　物权\n\n**第二条**　甲二。\n",
    "docs/civil/b-law/README.md": "# 中华人民共和国乙法\n\n"
    "1982年8月23日第五届全国人民代表大会常务委员会第二十四次会议通过\n\n"
    "根据2019年4月23日第十三届全国人民代表大会常务委员会第十次会议《关于修改〈中华人民共和国丙法〉等"
    "八部法律的决定》第四次修正\n\n## 第一章　总则\n\n**第一条**　乙一。\n\n"
    "**第二条**　本法自1983年3月1日起施行。\n",
    "docs/civil/b-law/versions.json": '{"versions": [{"promulgatedOn": "2019-04-23", '
    '"effectiveFrom": "2019-11-01", "entry": "README.md"}, {"promulgatedOn": "2026-06-26", '
    '"effectiveFrom": "2027-01-01", "entry": "versions/2027-01-01/README.md"}]}',
    "docs/civil/b-law/versions/2027-01-01/README.md": "# 中华人民共和国乙法\n\n"
    "1982年8月23日第五届全国人民代表大会常务委员会第二十四次会议通过\n\n"
    "2026年6月26日第十四届全国人民代表大会常务委员会第二十三次会议修订\n\n**第一条**　新乙一。\n",
    "docs/constitution/README.md": "# 中华人民共和国宪法\n\n"
    "1982年12月4日第五届全国人民代表大会第五次会议通过\n",
    "docs/constitution/preamble.md": "# 序言\n\n中国历史悠久。\n",
    "docs/constitution/01-general.md": "# 第一章　总纲\n\n**第一条**　宪一。\n",
    "docs/constitution/05-amendment.md": "# 修正案\n\n## 中华人民共和国宪法修正案（1988年）\n\n"
    "*1988年4月12日第七届全国人民代表大会第一次会议通过*\n\n**第一条**　宪法第十一条增加规定。\n\n"
    "## 中华人民共和国宪法修正案（1993年）\n\n*1993年3月29日第八届全国人民代表大会第一次会议通过*\n\n"
    "**第三条**　宪法第七条修改。\n",
    "docs/civil/b-law/05-fraud-decision.md": "# 全国人民代表大会常务委员会关于惩治骗购外汇的决定\n\n"
    "1998年12月29日第九届全国人民代表大会常务委员会第六次会议通过\n\n为了惩治犯罪，决定：\n\n"
    "一、从重处罚。\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "laws"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def read(root: Path) -> dict[str, Document]:
    config = SourceConfig("国法", root, "just-laws")
    outcomes = read_units(justlaws.units(scan(root).files), config, 1)
    assert not [o for o in outcomes if o.reason]
    return {o.path: o.document for o in outcomes if o.document is not None}


def test_a_checkout_is_recognised(root: Path) -> None:
    (chosen,) = select(root, {}, None)
    assert chosen.config.type == "just-laws"
    (listed,) = configured(SourceConfig("国法", root))
    assert listed.config.type == "just-laws"
    below, _ = select(root.parent, {}, None)
    assert (below.config.type, below.config.path) == ("just-laws", root)


def test_only_laws_and_the_list_are_documents(root: Path) -> None:
    assert {d.title for d in read(root).values()} == {
        "现行有效法律目录（3件）（截至2026年6月26日）",
        "中华人民共和国甲法典",
        "中华人民共和国乙法",
        "中华人民共和国宪法",
        "中华人民共和国宪法修正案（1988年）",
        "中华人民共和国宪法修正案（1993年）",
        "全国人民代表大会常务委员会关于惩治骗购外汇的决定",
    }


def test_a_code_is_made_of_its_files(root: Path) -> None:
    code = read(root)["docs/civil/a-code"]
    assert (code.work, code.kind, code.published) == ("甲法典", Kind.LAW, date(2020, 5, 28))
    assert code.effective == date(2021, 1, 1)
    assert [(p.article, p.path) for p in code.passages if p.article] == [
        ("1", ("第一编 总则", "第一章 规定")),
        ("2", ("第二编 物权",)),
        ("3", ("附则",)),
    ]


def test_the_last_act_of_the_head_is_the_day_of_the_version(root: Path) -> None:
    found = read(root)
    law = found["docs/civil/b-law"]
    assert (law.published, law.effective, law.status) == (
        date(2019, 4, 23),
        date(2019, 11, 1),
        Status.IN_FORCE,
    )
    coming = found["docs/civil/b-law/versions/2027-01-01"]
    assert (coming.work, coming.published, coming.effective, coming.status) == (
        "乙法",
        date(2026, 6, 26),
        date(2027, 1, 1),
        None,
    )
    assert law.as_of == date(2026, 6, 26)


def test_amendments_are_texts_of_their_own(root: Path) -> None:
    found = read(root)
    constitution = found["docs/constitution"]
    assert constitution.kind is Kind.CONSTITUTION
    assert [p.article for p in constitution.passages if p.article] == ["1"]
    assert constitution.passages[-2].text == "中国历史悠久。"
    second = found["docs/constitution/05-amendment.md!/2"]
    assert (second.work, second.published) == ("宪法修正案（1993年）", date(1993, 3, 29))


def test_the_list_names_works_in_force(root: Path) -> None:
    listed = read(root)["LAWS_PROGRESS.md"]
    assert lists.works_of(listed) == ("宪法", "甲法典", "乙法")
    entry = catalog.describe(listed, "v", "2026-07-01")
    (one,) = catalog.lists_in_force([entry])
    assert (one.day, set(one.years)) == (date(2026, 6, 26), {"宪法", "甲法典", "乙法"})


def test_the_list_survives_the_catalogue(root: Path, tmp_path: Path) -> None:
    entry = catalog.describe(read(root)["LAWS_PROGRESS.md"], "v", "2026-07-01")
    catalog.save(tmp_path / "catalog.jsonl", [entry])
    assert catalog.load(tmp_path / "catalog.jsonl") == (entry,)


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{}", '{"versions": 1}', '{"versions": [1]}', "[" * 100_000]
)
def test_a_broken_table_of_versions_leaves_the_head(root: Path, text: str) -> None:
    (root / "docs/civil/b-law/versions.json").write_text(text, "utf-8")
    assert justlaws.days_of(root, "docs/civil/b-law/README.md") == Days()
    law = read(root)["docs/civil/b-law"]
    assert law.published == date(2019, 4, 23)
    coming = justlaws.days_of(root, "docs/civil/b-law/versions/2027-01-01/README.md")
    assert coming == Days(None, date(2027, 1, 1))


def test_an_empty_part_does_not_make_a_law_with_a_gap(root: Path) -> None:
    (root / "docs/civil/a-code/02-rights.md").write_text("", "utf-8")
    config = SourceConfig("国法", root, "just-laws")
    units = [u for u in justlaws.units(scan(root).files) if u.key == "docs/civil/a-code"]
    (outcome,) = read_units(units, config, 1)
    assert (outcome.document, outcome.reason) == (None, "empty")


def test_a_list_without_laws_is_an_error(root: Path) -> None:
    (root / "LAWS_PROGRESS.md").write_text("# 进度\n", "utf-8")
    config = SourceConfig("国法", root, "just-laws")
    units = [u for u in justlaws.units(scan(root).files) if u.key == "LAWS_PROGRESS.md"]
    (outcome,) = read_units(units, config, 1)
    assert (outcome.document, outcome.reason) == (None, "malformed")


def test_a_changed_list_or_version_is_read_again(root: Path) -> None:
    (source,) = select(root, {}, None)
    before = source.digest
    (root / "docs/civil/b-law/versions.json").write_text("{}", "utf-8")
    assert source.digest != before
