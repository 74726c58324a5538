"""jieba's packed dictionary, made once for data directories that only processes of their own use.

Each would make it anew: a second and a half for every fresh directory.
"""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from kb.text.analysis import packed_dictionary


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory()
    packed_dictionary(Path(folder.name))
    return folder


def put(data_dir: Path) -> Path:
    """Puts it into the cache of the data directory, which is made if need be; returns the latter."""
    (data_dir / "cache").mkdir(parents=True, exist_ok=True)
    for file in Path(_folder().name).glob("words-*"):
        place = data_dir / "cache" / file.name
        if place.exists():
            continue
        try:
            os.link(file, place)
        except OSError:  # another file system
            shutil.copyfile(file, place)
    return data_dir
