"""The table of genre words is checked when read."""

import pytest

from indexer.metadata import genres
from kb.documents import Kind
from kb.errors import ConfigError


def test_the_bundled_table() -> None:
    kinds = [genre.kind for genre in genres.load()]
    assert kinds[0] is Kind.PUBLICITY_PLAN
    assert len(set(kinds)) == len(kinds)


def test_words_are_alternatives() -> None:
    (genre,) = genres.parse("[[genre]]\nkind = '案例'\nwords = ['案例', '.{1,9}案$']")
    assert genre.kind is Kind.CASE
    assert genre.words.search("典型案例选")
    assert genre.words.search("王某诉张某案")
    assert not genre.words.search("备案办法")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no toml", "genres.toml"),
        ("genre = 1", "只有"),
        ("other = 1\n[[genre]]\nkind = '案例'\nwords = ['案']", "只有"),
        ("[[genre]]\nkind = '案例'", "第 1 条：应有且只有"),
        ("[[genre]]\nkind = '诗歌'\nwords = ['诗']", "没有“诗歌”"),
        ("[[genre]]\nkind = ['案例']\nwords = ['诗']", "没有"),
        ("[[genre]]\nkind = '案例'\nwords = []", "非空"),
        ("[[genre]]\nkind = '案例'\nwords = '案'", "非空"),
        ("[[genre]]\nkind = '案例'\nwords = [1]", "有界"),
        ("[[genre]]\nkind = '案例'\nwords = ['']", "有界"),
        ("[[genre]]\nkind = '案例'\nwords = ['.*案']", "有界"),
        ("[[genre]]\nkind = '案例'\nwords = ['(案']", "不是正则表达式"),
    ],
)
def test_faults_name_the_entry(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        genres.parse(text)
