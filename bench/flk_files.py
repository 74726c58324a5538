"""Files as the national database hands them out, read and compared with what the database says.

    python -m bench.flk_files [--misses 40] [--only others]

`files`: all of ../shared/data/flk-files through the reading path of the indexer, .doc by LibreOffice;
the truth about each is the head of flk-2026/*/<id>.md, its articles are the list items there.
`unnamed`: the .docx again under names that say nothing. `others`: the texts of flk-2026 of which
there is no file, written as .docx paragraph by paragraph and named as the database names its files;
`others-unnamed`: the same under names that say nothing. Rules were made on the files and on the half
of the others whose id has an even digest. Misses are listed with what the truth says and what was read:
where text and database differ (1987-04-15 in the record, 04-14 in the row) the text is right.
"""

import argparse
import re
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bench.machine import DATA, save
from indexer import readers
from indexer.sources import File, Unit
from kb.documents import ArticleNumber, Document
from kb.settings import SourceConfig

_HEAD = re.compile(r"---\n(?P<head>.*?)\n---\n(?P<body>.*)", re.DOTALL)
_FIELD = re.compile(r"^(\w+): ?(.*)$", re.MULTILINE)
_ARTICLE = re.compile(r"\s*- \*\*(?P<label>第\s*[^*]{1,12}?条(?:之[^*]{1,3})?)\*\*\s*(?P<rest>.*)")
_MARKUP = re.compile(r"^\s*(?:[-*>] |#{1,6} )+|\*\*|\\(?=[^\w\s])|!\[[^\]]*\]\([^)]*\)")
_RULE = re.compile(r"\s*(?:---+|\|[\s|:-]*\||\[\^.*)\s*$")
_STATE = re.compile(r"（(?:宣告)?失效）$")
_SECTION = re.compile(r"[一二三四五六七八九十]{1,3}、[^。；：]{1,30}")
_FORMS = str.maketrans("〈〉()", "《》（）")
FIELDS = ("title", "kind", "issuer", "published", "effective")
_SETS = ("files", "unnamed", "others", "others-unnamed")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the database says of a text. lines: its paragraphs; articles: number and squashed text."""

    id: str
    file: str
    fields: Mapping[str, str]
    lines: tuple[str, ...]
    articles: tuple[tuple[str, str], ...]

    @property
    def even(self) -> bool:
        return sha256(self.id.encode()).digest()[0] % 2 == 0


@dataclass(slots=True)
class Score:
    """Right answers of those the truth has, by field, and what is wrong."""

    right: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    misses: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, name: str, file: str, wanted: str, found: str) -> None:
        self.asked[name] = self.asked.get(name, 0) + 1
        if wanted == found:
            self.right[name] = self.right.get(name, 0) + 1
        else:
            self.misses.append((name, file, wanted, found))

    def share(self, name: str) -> float:
        return round(self.right.get(name, 0) / max(self.asked.get(name, 0), 1), 4)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--misses", type=int, default=0, help="how many of each field to print")
    parser.add_argument("--only", choices=_SETS, help="one set; nothing is saved")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    if not (DATA / "flk-files").is_dir():
        sys.exit("The files of the national database (../shared/data/flk-files) are not there.")
    known = truths(DATA / "flk-2026")
    figures: dict[str, Any] = {}
    for name in [args.only] if args.only else _SETS:
        with tempfile.TemporaryDirectory() as folder:
            root, wanted = _prepare(name, known, Path(folder))
            scores = _read(root, wanted, args.processes)
        for half, score in scores.items():
            figures[f"{name} {half}".strip()] = _figures(score)
            _print(f"{name} {half}", score, args.misses)
    if not args.only:
        save("flk_files", figures)


def truths(root: Path) -> dict[str, Truth]:
    """What the heads of the mirror say, by id."""
    found = {}
    for path in sorted(root.glob("*/*.md")):
        whole = _HEAD.match(path.read_text("utf-8"))
        head = dict(_FIELD.findall(whole["head"])) if whole else {}
        if whole is None or "id" not in head:
            continue
        plain = {key: value.strip("'\"") for key, value in head.items()}
        found[plain["id"]] = Truth(
            plain["id"],
            plain["file"],
            {
                "title": comparable(plain["title"]),
                "kind": path.parent.name,
                "issuer": plain["author"],
                "published": plain["publication_date"],
                "effective": plain["effective_date"],
            },
            tuple(_lines(whole["body"])),
            tuple(_articles(whole["body"])),
        )
    return found


def comparable(title: str) -> str:
    """A title without white space, brackets in one form, 、 between the two courts.

    （失效） behind a title is the database's word on its state and no part of it.
    """
    plain = _STATE.sub("", "".join(title.split()).translate(_FORMS))
    return plain.replace("法院最高人民检察院", "法院、最高人民检察院")


def _lines(body: str) -> Iterator[str]:
    for line in body.splitlines():
        if line.strip() and not _RULE.match(line):
            text = _plain(line)
            if text:
                yield text


def _plain(line: str) -> str:
    if line.startswith("|"):
        line = " ".join(cell.strip() for cell in line.strip("| ").split("|"))
    return _MARKUP.sub("", line).strip()


def _articles(body: str) -> Iterator[tuple[str, str]]:
    number, text = "", ""
    rows = [row for row in body.splitlines() if row.strip()]
    for line, following in zip(rows, [*rows[1:], ""], strict=True):
        m = _ARTICLE.match(line)
        if m is not None or re.match(r"#{2,} ", line):
            if number:
                yield number, text
            number = key(m["label"]) if m else ""
            text = squash(m["rest"]) if m else ""
        elif number and _SECTION.fullmatch(line.strip()) and _ARTICLE.match(following):
            yield number, text
            number = ""
        elif number and not _RULE.match(line):
            text += squash(_plain(line))
    if number:
        yield number, text


def key(label: str) -> str:
    """第四十三条之一 → 43-1, else the label itself."""
    found = ArticleNumber.parse("".join(label.split()))
    return found.key if found else label


def squash(text: str) -> str:
    """Without white space and marks of Markdown or of cells; forms of one width."""
    plain = unicodedata.normalize("NFKC", _MARKUP.sub("", text))
    return "".join(plain.replace("|", "").split())


def _prepare(name: str, known: Mapping[str, Truth], folder: Path) -> tuple[Path, dict[str, Truth]]:
    """The folder to read and what is true of each file in it."""
    source = DATA / "flk-files"
    files = {p.stem.rpartition("_")[2]: p for p in sorted(source.glob("*/*.doc*"))}
    if name == "files":
        return source, {str(p.relative_to(source)): known[i] for i, p in files.items()}
    wanted = {}
    if name == "unnamed":
        for number, (id, path) in enumerate(files.items()):
            if path.suffix == ".docx":
                target = folder / f"文件{number}.docx"
                target.write_bytes(path.read_bytes())
                wanted[target.name] = known[id]
        return folder, wanted
    for number, (id, truth) in enumerate(known.items()):
        if id not in files:
            named = name == "others"
            target = folder / (f"{Path(truth.file).stem}.docx" if named else f"文件{number}.docx")
            _write(target, truth.lines)
            wanted[target.name] = truth
    return folder, wanted


def _write(path: Path, lines: Sequence[str]) -> None:
    """A Word document of plain paragraphs."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="xml" ContentType="application/xml"/><Override '
            'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
            '2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
            'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "word/document.xml",
            f'<?xml version="1.0"?><w:document {space}><w:body>{body}</w:body></w:document>',
        )


def _read(root: Path, wanted: Mapping[str, Truth], processes: int) -> dict[str, Score]:
    units = []
    for name in wanted:
        info = (root / name).stat()
        units.append(Unit(name, (File(name, info.st_size, info.st_mtime_ns),)))
    config = SourceConfig("flk", root, "folder")
    scores: dict[str, Score] = {}
    for outcome in readers.read(units, config, 50, processes):
        truth = wanted[outcome.unit.key]
        half = "" if root == DATA / "flk-files" else ("even" if truth.even else "odd")
        compare(outcome.document, truth, scores.setdefault(half, Score()))
    return scores


def compare(document: Document | None, truth: Truth, score: Score) -> None:
    """Adds to the score what of the truth was read. A field the truth leaves open isn't asked."""
    found = _found(document)
    for name in FIELDS:
        if truth.fields[name]:
            score.add(name, truth.file, truth.fields[name], found[name])
    if truth.articles:
        own = (
            [(p.article, squash(p.text)) for p in document.passages if p.article]
            if document
            else []
        )
        score.add("documents", truth.file, "", _difference(list(truth.articles), own))
        score.asked["articles"] = score.asked.get("articles", 0) + len(truth.articles)
        same = sum(article in set(own) for article in truth.articles)
        score.right["articles"] = score.right.get("articles", 0) + same


def _found(document: Document | None) -> dict[str, str]:
    if document is None:
        return dict.fromkeys(FIELDS, "unread")
    return {
        "title": comparable(document.title),
        "kind": document.kind.value,
        "issuer": document.issuer,
        "published": _iso(document.published),
        "effective": _iso(document.effective),
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _difference(wanted: list[tuple[str, str]], own: list[tuple[str, str]]) -> str:
    """What differs first, empty where all are equal."""
    if wanted == own:
        return ""
    for one, other in zip(wanted, own, strict=False):
        if one != other:
            at = next(
                (i for i, (a, b) in enumerate(zip(one[1], other[1], strict=False)) if a != b), -1
            )
            start = max(at - 10, 0) if at >= 0 else max(min(len(one[1]), len(other[1])) - 10, 0)
            return f"{one[0]}/{other[0]}: {one[1][start:][:40]} / {other[1][start:][:40]}"
    more, fewer = wanted[len(own) :][:1], own[len(wanted) :][:1]
    return f"{len(wanted)}/{len(own)} articles: {more} / {fewer}"


def _figures(score: Score) -> dict[str, Any]:
    return {
        "files": score.asked.get("title", 0),
        **{name: score.share(name) for name in (*FIELDS, "documents", "articles")},
        "asked": score.asked,
        "misses": [miss for miss in score.misses if miss[0] in FIELDS],
    }


def _print(name: str, score: Score, misses: int) -> None:
    print(f"== {name}")
    for what in (*FIELDS, "documents", "articles"):
        right, asked = score.right.get(what, 0), score.asked.get(what, 0)
        print(f"{what:10} {right:6} of {asked:6}  {score.share(what):.4f}")
        for _, file, wanted, found in [m for m in score.misses if m[0] == what][:misses]:
            print(f"    {file}\n        {wanted}\n        {found}")


if __name__ == "__main__":
    main()
