"""The kind of a document, from the genre words of its title, its issuer and its number."""

import re
from collections.abc import Sequence
from datetime import date

from indexer.metadata import genres
from kb.documents import Kind
from kb.regions import find_region

_TAIL = re.compile(
    r"(?:[(（](?:附[:：].{1,30}|试行|暂行|征求意见稿|草案|修订|修正|修订稿|审议稿|送审稿|节选|摘录|题名系推定|第?[一二三四五六七八九十]+[批号]?|"
    r"\d{4}年?.{0,20})[)）]|[《》“”\"。.！!])+$"
)
_PLAN_WORDS = "思路|计划|打算|安排|要点|谋划|重点工作|任务"

_STATUTE_TAIL = re.compile(r"(?:条例|规定|办法|细则|规则|决定|准则|章程|解释|批复|解答|安排)$")
_LAW = re.compile(
    r"(?<=公司)法$|(?<![办方用做作想看手普执司立守学想书说变违合非犯无魔魔依])法$|法典$|^中华人民共和国民法[通总]则$|刑法修正案|^刑法$"
)
_NORMATIVE = re.compile(
    r"(?:意见|通知|办法|规定|细则|方案|决定|公告|通告|批复|函|制度|规则|纲要|规划|措施|标准|规范|清单|公报|决议|"
    r"通报|预案|条例|命令|指示|请示|批示|要求|机制|名单|目录|准则|章程|倡议)$"
)
_DOCUMENT = re.compile(
    r"(?:报告|任务书|说明书|意见书|建议书|责任书|承诺书|协议书?|合同|决算|预算|台账|名录|处理单|登记表|记录|纪要|答复|复函|修正案)$"
)
_HIGHEST = ("最高人民法院", "最高人民检察院")
_COUNCILS = ("国务院", "政务院")
_FOUNDING = ("中国人民政治协商会议", "中央人民政府委员会")
"""Bodies that made laws before there was a congress."""
_INTERPRETING = re.compile(r"法释|高检发释字|高检会")
_FORMS_OF_INTERPRETATION = re.compile(r"(?:解释|规定|批复|规则|决定|安排|解答)$")
_OLD_FORMS = re.compile(r"(?:答复|复函|函|通知|意见|办法|公告|纪要|目录|细则|制度|联合通知)$")
_FORMS_FIXED = date(1997, 7, 1)
_ACT_OF_CONGRESS = re.compile(
    r"(?:法|法典|条例|决定|决议|解释|修正案|办法|规则|规定|守则|方案|名单|原则|公告|宣言|声明)$"
)
_ACT_OF_COUNCIL = re.compile(r"(?:条例|规定|办法|细则|规则|决定|命令|方案|准则)$")
_NO_STATUTE = re.compile(r"国发|国办|国函|中办|中发|厅字")
_LOCAL_NAME = re.compile(
    r"[\u4e00-\u9fff]{2,9}?(?:省|市(?!场|政|容|民|价|域)|自治区|自治州|自治县|自治旗)"
)
_NO_PLACE = re.compile(r"城市|都市|集市|超市|上市|股市|门市|中国|中华|国家|全国|国务院")
_PEOPLES_CONGRESS = re.compile(r"人民代表大会|人大常委会|人大常务委员会|人大")
_NATIONAL_CONGRESS = re.compile(r"全国人民代表大会|全国人大")
_DEPARTMENT = re.compile(r"(?:部|总局|总署|委员会|署|局|银行)令")
_RULE_NUMBER = re.compile(r"劳部发")
"""Numbers under which departments issued rules before 规章制定程序条例 of 2001 asked for an order."""

_ARTICLE = re.compile(r"^第[一1]条")
_SUMMARISED = re.compile(
    r"(?:今年|本年度?|\d{4}年度?|上半年)(?:的)?(?:主要|重点|亮点)?工作(?:总结|情况|回顾|开展情况)|工作总结"
)
_REPORTED = re.compile(
    r"(?:19|20)\d{2}年(?:度|以来|来)?[，,](?:我[局区县市]|全[区县市局]|[^，。]{0,12}司法[局厅])"
)
"""2021年，我局…: how a summary starts, including one whose second part is next year's plan."""

_PLANNED = re.compile(
    rf"(?:明年|下一?年度?|下半年|下步|下一步|\d{{4}}年度?)(?:的)?(?:主要|重点)?工作(?:{_PLAN_WORDS})?"
)


def by_title(title: str) -> tuple[Kind | None, str]:
    """The genre that a title states unambiguously, and its words; for everything but statutes."""
    plain = bare(title)
    # 关于印发《…工作总结》的通知 is classified by what it transmits.
    for text in (_sent(plain), plain):
        for genre in genres.load():
            found = genre.words.search(text)
            if found is not None:
                return genre.kind, found[0]
    return None, ""


def is_title_like(line: str) -> bool:
    """Whether a line ends as titles of official documents do."""
    plain = bare(line)
    return (
        by_title(line)[0] is not None
        or _NORMATIVE.search(plain) is not None
        or _STATUTE_TAIL.search(plain) is not None
        or _DOCUMENT.search(plain) is not None
        or (_LAW.search(plain) is not None and plain.startswith("中华人民共和国"))
    )


def kind_of(
    title: str,
    issuer: str,
    number: str,
    head: Sequence[str],
    day: date | None = None,
    catalogued: bool = False,
) -> tuple[Kind, str]:
    """The kind and why. head: the first lines of the text; day: when it was made, if known;
    catalogued: it comes from the national database, which has no departmental rules, and from the two
    highest courts only interpretations."""
    plain = bare(title)
    opening = "\n".join(head[:20])[:2_000]
    in_articles = any(_ARTICLE.match(line) for line in head)
    statute = _statute(plain, issuer, number, opening, in_articles, day)
    if catalogued and (statute is None or statute[0] is Kind.DEPARTMENT_RULE):
        statute = _catalogued(plain, issuer) or statute
    if statute is not None:
        return statute
    kind, words = by_title(title)
    if kind is not None:
        return kind, f"题名“{words}”"
    if plain.startswith("中国共产党") and _STATUTE_TAIL.search(plain):
        return Kind.PARTY_REGULATION, "题名以“中国共产党”开头"
    normative = _NORMATIVE.search(plain)
    if normative is not None:
        return Kind.NORMATIVE_DOCUMENT, f"题名以“{normative[0]}”结尾"
    summarised = _SUMMARISED.search(opening)
    if summarised is not None:
        return Kind.WORK_SUMMARY, f"正文“{summarised[0]}”"
    planned = _PLANNED.search(opening)
    reported = _REPORTED.match(head[0]) if head else None
    if reported is not None:
        return Kind.WORK_SUMMARY, f"正文首句“{reported[0]}”"
    if planned is not None and any(w in planned[0] for w in ("要点", "计划", "思路", "打算")):
        return Kind.WORK_PLAN, f"正文“{planned[0]}”"
    return Kind.OTHER, "没有可据以判断的类别"


def summary_heading(lines: Sequence[str]) -> tuple[str, str]:
    """The headings that separate a year's summary from the next year's plan, empty if none."""
    short = [line for line in lines if len(line) <= 30]
    done = next((m[0] for m in map(_SUMMARISED.search, short) if m), "")
    planned = next((m[0] for m in map(_PLANNED.search, short) if m), "")
    reported = _REPORTED.match(lines[0]) if lines else None
    done = done or (reported[0] if reported else "")
    return done, planned


def bare(title: str) -> str:
    """Without spaces and what follows the genre: （试行）, （征求意见稿）, closing marks."""
    return _TAIL.sub("", "".join(title.split()))


def _sent(title: str) -> str:
    m = re.search(r"(?:印发|转发|发布|公布)[《<](.{2,80})[》>]", title)
    return bare(m[1]) if m else title


def _statute(
    title: str, issuer: str, number: str, opening: str, in_articles: bool, day: date | None
) -> tuple[Kind, str] | None:
    if re.fullmatch(r"(?:中华人民共和国)?宪法(?:修正案)?(?:[(（].*)?", title):
        return Kind.CONSTITUTION, "题名"
    if issuer.startswith(_HIGHEST) or _INTERPRETING.match(number):
        interpreting = _interpretation(title, number, day)
        if interpreting is not None:
            return interpreting
    if title.startswith("中国共产党") or (issuer.startswith("中共中央") and in_articles):
        return (Kind.PARTY_REGULATION, "党的机关制定") if _STATUTE_TAIL.search(title) else None
    if issuer.startswith("全国人民代表大会") and _ACT_OF_CONGRESS.search(title):
        return Kind.LAW, f"制定机关为{issuer}"
    if _LAW.search(title) and (title.startswith("中华人民共和国") or in_articles):
        return Kind.LAW, "题名以“法”结尾"
    if issuer.startswith(_FOUNDING) and _ACT_OF_CONGRESS.search(title):
        return Kind.LAW, f"制定机关为{issuer}"
    stated = f"{issuer}\n{number}\n{opening}"
    if _NO_STATUTE.match(number):
        return None
    if issuer.partition("、")[0] in _COUNCILS and _ACT_OF_COUNCIL.search(title):
        return Kind.ADMINISTRATIVE_REGULATION, "制定机关为国务院"
    if not _STATUTE_TAIL.search(title) or not in_articles:
        return None
    if "国家监察委员会" in stated and title.endswith("条例"):
        return Kind.SUPERVISION_REGULATION, "制定机关为国家监察委员会"
    place = find_region(title) or find_region(issuer) or is_local(title)
    if place and re.search(r"人民政府令|政府令", stated) and not title.endswith("条例"):
        return Kind.LOCAL_RULE, "以地方人民政府令公布"
    if place and (_congress(stated) or title.endswith("条例")):
        return Kind.LOCAL_REGULATION, "制定机关为地方人大及其常委会"
    if re.search(r"国务院.{0,14}令|国务院第.{1,6}次常务会议", stated):
        return Kind.ADMINISTRATIVE_REGULATION, "制定机关为国务院"
    if not place and _RULE_NUMBER.match(number):
        return Kind.DEPARTMENT_RULE, f"文号“{number}”"
    if not place and title.endswith("条例"):
        # Article 5 of 行政法规制定程序条例: rules of departments and local governments can't be 条例.
        return Kind.ADMINISTRATIVE_REGULATION, "题名以“条例”结尾，不冠地方名称"
    if not place and _DEPARTMENT.search(f"{number}\n{opening}"):
        return Kind.DEPARTMENT_RULE, "以部门令公布"
    return None


def _catalogued(title: str, issuer: str) -> tuple[Kind, str] | None:
    if issuer.startswith(_HIGHEST):
        return Kind.INTERPRETATION, "国家法律法规数据库所收，最高人民法院、最高人民检察院制定"
    if "人民代表大会" not in issuer and not is_local(title) and not find_region(title + issuer):
        return Kind.ADMINISTRATIVE_REGULATION, "国家法律法规数据库所收，不冠地方名称"
    return None


def _interpretation(title: str, number: str, day: date | None) -> tuple[Kind, str] | None:
    """Distinguishes judicial interpretations of the two highest courts from their other papers.

    Forms by 法发〔1997〕15号 and 法发〔2007〕12号; before July 1997 there were many.
    """
    if _INTERPRETING.match(number):
        return Kind.INTERPRETATION, f"文号“{number}”"
    if _FORMS_OF_INTERPRETATION.search(title):
        return Kind.INTERPRETATION, "最高人民法院、最高人民检察院的解释、规定、批复"
    if _OLD_FORMS.search(title) and (day is None or day < _FORMS_FIXED):
        return Kind.INTERPRETATION, "1997年7月以前最高人民法院、最高人民检察院的答复、通知等"
    return None


def is_local(title: str) -> bool:
    """Whether a title starts with a place name, listed in the table of regions or not."""
    found = _LOCAL_NAME.match(title)
    return found is not None and _NO_PLACE.search(found[0]) is None


def _congress(text: str) -> bool:
    return _PEOPLES_CONGRESS.search(_NATIONAL_CONGRESS.sub("", text)) is not None
