"""The engine against oracles: Whoosh's own scorer, plain `in` on the text, counting by hand."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query as wq
from whoosh import scoring

from kb.documents import Audience, Document, Kind, Passage, document_id
from kb.index.document_info import FACETS
from kb.index.fields import FIELDS
from kb.index.generation import Generations
from kb.index.part_writer import searchable
from kb.index.snapshot import Boost, Snapshot, open_snapshot
from kb.index.whoosh_part import PartReader
from kb.search import engine
from kb.search.plan import Group, Plan, Target, Term
from kb.search.results import Filters
from kb.text.folding import fold
from tests.conftest import fill

WORDS = (
    "出租人 承租人 应当 返还 押金 合同 房屋 租赁 期限 届满 人民 法院 人民法院 起诉 调解 协议 工资 劳动者 "
    "用人单位 解除 补偿 XX 2023 3.5 A座 第二款 未成年人 保护 国家 机关"
).split()


def corpus(seed: int, count: int) -> list[Document]:
    """Invented documents of random words with punctuation, spaces and masks between them."""
    rng = random.Random(seed)
    kinds = [Kind.LAW, Kind.CASE, Kind.WORK_SUMMARY, Kind.GUIDE]
    out = []
    for n in range(count):
        passages = []
        for p in range(rng.randint(1, 8)):
            words = [rng.choice(WORDS) for _ in range(rng.randint(1, 60))]
            text = "".join(w + rng.choice(["", "", "", "，", "。", " ", "\n"]) for w in words)
            passages.append(Passage(f"p{p}", "", (rng.choice(WORDS),), text.strip() or "空"))
        kind = rng.choice(kinds)
        out.append(
            Document(
                id=document_id("random", str(seed), str(n)),
                title="".join(rng.sample(WORDS, 3)),
                kind=kind,
                audience=Audience.STAFF if kind is Kind.WORK_SUMMARY else Audience.PUBLIC,
                passages=tuple(passages),
                region=rng.choice(["", "浙江省", "北京市"]),
                year=rng.choice([0, 2021, 2022, 2023]),
                published=rng.choice([None, date(2021, 1, 1), date(2022, 5, 6), date(2023, 7, 8)]),
            )
        )
    return out


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Document], Snapshot]:
    """A base of two parts with a replaced and a removed document in the first."""
    data_dir = tmp_path_factory.mktemp("engine")
    first = corpus(1, 120)
    fill(data_dir, first)
    changed = [replace(first[0], passages=(Passage("p0", "", (), "全新的押金条款"),))]
    second = [*changed, *first[2:], *corpus(2, 10)]
    fill(data_dir, second)
    snapshot = open_snapshot(data_dir, date(2026, 11, 20), Audience.STAFF)
    assert snapshot is not None
    assert len(snapshot.parts) == 4  # two runs, each with documents of both audiences
    return data_dir, second, snapshot


def every(snapshot: Snapshot) -> list[tuple[str, str, int]]:
    """(document id, folded text, passage number) of all living passages, from the records."""
    out = []
    for ordinal, (start, end) in enumerate(snapshot.spans):
        for number in range(start, end):
            text = fold(snapshot.record(number).text)
            out.append((snapshot.documents[ordinal].id, text, number))
    return out


def found_numbers(snapshot: Snapshot, plan: Plan) -> set[int]:
    result = engine.search(snapshot, replace(plan, group="none", size=10_000))
    assert result.total == len(result.documents)
    return {p.number for d in result.documents for p in d.passages}


def test_records_are_the_documents_texts(
    base: tuple[Path, list[Document], Snapshot],
) -> None:
    _, documents, snapshot = base
    texts = {(d.id, p.text) for d in documents for p in d.passages}
    assert {(i, snapshot.record(n).text) for i, _, n in every(snapshot)} == texts
    assert len(every(snapshot)) == sum(len(d.passages) for d in documents)


def test_scores_are_whooshs_own(tmp_path: Path) -> None:
    """Every field, thousands of terms: our sums over arrays against Whoosh's BM25F scorer."""
    fill(tmp_path, [replace(d, audience=Audience.PUBLIC) for d in corpus(3, 150)])
    snapshot = open_snapshot(tmp_path, date(2026, 11, 20))
    assert snapshot is not None
    directory = Generations(tmp_path).directory(snapshot.name) / "parts"
    (part,) = directory.iterdir()
    checked = 0
    with PartReader(part / "whoosh") as whoosh:
        searcher = whoosh.index.searcher(weighting=scoring.BM25F())
        rng = random.Random(5)
        terms = [(p.field, p.term) for p in whoosh.postings()]
        for field, term in rng.sample(terms, min(1500, len(terms))):
            scores = np.zeros(snapshot.passages, dtype=np.float32)
            engine.score_terms(snapshot, [Term(FIELDS.index(field), term, 1.0)], scores)
            hits = searcher.search(wq.Term(field, term.encode()), limit=None)
            assert len(hits) == np.count_nonzero(scores)
            for hit in hits:
                assert scores[hit.docnum] == pytest.approx(hit.score, rel=1e-5)
            checked += len(hits)
        for _ in range(500):
            chosen = rng.sample(terms, 4)
            scores = np.zeros(snapshot.passages, dtype=np.float32)
            plan = [Term(FIELDS.index(f), t, 1.0) for f, t in chosen]
            engine.score_terms(snapshot, plan, scores)
            query = wq.Or([wq.Term(f, t.encode()) for f, t in dict.fromkeys(chosen)])
            best = searcher.search(query, limit=10)
            top = sorted(scores[scores > 0], reverse=True)[: best.scored_length()]
            assert [h.score for h in best] == pytest.approx([float(s) for s in top], rel=1e-4)
        searcher.close()
    assert checked > 10_000


PIECES = st.sampled_from(
    [*WORDS, "，", "。", " ", "\n", "X", "*", "的", "a", ".", "3", "院起", "人民法"]
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces=st.lists(PIECES, min_size=1, max_size=4))
def test_a_phrase_is_a_substring(
    base: tuple[Path, list[Document], Snapshot], pieces: list[str]
) -> None:
    _, _, snapshot = base
    phrase = fold("".join(pieces)).strip()
    if not phrase:
        return
    among = np.zeros(snapshot.passages, dtype=np.bool_)
    among[len(phrase) % 3 :: 2] = True
    mask = engine.phrase_mask(snapshot, phrase, among)
    for _, text, number in every(snapshot):
        assert bool(mask[number]) == (bool(among[number]) and phrase in text), (phrase, text)


def test_a_phrase_cut_out_of_any_text_finds_it(
    base: tuple[Path, list[Document], Snapshot],
) -> None:
    _, _, snapshot = base
    rng = random.Random(9)
    texts = every(snapshot)
    everywhere = np.ones(snapshot.passages, dtype=np.bool_)
    for _ in range(400):
        _, text, number = rng.choice(texts)
        start = rng.randrange(len(text))
        phrase = text[start : start + rng.randint(1, 12)].strip()
        if phrase:
            assert engine.phrase_mask(snapshot, phrase, everywhere)[number], (phrase, text)


def test_of_several_phrases_all_are_in_a_passage_and_none_of_the_excluded(
    base: tuple[Path, list[Document], Snapshot],
) -> None:
    _, _, snapshot = base
    phrases, excluded = ("金", "押金", ","), ("返还", "解")
    plan = Plan(phrases=phrases, excluded=excluded)
    found = found_numbers(snapshot, plan)
    wanted = {
        number
        for _, text, number in every(snapshot)
        if all(p in text for p in phrases) and not any(e in text for e in excluded)
    }
    assert found == wanted
    assert wanted


def test_exclusion_is_the_complement(base: tuple[Path, list[Document], Snapshot]) -> None:
    _, _, snapshot = base
    staff = Plan()
    everything = found_numbers(snapshot, staff)
    having = found_numbers(snapshot, replace(staff, phrases=("押金",)))
    without = found_numbers(snapshot, replace(staff, excluded=("押金",)))
    assert having
    assert without
    assert having | without == everything
    assert not having & without


def by_hand(documents: Sequence[Document], keep: Callable[[Document], bool]) -> set[str]:
    return {d.id for d in documents if keep(d)}


@pytest.mark.parametrize(
    ("filters", "keep"),
    [
        (Filters(kind=("法律",)), lambda d: d.kind is Kind.LAW),
        (Filters(kind=("法律", "案例")), lambda d: d.kind in (Kind.LAW, Kind.CASE)),
        (Filters(year=("2022",)), lambda d: d.year == 2022),
        (
            Filters(region=("浙江省",), year=("2021", "2023")),
            lambda d: d.region == "浙江省" and d.year in (2021, 2023),
        ),
        (Filters(kind=("没有这种",)), lambda d: False),
        (Filters(date_from=date(2022, 1, 1)), lambda d: d.published and d.published >= date(2022, 1, 1)),
        (Filters(date_to=date(2022, 12, 31)), lambda d: d.published and d.published <= date(2022, 12, 31)),
    ],
)  # fmt: skip
def test_filters_and_facets_are_as_counted_by_hand(
    base: tuple[Path, list[Document], Snapshot], filters: Filters, keep: Callable[[Document], bool]
) -> None:
    _, documents, snapshot = base
    plan = Plan(filters=filters, phrases=("押金",), size=1000)
    found = engine.search(snapshot, plan)
    wanted = by_hand(
        documents,
        lambda d: keep(d) and any("押金" in fold(searchable(p)) for p in d.passages),
    )
    assert {snapshot.documents[d.ordinal].id for d in found.documents} == wanted
    assert found.total == len(wanted)
    by_id = {d.id: d for d in documents}
    having = by_hand(documents, lambda d: any("押金" in fold(searchable(p)) for p in d.passages))
    for facet in ("kind", "region", "year"):
        # A facet's counts leave its own filter out: its other values can still be chosen.
        others = having if filters.values(facet) else wanted
        if filters.values(facet) and sum(bool(filters.values(f)) for f in FACETS) > 1:
            continue
        counts: dict[str, int] = {}
        for id in others:
            value = str(getattr(by_id[id], facet) or "")
            if value:
                counts[value] = counts.get(value, 0) + 1
        assert found.facets[facet] == counts
    for document in found.documents:
        matching = [
            p
            for p in by_id[snapshot.documents[document.ordinal].id].passages
            if "押金" in fold(p.text)
        ]
        assert document.matched == len(matching)


def test_the_public_sees_no_staff_paper_anywhere(
    base: tuple[Path, list[Document], Snapshot],
) -> None:
    data_dir, documents, _ = base
    snapshot = open_snapshot(data_dir, date(2026, 11, 20))
    assert snapshot is not None
    hidden = {d.id for d in documents if d.audience is Audience.STAFF}
    assert hidden
    for plan in (
        Plan(size=1000),
        Plan(phrases=("押金",), size=1000),
        Plan(filters=Filters(kind=("工作总结",)), size=1000),
        Plan(targets=tuple(Target(i, 0) for i in hidden), size=1000),
        Plan(groups=(Group("押金", (Term(0, "押金", 1.0),), ("押金",)),), strict=True, size=1000),
    ):
        found = engine.search(snapshot, plan)
        assert not hidden & {snapshot.documents[d.ordinal].id for d in found.documents}
        assert "工作总结" not in found.facets["kind"]
        if not plan.filters.kind:
            assert sum(found.facets["kind"].values()) == found.total


def test_pages_go_through_all_hits_once(base: tuple[Path, list[Document], Snapshot]) -> None:
    _, _, snapshot = base
    for group in ("document", "none"):
        for sort in ("relevance", "date"):
            plan = Plan(
                groups=(Group("押金", (Term(0, "押金", 1.0), Term(1, "合同", 0.5))),),
                group=group,
                sort=sort,
                size=7,
            )
            whole = engine.search(snapshot, replace(plan, size=10_000))
            pages = []
            for offset in range(0, whole.total + 7, 7):
                pages += engine.search(snapshot, replace(plan, offset=offset)).documents
            assert pages == list(whole.documents)
            assert len(pages) == whole.total
            days = [snapshot.days[d.ordinal] for d in pages]
            if sort == "date":
                assert days == sorted(days, reverse=True)
            else:
                assert [d.score for d in pages] == sorted((d.score for d in pages), reverse=True)


def test_strict_needs_every_word_loose_any(base: tuple[Path, list[Document], Snapshot]) -> None:
    _, _, snapshot = base
    groups = tuple(
        Group(w, tuple(Term(f, w, 1.0) for f in (1, 2, 3)), (w,)) for w in ("押金", "工资")
    )
    strict = Plan(groups=groups, strict=True)
    numbers = found_numbers(snapshot, strict)
    for document, text, number in every(snapshot):
        info = snapshot.documents[snapshot.ordinals[document]]
        where = text + "\n" + fold(info.title) + "\n" + "".join(snapshot.record(number).path)
        assert (number in numbers) == ("押金" in where and "工资" in where)
    assert numbers < found_numbers(snapshot, replace(strict, strict=False))


def test_boosts_and_targets_change_the_order(base: tuple[Path, list[Document], Snapshot]) -> None:
    _, _, snapshot = base
    plan = Plan(
        groups=(Group("押金", (Term(0, "押金", 1.0),)),),
        size=10_000,
    )
    plain = {d.ordinal: d.score for d in engine.search(snapshot, plan).documents}
    boosted = engine.search(snapshot, replace(plan, boosts=(Boost("year", "2021", 2.0),)))
    for d in boosted.documents:
        factor = 2.0 if snapshot.documents[d.ordinal].year == 2021 else 1.0
        assert d.score == pytest.approx(plain[d.ordinal] * factor, rel=1e-5)
    last = snapshot.documents[min(plain, key=lambda o: plain[o])].id
    first = engine.search(snapshot, replace(plan, targets=(Target(last, 0),))).documents[0]
    assert snapshot.documents[first.ordinal].id == last


def test_an_empty_plan_finds_everything(base: tuple[Path, list[Document], Snapshot]) -> None:
    _, documents, snapshot = base
    found = engine.search(snapshot, Plan(size=1000))
    assert found.total == len(documents)
    assert set(found.facets) == set(FACETS)


def test_a_character_is_found_wherever_it_stands(
    base: tuple[Path, list[Document], Snapshot],
) -> None:
    """In the text, the title or a heading, inside words: exactly the passages that have it."""
    _, documents, snapshot = base
    living = {d.id: d for d in documents}
    for character in "租院押年孔":
        terms = tuple(Term(field, character, 1.0) for field in (0, 2, 3))
        plan = Plan(groups=(Group(character, terms, (character,)),), strict=True)
        expected = set()
        for document, text, number in every(snapshot):
            headings = "".join(snapshot.record(number).path)
            if character in text + living[document].title + headings:
                expected.add(number)
        assert found_numbers(snapshot, plan) == expected, character
    assert not expected
