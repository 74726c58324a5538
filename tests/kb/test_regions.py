"""Regions of issuers and titles, and their agreement with the folders of the real local laws."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import regions
from kb.errors import ConfigError
from tests.support import real

# Their titles name no place; only the record of adoption does.
NAMELESS = {
    "关于议案的若干暂行规定",
    "关于市人民政府向市人民代表大会常务委员会报告重大事项的若干规定",
}


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("浙江省司法厅", "浙江省"),
        ("杭州市司法局", "浙江省杭州市"),
        ("浙江省 杭州市人民政府", "浙江省杭州市"),
        ("浙江省杭州市余杭区司法局", "浙江省杭州市"),
        ("北京市海淀区司法局", "北京市"),
        ("上海市浦东新区司法局", "上海市"),
        ("内蒙古司法厅", "内蒙古自治区"),
        ("广西壮族自治区南宁市", "广西壮族自治区南宁市"),
        ("吉林省司法厅", "吉林省"),
        ("吉林市司法局", "吉林省吉林市"),
        ("深圳经济特区示例条例", "广东省深圳市"),
        ("海南经济特区示例条例", "海南省"),
        ("海南藏族自治州示例条例", "青海省海南藏族自治州"),
        ("景宁畲族自治县示例条例", "浙江省景宁畲族自治县"),
        ("恩施土家族苗族自治州人民代表大会", "湖北省恩施土家族苗族自治州"),
        ("中国（上海）自由贸易试验区条例", "上海市"),
        ("宁波大榭开发区条例", "浙江省宁波市"),
        ("关于印发《宁波市示例办法》的通知", "浙江省宁波市"),
        ("义乌国际贸易综合改革试验区条例", "浙江省"),
        ("最高人民法院关于北京金融法院案件管辖的规定", ""),
        ("中华人民共和国示例法", ""),
        ("国务院关于鼓励投资开发海南岛的规定", ""),
        ("XX区司法局", ""),
        ("某某市司法局", ""),
        ("白银市场管理", ""),
        ("大同社会", ""),
        ("", ""),
    ],
)
def test_find_region(text: str, region: str) -> None:
    assert regions.find_region(text) == region


def test_every_region_is_found_by_its_own_form() -> None:
    for province in regions.gazetteer().provinces:
        below = [f"{c}市" for c in province.cities] + [*province.prefectures, *province.counties]
        assert regions.find_region(province.name) == province.name
        for name in below:
            assert regions.find_region(name) == province.name + name
            assert regions.find_region(province.name + name) == province.name + name
            assert regions.province_of(province.name + name) == province.name


def test_how_many() -> None:
    provinces = regions.gazetteer().provinces
    assert len(provinces) == 34
    assert 290 <= sum(len(p.cities) for p in provinces) <= 295
    assert sum(n.endswith("自治州") for p in provinces for n in p.prefectures) == 30
    assert sum(len(p.counties) for p in provinces) == 120


def test_titles_of_the_real_local_laws_agree_with_their_folders() -> None:
    nameless = set()
    for path in real.LAWS_LOCAL.files():
        with path.open(encoding="utf-8") as file:
            title = file.readline().lstrip("# ").strip()
        region = regions.find_region(title)
        if region:
            assert region.startswith(path.parent.name), title
        else:
            nameless.add(title)
    assert nameless == NAMELESS


@given(st.text(max_size=500))
def test_never_raises(text: str) -> None:
    region = regions.find_region(text)
    assert region == "" or regions.province_of(region)


PROVINCE = '[[province]]\nname = "甲省"\nshort = "甲地"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "TOML"),
        ("national = []", "province"),
        (PROVINCE + "towns = []", "towns"),
        (PROVINCE.replace('"甲地"', '""'), "short"),
        (PROVINCE + "cities = [1]", "cities"),
        (PROVINCE + 'cities = ["乙", "乙"]', "重复"),
    ],
)
def test_loader_names_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "regions.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        regions.load(path)
    assert str(path) in str(caught.value)
