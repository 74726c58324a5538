"""The searched fields of a passage, by the numbers that arrays and plans use."""

from enum import IntEnum


class Field(IntEnum):
    """words: of the text, by the dictionary. grams: its pairs of characters. title: words and pairs of
    the document's title. path: of the headings above the passage."""

    WORDS = 0
    GRAMS = 1
    TITLE = 2
    PATH = 3


FIELDS = tuple(field.name.lower() for field in Field)
"""The fields' names in the Whoosh index, in the order of their numbers."""
