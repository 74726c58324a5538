"""What a source holds now, before anything of it is read."""

import sqlite3
import stat
from pathlib import Path

from indexer.sources import Fault, Scan, Source, confined, lawrefbook, scan
from indexer.sources.select import DATABASE
from kb.errors import UnreadableError
from kb.library import Library
from kb.progress import Progress


def look(
    source: Source, library: Library, data_dir: Path, progress: Progress, max_file_mb: int
) -> Scan | Fault:
    """What the source holds now, or why that can't be told: then nothing of it is gone. A source on
    the web is visited, and what it has is fetched."""
    if source.config.web is not None:
        # HTTP and what belongs to it is not for those who read folders alone.
        from indexer import fetch  # noqa: PLC0415

        return fetch.look(source.config, library, data_dir, progress, max_file_mb)
    return look_at_folder(source)


def look_at_folder(source: Source) -> Scan | Fault:
    """The same of a folder, without a library: nothing is written."""
    config = source.config
    try:
        if not stat.S_ISDIR(config.path.stat().st_mode):
            return Fault(config.name, "missing", f"来源的路径 {config.path} 不是文件夹。")
        return scan(config.path, config.include, config.exclude, source.only, source.without)
    except OSError as error:
        message = f"来源的文件夹 {config.path} 不存在或无法打开：{error.strerror}。"
        return Fault(config.name, "missing", message)


def database_faults(source: Source) -> list[Fault]:
    """What is wrong with a checkout's database."""
    if not source.is_lawrefbook:
        return []
    try:
        data = confined.read(source.config.path, DATABASE, lawrefbook.MAX_DATABASE)
        lawrefbook.read_database(data)
    except (sqlite3.Error, OSError, UnreadableError) as error:
        message = f"数据库无法读取（{error}），时效性和日期只按正文判断。"
        return [Fault(DATABASE, "bad-database", message)]
    return []
