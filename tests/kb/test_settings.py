"""Settings: where values come from, and that every mistake is named."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import sourceconfig, websource
from kb.documents import Audience, Kind
from kb.errors import ConfigError
from kb.settings import TABLE, Settings, load, load_sources


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load(environ={})
    assert found == Settings()
    assert found.data_dir == Path("kb-data")
    assert (found.port, found.visitors, found.site_name) == (8000, "public", "普法知识库")
    assert found.config is None


def test_the_table_is_complete_and_its_defaults_are_valid() -> None:
    assert {s.name for s in TABLE} == set(Settings.__slots__) - {"config"}
    for setting in TABLE:
        assert setting.help
        assert setting.section in ("", "site")
        assert load(environ={}, **{setting.name: setting.default}) is not None


def test_kb_toml_in_the_data_directory_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "kb.toml",
        '\ufeffworkers = 3\n[site]\nport = 9000\noffice = "某区司法局"\nvisitors = "staff"\n'
        '[[source]]\nname = "x"\npath = "x"\n',
    )
    for found in (
        load(environ={}, data_dir=tmp_path),
        load(environ={"KB_DATA_DIR": str(tmp_path)}),
    ):
        assert (found.workers, found.port, found.office) == (3, 9000, "某区司法局")
        assert found.visitors == "staff"
        assert (found.config, found.data_dir) == (path, tmp_path)


def test_the_command_line_goes_before_the_environment_before_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "my.toml", "workers = 1\n[site]\nport = 1\npage_size = 5\n")
    environ = {"KB_PORT": "2", "KB_WORKERS": "2", "KB_HOST": ""}
    found = load(path, environ=environ, port=3, workers=None)
    assert (found.port, found.workers, found.page_size, found.host) == (3, 2, 5, "127.0.0.1")


def test_data_dir_is_relative_to_the_named_file(tmp_path: Path) -> None:
    path = write(tmp_path / "etc" / "kb.toml", 'data_dir = "../data"\n')
    assert load(path, environ={}).data_dir.resolve() == tmp_path / "data"
    with pytest.raises(ConfigError, match="--config"):
        load(environ={}, data_dir=tmp_path / "etc")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 1", ["prot", "不是已知的设置", "workers"]),
        ("[site]\nprot = 1", ["[site] prot", "port"]),
        ("port = 1", ["port", "[site] 之下"]),
        ("[site]\nworkers = 1", ["workers", "文件开头"]),
        ('[site]\nport = "80"', ["[site] port", "1 到 65535 的整数", "'80'"]),
        ("[site]\nport = 0", ["[site] port", "1 到 65535"]),
        ("[site]\nport = true", ["[site] port", "整数"]),
        ("[site]\nport = 1.5", ["[site] port", "整数"]),
        ('[site]\nvisitors = "all"', ["visitors", "public 或 staff", "all"]),
        ("[site]\noffice = 3", ["office", "文字"]),
        ('[site]\noffice = "a\\nb"', ["office"]),
        ('[site]\nsite_name = " "', ["site_name", "非空"]),
        (f'[site]\nsite_name = "{"长" * 41}"', ["site_name", "40"]),
        ("[site]\nhost = []", ["host", "list"]),
        ("max_file_mb = 4096", ["max_file_mb", "2048"]),
        *(
            (f'[site]\nbase_url = "{url}"', ["base_url", "https://"])
            for url in (
                "kb.example.cn",
                "https://kb.example.cn/",
                "https://a b",
                "ftp://a",
                "https://",
            )
        ),
        ('[site]\nallowed_hosts = "http://kb"', ["allowed_hosts", "主机名"]),
        ('[site]\nallowed_hosts = "*"', ["allowed_hosts"]),
        ('[site]\nproxies = "proxy"', ["proxies", "网段"]),
        ('[site]\nproxies = "10.1.2.3/24"', ["proxies"]),
        ('site = "x"', ["site", "[site]"]),
        ("a = [", ["TOML"]),
        ("[" * 5000, ["TOML"]),
        ("a = " + "[" * 100_000, ["TOML"]),
        ("a = 1\n" + "#" * 1_000_000, ["1 MB"]),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, named: list[str]) -> None:
    path = write(tmp_path / "kb.toml", text)
    with pytest.raises(ConfigError) as raised:
        load(path, environ={})
    for word in [str(path), *named]:
        assert word in str(raised.value)


def test_a_mistake_elsewhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"环境变量：KB_PORT 应为1 到 65535 的整数"):
        load(environ={"KB_PORT": "http"})
    with pytest.raises(ConfigError, match=r"命令行：--page-size 应为1 到 100 的整数"):
        load(environ={}, page_size=0)
    with pytest.raises(ConfigError, match="无法读取"):
        load(tmp_path / "absent.toml", environ={})
    with pytest.raises(ConfigError, match="无法读取"):
        load(tmp_path, environ={})
    (tmp_path / "gbk.toml").write_bytes('[site]\noffice = "司法局"'.encode("gbk"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path / "gbk.toml", environ={})


@given(
    st.dictionaries(
        st.sampled_from([s.variable for s in TABLE if s.name != "data_dir"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    )
)
def test_no_environment_raises_anything_else(environ: dict[str, str]) -> None:
    try:
        found = load(environ={**environ, "KB_DATA_DIR": "/nonexistent"})
    except ConfigError as e:
        assert any(name in str(e) for name in environ)
    else:
        assert 1 <= found.port <= 65535


FULL = """
[[source]]
name = "普法指南"
path = "guides"

[[source]]
name = "国家法律"
type = "lawrefbook"
path = "/srv/laws"
include = ["**/*.md"]
exclude = "案例/**"
kind = "法律"
audience = "public"
region = "全国"
issuer = "全国人民代表大会常务委员会"
as_of = 2025-04-30
"""


def test_sources_are_read_with_paths_relative_to_the_file(tmp_path: Path) -> None:
    guides, laws = load_sources(write(tmp_path / "corpus" / "kb.toml", FULL))
    assert guides.path == tmp_path / "corpus" / "guides"
    assert (guides.type, guides.kind, guides.audience, guides.as_of) == ("auto", None, None, None)
    assert laws.path == Path("/srv/laws")
    assert (laws.include, laws.exclude) == (("**/*.md",), ("案例/**",))
    assert (laws.kind, laws.audience) == (Kind.LAW, Audience.PUBLIC)
    assert (laws.region, laws.as_of) == ("全国", date(2025, 4, 30))
    assert load_sources(write(tmp_path / "empty.toml", "")) == ()


def test_the_digest_changes_with_what_changes_documents(tmp_path: Path) -> None:
    before = load_sources(write(tmp_path / "kb.toml", FULL))
    moved = load_sources(write(tmp_path / "other" / "kb.toml", FULL))
    assert [s.digest for s in moved] == [s.digest for s in before]
    for old, new in (
        ('kind = "法律"', 'kind = "案例"'),
        ('"public"', '"staff"'),
        ("2025-04-30", "2025-05-31"),
        ("案例/**", "其他/**"),
    ):
        changed = load_sources(write(tmp_path / "kb.toml", FULL.replace(old, new)))
        assert changed[0].digest == before[0].digest
        assert changed[1].digest != before[1].digest


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ('path = "x"', "name"),
        ('name = "a/b"\npath = "x"', "name"),
        ('name = "a"', "path"),
        ('name = "a"\npath = "x"\npaht = 1', "paht"),
        ('name = "a"\npath = 3', "path"),
        ('name = "a"\npath = "x"\ntype = "web"', "auto 或 folder 或 lawrefbook"),
        ('name = "a"\npath = "x"\nkind = "法"', "kind"),
        ('name = "a"\npath = "x"\naudience = "all"', "public 或 staff"),
        ('name = "a"\npath = "x"\ninclude = [1]', "include"),
        ('name = "a"\npath = "x"\nexclude = ["../x"]', "exclude"),
        ('name = "a"\npath = "x"\ninclude = ["/etc/*"]', "include"),
        ('name = "a"\npath = "x"\nas_of = "2025年4月"', "as_of"),
        ('name = "a"\npath = "x"\nas_of = 2025-04-30T00:00:00', "as_of"),
        ('name = "a"\npath = "x"\nas_of = 2025', "as_of"),
        ('name = "a"\npath = "x"\nregion = "a\\u0000"', "region"),
        ('name = "a"\npath = "x"\nfields = "author"', "fields"),
        ('name = "a"\npath = "x"\nfields = {autor = "author"}', "issuer"),
        ('name = "a"\npath = "x"\nfields = {issuer = [1]}', "fields.issuer"),
    ],
)
def test_a_mistake_in_a_source_is_named(tmp_path: Path, entry: str, named: str) -> None:
    path = write(tmp_path / "kb.toml", f"[[source]]\n{entry}\n")
    with pytest.raises(ConfigError) as raised:
        load_sources(path)
    assert str(path) in str(raised.value)
    assert "第 1 个 [[source]]" in str(raised.value)
    assert named in str(raised.value)


@pytest.mark.parametrize("text", ["source = 1", "source = [1]", "[source]\nname = 'a'"])
def test_source_must_be_a_list_of_tables(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"\[\[source\]\]"):
        load_sources(write(tmp_path / "kb.toml", text))


def test_source_names_are_used_once(tmp_path: Path) -> None:
    twice = '[[source]]\nname = "a"\npath = "x"\n' * 2
    with pytest.raises(ConfigError, match="不能重复：a"):
        load_sources(write(tmp_path / "kb.toml", twice))


WEB = """
[[source]]
name = "栏目"
type = "list"
url = "https://sfj.example.gov.cn/xw/"
article = '/t\\d+\\.html$'
next = "下一页"
days = 365
include = ["https://sfj.example.gov.cn/*"]
kind = "规范性文件"
region = "浙江省"
agent = "office-kb/1.0 (+https://sfj.example.gov.cn/)"
allow_private = ["10.1.0.0/16"]
delay = 2

[[source]]
name = "单页"
type = "pages"
url = ["https://a.gov.cn/1.html", "http://b.gov.cn/2.html"]
allow_private = true
"""


def test_sources_on_the_web_are_read(tmp_path: Path) -> None:
    column, pages = load_sources(write(tmp_path / "kb.toml", WEB))
    assert column.web is not None
    assert pages.web is not None
    assert (column.root, column.kind) == ("https://sfj.example.gov.cn/xw/", Kind.NORMATIVE_DOCUMENT)
    assert (column.web.delay, column.web.days, column.web.max_pages) == (2.0, 365, 20)
    assert [str(n) for n in column.web.networks] == ["10.1.0.0/16"]
    assert pages.web.urls == ("https://a.gov.cn/1.html", "http://b.gov.cn/2.html")
    assert [str(n) for n in pages.web.networks] == ["0.0.0.0/0", "::/0"]
    for source in (column, pages):
        assert sourceconfig.SourceConfig.from_json(source.to_json(), source.path) == source
    # How a site is visited changes nothing in its documents.
    slower = load_sources(write(tmp_path / "kb.toml", WEB.replace("delay = 2", "delay = 9")))
    assert [s.digest for s in slower] == [column.digest, pages.digest]


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("type = 'pages'", ["url", "http://"]),
        ("type = 'pages'\nurl = 'ftp://a.cn/'", ["url", "http://"]),
        ("type = 'pages'\nurl = 'http:///x'", ["url"]),
        ("type = 'pages'\nurl = 'http://me:pw@a.cn/'", ["url"]),
        ("type = 'pages'\nurl = []", ["url"]),
        ("type = 'pages'\nurl = ['http://a.cn/', 3]", ["url"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\npath = 'x'", ["path", "type pages", "url"]),
        ("type = 'folder'\npath = 'x'\nurl = 'http://a.cn/'", ["url", "type folder", "path"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\nnext = 'x'", ["next", "type pages"]),
        ("type = 'list'\nurl = 'http://a.cn/'", ["article", "article_css"]),
        ("type = 'list'\nurl = 'http://a.cn/'\narticle = '('", ["article", "正则表达式"]),
        ("type = 'list'\nurl = 'http://a.cn/'\narticle_css = 'a['", ["article_css", "CSS"]),
        (
            "type = 'list'\nurl = 'http://a.cn/'\narticle = 'x'\nnumbered = 'a_1'",
            ["numbered", "{n}"],
        ),
        ("type = 'feed'\nurl = 'http://a.cn/'\ndays = -1", ["days", "0 到 36500 的整数"]),
        ("type = 'feed'\nurl = 'http://a.cn/'\ndays = 9\nsince = 2024-01-01", ["days", "since"]),
        ("type = 'feed'\nurl = 'http://a.cn/'\nsince = '去年'", ["since", "2024-01-01"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\ndelay = true", ["delay", "0 到 3600"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\ntimeout = 0", ["timeout", "0.05 到 600"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\nmax_items = 1.5", ["max_items", "整数"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\nagent = '机器人'", ["agent", "英文"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\nagent = \"a\\nb\"", ["agent"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\nallow_private = 'x'", ["allow_private", "网段"]),
        ("type = 'pages'\nurl = 'http://a.cn/'\nattachments = 1", ["attachments", "true"]),
        ("type = 'sitemap'\nurl = 'http://a.cn/'\nexclude = [3]", ["exclude"]),
        ("type = 'flk'\nurl = 'http://a.cn/'\ntypes = ['a b']", ["types"]),
    ],
)
def test_a_mistake_in_a_source_on_the_web_is_named(
    tmp_path: Path, entry: str, named: list[str]
) -> None:
    path = write(tmp_path / "kb.toml", f"[[source]]\nname = 'a'\n{entry}\n")
    with pytest.raises(ConfigError) as raised:
        load_sources(path)
    for word in (str(path), "第 1 个 [[source]]", *named):
        assert word in str(raised.value)


json_like: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(sorted(sourceconfig.SourceConfig.__slots__)), json_like))
def test_no_entry_raises_anything_else(entry: dict[str, Any]) -> None:
    try:
        found = sourceconfig._source(Path("/etc/kb.toml"), 1, entry)
    except ConfigError:
        return
    assert found.name
    assert found.path.is_absolute() or found.web is not None


@given(
    st.sampled_from(websource.TYPES),
    st.dictionaries(
        st.sampled_from(sorted({k for t in websource.TYPES for k in websource.keys(t)} - {"url"})),
        json_like | st.floats() | st.sampled_from(["a", "10.0.0.0/8", "http://a.cn/", "(", "a{n}"]),
    ),
)
def test_no_entry_on_the_web_raises_anything_else(kind: str, entry: dict[str, Any]) -> None:
    entry = {"name": "a", "type": kind, "url": "http://a.cn/", **entry}
    try:
        found = sourceconfig._source(Path("/etc/kb.toml"), 1, entry)
    except ConfigError:
        return
    assert sourceconfig.SourceConfig.from_json(found.to_json(), found.path) == found


MANUAL = Path(__file__).resolve().parents[2] / "docs" / "用户手册.md"


def test_every_key_of_a_source_stands_in_the_manual() -> None:
    manual = MANUAL.read_text("utf-8")
    for kind in websource.TYPES:
        for key in websource.keys(kind):
            assert f"`{key}`" in manual, key


def test_the_examples_of_the_manual_are_right(tmp_path: Path) -> None:
    lines = MANUAL.read_text("utf-8").partition("## 网络来源")[2].partition("\n## ")[0].splitlines()
    toml = "\n".join(line[4:] for line in lines if line.startswith("    "))
    found = load_sources(write(tmp_path / "kb.toml", toml))
    assert [s.type for s in found] == ["list", "sitemap", "feed", "pages", "flk"]


@pytest.mark.parametrize(("text", "value"), [("0.25", 0.25), ("1", 1), ("0", 0)])
def test_a_share_is_a_number_from_0_to_1(tmp_path: Path, text: str, value: float) -> None:
    path = write(tmp_path / "my.toml", f"max_gone_share = {text}\ngone_after = 5\n")
    assert load(path, environ={}).max_gone_share == value
    assert load(path, environ={}).gone_after == 5
    assert load(environ={"KB_MAX_GONE_SHARE": text}).max_gone_share == value


@pytest.mark.parametrize("text", ["1.5", "-0.1", "nan", '"half"', "true"])
def test_a_share_that_is_none(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "my.toml", f"max_gone_share = {text}\n")
    with pytest.raises(ConfigError, match=r"my\.toml：max_gone_share 应为0.0 到 1.0 的数"):
        load(path, environ={})
