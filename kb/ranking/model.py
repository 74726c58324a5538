"""Model files: arrays in an .npz without pickles, and a card that describes the model."""

import json
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from kb.errors import ConfigError
from kb.ranking.features import NAMES
from kb.ranking.forest import Forest
from kb.ranking.memory import Memory

FILE = "ranking.npz"
"""Name of a model in a data directory, where `kb train` puts it."""

FORMAT = 1
"""Format version: changes when older models become unreadable or change meaning."""

_STRINGS = ("articles", "words")


@dataclass(frozen=True, slots=True)
class Model:
    """card: training data, metrics, how to reproduce it; plain JSON."""

    memory: Memory
    forest: Forest
    card: dict[str, Any]


def save(model: Model, path: Path) -> None:
    """Writes `path` (.npz) and the card next to it (.json). Equal models give equal bytes."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for field in fields(Memory):
        value = getattr(model.memory, field.name)
        if field.name in _STRINGS:
            value = np.frombuffer("\n".join(value).encode(), dtype=np.uint8)
        arrays[f"memory_{field.name}"] = value
    for field in fields(Forest):
        arrays[f"forest_{field.name}"] = getattr(model.forest, field.name)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    card = {"format": FORMAT, "features": list(NAMES), **model.card}
    text = json.dumps(card, ensure_ascii=False, indent=1)
    path.with_suffix(".json").write_text(text + "\n", "utf-8")


def load(path: Path) -> Model | None:
    """Loads the model, or returns None if there is no such file. Its columns are found by name.

    Raises ConfigError if it can't be read, has another format, or uses features unknown here.
    """
    try:
        card = json.loads(path.with_suffix(".json").read_text("utf-8"))
        columns = _columns(path, card)
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            memory: dict[str, Any] = {
                field.name: _strings(arrays[f"memory_{field.name}"])
                if field.name in _STRINGS
                else arrays[f"memory_{field.name}"]
                for field in fields(Memory)
            }
            forest = {field.name: arrays[f"forest_{field.name}"] for field in fields(Forest)}
            if forest["features"].max(initial=-1) >= len(columns) - 1:
                raise ValueError("a column without a name")
            forest["features"] = columns[forest["features"]]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
        raise ConfigError(f"{path}：排序模型无法读取，请用 kb train 重新训练。") from error
    return Model(Memory(**memory), Forest(**forest), card)


def _columns(path: Path, card: dict[str, Any]) -> npt.NDArray[np.int16]:
    """This program's column for each of the model's, and -1 for no node's."""
    if card["format"] != FORMAT:
        raise ConfigError(
            f"{path}：排序模型的格式为 {card['format']}，本程序用 {FORMAT}，请用 kb train 重新训练。"
        )
    if unknown := [name for name in card["features"] if name not in NAMES]:
        raise ConfigError(
            f"{path}：排序模型的特征 {'、'.join(unknown)} 本程序没有，请用 kb train 重新训练。"
        )
    places = {name: column for column, name in enumerate(NAMES)}
    return np.asarray([*(places[name] for name in card["features"]), -1], dtype=np.int16)


def _strings(array: npt.NDArray[Any]) -> tuple[str, ...]:
    text = array.tobytes().decode()
    return tuple(text.split("\n")) if text else ()
