"""Fields of documents: short invented texts in each form they circulate in, and three real ones."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.extract.formats import extract
from indexer.metadata import Defaults, Description, audience_of, describe
from kb.documents import Audience, Block, Extracted, Kind

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SUMMARIES = DATA / "work-summaries"

BODY = "全区司法行政系统围绕中心、服务大局，扎实推进法治建设各项任务，取得了较好的成效。" * 3


def of(text: str, defaults: Defaults | None = None, **rest: object) -> Description:
    """Describes a text whose lines are its blocks; `# ` marks a heading."""
    blocks = tuple(
        Block(line.removeprefix("# "), i, 1 if line.startswith("# ") else 0)
        for i, line in enumerate(text.strip().splitlines(), 1)
        if line.strip()
    )
    meta = rest.pop("meta", {})
    extracted = Extracted(blocks, **{"format": "txt", "meta": meta, **rest})  # type: ignore[arg-type]
    return describe(extracted, blocks, defaults or Defaults())


# ------------------------------------------------------------------- real summaries


@pytest.mark.parametrize(
    ("name", "title", "year", "issuer"),
    [
        ("a", "区司法局2021年工作总结和2022年工作思路（题名系推定）", 2021, "区司法局"),
        ("b", "XX区司法局2023年工作总结及2024年工作思路", 2023, "XX区司法局"),
        ("c", "司法局2020年工作总结暨2021年工作计划", 2020, "区司法局"),
    ],
)
def test_real_summaries(name: str, title: str, year: int, issuer: str) -> None:
    path = SUMMARIES / f"summary-{name}.txt"
    if not path.exists():
        pytest.skip("../shared/data/work-summaries is not there")
    extracted = extract(path.name, path.read_bytes())
    found = describe(extracted, extracted.blocks, Defaults(relpath=path.name))
    assert (found.title, found.year, found.issuer) == (title, year, issuer)
    assert found.kind is Kind.WORK_SUMMARY
    assert found.audience is Audience.STAFF
    assert found.region == ""
    assert found.published is None
    assert any(note.startswith(f"年份 {year}：") for note in found.notes)


# ------------------------------------------------------------------- whole documents


def test_notice() -> None:
    found = of(f"""
示例市文件
示司发〔2023〕12号
关于印发《示例办法》的
通知
各区司法局：
{BODY}
本办法自2023年7月1日起施行，有效期至2028年6月30日。
宁波市司法局
2023年5月1日
""")
    assert found.title == "关于印发《示例办法》的通知"
    assert found.kind is Kind.NORMATIVE_DOCUMENT
    assert found.number == "示司发〔2023〕12号"
    assert (found.issuer, found.region) == ("宁波市司法局", "浙江省宁波市")
    assert found.published == date(2023, 5, 1)
    assert found.effective == date(2023, 7, 1)
    assert found.expires == date(2028, 6, 30)
    assert found.year == 2023
    assert found.audience is Audience.PUBLIC


def test_local_regulation() -> None:
    found = of("""
# 宁波市示例条例
2021年10月29日 宁波市第十五届人民代表大会常务委员会第四十次会议通过
2021年11月25日 浙江省第十三届人民代表大会常务委员会第三十二次会议批准
第一条 为了示例，制定本条例。
第二条 本条例自2022年1月1日起施行。
""")
    assert found.kind is Kind.LOCAL_REGULATION
    assert found.issuer == "宁波市人民代表大会常务委员会"
    assert found.region == "浙江省宁波市"
    assert found.published == date(2021, 11, 25)
    assert found.effective == date(2022, 1, 1)


def test_summary_without_title_or_year() -> None:
    found = of(f"县司法局认真履职。{BODY}\n一、今年工作总结\n{BODY}\n二、明年工作计划\n{BODY}")
    assert found.title == "县司法局工作总结和工作计划（题名系推定）"
    assert (found.kind, found.year) == (Kind.WORK_SUMMARY, 0)


def test_masks_are_neither_dates_nor_years() -> None:
    found = of(f"某区司法局xxxx年工作总结\n{BODY}\nxx年xx月xx日发生x件。\n某区司法局\nXX年X月X日")
    assert (found.year, found.published, found.effective) == (0, None, None)
    assert found.issuer == "某区司法局"


def test_title_is_never_a_mark_a_number_or_a_salutation() -> None:
    found = of(
        f"内部资料 注意保存\n示政办〔2022〕3号\n各位代表：\n示例县法治政府建设情况报告\n{BODY}"
    )
    assert found.title == "示例县法治政府建设情况报告"


def test_title_from_the_file_name() -> None:
    found = of(BODY, Defaults(relpath="2019/示例县2019年普法依法治理工作要点.txt"))
    assert found.title == "示例县2019年普法依法治理工作要点"
    assert (found.kind, found.year) == (Kind.WORK_PLAN, 2019)


def test_text_without_any_title_gets_its_first_words() -> None:
    assert of(f"春天来了，万物复苏。{BODY}").title == "春天来了（题名系推定）"


def test_junk_titles_of_formats_are_passed_over() -> None:
    found = of(f"法治讲堂宣传手册\n{BODY}", title="Microsoft Word - 文档1")
    assert found.title == "法治讲堂宣传手册"


def test_full_width_marks_of_a_title_stay() -> None:
    assert of(f"律师讲稿：民法典与生活\n{BODY}").title == "律师讲稿：民法典与生活"


def test_dates_in_the_text_are_not_its_own() -> None:
    found = of(f"# 示例怎么办\n看这里：新规定已于2025年7月1日公布，请注意。\n{BODY}")
    assert (found.published, found.year) == (None, 0)


# ------------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("某区司法局2023年工作总结及2024年工作思路", Kind.WORK_SUMMARY),
        ("某县2022年度法治政府建设情况报告", Kind.WORK_SUMMARY),
        ("某区2023年度法治政府建设工作情况", Kind.WORK_SUMMARY),
        ("关于印发《某区2024年普法工作要点》的通知", Kind.WORK_PLAN),
        ("某市2024年度普法依法治理工作计划", Kind.WORK_PLAN),
        ("关于开展法治宣传教育的第八个五年规划（2021－2025年）", Kind.PUBLICITY_PLAN),
        ("某区“八五”普法规划", Kind.PUBLICITY_PLAN),
        ("关于加强人民调解工作的意见", Kind.NORMATIVE_DOCUMENT),
        ("某市行政执法监督办法（试行）", Kind.NORMATIVE_DOCUMENT),
        ("行政复议典型案例", Kind.CASE),
        ("张某诉某公司买卖合同纠纷案", Kind.CASE),
        ("民法典百问百答", Kind.QUESTION_ANSWER),
        ("宪法宣传周标语口号", Kind.PUBLICITY_MATERIAL),
        ("租房押金不退怎么办", Kind.GUIDE),
        ("法律援助申请指南", Kind.GUIDE),
        ("中国共产党示例条例", Kind.PARTY_REGULATION),
        ("中华人民共和国示例法", Kind.LAW),
        ("中华人民共和国宪法修正案（2018年）", Kind.CONSTITUTION),
        ("最高人民法院关于适用《中华人民共和国示例法》若干问题的解释（一）", Kind.INTERPRETATION),
        ("一篇散文", Kind.OTHER),
    ],
)
def test_kind_by_title(title: str, kind: Kind) -> None:
    assert of(f"# {title}\n{BODY}").kind is kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("# 示例管理条例\n中华人民共和国国务院令第752号", Kind.ADMINISTRATIVE_REGULATION),
        ("# 示例管理办法\n示例部令第12号", Kind.DEPARTMENT_RULE),
        ("# 浙江省示例管理办法\n浙江省人民政府令第380号", Kind.LOCAL_RULE),
    ],
)
def test_kind_by_order(head: str, kind: Kind) -> None:
    assert of(f"{head}\n第一条 为了示例。\n第二条 示例。").kind is kind


# ------------------------------------------------------------------- numbers and dates


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("国发〔2021〕5号", "国发〔2021〕5号"),
        ("司发通[2023]12号", "司发通〔2023〕12号"),
        ("示政办（２０２２）０３号", "示政办〔2022〕3号"),
        ("浙司【2020】 第 7 号", "浙司〔2020〕7号"),
        ("文号：示司发﹝2019﹞8号", "示司发〔2019〕8号"),
        ("司法部令第147号", "司法部令第147号"),
        ("中华人民共和国国务院令第752号", "国务院令第752号"),
    ],
)
def test_numbers(line: str, number: str) -> None:
    assert of(f"示例通知\n{line}\n{BODY}").number == number


def test_cited_numbers_are_not_the_documents() -> None:
    assert of(f"示例通知\n根据《示例》（国发〔2021〕5号），现通知如下。\n{BODY}").number == ""


@pytest.mark.parametrize(
    ("signed", "day"),
    [
        ("2023年5月1日", date(2023, 5, 1)),
        ("二〇二三年五月一日", date(2023, 5, 1)),
        ("二○二三年十二月三十一日", date(2023, 12, 31)),
        ("2023-05-01", date(2023, 5, 1)),
        ("2023.5.1", date(2023, 5, 1)),
        ("（2023年5月1日印发）", date(2023, 5, 1)),
        ("成文日期：２０２３年５月１日", date(2023, 5, 1)),
        ("2023年2月30日", None),
        ("2023年13月1日", None),
        ("xxxx年xx月xx日", None),
        ("二〇二三年二月三十日", None),
    ],
)
def test_dates(signed: str, day: date | None) -> None:
    assert of(f"示例通知\n{BODY}\n示例市司法局\n{signed}").published == day


@pytest.mark.parametrize(
    ("words", "effective", "expires"),
    [
        ("本办法自2023年7月1日起施行。", date(2023, 7, 1), None),
        ("自公布之日起施行", date(2023, 5, 1), None),
        ("本规定自二〇二三年七月一日起实施", date(2023, 7, 1), None),
        ("自2023年7月1日起施行，有效期5年。", date(2023, 7, 1), date(2028, 7, 1)),
        ("自2024年2月29日起施行，有效期三年", date(2024, 2, 29), date(2027, 2, 28)),
        ("有效期自2023年7月1日至2026年6月30日。", None, date(2026, 6, 30)),
        ("自2014年7月29日起施行。许可证的有效期为3年。", date(2014, 7, 29), None),
        ("自2014年7月29日起施行。通行证有效期五年，可延。", date(2014, 7, 29), None),
        ("自2023年7月1日起施行。本办法有效期五年。", date(2023, 7, 1), date(2028, 7, 1)),
        ("自2023年2月30日起施行", None, None),
    ],
)
def test_effective_and_expires(words: str, effective: date | None, expires: date | None) -> None:
    found = of(f"示例通知\n{BODY}\n{words}\n示例市司法局\n2023年5月1日")
    assert (found.effective, found.expires) == (effective, expires)


# ------------------------------------------------------------------- issuer, year


@pytest.mark.parametrize(
    ("title", "issuer", "region"),
    [
        ("杭州市司法局关于做好示例工作的通知", "杭州市司法局", "浙江省杭州市"),
        ("最高人民法院 最高人民检察院关于示例的解释", "最高人民法院、最高人民检察院", "全国"),
        ("司法部办公厅关于示例的通知", "司法部办公厅", ""),
    ],
)
def test_issuer_by_title(title: str, issuer: str, region: str) -> None:
    found = of(f"# {title}\n{BODY}")
    assert (found.issuer, found.region) == (issuer, region)


def test_issuer_of_a_page() -> None:
    meta = {"contentsource": "示例市司法局", "pubdate": "2022-03-04 10:20", "kind": "法律"}
    found = of(f"法治宣传\n{BODY}", format="html", meta=meta)
    assert (found.issuer, found.published) == ("示例市司法局", date(2022, 3, 4))
    assert found.kind is Kind.OTHER, "a site's <meta> is no front matter"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        (f"工作总结\n2022年，我局扎实工作。{BODY}", 2022),
        (f"工作总结\n{BODY}\n下一步工作\n2020年，我局将继续努力。", 2019),
        (f"工作总结\n{BODY}\n围绕建党100周年开展活动。", 2021),
        (f"工作总结\n一、2018年工作总结\n{BODY}\n二、2019年工作思路", 2018),
        (f"工作总结\n{BODY}\n某区司法局\n2017年12月20日", 2017),
        (f"工作总结\n{BODY}\n比XX年增长", 0),
    ],
)
def test_year_reported_on(text: str, year: int) -> None:
    assert of(text).year == year


# ------------------------------------------------------------------- audience, front matter


def test_audience_of() -> None:
    public, staff = Defaults(audience=Audience.PUBLIC), Defaults(audience=Audience.STAFF)
    assert audience_of(Kind.WORK_SUMMARY, Defaults()) is Audience.STAFF
    assert audience_of(Kind.WORK_PLAN, Defaults()) is Audience.STAFF
    assert audience_of(Kind.WORK_SUMMARY, public) is Audience.PUBLIC
    assert audience_of(Kind.LAW, Defaults()) is Audience.PUBLIC
    assert audience_of(Kind.LAW, staff) is Audience.STAFF


@pytest.mark.parametrize(
    "mark", ["内部资料 注意保存", "（内部文件）", "内部使用", "内部文件，不得外传"]
)
def test_internal_marks(mark: str) -> None:
    text = f"{mark}\n关于示例的通知\n{BODY}"
    assert of(text).audience is Audience.STAFF
    assert any("文中标注" in note for note in of(text).notes)
    # Whatever the source says: as with front matter, a document may narrow who sees it.
    assert of(text, Defaults(audience=Audience.PUBLIC)).audience is Audience.STAFF
    assert of(f"关于示例的通知\n{BODY}").audience is Audience.PUBLIC


@pytest.mark.parametrize(
    ("default", "kind", "stated", "seen_by"),
    [
        (Audience.STAFF, "普法指南", "public", Audience.STAFF),
        (None, "工作总结", "public", Audience.STAFF),
        (Audience.PUBLIC, "工作总结", "public", Audience.PUBLIC),
        (Audience.PUBLIC, "普法指南", "staff", Audience.STAFF),
        (None, "普法指南", "staff", Audience.STAFF),
        (None, "普法指南", "Staff only", Audience.STAFF),
        (None, "普法指南", "public", Audience.PUBLIC),
    ],
)
def test_front_matter_never_widens_the_audience(
    default: Audience | None, kind: str, stated: str, seen_by: Audience
) -> None:
    meta = {"kind": kind, "audience": stated}
    assert of(f"示例\n{BODY}", Defaults(audience=default), meta=meta).audience is seen_by


def test_front_matter() -> None:
    meta = {
        "title": "自己的题名",
        "kind": "普法指南",
        "issuer": "示例区司法局",
        "region": "杭州市",
        "number": "示司发[2023]1号",
        "published": date(2023, 1, 2),
        "effective": "2023年3月4日",
        "expires": "2030-01-01",
        "year": "2022",
        "topics": ["租房", "“八五”普法", "没有这个专题"],
        "situation": "租房买房",
        "checked": date(2026, 11, 20),
    }
    found = of(f"# 别的题名\n{BODY}", meta=meta)
    assert found.title == "自己的题名"
    assert (found.kind, found.issuer, found.region) == (Kind.GUIDE, "示例区司法局", "浙江省杭州市")
    assert found.number == "示司发〔2023〕1号"
    assert (found.published, found.effective) == (date(2023, 1, 2), date(2023, 3, 4))
    assert (found.expires, found.year) == (date(2030, 1, 1), 2022)
    assert found.topics == ("房屋租赁", "八五普法")
    assert (found.situation, found.checked) == ("租房买房", date(2026, 11, 20))
    assert [note for note in found.notes if "未采用" in note] == [
        "文件头 topics：“没有这个专题”不是已有的主题，未采用"
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("published", "2023-02-30"),
        ("checked", "昨天"),
        ("kind", "小说"),
        ("year", "二十"),
        ("year", "99999"),
        ("audience", "everyone"),
    ],
)
def test_invalid_front_matter_is_noted_and_not_taken(key: str, value: str) -> None:
    found = of(f"示例\n{BODY}", meta={key: value})
    assert any(note.startswith(f"文件头 {key}：") for note in found.notes)
    assert (found.published, found.checked, found.year, found.kind) == (None, None, 0, Kind.OTHER)


def test_source_defaults() -> None:
    defaults = Defaults(kind=Kind.CASE, region="杭州市", issuer="示例法院")
    found = of(f"示例\n{BODY}", defaults)
    assert (found.kind, found.region, found.issuer) == (Kind.CASE, "浙江省杭州市", "示例法院")


# ------------------------------------------------------------------- any input

PIECES = st.sampled_from(
    [
        *"第条年月日号〔〕（）《》★①Ⅳ２²٣१\x00\ud800",
        "2023",
        "年工作总结",
        "自",
        "起施行",
        "有效期",
        "内部资料",
        "司法局",
        "关于",
    ]
)
TEXTS = st.text(max_size=60) | st.lists(PIECES, max_size=25).map("".join)
VALUES = TEXTS | st.lists(TEXTS, max_size=3) | st.dates()
KEYS = st.sampled_from(
    [
        "title",
        "kind",
        "issuer",
        "region",
        "number",
        "published",
        "expires",
        "year",
        "topics",
        "audience",
        "checked",
        "situation",
        "成文日期",
        "文号",
        "来源",
        "效力级别",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.builds(Block, TEXTS, st.integers(0, 9), st.integers(0, 6)), max_size=8),
    st.dictionaries(KEYS, VALUES, max_size=5),
    TEXTS,
    TEXTS,
    st.sampled_from(["txt", "md", "html"]),
)
def test_never_raises(
    blocks: list[Block],
    meta: dict[str, str | list[str] | date],
    title: str,
    relpath: str,
    form: str,
) -> None:
    extracted = Extracted(tuple(blocks), form, "utf-8", title, meta)
    found = describe(extracted, blocks, Defaults(relpath=relpath))
    assert found.title
    assert found.year == 0 or 1949 <= found.year <= 2100
    staff = describe(extracted, blocks, Defaults(audience=Audience.STAFF, relpath=relpath))
    assert staff.audience is Audience.STAFF


@pytest.mark.parametrize("piece", ["一", "2023年", "司法局", "（", "有效期", "我区", " ", "诉"])
def test_long_lines_take_no_time(piece: str) -> None:
    import time

    begin = time.perf_counter()
    of(piece * 200_000)
    of("\n".join([piece * 70] * 3_000))
    assert time.perf_counter() - begin < 2


# ------------------------------------------------------------------- files of the national database

ID = "2c909fdd678bf17901678bf5a5b30053"


def test_an_interpretation_behind_its_announcement() -> None:
    found = of(
        """
中华人民共和国最高人民法院
公 告
《最高人民法院关于审理示例案件若干问题的规定》已于2001年3月2日由审判委员会第1100次会议通过，现予公布，自2001年4月1日起施行。
2001年3月9日
最高人民法院
关于审理示例案件
若干问题的规定
法释〔2001〕9号
（2001年3月2日最高人民法院审判委员会第1100次会议通过）
第一条 为了示例，制定本规定。
第二条 依照示例办法处理。
"""
    )
    assert found.title == "最高人民法院关于审理示例案件若干问题的规定"
    assert (found.kind, found.issuer) == (Kind.INTERPRETATION, "最高人民法院")
    assert (found.number, found.region) == ("法释〔2001〕9号", "全国")
    assert (found.published, found.effective) == (date(2001, 3, 9), date(2001, 4, 1))


@pytest.mark.parametrize(
    ("title", "record", "kind", "issuer"),
    [
        ("某事办法", "（1990年1月2日国务院发布）", Kind.ADMINISTRATIVE_REGULATION, "国务院"),
        (
            "某事管理办法",
            "（1990年1月2日甲部令第2号发布 根据2011年1月8日《国务院关于废止和修改部分行政法规的决定》修订）",
            Kind.ADMINISTRATIVE_REGULATION,
            "国务院",
        ),
        (
            "某事登记条例",
            "（1958年1月9日全国人民代表大会常务委员会第九十一次会议通过）",
            Kind.LAW,
            "全国人民代表大会常务委员会",
        ),
        (
            "监察某事条例",
            "（2021年7月20日国家监察委员会全体会议决定）",
            Kind.SUPERVISION_REGULATION,
            "国家监察委员会",
        ),
        ("人民法院某事规则", "法释〔2021〕9号", Kind.INTERPRETATION, ""),
        ("工资某事暂行规定", "劳部发〔1994〕48号", Kind.DEPARTMENT_RULE, ""),
        ("某事规定", "（2001年3月9日示例部令第3号公布）", Kind.DEPARTMENT_RULE, "示例部"),
        ("示例市某事条例", "", Kind.LOCAL_REGULATION, ""),
        (
            "某事工作条例",
            "（2022年1月24日中共中央批准 2022年2月25日中共中央、国务院发布）",
            Kind.PARTY_REGULATION,
            "中共中央、国务院",
        ),
    ],
)
def test_kind_and_issuer_by_the_record(title: str, record: str, kind: Kind, issuer: str) -> None:
    found = of(f"{title}\n{record}\n第一条 为了示例。\n第二条 示例。")
    assert (found.kind, found.issuer) == (kind, issuer)


@pytest.mark.parametrize(
    ("title", "day", "kind"),
    [
        ("最高人民法院关于如何确定某事问题的批复", "1996年5月16日", Kind.INTERPRETATION),
        ("最高人民法院研究室关于某事的电话答复", "1991年5月16日", Kind.INTERPRETATION),
        ("最高人民法院关于做好某事工作的通知", "2015年5月16日", Kind.NORMATIVE_DOCUMENT),
    ],
)
def test_papers_of_the_courts(title: str, day: str, kind: Kind) -> None:
    assert of(f"{title}\n（{day}）\n某省高级人民法院：\n{BODY}").kind is kind


def test_what_a_database_names_is_weighed_with_the_text() -> None:
    record = "（2001年3月2日全国人民代表大会常务委员会第九次会议通过）"
    text = f"某法修正案\n{record}\n一、第三条修改为：“甲。”\n本修正案自公布之日起施行。"
    found = of(text, Defaults(relpath=f"某法修正案（2001年）_20010306_{ID}.docx"))
    assert found.title == "某法修正案（2001年）"
    assert (found.published, found.effective) == (date(2001, 3, 6), date(2001, 3, 6))
    found = of("某事办法\n第一条 甲。", Defaults(relpath=f"某事办法_20010306_{ID}.docx"))
    assert (found.kind, found.issuer) == (Kind.ADMINISTRATIVE_REGULATION, "国务院")
    assert of("某事办法\n第一条 甲。").kind is Kind.NORMATIVE_DOCUMENT


def test_an_amended_text_does_not_hold_before_it_was_amended() -> None:
    found = of("""
某事条例
（2001年3月9日国务院令第9号公布 根据2010年5月6日《国务院关于修改〈某事条例〉的决定》修订）
第一条 为了示例。
第二条 本条例自2001年4月1日起施行。
""")
    assert (found.published, found.effective) == (date(2010, 5, 6), date(2010, 5, 6))
    assert any("首次施行" in note for note in found.notes)


def test_tables_are_named_by_their_file() -> None:
    row = "序号：1；姓名：周某某；住址：甲街1号"
    assert of(row, Defaults(relpath="志愿者登记表.xlsx")).title == "志愿者登记表"


def test_a_zero_may_be_a_cyrillic_letter() -> None:
    found = of(f"关于某事的通知\n{BODY}\n某市司法局\n二\u041e二三年六月二日")
    assert found.published == date(2023, 6, 2)


def test_a_summary_by_its_first_sentence() -> None:
    found = of(
        f"2021年，我局扎实推进司法行政工作，我区没有积案。{BODY}\n二、2022年工作打算\n2022年，我局将继续普法。"
    )
    assert (found.kind, found.year, found.issuer) == (Kind.WORK_SUMMARY, 2021, "区司法局")
    assert found.title == "区司法局2021年工作总结和2022年工作打算（题名系推定）"
    assert found.audience is Audience.STAFF


def test_the_time_beside_a_label_is_no_source() -> None:
    meta = {"来源": "2024-03-05 13:43:45 来源:"}
    assert of(f"# 某事\n{BODY}", meta=meta, format="html").issuer == ""
