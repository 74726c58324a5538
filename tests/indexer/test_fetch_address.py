"""Addresses: one form for each, and what they tell."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.fetch import address


@pytest.mark.parametrize(
    ("given_as", "form"),
    [
        ("HTTP://SFJ.Example.Gov.CN:80/a#x", "http://sfj.example.gov.cn/a"),
        ("https://a.cn:443", "https://a.cn/"),
        ("https://a.cn:8443/x", "https://a.cn:8443/x"),
        ("/art/1.html", "http://b.cn/art/1.html"),
        ("2.html", "http://b.cn/list/2.html"),
        ("//c.cn/3", "http://c.cn/3"),
        ("?page=2", "http://b.cn/list/?page=2"),
        ("http://b.cn/a/./b/../c", "http://b.cn/a/c"),
        ("http://b.cn/../../x", "http://b.cn/x"),
        ("http://b.cn/通知 1.docx", "http://b.cn/%E9%80%9A%E7%9F%A5%201.docx"),
        ("http://b.cn/%E9%80%9A", "http://b.cn/%E9%80%9A"),
        ("http://b.cn/a?id=1&utm_source=x&spm=2", "http://b.cn/a?id=1"),
        ("http://b.cn/a?utm_source=x", "http://b.cn/a"),
        ("http://b.cn/a?id=a%20b&c", "http://b.cn/a?id=a%20b&c"),
        ("http://b.cn/a;jsessionid=F00?x=1", "http://b.cn/a?x=1"),
        ("http://例子.测试/", "http://xn--fsqu00a.xn--0zwm56d/"),
        ("http://b.cn./x", "http://b.cn/x"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("javascript:alert(1)", ""),
        ("mailto:a@b.cn", ""),
        ("file:///etc/passwd", ""),
        ("ftp://b.cn/x", ""),
        ("data:text/html,x", ""),
        ("http://", ""),
        ("http:///x", ""),
        ("https:x", ""),
        ("http://user:pw@b.cn/", ""),
        ("http://b.cn:99999/", ""),
        ("http://[::1/", ""),
        ("http://b.cn/\nx", "http://b.cn/x"),
    ],
)
def test_one_form(given_as: str, form: str) -> None:
    assert address.normal(given_as, "http://b.cn/list/") == form


@given(st.text(max_size=60), st.sampled_from(["", "http://b.cn/list/", "https://b.cn/a?x=1"]))
def test_any_text_gives_an_address_or_nothing(text: str, base: str) -> None:
    for prefix in ("", "http://", "http://b.cn/", "//"):
        found = address.normal(prefix + text, base)
        assert found == "" or found.startswith(("http://", "https://"))
        assert found.isascii()
        assert address.normal(found) == found


def test_what_means_the_same_has_the_same_key() -> None:
    same = ("http://b.cn/a", "https://b.cn/a", "http://b.cn/a/")
    assert len({address.key(a) for a in same}) == 1
    other = ("http://b.cn/a?x=1", "http://b.cn/b", "http://c.cn/a", "http://b.cn:8080/a")
    assert len({address.key(a) for a in (*same, *other)}) == 5


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("sft.zj.gov.cn", "zj.gov.cn"),
        ("zj.gov.cn", "zj.gov.cn"),
        ("www.npc.gov.cn", "npc.gov.cn"),
        ("wb.flk.npc.gov.cn", "npc.gov.cn"),
        ("www.legaldaily.com.cn", "legaldaily.com.cn"),
        ("img.example.com", "example.com"),
        ("10.1.2.3", "10.1.2.3"),
        ("localhost", "localhost"),
    ],
)
def test_registered_sites(name: str, site: str) -> None:
    assert address.site(f"https://{name}/x") == site


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/art/2024/5/17/art_1_2.html", date(2024, 5, 17)),
        ("/xw/202405/t20240517_123.html", date(2024, 5, 17)),
        ("/xw/202405/123.html", date(2024, 5, 1)),
        ("/2024-05-17/x.html", date(2024, 5, 17)),
        ("/2024/05/x.html", date(2024, 5, 1)),
        ("/col/col1229/20241345.html", None),
        ("/art/123456789012.html", None),
        ("/20240231/x.html", None),
        ("/x.html", None),
    ],
)
def test_dates_in_addresses(path: str, day: date | None) -> None:
    assert address.date_of(f"http://b.cn{path}") == day


def test_dates_in_words() -> None:
    for text in ("关于 2024-05-17", "[2024年5月17日]", "2024/5/17 08:00", "2024.05.17"):
        assert address.date_in(text) == date(2024, 5, 17)
    assert address.date_in("2024-13-01 2024年") is None


def test_front_pages() -> None:
    for home in ("http://b.cn/", "http://b.cn/index.html", "http://b.cn/Default.aspx"):
        assert address.is_home(home)
    for other in ("http://b.cn/a/", "http://b.cn/?id=1", "http://b.cn/a/index.html"):
        assert not address.is_home(other)
