"""Headings of articles and the questions that articles answer: our own words, never the law's.

`data/articles/*.tsv`, a file a law, a line an article: work, article (1077, or 120-1 for 第一百二十条之一),
heading, questions separated by |, and the fingerprint of the article's text for which they were written.
A line applies to that text wherever it stands: after a revision that only moves the article it follows,
after one that changes the text it is silent until somebody has read it again.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb.errors import ConfigError

COLUMNS = ("work", "article", "heading", "questions", "text")
HEADING = range(2, 13)
"""Length of a heading in characters."""

QUESTIONS = range(2, 7)
"""Number of questions of an article."""

LENGTH = range(2, 41)
"""Length of a question in characters."""

_FOLDER = Path(__file__).parent / "data" / "articles"
_ARTICLE = re.compile(r"[1-9]\d{0,3}(?:-[1-9]\d?)?")
_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
_LABEL = re.compile(r"^第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?")


@dataclass(frozen=True, slots=True)
class Note:
    """A heading and questions. article: number as in addresses. text: fingerprint of the text meant."""

    work: str
    article: str
    heading: str
    questions: tuple[str, ...]
    text: str


class Notes:
    """Notes by work and text. Immutable."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self.every = tuple(notes)
        self._works: dict[str, dict[str, Note]] = {}
        for note in self.every:
            self._works.setdefault(note.work, {})[note.text] = note

    def of(self, work: str) -> Mapping[str, Note]:
        """The notes of a work by fingerprint; empty if there are none."""
        return self._works.get(work, {})

    def find(self, work: str, text: str) -> Note | None:
        """The note written for this text of an article, None if there is none."""
        notes = self._works.get(work)
        return notes.get(fingerprint(text)) if notes else None


def fingerprint(text: str) -> str:
    """Identifies an article's text by its letters and digits: punctuation, white space, width and the
    article's own number don't count. Twelve hexadecimal digits."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
    return hashlib.blake2b(_LABEL.sub("", plain).encode(), digest_size=6).hexdigest()


@cache
def load() -> Notes:
    """The bundled notes. Raises ConfigError naming file, line and column."""
    return read(sorted(_FOLDER.glob("*.tsv")))


def find(work: str, text: str) -> Note | None:
    """The bundled note written for this text of an article, None if there is none."""
    return load().find(work, text)


def heading(work: str, text: str) -> str:
    """Its heading, empty if there is none."""
    note = find(work, text)
    return note.heading if note else ""


@cache
def digest() -> str:
    """Identifies the bundled notes."""
    found = hashlib.blake2b(digest_size=8)
    for path in sorted(_FOLDER.glob("*.tsv")):
        found.update(path.read_bytes())
    return found.hexdigest()


def read(paths: Iterable[Path]) -> Notes:
    """Reads and checks files of notes. Raises ConfigError naming file, line and column."""
    notes: list[Note] = []
    asked: dict[str, str] = {}
    texts: set[tuple[str, str]] = set()
    for path in paths:
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}：无法读取（{error}）") from error
        if not lines or tuple(lines[0].split("\t")) != COLUMNS:
            raise ConfigError(f"{path}：第1行：表头应为 {'、'.join(COLUMNS)}，以制表符分隔")
        for number, line in enumerate(lines[1:], 2):
            place = f"{path}：第{number}行"
            note = _note(line, place)
            if (note.work, note.text) in texts:
                raise ConfigError(f"{place}：{note.work} 的这一条（{note.text}）已有一行")
            texts.add((note.work, note.text))
            for question in note.questions:
                if question in asked:
                    raise ConfigError(f"{place}：问题“{question}”与 {asked[question]} 相同")
                asked[question] = place
            notes.append(note)
    return Notes(notes)


def _note(line: str, place: str) -> Note:
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise ConfigError(f"{place}：应有 {len(COLUMNS)} 列，实有 {len(cells)} 列")
    work, article, heading, listed, text = cells
    questions = tuple(listed.split("|"))
    wrong = {
        "work": not work or work != work.strip(),
        "article": not _ARTICLE.fullmatch(article),
        "heading": len(heading) not in HEADING or heading != heading.strip(),
        "questions": len(questions) not in QUESTIONS
        or any(len(q) not in LENGTH or q != q.strip() for q in questions),
        "text": not _FINGERPRINT.fullmatch(text),
    }
    for column, is_wrong in wrong.items():
        if is_wrong:
            raise ConfigError(f"{place}：{column} 列不合格式：{cells[COLUMNS.index(column)][:40]}")
    return Note(work, article, heading, questions, text)
