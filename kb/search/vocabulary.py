"""The words of a generation: those in its texts and titles, and the frequent ones."""

from kb.documents import Kind, Status
from kb.index.fields import Field
from kb.index.part import Part
from kb.index.part_writer import FREQUENT
from kb.index.snapshot import Snapshot
from kb.search.engine import with_all
from kb.text.analysis import phrase_grams
from kb.text.folding import fold
from kb.text.traditional import simplify

_MOST_CHECKED = 2_000
_WORDS = Field.WORDS
_KINDS = {Kind.CONSTITUTION: 0, Kind.LAW: 0, Kind.ADMINISTRATIVE_REGULATION: 1}


class Vocabulary:
    """Looks up words in a snapshot. Pure except for reading the generation's files."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        infos = (*snapshot.documents, *snapshot.textless)
        self._titles = "\n".join(dict.fromkeys(_plain(f"{d.title}\n{d.work}") for d in infos))

    def attested(self, text: str) -> bool:
        """Whether a title or passage contains the folded text.

        Exact for Chinese text; letters and digits must match as a whole word. If the text's bigrams co-occur
        in thousands of passages, only the first _MOST_CHECKED of each part are checked.
        """
        if text in self._titles:
            return True
        grams = frozenset(phrase_grams(text))
        return any(
            self._in_part(start, part, text, grams)
            for start, part in zip(self._snapshot.firsts, self._snapshot.parts, strict=True)
        )

    def _in_part(self, start: int, part: Part, text: str, grams: frozenset[str]) -> bool:
        alive = self._snapshot.alive
        if not grams:
            ids, _ = part.postings(_WORDS, text)
            return bool(alive[start + ids].any())
        numbers = with_all(part, grams)
        numbers = numbers[alive[start + numbers]]
        if len(text) == 2:
            return len(numbers) > 0
        encoded = text.encode("utf-8", "replace")
        return any(part.contains(n, encoded) for n in numbers[:_MOST_CHECKED].tolist())

    def works(self) -> list[str]:
        """The laws: in force first, high rank first, short first."""
        order: dict[str, tuple[bool, int, int]] = {}
        for d in (*self._snapshot.documents, *self._snapshot.textless):
            if d.work:
                key = (d.status is Status.REPEALED, _KINDS.get(d.kind, 2), len(d.work))
                order[d.work] = min(order.get(d.work, key), key)
        return sorted(order, key=lambda w: (order[w], w))

    def frequent(self) -> list[str]:
        """Words of three or more characters in many passages, most frequent first."""
        counts: dict[str, int] = {}
        for start, part in zip(self._snapshot.firsts, self._snapshot.parts, strict=True):
            for word in part.frequent():
                ids, _ = part.postings(_WORDS, word)
                count = int(self._snapshot.alive[start + ids].sum())
                if count >= FREQUENT:
                    counts[word] = counts.get(word, 0) + count
        # Rounded to powers of two, so that one document more or less doesn't change the order.
        return sorted(counts, key=lambda w: (-counts[w].bit_length(), w))


def _plain(text: str) -> str:
    return simplify(fold(text))
