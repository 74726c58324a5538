"""Cleaning: what circulates goes, what a document says stays. Every law stays whole."""

import hashlib
import random
import re
import time

import pytest

from indexer import clean as module
from indexer.clean import clean, load, parse
from indexer.extract.formats import extract
from kb.documents import Block, Extracted, Removed
from kb.errors import ConfigError
from tests.support import real

needs_data = pytest.mark.skipif(
    not real.SUMMARIES.root.is_dir(), reason="../shared/data/work-summaries is not there"
)
FILLER = tuple(f"第{n}段写的是普法工作的做法和成效，内容各不相同。" for n in range(50))


def _clean(*lines: str) -> tuple[list[str], list[Removed]]:
    blocks = tuple(Block(text, number) for number, text in enumerate(lines, 1))
    kept, removed = clean(Extracted(blocks, "txt"))
    return [b.text for b in kept], list(removed)


SUMMARIES = {
    "summary-a.txt": {},
    "summary-b.txt": {6: "paywall-mark", 12: "paywall-mark"},
    "summary-c.txt": {
        1: "copy-notice",
        2: "compiled-by",
        3: "vendor-slogan",
        4: "vendor-slogan",
        5: "subscribe",
        6: "resale-heading",
        7: "resale-reward",
        8: "groups",
        15: "copy-notice",
        18: "compiled-by",
        33: "compiled-by",
    },
}
FIRST_AND_LAST = {
    "summary-a.txt": (1, "近年来", 14, "发挥功效。"),
    "summary-b.txt": (1, "XX区司法局2023年", 11, "治理法治化水平。"),
    "summary-c.txt": (16, "司法局2020年", 31, "做精文章。"),
}


@needs_data
@pytest.mark.parametrize("name", SUMMARIES)
def test_the_three_summaries(name: str) -> None:
    data = (real.SUMMARIES.root / name).read_bytes()
    lines = data.decode("utf-8").split("\n")
    kept, removed = clean(extract(name, data))
    assert {r.line: r.rule for r in removed} == SUMMARIES[name]
    assert len(removed) == len(SUMMARIES[name])
    first, opening, last, ending = FIRST_AND_LAST[name]
    assert (kept[0].line, kept[-1].line) == (first, last)
    assert kept[0].text.startswith(opening)
    assert kept[-1].text.endswith(ending)
    # All the rest is there to the letter: the file minus what was removed.
    whole = {r.line for r in removed if r.text == lines[r.line - 1].strip()}
    expected = [line.strip() for n, line in enumerate(lines, 1) if line.strip() and n not in whole]
    expected = [re.sub("##paid(?:begin|end)##", "", line) for line in expected]
    assert _digest(b.text for b in kept) == _digest(filter(None, expected))


def _digest(lines: object) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()  # type: ignore[call-overload]


def test_no_law_loses_a_line() -> None:
    files = real.laws()
    start = time.process_time()
    for path in files:
        found = extract(path.name, path.read_bytes())
        kept, removed = clean(found)
        assert removed == (), path
        assert kept is found.blocks
    assert time.process_time() - start < 20  # about 3 s; room for a busy machine


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("仅供学习参考，严禁转载", "copy-notice"),
        ("会员资料仅供本人学习，严禁外传", "member-notice"),
        ("某某文行整理，咨询QQ123456789", "compiled-by"),
        ("本资料由笔杆子网收集整理，更多材料请加微信：abc12345", "compiled-by"),
        ("更多公文材料请加微信abc12345", "contact-vendor"),
        ("客服QQ：123456789", "vendor-contact"),
        ("免费QQ群：123456789", "groups"),
        ("限时订阅仅需99元", "subscribe"),
        ("——百度文库——", "library-mark"),
        ("本文来源于：某某网 http://www.example.com/1.html", "document-from"),
        ("（本文转自《某某日报》）", "document-from"),
        ("转载请注明出处", "reprint-notice"),
        ("原文链接：https://www.example.com/a?b=1", "reprint-notice"),
        ("点击下载全文", "download-notice"),
        ("将本文的Word文档下载到电脑，方便收藏和打印", "download-notice"),
        ("本文档下载后可自行编辑", "document-use"),
        ("图片来源于网络，如有侵权请联系删除", "infringement-notice"),
        ("以下内容需付费阅读", "paywall-notice"),
        ("点击展开全文", "read-more"),
        ("长按二维码关注我们", "follow-us"),
        ("点击上方蓝字关注我们", "follow-us"),
        ("欢迎关注我们的微信公众号", "follow-account"),
        ("关注我们", "follow-account"),
        ("点赞、在看、转发", "wechat-actions"),
        ("微信扫一扫，分享到朋友圈", "wechat-scan"),
        ("微信扫一扫", "wechat-scan"),
        ("- 3 -", "page-number"),
        ("— 12 —", "page-number"),
        ("第3页 共10页", "page-number"),
        ("共 10 页，第 3 页", "page-number"),
        ("【打印本页】 【关闭窗口】", "page-tools"),
        ("打印本页 | 关闭窗口", "page-tools"),
        ("字号：大 中 小", "page-tools"),
        ("分享到：微信 微博 QQ空间", "share-to"),
        ("分享到：", "share-to"),
        ("浏览次数：1,234次", "visits"),
    ],
)
def test_what_goes_anywhere(line: str, rule: str) -> None:
    kept, removed = _clean(*FILLER[:25], line, *FILLER[25:])
    assert removed == [Removed(rule, 26, line)]
    assert kept == list(FILLER)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("上一篇：某局召开会议", "neighbours"),
        ("下一篇：没有了", "neighbours"),
        ("责任编辑：张三", "editor"),
        ("（编辑：张三 校对：李四 审核：王五）", "editor"),
        ("版权所有：某市人民政府 京ICP备12345678号-1", "site-foot"),
        ("网站标识码：1234567890", "site-foot"),
        ("网站地图 | 联系我们", "site-foot"),
        ("相关阅读", "related"),
    ],
)
def test_what_goes_at_the_bottom_only(line: str, rule: str) -> None:
    assert _clean(*FILLER, line)[1] == [Removed(rule, 51, line)]
    assert _clean(*FILLER[:25], line, *FILLER[25:])[1] == []


@pytest.mark.parametrize("line", ["当前位置：首页 > 政务公开", "首页 > 法治", "【打击倒卖活动】"])
def test_what_goes_at_the_top_only(line: str) -> None:
    assert len(_clean(line, *FILLER)[1]) == 1
    assert _clean(*FILLER[:25], line, *FILLER[25:])[1] == []


@pytest.mark.parametrize(
    "line",
    [
        "欢迎社会各界关注和支持普法工作。",
        "群众关注的热点难点问题得到解决",
        "关注民生、关注法治",
        "通过微信公众号推送普法信息120条，关注人数达3万。",
        "微信公众号：某某普法",
        "咨询电话：12348",
        "某某区法律援助中心提供咨询电话87654321",
        "区司法局整理，咨询电话12345678",
        "严厉打击倒卖火车票等违法犯罪活动",
        "举报电话：12345",
        "会员单位应当遵守章程，按时缴纳会费。",
        "会员权利和义务",
        "仅供参考",
        "下载",
        "分享",
        "阅读：",
        "阅读、写作能力的培养",
        "大 | 中 | 小",
        "3",
        "第三页",
        "打印",
        "位置：幸福路1号",
        "如有侵权行为，权利人可以向人民法院起诉。",
        "如果对方侵犯您的权益，请联系我们",
        "本文所称物业服务，来源于《民法典》第九百三十七条的规定，包括以下三个方面内容和要求。",
        "主办单位：某某区司法局",
        "X件，XX区，xxxx年，xx.x%",
        "***",
        "扫描件一份",
        "收藏品的拍卖",
        "联系我们",
        "资料由当事人提供",
        "１２３ＡＢＣ",
    ],
)
def test_what_stays(line: str) -> None:
    for lines in ((line, *FILLER), (*FILLER, line), (line,)):
        assert _clean(*lines) == (list(lines), [])


def test_brand_alone_on_a_line_goes_with_its_advert() -> None:
    kept, removed = _clean(
        "好文行", "正文第一段的内容。", "好文行整理，咨询QQ123456", "好文行的正文"
    )
    assert kept == ["正文第一段的内容。", "好文行的正文"]
    assert [(r.rule, r.line) for r in removed] == [("compiled-by", 1), ("compiled-by", 3)]
    assert _clean("好文行", "正文第一段的内容。")[1] == []


def test_lines_inside_a_block_and_headings() -> None:
    block = Block("第一行\n- 3 -\n第三行", 7)
    heading = Block("##paidbegin##总则", 1, 2)
    kept, removed = clean(Extracted((heading, block), "md"))
    assert kept == (Block("总则", 1, 2), Block("第一行\n第三行", 7))
    assert removed == (
        Removed("paywall-mark", 1, "##paidbegin##"),
        Removed("page-number", 8, "- 3 -"),
    )
    assert clean(Extracted((Block("- 3 -"),), "html")) == (
        (),
        (Removed("page-number", 0, "- 3 -"),),
    )


def test_no_rule_matches_an_ordinary_sentence_of_its_own_words() -> None:
    """Every line rule is anchored: the same words inside a sentence stay."""
    for sentence in ("请各单位注意：{}这一做法已经推广到全区。",):
        for line in ("长按二维码关注我们", "打印本页", "- 3 -", "分享到：微信", "第3页 共10页"):
            assert _clean(sentence.format(line))[1] == []


def test_rules_are_fast_on_long_and_hostile_lines() -> None:
    alphabet = random.Random(7)
    words = sorted(
        {w for r in load().rules for w in re.findall(r"[\u4e00-\u9fff]{1,4}", r.pattern.pattern)}
    )
    words += [
        " ",
        "：",
        "、",
        "，",
        "-",
        "—",
        "1",
        "2",
        "A",
        "QQ",
        "·",
        "|",
        "【",
        "】",
        "（",
        "▲",
        "群：",
    ]
    lines = ["".join(alphabet.choices(words, k=120))[: module.MAX_LINE] for _ in range(2000)]
    lines += [w * (module.MAX_LINE // len(w)) for w in words]
    lines += ["关注" * 50_000, "#" * 100_000, " " * 100_000 + "x", "##paid" * 17_000, "1" * 100_000]
    for rule in load().rules:
        for line in lines:
            start = time.process_time()
            rule.pattern.search(line) if rule.scope == "inline" else rule.pattern.fullmatch(
                line[:240]
            )
            assert time.process_time() - start < 0.3, (rule.name, line[:40])
    start = time.process_time()
    _clean(*lines)
    assert time.process_time() - start < 5


GOOD = '[[rule]]\nname = "a"\nscope = "line"\npattern = "x{1,3}"\nwhy = "甲"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("x{1,3}", "x+"), "pattern"),
        (GOOD.replace("x{1,3}", "x*y"), "pattern"),
        (GOOD.replace("x{1,3}", "x{2,}"), "pattern"),
        (GOOD.replace("x{1,3}", "x{1,9999}"), "300"),
        (GOOD.replace("x{1,3}", "(x"), "pattern"),
        (GOOD.replace("x{1,3}", "x{0,3}"), "空行"),
        (GOOD.replace('"line"', '"page"'), "scope"),
        (GOOD.replace('why = "甲"\n', ""), "why"),
        (GOOD.replace('"甲"', '""'), "why"),
        (GOOD + "other = 1\n", "name"),
        (GOOD + GOOD, "重名"),
        ("x = 1", "rule"),
        ("[[rule", "TOML"),
    ],
)
def test_the_rules_file_is_checked(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse(text)


def test_plus_inside_a_class_or_escaped_is_fine() -> None:
    assert parse(GOOD.replace('"x{1,3}"', r"'[+*]\+'")).rules[0].pattern.fullmatch("++")
    assert len(load().rules) >= 30
