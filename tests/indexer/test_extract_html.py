"""Pages: charset, facts in the head, the main text with and without a known site, furniture."""

import time

import pytest

from indexer.extract import html_layout, selectors
from indexer.extract.formats import extract
from kb.documents import Block
from kb.errors import ConfigError, UnreadableError

BODY = "".join(
    f"<p>\u3000\u3000第{n}条　为了保障公民权利，规范有关行为，根据法律，结合本市实际，制定本办法。</p>"
    for n in "一二三四"
)
PAGE = f"""<!DOCTYPE html><html><head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>某市物业管理办法_某市人民政府门户网站</title>
<meta name="ArticleTitle" content="某市物业管理办法"><meta name="PubDate" content="2024-03-01 09:00">
<meta name="ContentSource" content="某市司法局"><script>var a = "脚本，不要，的。";</script></head>
<body><div class="nav"><a href="/">首页</a><a href="/b">政务公开</a></div>
<table class="xxgk"><tr><td>索 引 号：</td><td>000-1</td>
<td><b>发文字号</b></td><td>某政发〔2024〕1号</td></tr>
<tr><td>发布日期：2024-03-01</td><td>有效性：</td><td></td></tr></table>
<div id="wrap"><h1>某市物业管理办法</h1><div class="{{main}}">{BODY}</div>
<div style="display: none">隐藏的，文字。</div></div>
<ul><li><a href="1">相关新闻，一</a></li><li><a href="2">相关新闻，二</a></li></ul>
<div class="share">分享到，微信。</div><footer>版权所有，某市人民政府。</footer></body></html>"""


@pytest.mark.parametrize("main", ["TRS_Editor", "pages_content", "no-known-name"])
@pytest.mark.parametrize("codec", ["gb18030", "utf-8", "utf-16"])
def test_a_government_page(main: str, codec: str) -> None:
    found = extract("x", PAGE.replace("{main}", main).encode(codec))
    assert found.format == "html"
    assert found.title == "某市物业管理办法"
    texts = [b.text for b in found.blocks]
    articles = [t for t in texts if t.startswith("第")]
    assert [t[:3] for t in articles] == ["第一条", "第二条", "第三条", "第四条"]
    assert set(texts) - set(articles) <= {"某市物业管理办法"}
    assert found.meta["articletitle"] == "某市物业管理办法"
    assert found.meta["pubdate"] == "2024-03-01 09:00"
    assert found.meta["contentsource"] == "某市司法局"
    assert found.meta["索引号"] == "000-1"
    assert found.meta["发文字号"] == "某政发〔2024〕1号"
    assert found.meta["发布日期"] == "2024-03-01"
    assert "有效性" not in found.meta
    assert all(b.line == 0 for b in found.blocks)


def _blocks(body: str) -> tuple[Block, ...]:
    return extract("x.html", f"<html><body>{body}</body></html>".encode()).blocks


def test_boundaries_headings_entities_and_white_space() -> None:
    body = "<h2>一、<b>总</b>则</h2><p>甲&nbsp;&lt;乙&gt;\n  丙，\n丁<br>戊<br/><br/>己</p>庚"
    body += "<div>辛<span>壬</span></div>"
    assert _blocks(body) == (
        Block("一、总则", 0, 2),
        Block("甲 <乙> 丙，丁"),
        Block("戊"),
        Block("己"),
        Block("庚"),
        Block("辛壬"),
    )
    assert [b.text for b in _blocks("<pre>a\n  b</pre>")] == ["a", "b"]
    assert _blocks("<p>a<!-- 注 -->b</p><script>x</script>") == (Block("ab"),)


def test_a_source_line_that_breaks_behind_a_label() -> None:
    broken = (
        "<p>第一百零六条\n与境外机构相勾结</p><p>根据第一条\n与第二条</p><p> 第一章\n总\n则</p>"
    )
    assert [b.text for b in _blocks(broken)] == [
        "第一百零六条 与境外机构相勾结",
        "根据第一条与第二条",
        "第一章 总则",
    ]


def test_tables() -> None:
    table = "<table><tr><th>项目</th><th>金额</th></tr>"
    table += "<tr><td><p>押金</p></td><td>1000<br>元</td></tr></table>"
    assert [b.text for b in _blocks(table)] == ["项目 | 金额", "押金 | 1000 元"]
    nested = (
        "<table><tr><td>左</td><td><table><tr><td>甲</td><td>乙</td></tr></table></td></tr></table>"
    )
    assert [b.text for b in _blocks(nested)] == ["左", "甲 | 乙"]
    assert [b.text for b in _blocks("<table><tr><td>一个单元格</td></tr></table>")] == [
        "一个单元格"
    ]


def test_whole_page_in_a_form_is_read() -> None:
    assert (
        len(_blocks(f"<form id='aspnetForm'><table><tr><td>{BODY}</td></tr></table></form>")) == 4
    )


def test_wechat_article_is_read_though_hidden() -> None:
    found = _blocks(
        f"<div id='js_content' style='visibility: hidden;'>{BODY}</div><p>预览，的，</p>"
    )
    assert len(found) == 4


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("某市条例_某市人民政府", "某市条例"),
        ("某市条例-某市司法局", "某市条例"),
        ("某市条例 - 政策文件 - 某某网", "某市条例"),
        ("A-B 条例", "A-B 条例"),
        ("单独的题目", "单独的题目"),
        ("", "正文里的题目"),
    ],
)
def test_title(title: str, expected: str) -> None:
    page = f"<html><title>{title}</title><body><h1>正文里的题目</h1>{BODY}</body></html>"
    assert extract("x", page.encode()).title == expected


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000, "<b>" * 100_000, "<font>" * 100_000, "<ul><li>x" * 50_000,
        "<nav>" * 100_000, "<table><tr><td>" * 33_000, "<p>a" * 100_000, "<script>" * 100_000,
        "<!--" * 100_000, "<a href=x>" * 100_000, "<div a=1 " * 100_000, "&lt;" * 100_000,
        "<meta name=a content=b>" * 50_000, "<p>索引号：</p>" * 40_000, "<" * 100_000,
        "<table><tr><td>a<td>b" * 25_000, "<div>" * 500_000, "<style>" + "a{" * 500_000,
    ],
)  # fmt: skip
def test_hostile_pages_end_soon(markup: str) -> None:
    page = f"<html><body>{BODY}{markup}尾".encode()
    start = time.process_time()
    try:
        found = extract("x.html", page)
        assert found.blocks[0].text.startswith("第一条")
    except UnreadableError as error:
        assert error.reason in {"too-large", "unsupported"}
        assert "请" in str(error)
    assert time.process_time() - start < (2 if "<div>" in markup else 6)


def test_deep_pages_are_read_or_refused() -> None:
    assert len(_blocks("<div>" * 2_500 + BODY)) == 4
    with pytest.raises(UnreadableError, match="嵌套过深") as caught:
        _blocks("<div>" * 100_000 + BODY)
    assert caught.value.reason == "unsupported"


def test_data_uris_cost_nothing() -> None:
    page = f"<html><body><img src='data:image/png;base64,{'A' * 3_000_000}'>{BODY}</body></html>"
    start = time.process_time()
    assert len(extract("x.html", page.encode()).blocks) == 4
    assert time.process_time() - start < 2


def test_selectors_are_checked() -> None:
    known = selectors.load()
    assert known.rank("UCAP-CONTENT", []) == 0
    assert known.rank("", ["x", "TRS_Editor"]) == 1
    assert known.rank("x", ["y"]) is None
    good = "main = ['#a', '.b.c']\ndrop_tags = ['s']\n"
    good += "drop_names = ['n']\nlabels = ['l']\nsite_endings = ['网']"
    assert selectors.parse(good).rank("", ["c", "b"]) == 1
    for wrong, words in (
        (good + "\nother = 1", "other"),
        (good.replace("'#a'", "'div > a'"), "main"),
        (good.replace("['s']", "'s'"), "drop_tags"),
        ("main = [", "TOML"),
    ):
        with pytest.raises(ConfigError, match=words):
            selectors.parse(wrong)


def test_squeeze_joins_wrapped_chinese_only() -> None:
    assert html_layout.squeeze("中文\n  换行 a\n b\t c") == "中文换行 a b c"


def test_a_cell_that_reaches_down_stands_in_each_of_its_rows() -> None:
    rows = (
        "<tr><th>科室<th>事项<th>期限</tr>",
        "<tr><td rowspan=3>窗口<td>登记<td rowspan=2>五日</tr>",
        "<tr><td>变更</tr>",
        "<tr><td>注销<td>三日</tr>",
        f"<tr><td rowspan=2>{'长' * 101}<td>甲<td>乙</tr>",
        "<tr><td>丙<td>丁</tr>",
    )
    intro = "办理事项以目录为准。" * 40
    found = _blocks(f"<p>{intro}</p><table><tbody>{''.join(rows)}</tbody></table>")
    assert [b.text for b in found][2:] == [
        "窗口 | 登记 | 五日",
        "窗口 | 变更 | 五日",
        "窗口 | 注销 | 三日",
        f"{'长' * 101} | 甲 | 乙",
        "丙 | 丁",
    ]


def test_items_keep_their_numbers() -> None:
    found = _blocks(
        "<p>步骤：</p><ol><li>申请<li><p>受理</p><p>并告知</p><li value=7>办结</ol>"
        "<ol start=4><li>送达<li>一、归档</ol><ul><li>无号</ul><ol type=a><li>另一种</ol>"
    )
    assert [b.text for b in found][1:] == [
        "1. 申请", "2. 受理", "并告知", "7. 办结", "4. 送达", "一、归档", "无号", "另一种",
    ]  # fmt: skip


def test_readings_and_deleted_words_are_no_text() -> None:
    (block,) = _blocks(
        "<p>收费<del>五元</del><ins>八元</ins>，<ruby>泸<rp>(<rt>lú<rp>)</ruby>州。</p>"
    )
    assert block.text == "收费八元，泸州。"
