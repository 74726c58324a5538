"""Laws set as PDF and OFD in the layouts that offices use, and how many articles come back right.

    python -m bench.layouts [--laws 2]

LibreOffice sets the PDFs (tests.support.typeset), tests.support.ofd_writer the OFDs. A paragraph is
right if a block equals it without white space; the order isn't asked. Punctuation at the end of a line
that LibreOffice doesn't draw (DIVERGENCES.md, 16) counts as wrong.
"""

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.machine import need_data, save
from indexer.extract.formats import extract
from kb import office
from tests.support import ofd_writer, typeset
from tests.support.typeset import Layout

TARGET = 0.99

_LAWS = (
    "*反电信网络诈骗法*.md",
    "*行政处罚法*.md",
    "*劳动合同法*.md",
    "*社区矫正法*.md",
    "*家庭教育促进法*.md",
    "*法律援助法*.md",
)
_LABEL = re.compile(r"^(第[一二三四五六七八九十百千]+[条章节编])[\s　]*")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--laws", type=int, default=len(_LAWS))
    args = parser.parse_args()
    if office.find() is None:
        sys.exit("LibreOffice is not installed.")
    folder = need_data() / "laws"
    laws = {}
    for pattern in _LAWS[: args.laws]:
        found = sorted(folder.rglob(pattern))
        if found:
            laws[found[-1].stem] = paragraphs(found[-1])
    code = sorted((folder / "民法典").glob("*.md"))
    laws["民法典"] = [text for path in code if path.stem != "_index" for text in paragraphs(path)]
    figures = {}
    for name, make in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as place:
            made = make(Path(place), laws)
        right = sum(matched(made[law], wanted) for law, wanted in laws.items())
        asked = sum(map(len, laws.values()))
        figures[name] = {"paragraphs": asked, "right": right, "share": round(right / asked, 4)}
        print(f"{name:16} {right:6} of {asked:6}  {right / asked:.4f}", file=sys.stderr)
    save("layouts", {"laws": list(laws), "layouts": figures})
    below = [name for name, row in figures.items() if row["share"] < TARGET]
    if below:
        sys.exit(f"Below {TARGET}: {', '.join(below)}")


def paragraphs(path: Path) -> list[str]:
    """The paragraphs of a law, labels and text with a full-width space between."""
    text = path.read_text("utf-8").partition("<!-- INFO END -->")[2]
    lines = (line.lstrip("# ").strip() for line in text.splitlines())
    return [_LABEL.sub("\\1\u3000", line) for line in lines if line]


def matched(data: bytes, wanted: Sequence[str]) -> int:
    """How many paragraphs are blocks of their own."""
    got = Counter("".join(block.text.split()) for block in extract("x", data).blocks)
    return sum((got & Counter("".join(text.split()) for text in wanted)).values())


Laws = dict[str, list[str]]


def pdf(
    layout: Layout, change: Callable[[str], str] = lambda text: text
) -> Callable[[Path, Laws], dict[str, bytes]]:
    """Sets laws in a layout; change: of the flat ODT."""

    def make(folder: Path, laws: Laws) -> dict[str, bytes]:
        names = {f"f{n}": law for n, law in enumerate(laws)}
        sources = {
            name: change(_led(typeset.fodt(law.partition("(")[0], laws[law], layout), layout.size))
            for name, law in names.items()
        }
        made = typeset.pdfs(folder, sources)
        return {law: made[name] for name, law in names.items()}

    return make


def _led(text: str, size: int) -> str:
    """With 1.75 times the size from line to line, as GB/T 9704 has it."""
    return text.replace('line-height="28pt"', f'line-height="{1.75 * size:g}pt"')


def narrow(text: str) -> str:
    """Every ninth paragraph of some length set in by two characters on both sides."""
    style = (
        '<style:style style:name="quote" style:family="paragraph" style:parent-style-name="body">'
        '<style:paragraph-properties fo:margin-left="28pt" fo:margin-right="28pt"/></style:style>'
        "</office:styles>"
    )
    count = 0

    def one(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return found[0].replace('"body"', '"quote"') if count % 9 == 0 else found[0]

    text = re.sub(r'<text:p text:style-name="body">[^<]{60,}</text:p>', one, text)
    return text.replace("</office:styles>", style)


def gapped(text: str) -> str:
    """A gap of a character after each label, by the spacing of its last one, with nothing drawn in it."""
    style = (
        '<style:style style:name="gap" style:family="text"><style:text-properties '
        'fo:letter-spacing="14pt"/></style:style></office:automatic-styles>'
    )
    text = re.sub(
        r"(>第[一二三四五六七八九十百千]+)([条章节编])\u3000",
        '\\1<text:span text:style-name="gap">\\2</text:span>',
        text,
    )
    return text.replace("</office:automatic-styles>", style)


def ofd(folder: Path, laws: Laws) -> dict[str, bytes]:
    return {law: ofd_writer.write(texts) for law, texts in laws.items()}


LAYOUTS: dict[str, Callable[[Path, Laws], dict[str, bytes]]] = {
    "pdf one column": pdf(Layout(size=14, headings=True)),
    "pdf two columns": pdf(Layout(columns=2, size=10)),
    "pdf three columns": pdf(Layout(columns=3, size=9)),
    "pdf running head": pdf(Layout(size=12, head="普法读本汇编")),
    "pdf label gaps": pdf(Layout(size=14), gapped),
    "pdf narrow": pdf(Layout(size=14), narrow),
    "ofd": ofd,
}


if __name__ == "__main__":
    main()
