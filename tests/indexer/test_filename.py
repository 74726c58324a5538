"""Names of files taken apart."""

from datetime import date

import pytest

from indexer.metadata.filename import Named, read

ID = "2c909fdd678bf17901678bf5a5b30053"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (f"a/某条例_20201229_{ID}.docx", Named("某条例", date(2020, 12, 29), True)),
        (f"某条例（失效）_20201229_{ID}.doc", Named("某条例", date(2020, 12, 29), True)),
        (
            f"某修正案（1988年）_19880412_{ID}.docx",
            Named("某修正案（1988年）", date(1988, 4, 12), True),
        ),
        (f"名字太长的规定_199_{ID}.docx", Named("名字太长的规定", None, True)),
        (
            f"最高人民法院_最高人民检察院关于甲的解释_{ID}.docx",
            Named("最高人民法院、最高人民检察院关于甲的解释", None, True),
        ),
        ("某条例(2020-12-29).md", Named("某条例", date(2020, 12, 29), False)),
        ("某条例 (1).docx", Named("某条例", None, False)),
        ("03_某办法.docx", Named("某办法", None, False)),
        ("2023公车管理规定.docx", Named("公车管理规定", None, False)),
        ("2023年工作总结.docx", Named("2023年工作总结", None, False)),
        ("某条例_20201329.docx", Named("某条例 20201329", None, False)),
        ("", Named("", None, False)),
    ],
)
def test_names(path: str, named: Named) -> None:
    assert read(path) == named
