"""Pronunciation of Chinese text: one syllable per character, without tones, ü as v.

Readings are data (`kb/data/pinyin.tsv`): the usual one of each GB 2312 character, and words
in which a character is read differently (重庆, 银行, 调解).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kb.errors import ConfigError

_FILE = Path(__file__).parents[1] / "data" / "pinyin.tsv"


@dataclass(frozen=True, slots=True)
class Readings:
    """characters: the usual syllable of each. words: syllables of words with other readings.

    sizes: by a word's first character, the lengths of the words that begin so, longest first.
    """

    characters: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, tuple[int, ...]]


def read(text: str) -> tuple[str, ...]:
    """The syllable of each character; a character without one is returned itself."""
    known = load()
    out: list[str] = []
    at = 0
    while at < len(text):
        for size in known.sizes.get(text[at], ()):
            syllables = known.words.get(text[at : at + size])
            if syllables:
                out += syllables
                at += size
                break
        else:
            out.append(known.characters.get(text[at], text[at]))
            at += 1
    return tuple(out)


def read_apart(text: str) -> tuple[str, ...]:
    """The usual syllable of each character, regardless of the word it is in."""
    characters = load().characters
    return tuple(characters.get(c, c) for c in text)


@lru_cache(maxsize=1)
def load() -> Readings:
    """The bundled readings. Raises ConfigError naming file and line."""
    return load_file(_FILE)


def load_file(path: Path) -> Readings:
    """Reads and checks a file of readings. Raises ConfigError naming file and line."""
    characters: dict[str, str] = {}
    words: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        reading, _, text = line.partition("\t")
        syllables = tuple(reading.split(" "))
        if not text or not all(s.isascii() and s.isalpha() and s.islower() for s in syllables):
            raise ConfigError(f"{path}：第{number}行：应为小写拼音、制表符和汉字")
        if len(syllables) == 1:
            for character in text:
                if characters.setdefault(character, reading) != reading:
                    raise ConfigError(f"{path}：第{number}行：“{character}”已有读音")
        elif len(syllables) != len(text) or text in words:
            raise ConfigError(f"{path}：第{number}行：“{text}”的字数与音节数不同，或重复")
        else:
            words[text] = syllables
    sizes: dict[str, tuple[int, ...]] = {}
    for word in words:
        sizes[word[0]] = tuple(sorted({*sizes.get(word[0], ()), len(word)}, reverse=True))
    return Readings(characters, words, sizes)
