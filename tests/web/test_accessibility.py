"""WCAG 2.2 AA by axe-core over every kind of page, as it is shown to different visitors."""

import pytest

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}}
FORMS = {
    "usual": {},
    "senior": {"storage_state": "senior"},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "senior-dark-phone": PHONE | {"color_scheme": "dark", "storage_state": "senior.huge.wide"},
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def axe():
    """axe-core, as its published package brings it; it runs beside the page, not in it."""
    module = pytest.importorskip("axe_playwright_python.sync_playwright")
    return module.Axe()


def display(site: str, words: str) -> dict:
    """The cookie of a visitor who has chosen how pages look."""
    cookie = {"name": "display", "value": words, "domain": "127.0.0.1", "path": "/"}
    more = {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
    return {"cookies": [cookie | more], "origins": []}


ALIKE = {
    *("/search", "/search?q=社区矫正&kind=规范性文件&sort=date", "/law/示范民法"),
    *("/law/示范民法/60-1", "/law/示范体育法/2?version=2010-03-01", "/law/示范收费办法"),
}
"""Pages that differ from others in what they say, not in how they look: tested in one form."""


@pytest.mark.parametrize("form", FORMS)
def test_no_violation(open_page, pages, axe, site, form):
    options = dict(FORMS[form])
    if "storage_state" in options:
        options["storage_state"] = display(site, options["storage_state"])
    page = open_page("/", **options)
    found = []
    for path in pages:
        if form != "usual" and path in ALIKE:
            continue
        page.goto(path)
        page.wait_for_selector("html.js")
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        answer = axe.run(page, options={"runOnly": TAGS, "resultTypes": ["violations"]}).response
        found += [
            (path, v["id"], [n["html"][:150] for n in v["nodes"][:2]]) for v in answer["violations"]
        ]
    assert not found


def test_the_open_parts_have_no_violation(open_page, axe):
    page = open_page("/law/示范民法?q=押金")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert axe.run(page, options={"runOnly": TAGS}).violations_count == 0
    page.keyboard.press("Escape")
    page.fill("#q", "")
    page.keyboard.type("示范")
    page.wait_for_selector("#options li")
    assert axe.run(page, options={"runOnly": TAGS}).violations_count == 0
