"""Cross-validation metrics of a ranking: each question is ranked by a model trained on the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kb import evaluate
from kb.evaluate import Figures
from kb.ranking.candidates import Bound
from kb.ranking.forest import Forest
from kb.ranking.memory import Memory
from kb.ranking.training import FOLDS, Asked, Course, Example, folds, grow

Grade = Callable[[Example], npt.NDArray[np.floating]]
"""Scores each candidate of an example."""


@dataclass(frozen=True, slots=True)
class Fold:
    """memory, training: memory and examples from the other folds. tested: questions of this fold, with
    their examples; cautious: the same without thesaurus entries that match only one judged
    question."""

    memory: Memory
    training: tuple[Example, ...]
    tested: tuple[Asked, ...]
    examples: tuple[Example, ...]
    cautious: tuple[Example, ...]


def split(course: Course, advance: Callable[[int], None] = lambda done: None) -> list[Fold]:
    """All folds. Each memory is built only from the fold's training questions."""
    place = folds(len(course.asked))
    found = []
    for out_of in range(FOLDS):
        training = [a for a, f in zip(course.asked, place, strict=True) if f != out_of]
        tested = [a for a, f in zip(course.asked, place, strict=True) if f == out_of]
        bound = course.learn(training)
        found.append(
            Fold(
                bound.memory,
                tuple(course.examples(training)),
                tuple(tested),
                tuple(course.example(bound, a) for a in tested),
                tuple(course.example(bound, a, cautious=True) for a in tested),
            )
        )
        advance(out_of + 1)
    return found


def transfer(parts: Sequence[Fold], course: Course) -> list[Fold]:
    """The same folds, tested on the index of another course with the same questions."""
    asked = {a.judged.id: a for a in course.asked}
    found = []
    for part in parts:
        bound = Bound(part.memory, course.snapshot, course.layout, course.names)
        tested = tuple(asked[a.judged.id] for a in part.tested)
        examples = tuple(course.example(bound, a) for a in tested)
        cautious = tuple(course.example(bound, a, cautious=True) for a in tested)
        found.append(replace(part, tested=tested, examples=examples, cautious=cautious))
    return found


def trees(parts: Sequence[Fold], without: Sequence[str] = ()) -> list[Grade]:
    """A grade per fold, by trees trained on its training examples, without the named features."""
    return [_grade(grow(part.training, without)) for part in parts]


def _grade(forest: Forest) -> Grade:
    return lambda example: forest.predict(example.rows)


def measure(
    course: Course, parts: Sequence[Fold], grades: Sequence[Grade], *, cautious: bool = False
) -> Figures:
    """Metrics over the tested questions of all folds. Raises ConfigError without ir-measures."""
    ranked: dict[str, list[str]] = {}
    for part, grade in zip(parts, grades, strict=True):
        examples = part.cautious if cautious else part.examples
        for asked, example in zip(part.tested, examples, strict=True):
            scores = grade(example)
            order = np.lexsort((example.numbers, -scores))
            texts = (course.text(int(n)) for n in example.numbers[order][: 2 * evaluate.DEPTH])
            ranked[asked.judged.query] = list(dict.fromkeys(texts))[: evaluate.DEPTH]
    judged = [a.judged for part in parts for a in part.tested]
    return evaluate.evaluate(judged, lambda query: ranked[query], lambda done: None)
