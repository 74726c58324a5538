"""What a page costs: bytes, requests, movement. Times are measured by bench/page_budget.py."""

import pytest

pytestmark = pytest.mark.browser

KILOBYTES = 100
REQUESTS = 6
SHIFTS = """() => new Promise(resolve => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 300);
})"""


@pytest.mark.parametrize(
    "path", ["/search?q=押金", "/search?q=城市照明&kind=法律", "/", "/law/示范民法"]
)
def test_weight_and_requests(open_page, path):
    sizes: list[int] = []
    page = open_page("/healthz")
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert 3 <= len(sizes) <= REQUESTS
    assert sum(sizes) <= KILOBYTES * 1_000


@pytest.mark.parametrize(
    "viewport", [{"width": 1280, "height": 900}, {"width": 360, "height": 740}]
)
def test_nothing_moves_while_a_page_loads(open_page, pages, viewport):
    page = open_page("/about", viewport=viewport)
    for path in ("/", "/search?q=押金", "/law/示范民法?q=押金", "/law/示范民法/8", "/statistics"):
        page.goto(path)
        page.wait_for_selector("html.js")
        assert page.evaluate(SHIFTS) < 0.01, path
