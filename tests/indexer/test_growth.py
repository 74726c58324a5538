"""Reading takes time in proportion to the text, whatever the text: no rule looks twice at all of it.

Each way from text to document, and what is worked out of documents at publication and for pages, is
given texts that repeat one piece. Processor time of eight times the text may be some times eight that
of the text; a rule that tries every start against every end takes 64 times.
"""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexer import resemblance
from indexer.extract.formats import extract
from indexer.read import _document
from indexer.sources.lawrefbook import MARK, Database
from indexer.sources.scan import File, Unit
from indexer.statute_reader import read_statute
from kb import citations, repeals, topics
from kb.documents import Audience, Document, Kind, Passage
from kb.errors import UnreadableError
from kb.lawnames import LawNames
from kb.settings import SourceConfig

# One a word; ⏎ stands for a line break, ␣ for a space.
PIECES = [
    piece.replace("⏎", "\n").replace("␣", " ")
    for piece in """
    《 》 （ [ 第 1 一 、 。 ： ␣ ⏎ a - = . * ` < & \\ 自 局 令 法 X
    《旧条例》 《旧条例》、 《旧条例 《旧《新 》同时废止 《旧条例》同时废止 （甲） 印发《 有效期自
    第一条 第一条⏎ 第一条␣正文。⏎ 第一章␣总则⏎ 目录⏎第一章⏎ 一、题⏎ 一是好。 附件 附：
    #␣一⏎ -␣一⏎ ```⏎ |甲|乙|⏎ [a]( ![a] <a␣ <b> <!-- &#1; 各区司法局 2023年1月1日
    民法典 民法典第一条、 问：一⏎答：二⏎ 一？⏎
    """.split()
] + ["\u3000", "\u3000\n", "条\u3000", "\u200b"]
SOURCE, CHECKOUT = SourceConfig("s", Path("/s")), SourceConfig("l", Path("/l"), "lawrefbook")
NAMES = LawNames(["民法典", "劳动合同法"])
SIZE, TIMES, GROWTH = 3_000, 8, 30
CLOCK = 0.004
"""Seconds that some clocks of processor time do not tell apart from none."""

SLOW = 0.15
"""Seconds below which figures are the clock's and the machine's."""
HOPELESS = 10.0
"""Seconds of processor time after which one call is given up: that is no growth to be measured."""


def read(name: str, before: str = "", after: str = "") -> Callable[[str], None]:
    def work(text: str) -> None:
        with suppress(UnreadableError):
            _document(name, extract(name, f"{before}{text}{after}".encode()), SOURCE)

    return work


def statute(head: str, text: str) -> None:
    path = "法律/某法(2020-01-01).md"
    data = f"# 某法\n\n{head}\n{MARK}\n\n{text}".encode()
    read_statute(Unit(path, (File(path, 1, 1),)), [data], CHECKOUT, Database({}))


def law(text: str) -> Document:
    passages = (Passage("a1", "第一条", (), text),)
    return Document(
        "x", "某法", Kind.LAW, Audience.PUBLIC, passages, work="某法", published=date(2020, 1, 1)
    )


WAYS: dict[str, Callable[[str], object]] = {
    "txt": read("a.txt"),
    "md": read("a.md"),
    "html": read("a.html", "<html><body><p>", "</p></body></html>"),
    "front matter": read("a.md", "---\ntitle: ", "\n---\n正文。"),
    "statute": lambda text: statute("", text),
    "head of a statute": lambda text: statute(text, "第一条 为了。"),
    "repeals": lambda text: repeals.repealed(law(f"同时废止{text}。")),
    "decisions": lambda text: repeals.ended(
        replace(law(f"废止{text}。"), title="关于修改和废止部分条例的决定")
    ),
    "fingerprint": lambda text: resemblance.fingerprint(law(text), "v"),
    "topics": lambda text: topics.match(text[:200], [text], text, "", is_statute=False),
    "law names": NAMES.find,
    "citations": lambda text: citations.find(f"民法典第一条{text}", NAMES),
}


class TooLongError(BaseException):
    """Not to be caught by what is measured."""


def stop(_number: int, _frame: object) -> None:
    raise TooLongError


def seconds(way: Callable[[str], object], piece: str, size: int) -> float:
    text = piece * (size // len(piece))
    started = time.process_time()
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HOPELESS)
    try:
        way(text)
    except TooLongError:
        return HOPELESS
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - started


@pytest.mark.parametrize("name", WAYS)
def test_time_grows_with_the_text_and_no_faster(name: str) -> None:
    way = WAYS[name]
    way("正文。")  # what is loaded once
    steep = []
    for piece in PIECES:
        long = seconds(way, piece, SIZE * TIMES)
        if long < SLOW:
            continue
        if long >= HOPELESS:
            pytest.fail(f"{piece!r}: no end after {long} s")
        short = min(seconds(way, piece, SIZE) for _ in range(3))
        for _ in range(2):
            if long >= GROWTH * max(short, CLOCK):
                long = min(long, seconds(way, piece, SIZE * TIMES))
        if long >= GROWTH * max(short, CLOCK):
            steep.append((piece, short, long))
    assert steep == []
