"""The current contents of a source, before any of it is read."""

import sqlite3
import stat
from pathlib import Path

from indexer.sources import Fault, Scan, Source, confined, lawrefbook, scan
from kb.errors import UnreadableError
from kb.library import Library
from kb.progress import Progress


def look(
    source: Source, library: Library, data_dir: Path, progress: Progress, max_file_mb: int
) -> Scan | Fault:
    """The current contents of a source, or why they can't be listed: then nothing of it counts as gone. A
    web source is visited, and its contents are fetched."""
    if source.config.web is not None:
        # Imported late: runs over folders alone don't need HTTP.
        from indexer import fetch  # noqa: PLC0415

        return fetch.look(source.config, library, data_dir, progress, max_file_mb)
    return look_at_folder(source)


def look_at_folder(source: Source) -> Scan | Fault:
    """The same for a folder, without a library: nothing is written."""
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
        data = confined.read(source.config.path, lawrefbook.DATABASE, lawrefbook.MAX_DATABASE)
        lawrefbook.read_database(data)
    except (sqlite3.Error, OSError, UnreadableError) as error:
        message = f"数据库无法读取（{error}），时效性和日期只按正文判断。"
        return [Fault(lawrefbook.DATABASE, "bad-database", message)]
    return []
