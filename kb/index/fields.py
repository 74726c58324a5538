"""Searchable fields of a passage, numbered as in arrays and plans."""

from enum import IntEnum


class Field(IntEnum):
    """words: dictionary words of the text. grams: its character bigrams. title: words and bigrams of
    the document's title. path: those of the headings above the passage. asked: those of our own heading
    and questions of an article (`kb.articlenotes`)."""

    WORDS = 0
    GRAMS = 1
    TITLE = 2
    PATH = 3
    ASKED = 4


FIELDS = tuple(field.name.lower() for field in Field)
"""Field names in the Whoosh index, by field number."""
