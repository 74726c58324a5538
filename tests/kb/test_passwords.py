"""Passwords people choose are refused with a reason, those they should choose are not."""

import pytest

from kb.passwords import _list, weakness

COMMON = """
12345678 87654321 qwertyui a1234567 woaini1314 88888888 5201314a 1qaz2wsx Password1 P@ssw0rd passw0rd123
Admin@123 admin888 abc12345 abcd1234 11223344 12341234 abcabcabc asdfghjkl zxcvbnm123
19900101 20231231 zhang19900101
13800138000 wangwei123 zhangwei1990 WOAINI520 iloveyou1314 qwerty2024! 1q2w3e4r5t a1b2c3d4 q1w2e3r4 sunshine88
1357924680 aaaabbbb aaaaaaaa 147258369 password!! letmein123 beijing2008 sifaju2024 pufa12348 ilovey0u
我的密码123 为人民服务2024 管理员123456 aa123456
qq123456789 ｑｗｅｒｔｙｕｉ abcdefgh ABCDEFGH mnbvcxz1 09876543
""".split()

GOOD = """
correct-horse-battery 蓝鲸骑着自行车去上班 Tq7#mLw29xZp teapot.gravel.92.lumen
夜里的灯塔不说话 wobblingteapotgravel
Zebra7!quilt 清晨雾气漫过旧书店 k8Rv-pp3-xN4 yesterday-37-otters river2mountain&sky
""".split()


@pytest.mark.parametrize("password", COMMON)
def test_common_ones_are_refused(password: str) -> None:
    assert weakness(password)


@pytest.mark.parametrize("password", GOOD)
def test_good_ones_are_taken(password: str) -> None:
    assert weakness(password, ("王芳", "admin", "普法知识库", "某区司法局")) == ""


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("1234567", "8 到 256"),
        ("x1" * 200, "8 到 256"),
        ("84629173", "至少要 12"),
        ("ghtrwpqk", "至少要 12"),
        ("普普普普法法法法", "太少"),
        ("wang.min2024", "用户名"),
        ("nim.gnaw77", "用户名"),
        ("普法知识库2024", "名称"),
        ("某区司法局!9x", "名称"),
        ("Password2024", "太常见"),
    ],
)
def test_what_is_said(password: str, said: str) -> None:
    assert said in weakness(password, ("wang.min", "普法知识库", "某区司法局"))


def test_a_name_in_a_long_password_is_no_fault() -> None:
    assert weakness("wang.min-likes-blue-teapots", ("wang.min",)) == ""


def test_the_list() -> None:
    words = _list()
    assert len(words) >= 1500
    assert all(w == w.casefold() for w in words)
