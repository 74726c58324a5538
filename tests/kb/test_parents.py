"""Which law a regulation or interpretation carries out."""

import pytest

from kb import parents


@pytest.mark.parametrize(
    ("work", "laws"),
    [
        ("最高人民法院关于适用《民事诉讼法》的解释", ("民事诉讼法",)),
        ("最高人民法院关于适用《民法典》婚姻家庭编的解释（一）", ("民法典",)),
        ("最高人民法院关于适用公司法若干问题的规定", ("公司法",)),
        ("行政复议法实施条例", ("行政复议法",)),
        ("上海市实施《食品安全法》办法", ("食品安全法",)),
        ("劳动合同法", ()),
        ("最高人民法院关于审理买卖合同纠纷案件适用法律问题的解释", ()),
        ("最高人民法院关于适用刑法时间效力规定若干问题的解释", ("刑法",)),
    ],
)
def test_the_law_in_a_title(work: str, laws: tuple[str, ...]) -> None:
    assert parents.of(work) == laws
