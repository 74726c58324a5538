"""Reading in a real browser: contents that follow, finding in the text, keys, more on demand."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def expect(browser):
    """Playwright's assertions, which wait."""
    from playwright.sync_api import expect

    return expect


def test_the_contents_follow_the_reader(open_page, expect):
    page = open_page("/law/示范民法", viewport={"width": 1200, "height": 700})
    current = page.locator('.contents [aria-current="true"]')
    expect(current).to_have_text("第一编 总则")
    page.evaluate("document.getElementById('a40').scrollIntoView()")
    expect(current).to_have_text("第二章 租赁合同")
    page.evaluate("scrollTo(0, 0)")
    expect(current).to_have_text("第一编 总则")


def test_finding_in_the_text(open_page, expect):
    page = open_page("/law/示范民法")
    found = page.locator(".finder output")
    page.fill("#find", "养护单位")
    expect(found).to_have_text("1 / 51")
    page.press("#find", "Enter")
    first = page.evaluate("scrollY")
    page.press("#find", "Enter")
    expect(found).to_have_text("2 / 51")
    page.press("#find", "Shift+Enter")
    expect(found).to_have_text("1 / 51")
    page.click(".finder [data-back]")
    expect(found).to_have_text("51 / 51")
    assert page.evaluate("scrollY") > first
    page.click('.finder [type="submit"]')
    expect(found).to_have_text("1 / 51")
    page.fill("#find", "没有这些字")
    page.press("#find", "Enter")
    expect(found).to_have_text("没有找到")


def _found(page) -> str:
    return page.text_content(".finder output")


def test_words_looked_for_can_be_walked_through(open_page):
    page = open_page("/law/示范民法?q=押金")
    assert page.input_value("#find") == "押金"
    assert _found(page) == "1 / 1"
    page.click('.finder [type="submit"]')
    assert page.evaluate(
        "(b => b.top > 0 && b.top < innerHeight)"
        "(document.querySelector('#a8 mark').getBoundingClientRect())"
    )
    page.fill("#find", "返还押金")
    page.press("#find", "Enter")
    assert _found(page) == "1 / 1"
    question = open_page("/law/示范民法?q=房东不退押金怎么办")
    assert question.input_value("#find") == "房东不退押金怎么办"
    assert int(_found(question).split(" / ")[1]) == question.locator(".p mark").count() > 0


def test_every_citation_can_be_copied(open_page, pages):
    guide = next(p for p in pages if p.startswith("/doc/"))
    page = open_page(guide)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert page.locator(".p .copy >> visible=true").count() == page.locator(".p").count() == 2
    page.click("#p2 .copy")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "《租房退押金指南》“房东不退押金怎么办？”"


def test_without_the_right_to_copy_the_citation_is_shown(open_page):
    page = open_page("/law/示范民法")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error('no')); }")
    page.click("#a8 .copy")
    page.wait_for_selector("#a8 .cite.shown")
    assert page.evaluate("String(getSelection())").strip() == "《示范民法》第八条"


def test_more_passages_open_in_place(open_page, expect):
    page = open_page("/search?q=城市照明")
    before = page.locator(".passage").count()
    page.click("a.expand")
    expect(page.locator(".passage")).to_have_count(51)
    assert before < 51
    assert page.locator("a.expand").count() == 0
    assert "/search?" in page.url
    plain = open_page("/search?q=城市照明", java_script_enabled=False)
    plain.click("a.expand")
    assert plain.locator(".passage").count() == 51


def test_the_keys_are_shown_and_can_be_turned_off(open_page):
    page = open_page("/about")
    page.keyboard.press("?")
    assert page.is_visible("dialog")
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog")
    page.click(".foot .keys")
    page.check("#keys-off")
    page.click("dialog button")
    assert not page.is_visible("dialog")
    page.keyboard.press("?")
    page.keyboard.press("/")
    assert not page.is_visible("dialog")
    assert page.evaluate("document.activeElement.id") != "q"
    page.reload()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "q"
    page.click("#q")
    page.keyboard.type("/?")
    assert page.input_value("#q") == "/?"


def test_the_back_button_goes_back(open_page):
    page = open_page("/search?q=押金")
    page.click('.facet a:has-text("普法指南")')
    page.wait_for_url("**kind=*")
    narrowed = page.url
    page.click(".hit h2 a")
    page.wait_for_url("**/doc/*")
    page.go_back()
    assert page.url == narrowed
    assert page.locator("li.hit").count() == 1
    page.go_back()
    assert page.locator("li.hit").count() == 2
    assert page.input_value("#q") == "押金"
    page.go_forward()
    assert page.url == narrowed


def test_the_senior_mode_without_javascript(open_page):
    page = open_page(
        "/search?q=押金", viewport={"width": 360, "height": 740}, java_script_enabled=False
    )
    usual = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.click('.mode button[value="senior"]')
    assert page.locator("li.hit").count() == 2
    large = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert large >= 22 > usual
    page.click('.mode button[value="larger"]')
    page.click('.mode button[value="wide"]')
    style = page.evaluate(
        "(s => [parseFloat(s.fontSize), parseFloat(s.lineHeight)])(getComputedStyle(document.body))"
    )
    assert style[0] > large
    assert style[1] / style[0] > 2
    page.click(".hit h2 a >> nth=0")
    assert "senior" in page.get_attribute("html", "class")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_large_type_never_scrolls_sideways(open_page, site, pages):
    cookie = {"name": "display", "value": "senior.huge.wide", "url": site}
    page = open_page("/", viewport={"width": 360, "height": 740})
    page.context.add_cookies([cookie])
    for path in pages:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_print_has_the_text_alone(open_page):
    page = open_page("/law/示范民法?q=押金")
    page.emulate_media(media="print")
    assert page.is_visible("#a8 p >> nth=1")
    for selector in ("header.top", "footer.foot", ".finder", ".toolbar", ".copy >> nth=0", ".side"):
        assert not page.is_visible(selector), selector
