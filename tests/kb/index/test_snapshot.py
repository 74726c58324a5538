"""A generation opened for one audience: its parts, and frequencies over what lives."""

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kb.documents import Audience, Document, Kind, Passage
from kb.index.fields import FIELDS
from kb.index.generation import audience_of, part_name
from kb.index.part import term_key
from kb.index.snapshot import Snapshot, open_snapshot
from kb.text.analysis import grams
from tests.conftest import fill

TODAY = date(2026, 11, 20)
GRAMS = FIELDS.index("grams")


def document(id: str, *texts: str, audience: Audience = Audience.PUBLIC) -> Document:
    passages = tuple(Passage(f"p{n}", "", (), t) for n, t in enumerate(texts, 1))
    return Document(id, f"题目{id}", Kind.OTHER, audience, passages)


def opened(data_dir: Path, audience: Audience, beside: Snapshot | None = None) -> Snapshot:
    snapshot = open_snapshot(data_dir, TODAY, audience, beside)
    assert snapshot is not None
    return snapshot


def frequencies(snapshot: Snapshot, terms: list[str]) -> list[int]:
    keys = np.asarray([term_key(GRAMS, t) for t in terms], dtype=np.uint64)
    return list(snapshot.locate(keys)[1].tolist())


def test_frequencies_are_of_living_and_visible_passages(tmp_path: Path) -> None:
    """Against counting by hand, after documents went, changed, and were narrowed."""
    texts = [("押金应当返还", "出租人"), ("返还押金",), ("押金纠纷",), ("社区矫正",), ("押金台账",)]
    first = [document(f"d{n}", *t) for n, t in enumerate(texts)]
    # What is mostly dead would be written anew.
    rest = [document("r", *(f"其余{n}" for n in range(20)))]
    rest.append(replace(document("t", *(f"内部{n}" for n in range(20))), audience=Audience.STAFF))
    fill(tmp_path, [*rest, *first, document("s", "押金", "玄武押金", audience=Audience.STAFF)])
    now = [
        *rest,
        *first[:1],
        document("d1", "另一段"),
        replace(first[3], audience=Audience.STAFF),
        first[4],
        document("n", "新的押金"),
        document("s", "玄武", audience=Audience.STAFF),
    ]
    fill(tmp_path, now)
    for audience in Audience:
        snapshot = opened(tmp_path, audience)
        seen = [p.text for d in now if audience.may_see(d.audience) for p in d.passages]
        counted = Counter(g for text in seen for g in set(grams(text)))
        terms = [*sorted({g for t in texts for p in t for g in grams(p)}), "玄武", "没有"]
        assert frequencies(snapshot, terms) == [counted[t] for t in terms]
        assert snapshot.living == len(seen)
        assert snapshot.living < snapshot.passages


def test_parts_of_others_are_not_opened(tmp_path: Path) -> None:
    fill(tmp_path, [document("a", "押金"), document("s", "玄武", audience=Audience.STAFF)])
    public = opened(tmp_path, Audience.PUBLIC)
    staff = opened(tmp_path, Audience.STAFF, public)
    assert [p.directory.name for p in public.parts] == ["public-00000"]
    assert [p.directory.name for p in staff.parts] == ["public-00000", "staff-00001"]
    # One mapping serves both.
    assert staff.parts[0] is public.parts[0]
    assert public.stamp != staff.stamp


def test_whom_a_part_is_for_stands_in_its_name() -> None:
    for audience in Audience:
        assert audience_of(part_name(audience, 7)) is audience
    for name in ("p00000", "", "all-00001"):
        with pytest.raises(ValueError, match="not a valid"):
            audience_of(name)
