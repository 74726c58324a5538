"""Articles cited in running text: precision and recall by form, on passages labelled by hand.

    python -m bench.cited_text [--json]

bench/cited_text.tsv has every citation of some 120 passages of ../shared/data, drawn at random and
for hard forms: file, passage (an article's label, or Ln for a line), the citation as it stands there,
what it means (work/article/款/项, @ for the work of the text itself, or - where it
must lead nowhere), form. Of a form, precision is the
share of what was read that is right, recall the share of what is meant that was read; what was read
beside the labelled citations is a form of its own. Needs ../shared/data.
"""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.machine import DATA, need_data
from kb import citations
from kb.citations import Citation, Place
from kb.documents import ArticleNumber
from kb.errors import ConfigError
from kb.lawnames import LawNames, work_of

FILE = Path(__file__).parent / "cited_text.tsv"
NOWHERE = "-"
OTHER = "not labelled"
_ARTICLE = re.compile(r"(第[一二三四五六七八九十百千零]+条(?:之[一二三四五六七八九十])?)[\s　]")
_DATED = re.compile(r"\([0-9-]{10}\)$")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A citation in a passage. text: as it stands there; target: what it means, or `NOWHERE`."""

    file: str
    passage: str
    text: str
    target: str
    form: str


@dataclass(slots=True)
class Figure:
    """Citations of one form: labelled with a target, read, and read rightly."""

    meant: int = 0
    read: int = 0
    right: int = 0


def read(path: Path = FILE) -> list[Labelled]:
    """The labelled citations. Raises ConfigError naming file and line."""
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            parts = line.split("\t")
            if len(parts) != 5 or not all(parts):
                raise ConfigError(f"{path}：第{number}行：应为五列")
            found.append(Labelled(*parts))
    return found


def passages(path: Path) -> dict[str, str]:
    """The articles of a statute by label, and other lines as Ln, n from 0 behind the head."""
    found: dict[str, str] = {}
    last = ""
    for number, raw in enumerate(
        path.read_text("utf-8").split("<!-- INFO END -->")[-1].split("\n")
    ):
        line = raw.strip()
        m = _ARTICLE.match(line)
        if m:
            last = m[1]
            found[last] = line[m.end() :].strip()
        elif line and (line.startswith("#") or not last):
            found[f"L{number}"], last = line, ""
        elif line:
            found[last] += "\n" + line
    return found


def names() -> LawNames:
    """Every law of ../shared/data/laws."""
    files = (f for f in (DATA / "laws").rglob("*.md") if f.parent.name != "民法典")
    works = {work_of(_DATED.sub("", f.stem)) for f in files if f.stem != "_index"}
    return LawNames({*works, "民法典"})


def cited(path: Path, label: str, law_names: LawNames) -> tuple[str, tuple[Citation, ...]]:
    """A passage's text and what is cited in it."""
    texts = passages(path)
    case = "案例" in path.parts
    numbers = [ArticleNumber.parse(k) for k in texts if k.startswith("第")]
    number = ArticleNumber.parse(label) if label.startswith("第") else None
    at = numbers.index(number) if number in numbers else 0
    place = Place(
        "" if case else _work(path),
        number,
        numbers[at - 1] if at else None,
        citations.abbreviations(texts.values(), law_names),
    )
    return texts[label], citations.find(texts[label], law_names, place)


def meaning(c: Citation) -> str:
    """A citation as the file writes it; a range by its two ends."""
    parts = [c.work, c.article.key]
    if c.paragraph or c.item:
        parts.append(str(c.paragraph or ""))
    if c.item:
        parts.append(str(c.item))
    return "/".join(parts)


def measure(labels: Sequence[Labelled]) -> tuple[dict[str, Figure], list[str]]:
    """Figures by form, and every fault in words."""
    law_names = names()
    figures: dict[str, Figure] = {}
    faults: list[str] = []
    by_passage: dict[tuple[str, str], list[Labelled]] = {}
    for label in labels:
        by_passage.setdefault((label.file, label.passage), []).append(label)
    for (file, passage), expected in by_passage.items():
        text, found = cited(DATA / file, passage, law_names)
        left = list(found)
        at = 0
        for label in expected:
            start = text.find(label.text, at)
            if start < 0:
                raise ConfigError(f"{FILE}：{file} {passage} 中没有“{label.text}”")
            end = at = start + len(label.text)
            # A citation begins with the law's name or with its number; where it ends tells it apart.
            here = [c for c in left if start < c.end <= end]
            figure = figures.setdefault(label.form, Figure())
            figure.meant += label.target != NOWHERE
            if here:
                got = here[-1]
                left.remove(got)
                right = _fits(meaning(got), label.target, _work(Path(file)))
                figure.read += 1
                figure.right += right
            if not here and label.target != NOWHERE:
                faults.append(f"{file} {passage}: {label.text} not read")
            elif here and not right:
                faults.append(f"{file} {passage}: {label.text} read as {meaning(got)}")
        for c in left:
            figures.setdefault(OTHER, Figure()).read += 1
            faults.append(f"{file} {passage}: {text[c.start : c.end]} read as {meaning(c)}")
    return figures, faults


def _work(path: Path) -> str:
    return work_of(_DATED.sub("", path.stem))


def _fits(got: str, target: str, own: str) -> bool:
    """… in a title stands for any part of it."""
    work, _, rest = target.replace("@", own, 1).partition("/")
    got_work, _, got_rest = got.partition("/")
    begin, dots, end = work.partition("…")
    same = got_work.startswith(begin) and got_work.endswith(end) if dots else got_work == work
    return same and got_rest == rest


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    need_data()
    figures, faults = measure(read())
    if args.json:
        print(json.dumps({f: vars_of(n) for f, n in figures.items()}, ensure_ascii=False))
        return
    total = Figure()
    for form, n in figures.items():
        total.meant, total.read = total.meant + n.meant, total.read + n.read
        total.right += n.right
        print(_line(form, n))
    print(_line("all", total))
    print("\n".join(faults))


def vars_of(n: Figure) -> dict[str, int]:
    return {"meant": n.meant, "read": n.read, "right": n.right}


def _line(form: str, n: Figure) -> str:
    precision = f"{n.right / n.read:.3f}" if n.read else "-"
    recall = f"{n.right / n.meant:.3f}" if n.meant else "-"
    return f"{form:14} meant {n.meant:3}  read {n.read:3}  precision {precision:>5}  recall {recall:>5}"


if __name__ == "__main__":
    main()
