"""Features that the trees use to score a passage for a question: names and values."""

import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kb.ranking.memory import Floats
from kb.ranking.passage_layout import ASKED, GRAMS, PATH, TITLE, TRAITS, WORDS, Lookup
from kb.ranking.question import Question

if TYPE_CHECKING:
    from kb.ranking.candidates import Evidence

NAMES = {
    "first": "首轮得分",
    "first_rank": "首轮名次",
    "first_share": "首轮得分占最高分",
    "first_best": "首轮最高分",
    "words": "正文词语",
    "words_rank": "正文词语名次",
    "grams": "正文字对",
    "grams_rank": "正文字对名次",
    "title_words": "标题词语",
    "title_grams": "标题字对",
    "path_words": "章节词语",
    "path_grams": "章节字对",
    "asked_words": "条文所答问题的词语",
    "asked_words_rank": "条文所答问题的词语名次",
    "asked_grams": "条文所答问题的字对",
    "asked_grams_rank": "条文所答问题的字对名次",
    "asked_cover": "条文所答问题覆盖问题字对",
    "asked_run": "条文所答问题中最长连续命中",
    "added_words": "术语词语",
    "added_words_rank": "术语词语名次",
    "added_grams": "术语字对",
    "added_path": "章节术语",
    "translated": "学得的法言",
    "translated_rank": "学得的法言名次",
    "law": "所属法律的可能",
    "law_rank": "所属法律名次",
    "chapter": "所属章节的可能",
    "blended": "综合得分",
    "blended_rank": "综合名次",
    "taught": "相似问题的答案",
    "taught_terms": "相似问题的答案（含术语）",
    "taught_best": "最相似问题的答案",
    "taught_near": "相似问题答案的邻条",
    "familiar": "最相似问题的相似度",
    "cover_words": "覆盖问题词语",
    "cover_all": "覆盖问题词语（含标题章节）",
    "cover_grams": "覆盖问题字对",
    "cover_added": "覆盖术语",
    "rarest": "命中的最罕见词",
    "missed": "未命中的最罕见词",
    "matched": "命中词数",
    "run": "最长连续命中",
    "runs": "连续命中占比",
    "density": "命中密度",
    "entry": "词条所指条文",
    "entry_near": "词条所指条文的邻条",
    "entry_chapter": "词条所指章节",
    "entry_law": "词条所指法律",
    "entries": "词条数",
    "law_support": "同法其他命中",
    "law_best": "同法最佳命中",
    "chapter_support": "同章其他命中",
    "chapter_best": "同章最佳命中",
    "neighbour": "邻条得分",
    "cited_by": "引用本条者得分",
    "cites": "本条所引者得分",
    "citations": "被引次数",
    "asked": "条文被问次数",
    "law_asked": "法律被问次数",
    "prior": "效力与类别",
    "length": "长度",
    "place": "条文位置",
    "place_share": "条文相对位置",
    "size": "所在文件条数",
    "in_force": "现行有效",
    "has_prison": "含徒刑",
    "has_fine": "含罚款",
    "has_definition": "含定义",
    "has_damages": "含赔偿",
    "has_right": "含有权",
    "has_duty": "含应当",
    "has_ban": "含不得",
    "in_general": "在总则",
    "in_liability": "在法律责任",
    "in_annex": "在附则",
    "question_length": "问题长度",
    "asks_crime": "问罪刑",
    "asks_penalty": "问处罚",
    "asks_meaning": "问含义",
    "asks_liability": "问责任",
    "asks_who": "问谁",
    "asks_how": "问办法",
    "asks_permission": "问可否",
    "asks_validity": "问效力",
    "asks_amount": "问数额期限",
}
"""Features in the column order of the matrix, and their display names."""

_ASKS = {
    "asks_crime": re.compile("判|刑|罪|坐牢|拘留"),
    "asks_penalty": re.compile("罚"),
    "asks_meaning": re.compile("什么是|是什么|定义|区别|含义"),
    "asks_liability": re.compile("赔|责任|承担"),
    "asks_who": re.compile("谁|哪方"),
    "asks_how": re.compile("怎么|如何|怎样"),
    "asks_permission": re.compile("可以|能|有权"),
    "asks_validity": re.compile("有效|无效|效力|成立"),
    "asks_amount": re.compile("多少|多久|多长|期限|时间|几"),
}


def matrix(question: Question, evidence: "Evidence") -> Floats:
    """Feature values for the candidates: (candidates, len(NAMES)) float32."""
    count = len(evidence.numbers)
    columns: dict[str, npt.NDArray[np.floating]] = {}
    columns |= _matches(question, evidence)
    columns |= _learned(question, evidence)
    columns |= _surroundings(evidence)
    columns |= dict(zip(TRAITS, evidence.layout.traits[evidence.numbers].T, strict=True))
    asks = {name: pattern.search(question.text) is not None for name, pattern in _ASKS.items()}
    for name, value in {"question_length": len(question.text), **asks}.items():
        columns[name] = np.full(count, value, dtype=np.float32)
    return np.stack([columns[name] for name in NAMES], axis=1).astype(np.float32)


def ranks(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """ln(1 + rank), with rank 0 for the highest; ties in the given order."""
    order = np.argsort(-values, kind="stable")
    out = np.empty(len(values), dtype=np.float64)
    out[order] = np.log1p(np.arange(len(values)))
    return out


def _matches(q: Question, e: "Evidence") -> dict[str, npt.NDArray[np.floating]]:
    """Matches of the question's words and the added terms in text, title and headings."""
    terms_asked, pairs_asked = list(q.added_words), list(q.added_grams)
    (
        (words, word_idf),
        (pairs, pair_idf),
        (title, title_idf),
        (path, path_idf),
        (title_pairs, title_pair_idf),
        (path_pairs, path_pair_idf),
        (terms, term_idf),
        (path_terms, path_term_idf),
        (added_pairs, added_pair_idf),
        (asked, asked_idf),
        (asked_pairs, asked_pair_idf),
    ) = Lookup(e.snapshot, e.numbers).impacts(
        [
            (WORDS, q.words),
            (GRAMS, q.grams),
            (TITLE, q.words),
            (PATH, q.words),
            (TITLE, q.grams),
            (PATH, q.grams),
            (WORDS, terms_asked),
            (PATH, terms_asked),
            (GRAMS, pairs_asked),
            (ASKED, q.words),
            (ASKED, q.grams),
        ]
    )
    added = np.asarray(list(q.added_words.values()), dtype=np.float32)
    pair_weights = np.asarray(list(q.added_grams.values()), dtype=np.float32)
    found = words > 0
    anywhere = found | (title > 0) | (path > 0)
    text_words, text_pairs = words @ word_idf, pairs @ pair_idf
    added_words = terms @ (term_idf * added)
    found_idf = found @ word_idf
    rarest, missed = np.zeros(len(e.numbers)), np.zeros(len(e.numbers))
    if q.words:
        rarest = (anywhere * word_idf).max(axis=1)
        missed = (~anywhere * word_idf).max(axis=1)
    longest, share = _runs(q.grams, pairs > 0)
    asked_words, asked_grams = asked @ asked_idf, asked_pairs @ asked_pair_idf
    asked_run, _ = _runs(q.grams, asked_pairs > 0)
    first = e.first.scores[e.numbers]
    return {
        "first": first,
        "first_rank": ranks(first),
        "first_share": first / e.first.best,
        "first_best": np.full(len(first), e.first.best),
        "words": text_words,
        "words_rank": ranks(text_words),
        "grams": text_pairs,
        "grams_rank": ranks(text_pairs),
        "title_words": title @ title_idf,
        "title_grams": title_pairs @ title_pair_idf,
        "path_words": path @ path_idf,
        "path_grams": path_pairs @ path_pair_idf,
        "asked_words": asked_words,
        "asked_words_rank": ranks(asked_words),
        "asked_grams": asked_grams,
        "asked_grams_rank": ranks(asked_grams),
        "asked_cover": (asked_pairs > 0) @ asked_pair_idf / (asked_pair_idf.sum() + 1e-9),
        "asked_run": asked_run,
        "added_words": added_words,
        "added_words_rank": ranks(added_words),
        "added_grams": added_pairs @ (added_pair_idf * pair_weights),
        "added_path": path_terms @ (path_term_idf * added),
        "cover_words": found_idf / (word_idf.sum() + 1e-9),
        "cover_all": anywhere @ word_idf / (word_idf.sum() + 1e-9),
        "cover_grams": (pairs > 0) @ pair_idf / (pair_idf.sum() + 1e-9),
        "cover_added": (terms > 0) @ (term_idf * added) / ((term_idf * added).sum() + 1e-9),
        "rarest": rarest,
        "missed": missed,
        "matched": anywhere.sum(axis=1),
        "run": longest,
        "runs": share,
        "density": found_idf / (e.layout.traits[e.numbers, TRAITS.index("length")] + 30),
        "entries": np.full(len(first), q.entries),
    }


def _runs(
    pairs: tuple[str, ...], found: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Longest run of question bigrams in a passage, and the fraction of bigrams in runs."""
    run, longest, inside = (np.zeros(len(found)) for _ in range(3))
    for i, gram in enumerate(pairs):
        goes_on = i > 0 and pairs[i - 1][-1] == gram[0]
        run = np.where(found[:, i], (run if goes_on else 0) + 1, 0)
        longest = np.maximum(longest, run)
        inside += run >= 2
    return longest, inside / max(1, len(pairs))


def _learned(q: Question, e: "Evidence") -> dict[str, npt.NDArray[np.floating]]:
    """Evidence from judged questions, guides and the thesaurus."""
    at, laws, chapters = e.numbers, e.layout.laws[e.numbers], e.layout.chapters[e.numbers]
    likely = e.routes.laws
    order = np.empty(len(likely))
    order[np.argsort(-likely, kind="stable")] = np.log1p(np.arange(len(likely)))
    return {
        "translated": e.translated,
        "translated_rank": ranks(e.translated),
        "law": likely[laws],
        "law_rank": order[laws],
        "chapter": e.routes.chapters[chapters],
        "blended": e.blended,
        "blended_rank": ranks(e.blended),
        "taught": e.lessons.taught,
        "taught_terms": e.lessons.with_terms,
        "taught_best": e.lessons.best,
        "taught_near": e.lessons.near,
        "familiar": np.full(len(at), e.lessons.familiar),
        "entry": e.entries.exact,
        "entry_near": e.entries.near,
        "entry_chapter": e.entries.chapters[chapters],
        "entry_law": e.entries.laws[laws],
        "asked": np.log1p(e.lessons.asked),
        "law_asked": np.log1p(e.lessons.laws_asked[laws]),
    }


def _surroundings(e: "Evidence") -> dict[str, npt.NDArray[np.floating]]:
    """First-stage scores of passages near, above and linked to a candidate."""
    at, laws, chapters = e.numbers, e.layout.laws[e.numbers], e.layout.chapters[e.numbers]
    first, best, top = e.first.scores, e.first.best, e.first.leading
    share, support = first[at] / best, first[top] / best
    law_sum = np.bincount(e.layout.laws[top], support, e.layout.law_count)
    chapter_sum = np.bincount(e.layout.chapters[top], support, e.layout.chapter_count)
    law_best = np.zeros(e.layout.law_count)
    np.maximum.at(law_best, e.layout.laws[top], support)
    chapter_best = np.zeros(e.layout.chapter_count)
    np.maximum.at(chapter_best, e.layout.chapters[top], support)
    # Same document only: other neighbours in the index are arbitrary.
    before = np.where(at > e.layout.first[at], first[np.maximum(at - 1, 0)], 0)
    after = np.where(at + 1 < e.layout.end[at], first[np.minimum(at + 1, len(first) - 1)], 0)
    beside = np.maximum(before, after)
    return {
        "law_support": law_sum[laws] - share,
        "law_best": law_best[laws],
        "chapter_support": chapter_sum[chapters] - share,
        "chapter_best": chapter_best[chapters],
        "neighbour": beside / best,
        "cited_by": e.citations.cited_by / best,
        "cites": e.citations.cites / best,
        "citations": np.log1p(e.citations.count),
        "prior": e.snapshot.passage_prior[at],
    }
