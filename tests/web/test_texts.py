"""The words on screen are in one file, all of them, and only those that are used."""

import re
from pathlib import Path

import pytest

from kb.errors import ConfigError
from kb.search import understand
from web import texts

WEB = Path(texts.__file__).parent
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def _sources() -> str:
    files = [*WEB.glob("*.py"), *WEB.glob("templates/*.html")]
    return "\n".join(f.read_text("utf-8") for f in files)


def test_pages_have_no_words_of_their_own():
    for file in WEB.glob("templates/*.html"):
        assert not CHINESE.search(file.read_text("utf-8")), file.name
    for file in WEB.glob("static/*"):
        assert not CHINESE.search(file.read_text("utf-8")), file.name


def test_every_key_is_used_and_every_used_key_is_there():
    words, source = texts.load().words, _sources()
    used = set(re.findall(r"\b(?:t|texts|words)\(\s*[\"']([a-z]+\.[a-z_]*[a-z])[\"']", source))
    assert len(used) > 100
    assert used <= set(words)
    literal = set(re.findall(r"[\"']([a-z]+\.[a-z_]+)[\"']", source))
    built = tuple(re.findall(r"[\"']([a-z]+\.[a-z_]*)(?:\{|[\"'] ~)", source))
    unused = [k for k in words if k not in literal and not k.startswith(built)]
    assert not unused


def test_no_label_is_for_what_is_never_understood():
    """Their keys are built from types, so any key would do for the test above."""
    source = Path(understand.__file__).read_text("utf-8")
    made = set(re.findall(r'_item\(\s*"([a-z]+)"', source)) | {"pair"}
    labelled = {k.partition(".")[2] for k in texts.load().words if k.startswith("understood.")}
    # A number is shown by the title of its document.
    assert labelled == made - {"number"}


@pytest.mark.parametrize(
    "text",
    ["[a]\nb = 1", "[a]\nb = ''", "[a]\nb = '{0}'", "[a]\nb = '{'", "no toml", "[a]\nb = 'x'"],
)
def test_faults_name_the_file(tmp_path, text):
    file = tmp_path / "words.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"words\.toml"):
        texts.load(file)


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        texts.load(tmp_path / "gone.toml")


def test_filling_in():
    words = texts.load()
    assert words("search.total_documents", n=3) == "共 3 个文件"
    with pytest.raises(KeyError):
        words("search.total_documents", other=3)
    with pytest.raises(KeyError):
        words("no.such_key")
