"""Inline Markdown to text: emphasis, links, code, escapes, HTML tags and entities.

Only definite markup is removed. Documents mask names as 王** and numbers as 138****1234, leave
blanks as ____年__月 and write titles as <建筑法>: all of these stay.
"""

import html
import re
from typing import Final

# Tags used in Markdown. <建筑法> and other unknown tags are text.
_TAGS: Final = (
    "a|abbr|b|big|blockquote|center|cite|code|dd|del|details|div|dl|dt|em|figure|figcaption|font|h[1-6]"
    "|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|section|small|span|strike|strong|sub|summary|sup|table"
    "|tbody|td|th|thead|tr|tt|u|ul"
)
_SPECIAL = re.compile(r"[\\`\[\]<&*_~]")
_TOKEN = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`{1,3})(?P<code>[^`\n]{1,2000})(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]]{0,1000})\]"
    r"(?:\([^()\s]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500})?(?:[ \t]{1,9}\"[^\"]{0,500}\")?\)"
    r"|\[[^\[\]]{0,100}\])"
    r"|<(?P<auto>(?:https?://|mailto:)[^\s<>]{1,2000})>"
    r"|(?P<br><br[ \t]{0,9}/?>)"
    rf"|</?(?:{_TAGS})(?:[ \t\n/][^<>]{{0,2000}})?>"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31}\d{0,2});)",
    re.IGNORECASE,
)
_STRONG = re.compile(r"(?<!\*)(\*{2,3})(?![*\s])([^*]{1,1000})(?<!\s)\1(?!\*)")
_STRIKE = re.compile(r"(?<!~)~~(?![~\s])([^~]{1,1000})(?<!\s)~~(?!~)")
# Single marks, and all underscores, count only at word boundaries: 40*4 and a_b_c are text.
_STAR = re.compile(r"(?<![\w*)）])\*(?![*\s])([^*。；]{2,200})(?<!\s)\*(?![\w*（(])")
_UNDERSCORE = re.compile(r"(?<![\w）)])(_{1,2})(?![_\s])([^_。；]{2,200})(?<![\s])\1(?![\w（(])")

_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤某"
)
# Marks that are text are temporarily replaced by noncharacters (U+FDD0 …, which tidy has removed).
_PROTECT: Final = {ord(c): 0xFDD0 + i for i, c in enumerate("*_~`[]<>&\\")}
_RESTORE: Final = {value: key for key, value in _PROTECT.items()}


def to_text(line: str) -> str:
    """The text of one paragraph of Markdown; <br> becomes a line break."""
    if _SPECIAL.search(line) is None:
        return line
    line = _TOKEN.sub(_replace, line)
    if "*" in line:
        line = _STRONG.sub(_strong, line)
        line = _STAR.sub(r"\1", line)
    if "_" in line:
        line = _UNDERSCORE.sub(r"\2", line)
    if "~" in line:
        line = _STRIKE.sub(r"\1", line)
    return line.translate(_RESTORE)


def _replace(m: re.Match[str]) -> str:
    if m["escaped"]:
        return m["escaped"].translate(_PROTECT)
    if m["code"]:
        return m["code"].strip().translate(_PROTECT)
    if m["label"] is not None:
        return _SPECIAL.sub("", m["label"]) if "`" in m["label"] else m["label"]
    if m["auto"]:
        return m["auto"].translate(_PROTECT)
    if m["br"]:
        return "\n"
    if m["entity"]:
        return html.unescape(m["entity"]).replace("\xa0", " ").translate(_PROTECT)
    return ""


def _strong(m: re.Match[str]) -> str:
    """The text without its marks, or unchanged if the marks mask names or digits."""
    before = m.string[m.start() - 1] if m.start() else ""
    inner = m[2]
    hides_name = before in _SURNAMES and inner[-1] in _SURNAMES
    hides_digits = before.isdigit() or before in {"X", "x", "×"}
    return m[0] if hides_name or hides_digits else inner
