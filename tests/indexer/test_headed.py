"""Markdown with a YAML head as Hugo and Jekyll write it: whatever a collection calls its fields."""

from datetime import date
from pathlib import Path

import pytest

from indexer.read import read_units
from indexer.sources import File, Unit
from kb.documents import Document, Kind, Status
from kb.settings import SourceConfig, load_sources

HEAD = """---
id: ab12
title: 某地养犬条例
author: 某市人民代表大会常务委员会
date: '2019-03-01'
publication_date: "2019-03-05"
effective_date: '2019-06-01'
status: 已修改
categories:
  - 其他分类
  - 地方性法规
urls:
  - https://law.example.cn/detail?id=ab12
---

"""
BODY = """**某地养犬条例**

> （2019年3月1日某市第一届人民代表大会常务委员会第一次会议通过）

## 目　　录

- 第一章　　总　　则
- 第二章　　养　　犬
  - 第一节　登记

---

## 第一章　　总　　则

- **第一条**　　为了管理养犬，制定本条例。

  养犬应当文明。

- **第二条**　　下列区域禁止养犬：

  - （一）学校；

  - （二）医院。

## 第二章　　养　　犬

### 第一节　登记

- **第三条**　　本条例自2019年6月1日起施行。
"""


def read(folder: Path, text: str, **more: object) -> Document:
    path = folder / "ab12.md"
    path.write_text(text, "utf-8")
    info = path.stat()
    unit = Unit(path.name, (File(path.name, info.st_size, info.st_mtime_ns),))
    config = SourceConfig("库", folder, "folder", **more)  # type: ignore[arg-type]
    (outcome,) = read_units([unit], config, 1)
    assert outcome.document is not None
    return outcome.document


def test_the_fields_of_the_head_are_the_documents(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + BODY)
    assert (found.title, found.work, found.kind) == (
        "某地养犬条例",
        "某地养犬条例",
        Kind.LOCAL_REGULATION,
    )
    assert found.issuer == "某市人民代表大会常务委员会"
    assert (found.published, found.effective) == (date(2019, 3, 5), date(2019, 6, 1))
    assert found.status is Status.AMENDED
    assert found.address == "https://law.example.cn/detail?id=ab12"
    assert any("ab12" in note for note in found.notes)


def test_articles_are_list_items_and_contents_are_skipped(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + BODY)
    assert [(p.label, p.text, p.path) for p in found.passages if p.article] == [
        ("第一条", "为了管理养犬，制定本条例。\n养犬应当文明。", ("第一章 总则",)),
        ("第二条", "下列区域禁止养犬：\n（一）学校；\n（二）医院。", ("第一章 总则",)),
        ("第三条", "本条例自2019年6月1日起施行。", ("第二章 养犬", "第一节 登记")),
    ]
    assert "目录" not in "".join(p.text for p in found.passages)


def test_a_bullet_without_a_number_stays(tmp_path: Path) -> None:
    found = read(tmp_path, "---\ntitle: 说明\n---\n\n- 带上证件\n- 第一次办理要预约\n")
    assert "- 带上证件" in "\n".join(p.text for p in found.passages)


@pytest.mark.parametrize(
    ("state", "expected"),
    [("有效", Status.IN_FORCE), ("已废止", Status.REPEALED), ("未知", None), ("draft", None)],
)
def test_words_of_a_state(tmp_path: Path, state: str, expected: Status | None) -> None:
    assert read(tmp_path, HEAD.replace("已修改", state) + BODY).status is expected


def test_a_state_behind_the_title(tmp_path: Path) -> None:
    head = HEAD.replace("养犬条例", "养犬条例（失效）", 1).replace("已修改", "未知")
    found = read(tmp_path, head + BODY)
    assert (found.title, found.status) == ("某地养犬条例", Status.REPEALED)


def test_names_are_set_in_the_source(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(
        '[[source]]\nname = "库"\npath = "."\n'
        'fields = {issuer = "Organ", published = ["day", "date"], status = []}\n',
        "utf-8",
    )
    (config,) = load_sources(tmp_path / "kb.toml")
    head = HEAD.replace("author:", "organ: 某市人民政府\nauthor:")
    found = read(tmp_path, head + BODY, fields=config.fields)
    assert (found.issuer, found.published, found.status) == (
        "某市人民政府",
        date(2019, 3, 1),
        None,
    )
    again = SourceConfig.from_json(config.to_json(), tmp_path)
    assert again == config
    assert again.digest != SourceConfig("库", tmp_path).digest


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a b", "文件"])
def test_only_an_address_on_the_web_is_one(tmp_path: Path, address: str) -> None:
    head = HEAD.replace("https://law.example.cn/detail?id=ab12", address)
    assert read(tmp_path, head + BODY).address == ""
