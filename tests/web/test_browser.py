"""The site in a real browser: by keyboard, on a phone, without JavaScript."""

import pytest

pytestmark = pytest.mark.browser


def _tab_to(page, selector: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"{selector} can't be reached by keyboard")


def _in_view(page, selector: str) -> bool:
    return page.evaluate(
        """selector => {
          const box = document.querySelector(selector).getBoundingClientRect();
          return box.top >= 0 && box.top < innerHeight * 0.8;
        }""",
        selector,
    )


def test_searching_by_keyboard(open_page):
    page = open_page("/about")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("房东不退押金怎么办")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.input_value("#q") == "房东不退押金怎么办"
    _tab_to(page, '.where a[href*="#p2"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/*#p2")
    assert _in_view(page, "#p2")
    assert page.locator("#p2 mark").count() > 0
    page.go_back()
    page.wait_for_url("**/search?q=*")


def test_the_skip_link_comes_first(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_suggestions_by_keyboard(open_page):
    page = open_page("/")
    page.click("#q")
    page.keyboard.type("示范民")
    page.wait_for_selector("#options li")
    assert page.get_attribute("#q", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "option0"
    assert page.get_attribute("#option0", "aria-selected") == "true"
    page.keyboard.press("Escape")
    assert page.get_attribute("#q", "aria-expanded") == "false"
    page.keyboard.type("法")
    page.wait_for_selector("#options li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/law/*")
    assert page.text_content("h1") == "中华人民共和国示范民法"


def test_suggestions_by_touch(open_page):
    page = open_page("/", viewport={"width": 360, "height": 740}, has_touch=True)
    page.tap("#q")
    page.keyboard.type("示范体")
    page.tap("#options li")
    page.wait_for_url("**/law/*")
    assert page.text_content("h1") == "中华人民共和国示范体育法"


def test_enter_of_an_input_method_does_not_submit(open_page):
    page = open_page("/")
    page.click("#q")
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition", {"text": "ya'jin", "selectionStart": 6, "selectionEnd": 6}
    )
    session.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229},
    )
    page.evaluate("document.querySelector('form.box').requestSubmit()")
    page.wait_for_timeout(300)
    assert page.evaluate("location.pathname") == "/"
    session.send("Input.insertText", {"text": "押金"})
    assert page.input_value("#q") == "押金"
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")


def test_copying_a_citation(open_page):
    page = open_page("/law/示范民法/8")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".cites .copy >> nth=0")
    assert page.evaluate("navigator.clipboard.readText()") == "《示范民法》第八条"
    page.goto("/law/示范民法")
    page.click("#a7 .copy")
    assert page.evaluate("navigator.clipboard.readText()") == "《示范民法》第七条"
    assert page.text_content("#a7 .copy").startswith("已复制")


def test_no_page_scrolls_sideways_on_a_phone(open_page, pages):
    page = open_page("/", viewport={"width": 360, "height": 740})
    for path in pages:
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, path


def test_touch_targets_and_type_on_a_phone(open_page):
    page = open_page("/search?q=押金", viewport={"width": 360, "height": 740})
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    spacing = page.evaluate(
        "(s => parseFloat(s.lineHeight) / parseFloat(s.fontSize))(getComputedStyle(document.body))"
    )
    assert spacing >= 1.6
    for selector in (".box button", "#q", ".narrow .button"):
        assert page.locator(selector).first.bounding_box()["height"] >= 44, selector


def test_filters_cover_a_phone_and_close(open_page):
    page = open_page(
        "/search?q=押金", viewport={"width": 360, "height": 740}, java_script_enabled=False
    )
    assert not page.is_visible("#filters")
    page.click(".narrow .button")
    assert page.is_visible("#filters")
    page.click('#filters a:has-text("普法指南")')
    assert not page.is_visible("#filters")
    assert page.locator("li.hit").count() == 1
    page.click(".narrow .button")
    page.click("#filters .side-head .button")
    assert not page.is_visible("#filters")


def test_without_javascript(open_page):
    page = open_page("/", java_script_enabled=False)
    page.fill("#q", "押金")
    page.press("#q", "Enter")
    page.wait_for_url("**/search?q=*")
    page.click('.facet a:has-text("法律")')
    assert page.locator("li.hit").count() >= 1
    page.click('.where a:has-text("第八条")')
    assert "返还押金" in page.text_content(".lone")
    assert page.is_visible(".cites .cite")
    page.fill("#article", "第六十条之一")
    page.press("#article", "Enter")
    page.wait_for_url("**/60-1")
    page.goto("/law/示范民法#a8")
    assert page.is_visible("#a8 .cite")
    assert not page.is_visible("#a7 .cite")
    assert page.locator(".copy >> visible=true").count() == 0
    assert page.locator(".finder >> visible=true").count() == 0
    assert page.locator(".keys >> visible=true").count() == 0


CONTRAST = """() => {
  const value = c => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => .2126 * value(r) + .7152 * value(g) + .0722 * value(b);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > .99) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const a = light(parse(getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(e.className + " " + e.textContent.trim().slice(0, 20) + " " + ratio);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(open_page, pages, scheme):
    """WCAG 2.2, 1.4.3: 4.5 to 1 for all text, in both colour schemes."""
    page = open_page("/", color_scheme=scheme)
    for path in pages:
        page.goto(path)
        assert page.evaluate(CONTRAST) == [], path
