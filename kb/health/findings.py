"""Faults and notes about a data directory, with remedies."""

import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kb import amendments, audiences, errors, office
from kb.access import access, as_root
from kb.audiences import Memory
from kb.documents import INTERNAL_KINDS, Audience
from kb.health import inspection
from kb.health.inspection import State, gather, tools, versions
from kb.health.run_states import shown_state
from kb.index import catalog, generation, withdrawal
from kb.index.generation import CATALOG, Generations
from kb.knowledge.view import unreadable
from kb.library.database import FILE
from kb.ranking import model
from kb.settings import Settings
from kb.text import dictionary
from kb.validity import before

_LITTLE_DISK = 2_000_000_000
_LATE = timedelta(days=3)

_REMEDIES = {
    "missing-tool": "安装 LibreOffice，下次更新自动补读",
    "scanned": "扫描件：安装 OCR 组件（pip install 'pufa-kb[ocr]'），或提供文字版",
    "no-isolation": office.ISOLATION[1],
    "permission": "检查运行程序的用户对文件的权限",
    "io": "检查磁盘和网络文件夹",
    "missing": "检查来源的文件夹是否存在、磁盘是否已挂载",
    "too-large": "调大设置项 max_file_mb，或在来源中用 exclude 排除",
    "empty": "文件是空的，请重新提供",
    "classified": "标有国家秘密标志的文件不收录；按保密规定处置原件，并从来源中移除",
    "link-outside": "检查来源中的符号链接是谁所建：指向文件夹之外的不读取",
}
_MEND = (
    "运行 kb refresh（或 kb index --full），损坏的部分按资料库重建；网站先用其余部分。"
    "并请检查磁盘，查明是谁改动了数据目录"
)
_SHOWN = 10
_REPAIR = "运行 kb repair 修复（损坏的文件会另存，账号、来源、正文能救的都救出），或从备份恢复"
_USUAL = "运行 kb status 查看原因；不需要的文件可在来源中用 exclude 排除"


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check. level: ok, note or fault; remedy: what to do, empty if nothing."""

    level: str
    subject: str
    text: str
    remedy: str = ""


def examine(values: Settings) -> Iterator[Finding]:
    """Runs all checks of a data directory."""
    directory = values.data_dir
    yield Finding("ok", "版本", "，".join(f"{n} {v}" for n, v in versions().items()))
    yield Finding("ok", "配置", str(values.config) if values.config else "使用默认设置")
    for tool in tools():
        if tool.present:
            yield Finding("ok", tool.name, f"已安装（{tool.serves}）")
        else:
            yield Finding("note", tool.name, f"未安装，不能{tool.serves}", tool.remedy)
    if office.find() is not None and not office.can_isolate():
        required = values.convert_isolation == "required"
        yield Finding("fault" if required else "note", "转换隔离", *office.ISOLATION)
    if not directory.is_dir():
        yield Finding("fault", "数据目录", f"{directory} 不存在", "运行 kb index 建立")
        return
    if said := as_root(directory):
        yield Finding("note", "运行身份", said, "网站和更新用同一个专门的用户运行")
    yield from _access(directory)
    if inspection.writable(directory):
        yield Finding("ok", "数据目录", f"{directory} 可以写入")
    else:
        yield Finding("fault", "数据目录", f"{directory} 不能写入", "检查运行程序的用户对它的权限")
    yield from _library(directory)
    try:
        state = gather(directory)
    except errors.LibraryError:
        pass  # said above
    else:
        yield from _disk(state)
        yield from _runs(state)
        yield from _sources(state)
        yield from _classified(state)
    yield from _index(directory)
    yield from _audiences(directory)
    try:
        if model.load(directory / model.FILE) is not None:
            yield Finding("ok", "排序模型", f"使用 {directory / model.FILE}")
    except errors.ConfigError as error:
        yield Finding(
            "fault", "排序模型", f"{error} 现用程序自带的模型", "或删除这个文件及其 .json"
        )
    yield from unchecked(date.today())
    for path in (directory / "cache").glob("words-*"):
        if dictionary.load(path) is None:
            yield Finding("note", "缓存", f"{path} 已损坏", "不必处理：下次使用时自动重建")


def unchecked(today: date) -> Iterator[Finding]:
    """Suspected changes of law (待核实) that nobody has looked into for a year."""
    old = sorted(
        a.work
        for those in amendments.listed().values()
        for a in those
        if a.checked and a.checked < before(today, 12)
    )
    if old:
        names = "、".join(old[:_SHOWN]) + (f" 等 {len(old)} 部" if len(old) > _SHOWN else "")
        yield Finding(
            "note",
            "时效性",
            f"以下待核实的变动一年没有查过：{names}",
            "在国家法律法规数据库查明后更新 kb/data/amendments.toml，或升级程序",
        )


def _library(directory: Path) -> Iterator[Finding]:
    if not (directory / FILE).is_file():
        if Memory.load(directory) is None:
            yield Finding("fault", "资料库", "还没有建立", "运行 kb index")
        else:
            yield Finding("fault", "资料库", "文件不见了", _REPAIR)
        return
    try:
        with inspection.library(directory) as library:
            faults = library.check()
            count = sum(1 for _ in library.current())
    except errors.DamagedError as error:
        yield Finding("fault", "资料库", str(error), _REPAIR)
        return
    except errors.StorageError as error:
        yield Finding("fault", "资料库", str(error), "先检查磁盘、腾出空间；资料库不要移动、删除")
        return
    except errors.LibraryError as error:
        yield Finding("fault", "资料库", str(error))
        return
    for fault in faults:
        yield Finding("fault", "资料库", fault, _REPAIR)
    if not faults:
        yield Finding("ok", "资料库", f"完好，现有文档 {count} 份")


def _access(directory: Path) -> Iterator[Finding]:
    try:
        found = access(directory)
    except OSError as error:
        yield Finding("note", "文件权限", f"查看不了：{error.strerror}", "检查运行程序的用户的权限")
        return
    place = shlex.quote(str(directory.absolute()))
    if found.others or found.group:
        who = "本机任何用户" if found.others else "同组用户"
        level = "fault" if found.others else "note"
        text = f"{directory} 中有 {found.others or found.group} 个文件或文件夹{who}都能读取或改动"
        yield Finding(level, "文件权限", text, f"chmod -R go-rwx {place}")
    if found.foreign:
        text = (
            f"{directory} 中有 {found.foreign} 个文件或文件夹不属于 {found.owner}，网站可能读不了"
        )
        yield Finding("fault", "文件权限", text, f"chown -R {found.owner} {place}")
    if not (found.others or found.group or found.foreign):
        yield Finding("ok", "文件权限", f"只有 {found.owner} 能读取")


def _disk(state: State) -> Iterator[Finding]:
    disk = state.disk
    text = (
        f"剩余 {disk.free / 1e9:.1f} GB；数据目录占用 {disk.total / 1e6:.0f} MB，"
        f"其中索引 {disk.used['index'] / 1e6:.0f} MB（{disk.generations} 个版本）"
    )
    if disk.free < _LITTLE_DISK:
        yield Finding("fault", "磁盘", text, "清理磁盘或换一个数据目录")
    elif disk.free < disk.used["index"]:
        yield Finding("note", "磁盘", text, "重建索引时空间可能不足，请清理磁盘")
    else:
        yield Finding("ok", "磁盘", text)


def _runs(state: State) -> Iterator[Finding]:
    if state.killed is not None:
        who = f"{state.killed.command}（进程 {state.killed.pid}）"
        yield Finding(
            "note", "锁", f"{who} 被中断，没有正常结束", "不影响使用，下次运行自动收拾；可重新运行"
        )
    if not state.runs:
        return
    last = state.runs[0]
    shown = shown_state(last, state.writer is not None)
    when = _local(last.started)
    if shown == "interrupted":
        yield Finding(
            "note",
            "上次运行",
            f"{last.command}（{when}）被中断，没有发布",
            f"重新运行 kb {last.command}",
        )
    elif shown == "failed":
        why = last.report.get("error", "")
        yield Finding(
            "fault", "上次运行", f"{last.command}（{when}）失败：{why}", "排除原因后重新运行"
        )
    else:
        yield Finding("ok", "上次运行", f"{last.command}，{when}")
    for warning in last.report.get("warnings", []):
        yield Finding("note", "上次运行", warning, "确认磁盘已挂载、文件夹无误")
    ended = [r for r in state.refreshes if r.finished]
    if ended:
        since = datetime.now(UTC) - datetime.fromisoformat(ended[0].finished)
        if since > _LATE:
            yield Finding(
                "note",
                "定时任务",
                f"kb refresh 已有 {since.days} 天没有完成过",
                "检查定时任务：systemctl status pufa-kb-refresh.timer，或 cron 的日志",
            )


def _sources(state: State) -> Iterator[Finding]:
    reasons: dict[str, Counter[str]] = {}
    for item in state.failures:
        reasons.setdefault(item.source, Counter())[item.reason] += 1
    for source in state.sources:
        if not source.troubled:
            continue
        said = []
        if source.failed:
            said.append(f"{source.failed} 项读取失败（最早自 {_local(source.failing_since)[:10]}）")
        if source.missing:
            said.append(f"{source.missing} 项找不到了，暂时保留")
        if not source.succeeded:
            said.append("还没有完整读取过")
        common = reasons.get(source.name, Counter()).most_common(3)
        remedies = dict.fromkeys(_REMEDIES.get(reason, _USUAL) for reason, _ in common)
        yield Finding(
            "note",
            f"来源 {source.name}",
            "；".join(said),
            "；".join(remedies) or "检查来源的文件夹；确已删除的，几次更新后自动移除",
        )


def _classified(state: State) -> Iterator[Finding]:
    found = [item for item in state.failures if item.reason == "classified"]
    if found:
        first = f"{found[0].source}：{found[0].path}"
        yield Finding(
            "fault",
            "涉密标志",
            f"有 {len(found)} 个文件标有国家秘密标志，未收录，如 {first}",
            _REMEDIES["classified"],
        )


def _audiences(directory: Path) -> Iterator[Finding]:
    """The two records that keep internal and withdrawn documents from the public."""
    root = Generations(directory).root
    if not Generations(directory).names():
        return
    for path, whole in (
        (directory / audiences.FILE, Memory.load(directory) is not None),
        (root / withdrawal.FILE, withdrawal.readable(root)),
    ):
        if not whole:
            text = f"{path} {'已损坏' if path.exists() else '不见了'}，有疑问的文档暂不公开"
            yield Finding("fault", "公开范围", text, "运行 kb refresh，按资料库重写")


def _index(directory: Path) -> Iterator[Finding]:
    """Reads the whole index and verifies the checksum of every file."""
    generations = Generations(directory)
    whole = generations.whole()
    if whole is None:
        text = str(unreadable(directory))
        yield Finding("fault", "索引", text, "运行 kb index --full，按资料库重建")
        return
    current, (name, sentinel) = generations.current_name(), whole
    damage: list[str] = []
    if not current:
        damage.append(f"索引指针 {generations.root / 'current'} 已损坏，现用 {name}")
    elif current != name:
        place = generations.directory(current)
        damage.append(f"索引版本 {place} 的 sentinel.json 或 {CATALOG} 已损坏，现用 {name}")
    for part in sentinel.parts:
        damage += map(str, generations.part_faults(name, sentinel, part, full=True))
    try:
        if not damage:
            generation.verify(generations.directory(name), sentinel)
        entries = catalog.load(generations.directory(name) / CATALOG)
    except (errors.KbError, *catalog.DAMAGED) as error:
        damage.append(str(error))
    for text in damage[:_SHOWN]:
        yield Finding("fault", "索引", text, _MEND)
    if len(damage) > _SHOWN:
        yield Finding("fault", "索引", f"……共 {len(damage)} 处损坏", _MEND)
    if damage:
        return
    yield Finding("ok", "索引", f"{name} 校验通过，文档 {len(entries)} 份")
    shown = [e for e in entries if e.kind in INTERNAL_KINDS and Audience.PUBLIC.may_see(e.audience)]
    if shown:
        yield Finding(
            "note",
            "公开范围",
            f"有 {len(shown)} 份工作总结或计划对公众可见，如《{shown[0].title}》",
            '如属内部资料，请对其来源设置 audience = "staff" 后重新索引',
        )


def _local(moment: str) -> str:
    """A library time for display: local, to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""
