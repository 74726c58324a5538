"""Real texts saved in every format, and how much of text and structure comes back.

    python -m bench.formats [--files 200] [--seed 7] [--keep FOLDER]

LibreOffice makes the files, many in one call. Character error: edit distance between the extracted
text and the original over the original's length, both without white space. Structure: whether the
passages have the same labels and paths as those of the original text. A format that the registry
doesn't know (yet) is left out.
"""

import argparse
import csv
import html
import io
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from rapidfuzz.distance import Levenshtein

from bench.machine import need_data, save
from indexer.extract.formats import BINARY, extract
from indexer.read import read_units
from indexer.sources import File, Unit
from kb import office
from kb.documents import Block, Document
from kb.errors import UnreadableError
from kb.settings import SourceConfig
from tests.support.typeset import FILTERS

TARGET = 0.5
"""Per cent of characters wrong that a format may have at most."""

_LONGEST = 60_000  # characters of a text: the edit distance takes its square
_SHORTEST = 400
_CALC = {"xls": "MS Excel 97", "ods": "calc8"}
_IMPRESS = {"odp": "impress8", "pptx": "Impress MS PowerPoint 2007 XML", "ppt": "MS PowerPoint 97"}
_FEW = 5  # files of each table and presentation format
_SLIDE = 6  # paragraphs on one slide


@dataclass(frozen=True, slots=True)
class Original:
    """A real text: its blocks as extracted from Markdown or plain text, and what is read of it."""

    name: str
    blocks: tuple[Block, ...]
    document: Document


@dataclass(frozen=True, slots=True)
class Sample:
    """One file made: what its text should be; outline: labels and paths, None where not asked."""

    form: str
    name: str
    data: bytes
    text: str
    outline: list[tuple[str, tuple[str, ...]]] | None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="folder to leave the files in")
    args = parser.parse_args()
    program = office.find()
    if program is None:
        sys.exit("LibreOffice is not installed.")
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        samples = make(need_data(), program, Path(folder), args.files, rng)
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            for n, s in enumerate(samples):
                (args.keep / f"{n:03}-{s.name}.{s.form}").write_bytes(s.data)
    forms = {form: measured([s for s in samples if s.form == form]) for form in order(samples)}
    for form, row in forms.items():
        print(f"{form:5} {row}", file=sys.stderr)
    save("formats", {"files": len(samples), "seed": args.seed, "formats": forms})
    above = [f for f, row in forms.items() if row["character_error_percent"] > TARGET]
    if above or any(row["unreadable"] for row in forms.values()):
        sys.exit(f"Over {TARGET} % or unreadable: {'、'.join(above) or 'see the table'}")


def order(samples: Sequence[Sample]) -> list[str]:
    """The formats of the samples in their order."""
    return list(dict.fromkeys(s.form for s in samples))


def make(data: Path, program: Path, folder: Path, files: int, rng: random.Random) -> list[Sample]:
    """About `files` samples over all formats that can be made and are known."""
    known = {form.name for form in BINARY}
    text_forms = [f for f in FILTERS if f != "pdf" or "pdf" in known]
    ofd = ofd_writer() if "ofd" in known else None
    few = ["xlsx", "csv", *_CALC, *_IMPRESS]
    each = max(1, (files - _FEW * len(few)) // (len(text_forms) + (ofd is not None)))
    chosen = originals(data, rng, each)
    samples = texts(chosen, program, folder, text_forms)
    if ofd is not None:
        samples += [sample("ofd", o, ofd([b.text for b in o.blocks])) for o in chosen]
    samples += tables(chosen[:_FEW], program, folder)
    samples += slides(chosen[:_FEW], program, folder)
    return samples


def originals(data: Path, rng: random.Random, count: int) -> list[Original]:
    """The work summaries and laws drawn at random, of every folder."""
    paths = sorted((data / "work-summaries").glob("*.txt"))
    laws = sorted(p for p in (data / "laws").rglob("*.md") if p.name != "_index.md")
    rng.shuffle(laws)
    found: list[Original] = []
    for path in [*paths, *laws]:
        raw = path.read_text("utf-8")
        if path.suffix == ".md":
            head, end, body = raw.partition("<!-- INFO END -->")
            raw = head.split("\n", 1)[0] + "\n\n" + body if end else raw
        try:
            blocks = extract(path.name, raw.encode()).blocks
            size = sum(len(b.text) for b in blocks)
            if _SHORTEST <= size <= _LONGEST:
                found.append(Original(path.stem, blocks, read(path.name, raw.encode())))
        except UnreadableError:
            continue
        if len(found) == count:
            break
    return found


def read(name: str, data: bytes) -> Document:
    """As a folder's source reads it. Raises UnreadableError."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        unit = Unit(name, (File(name, len(data), 0),))
        (outcome,) = read_units([unit], SourceConfig("bench", Path(folder), "folder"), 50)
    if outcome.document is None:
        raise UnreadableError(outcome.reason, outcome.message)
    return outcome.document


def outline(document: Document) -> list[tuple[str, tuple[str, ...]]]:
    return [(p.label, p.path) for p in document.passages]


def sample(form: str, original: Original, data: bytes) -> Sample:
    text = "\n".join(b.text for b in original.blocks)
    return Sample(form, original.name, data, text, outline(original.document))


def texts(
    chosen: Sequence[Original], program: Path, folder: Path, forms: Sequence[str]
) -> list[Sample]:
    pages = {f"{n:03}": page(original.blocks).encode() for n, original in enumerate(chosen)}
    made = {"odt": convert(program, folder, pages, "html", "odt", "writer8", "HTML (StarWriter)")}
    for form in forms:
        if form not in made:
            made[form] = convert(program, folder, made["odt"], "odt", form, FILTERS[form])
    return [
        sample(form, original, made[form][f"{n:03}"])
        for form in forms
        for n, original in enumerate(chosen)
    ]


def page(blocks: Sequence[Block]) -> str:
    """The blocks as HTML for LibreOffice to open: headings, paragraphs, tables."""
    out = ["<html><head><meta charset='utf-8'></head><body>"]
    row_before = False
    for block in blocks:
        row = " | " in block.text and not block.heading
        if row != row_before:
            out.append("<table border=1>" if row else "</table>")
        row_before = row
        if row:
            cells = "".join(f"<td>{html.escape(c)}</td>" for c in block.text.split(" | "))
            out.append(f"<tr>{cells}</tr>")
        else:
            # Paragraphs stand in by two characters, as GB/T 9704 has it.
            tag = f"h{block.heading}" if block.heading else "p"
            style = "" if block.heading else ' style="text-indent:24pt"'
            lines = "<br>".join(map(html.escape, block.text.split("\n")))
            out.append(f"<{tag}{style}>{lines}</{tag}>")
    return "".join(out) + ("</table>" if row_before else "") + "</body></html>"


def convert(
    program: Path,
    folder: Path,
    files: dict[str, bytes],
    source: str,
    form: str,
    filter: str,
    infilter: str = "",
) -> dict[str, bytes]:
    """All files in one call of LibreOffice, by name without suffix."""
    work = Path(tempfile.mkdtemp(dir=folder))
    for name, data in files.items():
        (work / f"{name}.{source}").write_bytes(data)
    command = [
        str(program),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        *([f"--infilter={infilter}"] if infilter else []),
        "--convert-to",
        f"{form}:{filter}",
        "--outdir",
        str(work / "out"),
        *(str(work / f"{name}.{source}") for name in files),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    made = {name: (work / "out" / f"{name}.{form}").read_bytes() for name in files}
    shutil.rmtree(work)
    return made


def tables(chosen: Sequence[Original], program: Path, folder: Path) -> list[Sample]:
    """Passages as rows: 题名, 标题, 编号 and 内容 of each."""
    books: dict[str, bytes] = {}
    sheets: list[tuple[Original, bytes, str]] = []
    for n, original in enumerate(chosen):
        rows = [("序号", "位置", "编号", "内容")]
        rows += [
            (str(at), " ".join(p.path), p.label, p.text.replace("\n", " "))
            for at, p in enumerate(original.document.passages, 1)
        ]
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        books[f"{n:03}"] = buffer.getvalue()
        plain = io.StringIO()
        csv.writer(plain).writerows(rows)
        text = "\n".join(
            "；".join(
                f"{head}：{cell.rstrip('；;。') if at < last else cell}"
                for at, (head, cell) in enumerate(zip(rows[0], row, strict=True))
                if cell
            )
            for row in rows[1:]
            for last in [max(at for at, cell in enumerate(row) if cell)]
        )
        sheets.append((original, plain.getvalue().encode("gb18030"), text))
    made = {"xlsx": books}
    for form, filter in _CALC.items():
        made[form] = convert(program, folder, books, "xlsx", form, filter)
    found = [
        Sample(form, original.name, files[f"{n:03}"], text, None)
        for form, files in made.items()
        for n, (original, _, text) in enumerate(sheets)
    ]
    return found + [Sample("csv", o.name, data, text, None) for o, data, text in sheets]


def slides(chosen: Sequence[Original], program: Path, folder: Path) -> list[Sample]:
    """Six paragraphs a slide, in a flat OpenDocument presentation."""
    sources, wanted = {}, []
    for n, original in enumerate(chosen):
        lines = [b.text.replace("\n", " ") for b in original.blocks]
        sources[f"{n:03}"] = presentation(lines).encode()
        wanted.append("\n".join(lines))
    made = {"odp": convert(program, folder, sources, "fodp", "odp", _IMPRESS["odp"])}
    for form, filter in _IMPRESS.items():
        if form not in made:
            made[form] = convert(program, folder, made["odp"], "odp", form, filter)
    return [
        Sample(form, original.name, files[f"{n:03}"], wanted[n], None)
        for form, files in made.items()
        for n, original in enumerate(chosen)
    ]


def presentation(lines: Sequence[str]) -> str:
    pages = "".join(
        '<draw:page><draw:frame svg:width="20cm" svg:height="12cm" svg:x="1cm" svg:y="1cm">'
        "<draw:text-box>"
        + "".join(f"<text:p>{html.escape(line)}</text:p>" for line in lines[at : at + _SLIDE])
        + "</draw:text-box></draw:frame></draw:page>"
        for at in range(0, len(lines), _SLIDE)
    )
    names = "urn:oasis:names:tc:opendocument:xmlns"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><office:document office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.presentation" '
        f'xmlns:office="{names}:office:1.0" xmlns:draw="{names}:drawing:1.0" '
        f'xmlns:text="{names}:text:1.0" xmlns:svg="{names}:svg-compatible:1.0">'
        f"<office:body><office:presentation>{pages}</office:presentation></office:body>"
        "</office:document>"
    )


def ofd_writer() -> Callable[[Sequence[str]], bytes] | None:
    """tests.support.ofd_writer.write where it is there."""
    try:
        write: Callable[[Sequence[str]], bytes] = import_module("tests.support.ofd_writer").write
    except ImportError:
        return None
    return write


def measured(samples: Sequence[Sample]) -> dict[str, Any]:
    """Figures of one format; errors weigh by length, seconds are of one file."""
    wrong = length = 0
    equal = asked = 0
    unreadable: list[str] = []
    unequal: list[str] = []
    seconds = []
    for s in samples:
        started = time.perf_counter()
        try:
            text = "\n".join(b.text for b in extract(f"文件.{s.form}", s.data).blocks)
            document = read(f"{s.name}.{s.form}", s.data) if s.outline is not None else None
        except UnreadableError as error:
            unreadable.append(f"{s.name}: {error.reason}")
            continue
        seconds.append((time.perf_counter() - started) / (2 if s.outline is not None else 1))
        ours, wanted = bare(text), bare(s.text)
        wrong += Levenshtein.distance(wanted, ours)
        length += len(wanted)
        if document is not None:
            asked += 1
            same = outline(document) == s.outline
            equal += same
            if not same:
                unequal.append(s.name)
    return {
        "files": len(samples),
        "characters": length,
        "character_error_percent": round(100 * wrong / max(length, 1), 4),
        "structure_equal": f"{equal} of {asked}" if asked else "",
        "structure_differs": unequal,
        "unreadable": unreadable,
        "seconds_a_file": round(statistics.mean(seconds), 2) if seconds else None,
    }


def bare(text: str) -> str:
    """Without white space, and without the bars between cells, which plain text has not."""
    return "".join(text.split()).replace("|", "")


if __name__ == "__main__":
    main()
