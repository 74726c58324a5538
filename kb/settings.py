"""Settings: one table, the fields of `Settings`, checked at startup.

A value comes from the first of: the command line; the environment (KB_ and the name in
upper case, empty counts as unset); kb.toml; the default. kb.toml is the file given by --config, or
kb.toml in the data directory. Its keys are at top level or under [site], as the table says; its
[[source]] entries are read by kb/sourceconfig.py.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from kb import configfile
from kb.errors import ConfigError
from kb.sourceconfig import SourceConfig, load_sources

__all__ = ["FILE", "TABLE", "Setting", "Settings", "SourceConfig", "load", "load_sources"]

FILE = "kb.toml"


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table. section: "" or "site". minimum, maximum: of numbers, and of text lengths;
    choices: the only values allowed. check: a further test for texts; form: its description in
    words."""

    name: str
    type: type
    default: Any
    section: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = None
    form: str = ""

    @property
    def variable(self) -> str:
        return f"KB_{self.name.upper()}"

    @property
    def expected(self) -> str:
        """Describes valid values."""
        if self.choices:
            return " 或 ".join(self.choices)
        if self.type is int:
            return f"{self.minimum} 到 {self.maximum} 的整数"
        if self.type is float:
            return f"{self.minimum} 到 {self.maximum} 的数"
        if self.form:
            return self.form
        least = "非空" if self.minimum else ""
        return f"{least}路径" if self.type is Path else f"不超过 {self.maximum} 字的{least}文字"


def _setting(default: Any, help: str, section: str = "", **limits: Any) -> Any:
    return field(default=default, metadata={"help": help, "section": section, "limits": limits})


_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?"
_ADDRESS = re.compile(rf"https?://(?:{_HOST}|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?")
_NAME = re.compile(rf"(?:\*\.)?{_HOST}|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?")


def _is_address(text: str) -> bool:
    return not text or _ADDRESS.fullmatch(text) is not None


def _are_names(text: str) -> bool:
    return all(map(_NAME.fullmatch, text.split()))


def _are_networks(text: str) -> bool:
    try:
        return all(ipaddress.ip_network(word) for word in text.split())
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its value. config: the file they were read from, if any."""

    data_dir: Path = _setting(  # noqa: RUF009 - a Path is immutable
        Path("kb-data"), "数据目录：资料库、索引都在其中", minimum=1, maximum=4096
    )
    workers: int = _setting(0, "读取文件的进程数，0 为处理器核数", minimum=0, maximum=256)
    max_file_mb: int = _setting(
        50, "单个文件的大小上限（MB），超过的不收录", minimum=1, maximum=2048
    )
    gone_after: int = _setting(
        3, "来源中的文件连续几次更新都找不到，才移除其资料", minimum=1, maximum=100
    )
    max_gone_share: float = _setting(
        0.5, "一个来源超过这一比例的文件同时不见，就不移除", minimum=0.0, maximum=1.0
    )
    convert_isolation: str = _setting(
        "preferred",
        "LibreOffice 转换时与网络隔离：preferred 能隔离就隔离，required 不能隔离就不转换",
        choices=("preferred", "required"),
    )
    status_months: int = _setting(
        6, "来源截至的日子早于几个月前，时效性就只写“截至某年某月有效”", minimum=1, maximum=1200
    )
    host: str = _setting("127.0.0.1", "网站监听的地址", "site", minimum=1, maximum=255)
    port: int = _setting(8000, "网站监听的端口", "site", minimum=1, maximum=65535)
    page_size: int = _setting(10, "每页显示的结果数", "site", minimum=1, maximum=100)
    site_name: str = _setting("普法知识库", "网站名称", "site", minimum=1, maximum=40)
    office: str = _setting("", "主办单位，如某区司法局", "site", minimum=0, maximum=60)
    visitors: str = _setting(
        "public",
        "访问者：public 须登录才能看内部资料，staff 整个网络可信、人人可看",
        "site",
        choices=("public", "staff"),
    )
    session_hours: int = _setting(12, "登录后保持的小时数", "site", minimum=1, maximum=720)
    base_url: str = _setting(
        "",
        "网站对外的网址，订阅、站点地图、下载文件中的网址由此而来",
        "site",
        minimum=0,
        maximum=300,
        check=_is_address,
        form="空，或 https://kb.example.gov.cn 这样的网址（末尾没有 /）",
    )
    allowed_hosts: str = _setting(
        "",
        "可用哪些主机名访问，以空格分隔；空为 IP 地址、不带点的主机名和 base_url 的主机名",
        "site",
        minimum=0,
        maximum=2000,
        check=_are_names,
        form="以空格分隔的主机名，如 kb.example.gov.cn *.example.cn 10.1.2.3",
    )
    proxies: str = _setting(
        "",
        "可信的反向代理的地址，以空格分隔；只采信它们转告的来访地址和 https",
        "site",
        minimum=0,
        maximum=2000,
        check=_are_networks,
        form="以空格分隔的 IP 地址或网段，如 127.0.0.1 10.1.2.0/24",
    )
    config: Path | None = None


TABLE: tuple[Setting, ...] = tuple(
    Setting(
        f.name,
        Path if isinstance(f.default, Path) else type(f.default),
        f.default,
        f.metadata["section"],
        f.metadata["help"],
        **f.metadata["limits"],
    )
    for f in fields(Settings)
    if f.metadata
)
"""Every setting; the documentation lists exactly these."""


def load(
    config: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    **given: Any,
) -> Settings:
    """The effective settings. given: command-line values by name; None means not given.

    Raises ConfigError naming file (or variable), key and expected value.
    """
    environ = os.environ if environ is None else environ
    table = {s.name: s for s in TABLE}
    values: dict[str, Any] = {}
    for setting in TABLE:
        text = environ.get(setting.variable, "")
        if text:
            values[setting.name] = _from_text(setting, text)
    for name, value in given.items():
        if value is not None:
            values[name] = _checked(table[name], value, "命令行", f"--{name.replace('_', '-')}")
    path = config
    if path is None:
        path = Path(values.get("data_dir", table["data_dir"].default)) / FILE
        if not path.is_file():
            path = None
    if path is not None:
        found = _from_file(path)
        if config is None and "data_dir" in found:
            raise ConfigError(f"{path}：data_dir 只能写在用 --config 指定的文件里")
        values = {**found, **values}
    return Settings(**values, config=path)


def _from_file(path: Path) -> dict[str, Any]:
    data = configfile.read(path)
    values: dict[str, Any] = {}
    site = data.pop("site", {})
    data.pop("source", None)
    if not isinstance(site, dict):
        raise ConfigError(f"{path}：site 应写作 [site]")
    for section, entries in (("", data), ("site", site)):
        known = {s.name: s for s in TABLE if s.section == section}
        for key, value in entries.items():
            where = f"[{section}] {key}" if section else key
            if key not in known:
                raise ConfigError(f"{path}：{where} 不是已知的设置；{_hint(key, section)}")
            values[key] = _checked(known[key], value, str(path), where)
    if "data_dir" in values:
        values["data_dir"] = path.parent / values["data_dir"]
    return values


def _hint(key: str, section: str) -> str:
    for setting in TABLE:
        if setting.name == key:
            return f"它应写在 [{setting.section}] 之下" if setting.section else "它应写在文件开头"
    return "可用的有：" + "、".join(s.name for s in TABLE if s.section == section)


def _from_text(setting: Setting, text: str) -> Any:
    value: Any = text
    if setting.type in (int, float):
        try:
            value = setting.type(text)
        except ValueError:
            value = text
    return _checked(setting, value, "环境变量", setting.variable)


def _checked(setting: Setting, value: Any, origin: str, where: str) -> Any:
    wanted = str if setting.type is Path else setting.type
    if setting.type is float and isinstance(value, int):
        wanted = int
    if setting.type is Path and isinstance(value, Path):
        value = str(value)
    # bool is a subclass of int.
    good = isinstance(value, wanted) and not isinstance(value, bool)
    if good and setting.choices:
        good = value in setting.choices
    elif good:
        size = value if isinstance(value, int | float) else len(value.strip())
        assert setting.minimum is not None and setting.maximum is not None
        good = setting.minimum <= size <= setting.maximum
        good = good and (isinstance(value, int | float) or value.isprintable())
        good = good and (setting.check is None or setting.check(value))
    if not good:
        shown = value if isinstance(value, int | float | str) else type(value).__name__
        raise ConfigError(f"{origin}：{where} 应为{setting.expected}，现为 {str(shown)[:80]!r}")
    return Path(value).expanduser() if setting.type is Path else value
