"""One text told from another: what is taken off, what is masked, what only reads alike."""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from indexer.resemblance import (
    LONGEST,
    SHORTEST,
    Stretches,
    candidates,
    compare,
    fingerprint,
    is_copy,
    normal,
    stretches,
    whole,
)
from kb.documents import Audience, Document, Kind, Passage


def paper(*texts: str, title: str = "题目", id: str = "a") -> Document:
    passages = tuple(Passage(f"p{n}", "", (), t) for n, t in enumerate(texts, 1))
    return Document(id, title, Kind.OTHER, Audience.PUBLIC, passages)


def written(text: str) -> str:
    return normal(text).tobytes().decode("utf-32-le")


def sentences(seed: int, count: int) -> list[str]:
    """Sentences of 20 to 40 random characters, four to a paragraph."""
    rng = random.Random(seed)

    def one() -> str:
        return "".join(chr(rng.randint(0x4E00, 0x9F00)) for _ in range(rng.randint(20, 40))) + "。"

    return ["".join(one() for _ in range(4)) for _ in range(count)]


TEXT = sentences(1, 20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＡＢＣ，１２％", "abc12%"),
        ("“法”、《律》（2020）", "法律2020"),
        ("一。\n二；三", "一\n\n二\n三"),
        ("增长1.5倍。1. 总则 3．", "增长1.5倍\n1总则3"),
        ("张**、李××、○○局 ○ 要点 *", "张xx李xxxx局要点"),
        ("體育", "体育"),
        ("𠀀甲\u200b\ufeff", "𠀀甲"),
        ("", ""),
        ("。", "\n"),
    ],
)
def test_normal_text(text: str, expected: str) -> None:
    assert written(text) == expected


def test_the_whole_text_has_every_heading_once_and_every_label() -> None:
    path = ("第一章 总则", "第一节 目的")
    document = replace(
        paper(),
        passages=(
            Passage("a1", "第一条", path, "甲"),
            Passage("a2", "第二条", path, "乙\n丙"),
            Passage("a3", "第三条", (path[0], "第二节 原则"), "丁"),
            Passage("p4", "", (), "附"),
        ),
    )
    assert whole(document).split("\n") == [
        *path,
        "第一条甲",
        "第二条乙",
        "丙",
        "第二节 原则",
        "第三条丁",
        "附",
    ]


def test_cut_into_passages_otherwise_it_is_the_same_text() -> None:
    one = paper(*TEXT)
    lines = [Passage("p1", "", (TEXT[0],), "\n".join(TEXT[1:7])), Passage("p2", "", (), TEXT[7])]
    other = replace(one, passages=(*lines, *(Passage("p3", "", (), t) for t in TEXT[8:])))
    assert fingerprint(one, "v").body == fingerprint(other, "v").body != ""
    spaced = paper(*(t.replace("。", " .\u3000").replace(" .", "。") for t in TEXT))
    assert fingerprint(one, "v").body == fingerprint(spaced, "v").body
    assert fingerprint(paper(*TEXT[:-1]), "v").body != fingerprint(one, "v").body


def test_a_title_left_in_the_text() -> None:
    apart = fingerprint(paper(*TEXT, title="关于宣传月的通知"), "v")
    inside = fingerprint(paper("关于宣传月的通知", *TEXT, title="关于宣传月的通知"), "v")
    named = fingerprint(paper("关于宣传月的通知", *TEXT, title="扫描件3"), "v")
    assert (apart.body, apart.titled) == (inside.body, inside.titled)
    assert named.body == apart.titled


def test_short_texts_have_no_body_and_no_signature() -> None:
    short = fingerprint(paper("停车收费。"), "v")
    assert (short.body, short.signature, short.length) == ("", b"", 4)
    assert short.titled
    assert fingerprint(paper(), "v").titled == ""
    long = fingerprint(paper("字" * SHORTEST), "v")
    assert long.body
    assert long.signature


def test_masked_characters_are_not_counted() -> None:
    assert fingerprint(paper("某某区XX局办结12件。"), "v").length == len("区局办结12件")


def laid(*texts: str) -> Stretches:
    return stretches("\n".join(texts))


MASKED = [t[:10] + "XX" + t[14:] for t in TEXT]
NOISE = sentences(2, 4)


@pytest.mark.parametrize(
    "copy",
    [
        TEXT,
        TEXT[6:],
        TEXT[:14],
        TEXT[:6] + TEXT[12:],
        MASKED,
        list(reversed(TEXT)),
        [*NOISE[:2], *TEXT, *NOISE[2:]],
        [f"（{n}）{t}" for n, t in enumerate(TEXT, 3)],
        [*NOISE[:2], *reversed(MASKED[:6] + MASKED[10:]), *NOISE[2:]],
    ],
)
def test_copies_are_told(copy: list[str]) -> None:
    for one, other in ((laid(*TEXT), laid(*copy)), (laid(*copy), laid(*TEXT))):
        assert is_copy(compare(one, other))


@pytest.mark.parametrize("changed", [2, 3, 4])
def test_the_same_said_of_something_else_is_no_copy(changed: int) -> None:
    """Every sentence differs in a few words that aren't masks: another place, another year."""
    other = [
        "".join(
            s[:8] + chr(0x3400 + i) * changed + s[8 + changed :] + "。" for s in t.split("。")[:-1]
        )
        for i, t in enumerate(TEXT)
    ]
    found = compare(laid(*TEXT), laid(*other))
    assert found.altered > 0.9
    assert not is_copy(found)


def test_a_little_in_common_is_no_copy() -> None:
    found = compare(laid(*TEXT), laid(*TEXT[:6], *sentences(3, 14)))
    assert found.altered == 0
    assert found.matched == pytest.approx(0.3, abs=0.06)
    assert not is_copy(found)
    assert not is_copy(compare(laid(), laid()))
    assert not is_copy(compare(laid(*TEXT), laid("短。")))


@pytest.mark.parametrize("shared", [13, 16, 19])
def test_the_estimate_is_near_the_true_share(shared: int) -> None:
    one, other = paper(*TEXT), paper(*TEXT[:shared], *sentences(4, 20 - shared))
    sets = [set(stretches(whole(d)).hashes.tolist()) for d in (one, other)]
    truth = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    found = candidates([fingerprint(d, "v").signature for d in (one, other)])
    assert [f[:2] for f in found] == [(0, 1)]
    assert found[0][2] == pytest.approx(truth, abs=0.16)


def test_candidates_are_all_pairs_alike_and_few_others() -> None:
    texts = [sentences(n, 20) for n in range(10, 40)]
    every = [paper(*t) for t in texts] + [paper(*t[2:]) for t in texts] + [paper("短")]
    found = candidates(fingerprint(d, "v").signature for d in every)
    assert {(a, b) for a, b, _ in found} == {(n, n + 30) for n in range(30)}
    assert candidates([]) == candidates([b""]) == []


def test_a_crowd_of_one_form_is_not_compared_pair_by_pair() -> None:
    signature = fingerprint(paper(*TEXT), "v").signature
    assert len(candidates([signature] * 500)) <= 500 * 40


def test_documents_of_any_size_and_content() -> None:
    odd: list[Callable[[], str]] = [
        lambda: "字" * (LONGEST + 10_000),
        lambda: "x" * 5_000,
        lambda: "\n" * 5_000,
        lambda: "。；" * 5_000,
        lambda: "\ud800甲" * 200,
        lambda: "".join(map(chr, range(0x20000, 0x20400))),
    ]
    for make in odd:
        text = make()
        made = fingerprint(paper(text), "v")
        assert made.length >= 0
        found = compare(stretches(text), stretches(text))
        assert 0 <= found.altered <= 1
        assert 0 <= found.matched <= 1


def test_hashes_spread() -> None:
    hashes = stretches("".join(TEXT)).hashes
    assert len(np.unique(hashes)) == len(hashes)
    assert len(np.unique(hashes >> np.uint64(44))) > 0.99 * len(hashes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("低于-5℃时", "低于5℃时"),
        ("每组3-5人", "每组35人"),
        ("每组3－5人", "每组35人"),
        ("升3%~5%", "升3%5%"),
    ],
)
def test_a_minus_and_a_range_are_not_dropped(one: str, other: str) -> None:
    assert written(one) != written(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("低于-5℃", "低于−5℃"), ("每组3-5人", "每组3～5人"), ("5月-6月", "5月—6月"), ("（附件 - 5）", "附件5"),
     ("总则——2024年", "总则2024年")],
)  # fmt: skip
def test_dashes_of_one_meaning_are_one(one: str, other: str) -> None:
    assert written(one) == written(other)
