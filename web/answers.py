"""The answers of the JSON API: their fields, as the OpenAPI document describes them."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from kb.documents import Kind, Status


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UnderstoodModel(Model):
    """从查询中理解出的一项"""

    id: str = Field(description="用于 drop 参数取消这一项")
    type: str
    text: str = Field(description="查询中的原文")
    value: str = Field(description="理解成什么")
    effect: str


class ExpandedModel(Model):
    """为查询词添加的法律用语"""

    word: str
    terms: list[str]


class NoticeModel(Model):
    code: str
    text: str


_STATUS_TEXT = "时效性的显示文字：现行有效、截至2025年4月有效、时效未核实等"
_STATUS_AS_OF = "时效性已知到何日"
_STATUS_CONFIRMED = "现行有效是否在设置 status_months 的月数以内核实过；其他状态总是 true"


class PassageHitModel(Model):
    """文件中的一处相关内容"""

    id: str
    label: str
    heading: str = Field(description="条标，本站所加，不是法律原文；没有则为空")
    path: list[str]
    snippet: str = Field(description="已转义的 HTML 片段，命中词在 <mark> 中")
    url: str
    score: float = Field(description="相关程度，0 至 1，整个结果中最相关的一条为 1")


class EvidenceModel(Model):
    """时效性的一项依据"""

    kind: str = Field(description="source 来源、version 新版本、change 修改或废止、list 目录等")
    text: str
    as_of: date | None = Field(description="所说的是何日的情况")


class HitModel(PassageHitModel):
    """一条结果：文件中最相关的一处，及文件的信息"""

    document_id: str
    title: str
    kind: Kind
    year: int | None
    region: str
    issuer: str
    status: Status | None
    status_text: str = Field(description=_STATUS_TEXT)
    status_as_of: date | None = Field(description=_STATUS_AS_OF)
    status_confirmed: bool = Field(description=_STATUS_CONFIRMED)
    status_note: str
    topics: list[str]
    passages: list[PassageHitModel] = Field(description="同一文件的其他相关内容（分组时）")
    more: int = Field(description="未列出的相关内容条数")


class FacetValueModel(Model):
    value: str
    count: int
    selected: bool


class SearchModel(Model):
    """搜索结果"""

    query: str
    understood: list[UnderstoodModel]
    expanded: list[ExpandedModel]
    total: int = Field(description="分组时为文件数，不分组时为内容条数")
    took_ms: float
    hits: list[HitModel]
    facets: dict[str, list[FacetValueModel]]
    suggestion: str = Field(description="您是不是要找，没有则为空")
    notices: list[NoticeModel]
    relaxed: bool = Field(description="没有内容包含全部词语，结果只包含其中一部分")


class PassageModel(Model):
    """文件的一段或一条"""

    anchor: str
    label: str
    heading: str = Field(description="条标，本站所加，不是法律原文；没有则为空")
    questions: list[str] = Field(description="这一条常用来回答的问题，本站所写")
    path: list[str]
    text: str
    kind: str
    article: str = Field(description="条文编号，如 1043、120-1；不是条文则为空")
    url: str


class AlikeModel(Model):
    """内容相同或相近的另一个文件"""

    id: str
    title: str
    issuer: str
    published: date | None
    length: int = Field(description="正文字数，不含 XX 等隐去的部分")
    url: str


class OriginModel(Model):
    """文件的一处来源"""

    source: str = Field(description="来源的名称")
    place: str = Field(description="来源中的路径，或网址")
    url: str = Field(description="网址；不是网页则为空")


class DocumentModel(Model):
    """一个文件的信息和全部内容"""

    id: str
    version: str
    title: str
    kind: Kind
    work: str
    issuer: str
    region: str
    number: str
    published: date | None
    effective: date | None
    expires: date | None
    year: int | None
    status: Status | None
    status_text: str = Field(description=_STATUS_TEXT)
    status_as_of: date | None = Field(description=_STATUS_AS_OF)
    status_confirmed: bool = Field(description=_STATUS_CONFIRMED)
    status_note: str
    evidence: list[EvidenceModel] = Field(description="时效性的依据")
    topics: list[str]
    situation: str
    checked: date | None
    as_of: date | None
    url: str
    alike: list[AlikeModel] = Field(description="内容相同或相近的文件，最完整的在前")
    sources: list[OriginModel] = Field(description="文件的来源；同一文本可有多处")
    passages: list[PassageModel]


class SuggestionModel(Model):
    text: str
    kind: str
    url: str


class SuggestModel(Model):
    """搜索建议"""

    query: str
    suggestions: list[SuggestionModel]


class Fault(Model):
    code: str
    message: str
    field: str | None = Field(description="有问题的参数")


class ErrorModel(Model):
    """出错时的返回"""

    error: Fault
