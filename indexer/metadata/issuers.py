"""Who issued a document: by its title, its record of adoption, its signature, its own words."""

import re
from collections import Counter
from collections.abc import Sequence

from indexer.metadata import dates

_ORGAN = (
    r"(?:司法[局厅部]|[局厅部署院委]|委员会|人民政府|人民法院|人民检察院|法院|检察院|人大常委会|人民代表大会|"
    r"办公室|领导小组|协会|联合会|中心|司法所|总工会|公证处|大队|支队|街道办事处|公司|学校|大学)"
)
_IN_TITLE = re.compile(
    rf"^(?P<who>[^《》，。；：:关]{{2,40}}?{_ORGAN})(?=关于|印发|转发|(?:19|20)\d{{2}}年?|第?[一二三四上下]半?[年季]|"
    r"年度|工作总结|工作要点|工作计划|普法|法治|法制|今年)"
)
_COURTS = re.compile(
    r"^(?P<who>最高人民法院、?最高人民检察院|最高人民检察院、?最高人民法院|最高人民法院|最高人民检察院)"
)
_ADOPTED = re.compile(
    r"(?P<place>[\u4e00-\u9fff]{2,16}?)第[一二三四五六七八九十]{1,3}届人民代表大会(?P<standing>常务委员会)?"
)
_SIGNED = re.compile(rf"[\u4e00-\u9fffXxＸ×〇○、 ]{{2,40}}{_ORGAN}")
_OWN_NAME = re.compile(
    r"(?:^|[，。：；、！“”（）\s])(?P<who>(?:[XxＸ×某○*]{1,4}|[\u4e00-\u9fff]{0,8}?)[省市区县旗州](?:级)?司法[局厅])(?![长机])"
)
_WE = re.compile(r"(?:^|[，。；：、在对])我([省市区县旗])")
_NO_LEVEL = re.compile(r"^司法[局厅]$")
_LONGEST = 60


def of_title(title: str) -> str:
    """XX市司法局关于…, XX区司法局2023年…; empty if the title names none."""
    plain = "".join(title.split())
    courts = _COURTS.match("".join(title.split(" ")) if " " in title else plain)
    if courts is not None:
        who = courts["who"]
        return who.replace("法院最高", "法院、最高").replace("检察院最高", "检察院、最高")
    found = _IN_TITLE.match(plain)
    return tidy(found["who"]) if found else ""


def of_adoption(head: Sequence[str]) -> str:
    """The people's congress (or its standing committee) that passed the text, or the State Council."""
    for line in head[:20]:
        if len(line) > 160 or line.startswith("第一条"):
            continue
        found = _ADOPTED.search(line)
        if found is not None:
            place = re.sub(r"^.*[年月日]", "", found["place"])
            return f"{place}人民代表大会{found['standing'] or ''}" if place else "全国人民代表大会"
        adopted = re.search(
            r"(?:\d{4}年.{0,12})?(第[^。]{1,12}届全国人民代表大会)(常务委员会)?", line
        )
        if adopted is not None:
            return f"全国人民代表大会{adopted[2] or ''}"
        if re.search(r"国务院(?:令|第.{1,6}次常务会议)", line):
            return "国务院"
    return ""


def of_signature(foot: Sequence[str]) -> str:
    """The organ or organs above the date at the bottom; empty without a date there."""
    for i in range(len(foot) - 1, -1, -1):
        if dates.only(foot[i]) is None and not _masked_date(foot[i]):
            continue
        signed: list[str] = []
        for line in reversed(foot[:i]):
            if len(line) > 44 or not _SIGNED.fullmatch(line) or len(signed) == 6:
                break
            signed.insert(0, tidy(line))
        if signed:
            return "、".join(signed)
    return ""


def of_text(head: Sequence[str]) -> str:
    """How a summary calls its own bureau (区司法局, XX区司法局), by its first lines; or empty."""
    names = Counter(m["who"] for line in head[:6] for m in _OWN_NAME.finditer(line[:300]))
    return tidy(names.most_common(1)[0][0]) if names else ""


def with_level(issuer: str, lines: Sequence[str]) -> str:
    """司法局 says less than the text's own 我区, 我县: then 区司法局, 县司法局."""
    if not _NO_LEVEL.match(issuer):
        return issuer
    levels = Counter(m[1] for line in lines for m in _WE.finditer(line))
    return levels.most_common(1)[0][0] + issuer if levels else issuer


def tidy(name: str) -> str:
    """Without white space and marks around it, bounded in length."""
    return "".join(name.split()).strip("，,。；;：:《》()（）[]【】-—_|")[:_LONGEST]


def _masked_date(line: str) -> bool:
    return (
        re.fullmatch(r"[\dXxＸ×*○]{2,4} ?年 ?[\dXxＸ×*○]{1,2} ?月 ?[\dXxＸ×*○]{1,2} ?日", line)
        is not None
    )
