"""Reads a kb.toml with a size limit and specific error messages."""

import tomllib
from pathlib import Path
from typing import Any

from kb.errors import ConfigError

_LIMIT = 1_000_000


def read(path: Path) -> dict[str, Any]:
    """The tables of a configuration file. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT + 1)
        if len(raw) > _LIMIT:
            raise ConfigError(f"{path}：配置文件超过 1 MB")
        # utf-8-sig: Windows editors write a BOM.
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as e:
        raise ConfigError(f"{path}：配置文件无法读取（{e.strerror}）") from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path}：配置文件应为 UTF-8 编码") from e
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        raise ConfigError(f"{path}：不是正确的 TOML：{e}") from e
