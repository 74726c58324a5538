"""Who issued a document: from its title, its record of adoption, its signature, its own words."""

import re
from collections import Counter
from collections.abc import Sequence

from indexer.metadata import dates
from kb.documents import Kind

_ORGAN = (
    r"(?:司法[局厅部]|[局厅部署院委]|委员会|人民政府|人民法院|人民检察院|法院|检察院|人大常委会|人民代表大会|"
    r"办公室|领导小组|协会|联合会|中心|司法所|总工会|公证处|大队|支队|街道办事处|公司|学校|大学)"
)
_IN_TITLE = re.compile(
    rf"^(?P<who>[^《》，。；：:关]{{2,40}}?{_ORGAN})(?=关于|印发|转发|(?:19|20)\d{{2}}年?|第?[一二三四上下]半?[年季]|"
    r"年度|工作总结|工作要点|工作计划|普法|法治|法制|今年)"
)
_CONGRESS_TITLE = re.compile(
    r"(?:中华人民共和国)?(?:第[一二三四五六七八九十]+届)?全国人民代表大会(?P<standing>常务委员会)?"
    r"(?:第[一二三四五六七八九十]+次会议)?(?:关于|公告)"
)
_COURTS = re.compile(
    r"^(?P<who>最高人民法院、?最高人民检察院|最高人民检察院、?最高人民法院|最高人民法院|最高人民检察院)"
)
_NATIONAL_CONGRESS = re.compile(
    r"全国人民代表大会(?P<standing>常务委员会)?(?:第[一二三四五六七八九十百〇零]+次(?:会议|全体会议))?"
)
_PLACE = r"(?:省|自治区|市|自治州|自治县|地区|盟|旗|县|区)"
_LOCAL_CONGRESS = re.compile(
    rf"(?P<place>[\u4e00-\u9fff]{{2,24}}?{_PLACE})(?:第?[一二三四五六七八九十0-9]+届)?"
    r"(?:(?:人民代表大会|人大)(?P<standing>常务?委员?会)?"
    r"|(?P<government>人民政府)(?=第[一二三四五六七八九十百〇零\d]{1,5}次|令|发布|公布))"
)
_BEFORE_PLACE = re.compile(r"^.*(?:[年月日，、；：）)由经据据]|根据|批准|通过)")
_QUOTED = re.compile(r"[《〈][^《》〈〉]*(?:[《〈][^《》〈〉]*[》〉][^《》〈〉]*)*[》〉]")
_MINISTRY = re.compile(
    r"(?P<who>(?![年月日])[\u4e00-\u9fff]{1,10}?(?:部|总局|委员会|总署|银行))令?(?:第|发布|公布)"
)
_AMENDED_BY_COUNCIL = re.compile(r"《国务院关于[^》]{0,24}行政法规[^》]{0,6}决定》")
"""A text amended by such a decision is an administrative regulation, whoever signed the original."""

_ONE_MAKER = {
    Kind.ADMINISTRATIVE_REGULATION: "国务院",
    Kind.CONSTITUTION: "全国人民代表大会",
    Kind.SUPERVISION_REGULATION: "国家监察委员会",
}
"""The only maker of such texts (宪法第六十二条、第八十九条，2019年全国人大常委会关于监察法规的决定)."""

_SIGNED = re.compile(rf"[\u4e00-\u9fffXxＸ×〇○、 ]{{2,40}}{_ORGAN}")
_OWN_NAME = re.compile(
    r"(?:^|[，。：；、！“”（）\s])(?P<who>(?:[XxＸ×某○*]{1,4}|[\u4e00-\u9fff]{0,8}?)[省市区县旗州](?:级)?司法[局厅])(?![长机])"
)
_WE = re.compile(r"(?:^|[，。；：、在对])我([省市区县旗])")
_JUSTICE = re.compile(r"司法行政|社区矫正|人民调解|法律援助|普法|法治宣传")
_NO_LEVEL = re.compile(r"^司法[局厅]$")
_LONGEST = 60


def of_title(title: str) -> str:
    """XX市司法局关于…, XX区司法局2023年…; empty if the title names none."""
    plain = "".join(title.split())
    courts = _COURTS.match("".join(title.split(" ")) if " " in title else plain)
    if courts is not None:
        who = courts["who"]
        return who.replace("法院最高", "法院、最高").replace("检察院最高", "检察院、最高")
    congress = _CONGRESS_TITLE.match(plain)
    if congress is not None:
        return f"全国人民代表大会{congress['standing'] or ''}"
    found = _IN_TITLE.match(plain)
    return tidy(found["who"]) if found else ""


def of_record(lines: Sequence[str], title: str = "") -> str:
    """Who made a text according to its record and the preceding order or announcement; empty if neither
    says. The first maker counts, not who amended or approved it; of places the one in the title."""
    whole = "".join("".join(lines).split())
    if _AMENDED_BY_COUNCIL.search(whole):
        return "国务院"
    text = _QUOTED.sub("《》", whole)
    if "中共中央" in text:
        return "中共中央、国务院" if "国务院" in text else "中共中央"
    court, prosecutor = "最高人民法院" in text, "最高人民检察院" in text
    if court or prosecutor:
        both = ("最高人民法院" if court else "", "最高人民检察院" if prosecutor else "")
        return "、".join(name for name in both if name)
    if re.search(r"[国政]务院[^，。]{0,12}批准", text):
        return "国务院"  # what it approves is its own regulation, whoever publishes it
    congress = local_maker(text, title)
    if congress:
        return congress
    found = _NATIONAL_CONGRESS.search(text)
    if found is not None:
        return f"全国人民代表大会{found['standing'] or ''}"
    for name in ("国家监察委员会", "中国人民政治协商会议", "中央人民政府委员会"):
        if name in text:
            return name
    if re.search(r"国务院|政务院", text):
        return "国务院"
    ministry = _MINISTRY.search(text)
    return ministry["who"] if ministry else ""


def local_maker(text: str, title: str) -> str:
    """The local people's congress, its standing committee or the government that a record names:
    that of the place the title begins with, else the first; empty if none."""
    names = []
    for m in _LOCAL_CONGRESS.finditer(text):
        place = _BEFORE_PLACE.sub("", m["place"])
        if place and not place.startswith(("全国", "国务院")):
            made = "人民政府" if m["government"] else "人民代表大会"
            names.append((place, place + made + ("常务委员会" if m["standing"] else "")))
    plain = "".join(title.split())
    named = [name for place, name in names if plain.startswith(place)]
    return named[0] if named else names[0][1] if names else ""


def of_kind(kind: Kind) -> str:
    """Who makes texts of this kind, if only one body does."""
    return _ONE_MAKER.get(kind, "")


def of_signature(foot: Sequence[str]) -> str:
    """The organ or organs above the date at the end; empty without a date there."""
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
    """What a summary calls its own bureau (区司法局, XX区司法局), from its first lines; or empty."""
    names = Counter(m["who"] for line in head[:6] for m in _OWN_NAME.finditer(line[:300]))
    if names:
        return tidy(names.most_common(1)[0][0])
    # 我局 in a text about 人民调解, 社区矫正, 普法 is a bureau of justice.
    opening = "\n".join(line[:300] for line in head[:6])
    return "司法局" if "我局" in opening and _JUSTICE.search(opening) else ""


def with_level(issuer: str, lines: Sequence[str]) -> str:
    """司法局 is less specific than the text's own 我区, 我县: then 区司法局, 县司法局."""
    if not _NO_LEVEL.match(issuer):
        return issuer
    levels = Counter(m[1] for line in lines for m in _WE.finditer(line))
    return levels.most_common(1)[0][0] + issuer if levels else issuer


def tidy(name: str) -> str:
    """Without outer white space and marks or the State's name before 国务院; bounded in length."""
    plain = "".join(name.split()).strip("，,。；;：:《》()（）[]【】-—_|")[:_LONGEST]
    return plain.replace("中华人民共和国国务院", "国务院")


def _masked_date(line: str) -> bool:
    return (
        re.fullmatch(r"[\dXxＸ×*○]{2,4} ?年 ?[\dXxＸ×*○]{1,2} ?月 ?[\dXxＸ×*○]{1,2} ?日", line)
        is not None
    )
