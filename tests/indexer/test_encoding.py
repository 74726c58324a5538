"""Reading bytes: every encoding Chinese documents come in, whole laws and eight-character titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.extract.encoding import REPLACED, declared_charset, decode, plausibility
from kb.errors import UnreadableError
from tests.support import real

TRADITIONAL = (
    "中華民國憲法",
    "勞動基準法施行細則",
    "法律扶助申請須知",
    "房東不退押金怎麼辦？",
    "臺灣地區與大陸地區人民關係條例",
    "本條例所稱主管機關：在中央為內政部；在直轄市為直轄市政府。",
    "關於進一步加強法治宣傳教育的意見，請各單位認真貫徹執行。",
)
SIMPLIFIED = (
    "社区矫正法实施办法",
    "租房押金不退怎么办",
    "刑法修正案（七）",
    "关于开展“八五”普法中期评估的通知",
    "XX区司法局2023年工作总结",
)


@pytest.mark.parametrize("text", SIMPLIFIED + TRADITIONAL)
@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("gb18030", "gb18030"),
    ],
)
def test_short_texts(text: str, codec: str, name: str) -> None:
    assert decode(text.encode(codec)) == (text, name)


@pytest.mark.parametrize("text", TRADITIONAL)
def test_big5(text: str) -> None:
    assert decode(text.encode("big5")) == (text, "big5-hkscs")
    assert decode(text.encode("big5"), "big5") == (text, "big5-hkscs")


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_gbk_and_gb2312_are_read_as_gb18030(text: str) -> None:
    assert decode(text.encode("gbk")) == (text, "gb18030")
    assert decode(text.encode("gb2312"), "gb2312") == (text, "gb18030")
    assert decode((text + "囧镕").encode("gb18030"), "gb2312") == (text + "囧镕", "gb18030")


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe\0\0", "utf-32-le"),
        (b"\0\0\xfe\xff", "utf-32-be"),
        (b"\x84\x31\x95\x33", "gb18030"),
    ],
)
def test_byte_order_marks(mark: bytes, codec: str) -> None:
    assert decode(mark + "第一条 ABC".encode(codec)) == ("第一条 ABC", codec)


def test_a_wrong_declaration_loses_against_the_content() -> None:
    text = SIMPLIFIED[3]
    assert decode(text.encode(), "gb2312") == (text, "utf-8")
    assert decode(text.encode("gb18030"), "utf-8") == (text, "gb18030")
    assert decode(text.encode("gb18030"), "iso-8859-1") == (text, "gb18030")
    assert decode(text.encode("gb18030"), "no-such-charset") == (text, "gb18030")


@pytest.mark.parametrize("text", ["学校通知", "学习小学校训", "统统通知同学"])
def test_gbk_that_is_also_valid_utf8(text: str) -> None:
    assert text.encode("gbk").decode("utf-8") != text  # Cyrillic and the like, without an error
    assert decode(text.encode("gbk")) == (text, "gb18030")


@pytest.mark.parametrize("text", ["A·B", "café é", "±5℃ §3", "x·y·z·w·v"])
def test_utf8_with_few_signs_stays_utf8(text: str) -> None:
    assert decode(text.encode()) == (text, "utf-8")


def test_cut_and_stray_bytes_are_noted() -> None:
    text = "社区矫正对象应当遵守法律。" * 400
    cut = text.encode()[:-1]
    assert decode(cut) == (text[:-1] + "\ufffd", "utf-8" + REPLACED)
    assert decode("普法工作总结。".encode()[:-2]) == ("普法工作总结\ufffd", "utf-8" + REPLACED)
    stray = text.encode() + b"\xff" + text.encode()
    assert decode(stray) == (text + "\ufffd" + text, "utf-8" + REPLACED)
    assert decode(text.encode("gb18030")[:-1])[1] == "gb18030" + REPLACED


def test_mostly_ascii_page_in_gbk_is_not_utf8_with_strays() -> None:
    page = b"<br>" * 20_000 + "法律援助".encode("gbk") + b"<br>" * 20_000
    text, name = decode(page)
    assert name == "gb18030"
    assert "法律援助" in text


@pytest.mark.parametrize("data", [bytes(range(256)) * 8, b"\0\1\2\3" * 100, b"\xff" * 99])
def test_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        decode(data)
    assert caught.value.reason in {"binary", "undecodable"}


@given(st.binary(max_size=300), st.sampled_from(["", "gb2312", "big5", "utf-16", "x"]))
def test_any_bytes_give_text_or_a_reason(data: bytes, declared: str) -> None:
    try:
        text, name = decode(data, declared)
    except UnreadableError as error:
        assert error.reason in {"binary", "undecodable"}
    else:
        assert isinstance(text, str)
        assert name


@pytest.mark.parametrize(
    ("page", "charset"),
    [
        (b'<html><meta charset="GBK">', "gbk"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312" />', "gb2312"),
        (b'<?xml version="1.0" encoding="Big5"?><html>', "big5"),
        (b"<p>charset</p>", ""),
        (b" " * 5000 + b"<meta charset=gbk>", ""),
    ],
)
def test_declared_charset(page: bytes, charset: str) -> None:
    assert declared_charset(page) == charset


def test_plausibility_tells_right_from_wrong() -> None:
    for text in SIMPLIFIED:
        wrong = text.encode("gb18030").decode("big5hkscs", "replace")
        assert plausibility(text) > 0.3 > plausibility(wrong)
    assert plausibility("") == 0.0
    assert plausibility("plain ASCII") == 0.5


@pytest.mark.parametrize("codec", ["gb18030", "utf-16", "utf-16-be", "utf-8-sig"])
def test_every_law_in_every_encoding(codec: str) -> None:
    for path in real.laws():
        text = path.read_text("utf-8")
        decoded, name = decode(text.encode(codec))
        assert decoded == text, path
        assert REPLACED not in name


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5hkscs"])
def test_every_title_in_every_encoding(codec: str) -> None:
    titles = {
        path.read_text("utf-8").split("\n", 1)[0].removeprefix("# ").strip() for path in real.laws()
    }
    tried = 0
    for title in titles | {title[:8] for title in titles if len(title) >= 8}:
        try:
            data = title.encode(codec)
        except UnicodeEncodeError:  # simplified titles in Big5
            continue
        tried += 1
        assert decode(data)[0] == title
    assert tried > 1000
