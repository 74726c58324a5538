"""Small files that are replaced atomically, flushed to disk, and checked for damage:
JSON under a line with its SHA-256."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any


def write(path: Path, data: Any) -> None:
    """Replaces the file by one rename, unless its content is unchanged. One process at a time. Raises
    OSError."""
    body = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    text = _digest(body) + b"\n" + body
    try:
        if path.read_bytes() == text:
            return
    except OSError:
        pass
    for left in path.parent.glob(f"{path.name}.*[0-9]"):  # of a process that was killed
        left.unlink(missing_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> Any:
    """Reads the data; None if the file is missing, unreadable or damaged."""
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
        return json.loads(body) if digest == _digest(body) else None
    except (OSError, ValueError, RecursionError):
        return None


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
