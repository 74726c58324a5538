"""What pages cost in a browser: bytes, requests, first content, movement.

    python -m bench.page_budget [--laws PATH …] [--rounds 5]

Over the bundled corpus, on loopback, nothing cached, the processor slowed four times, as a phone of
the lower middle range. The browser shares this machine with the server.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from bench.machine import save
from tests.support.serving import CORPUS, browsing

SLOWDOWN = 4
LIMITS = {"kilobytes": 100.0, "requests": 6, "first_content_ms": 500.0, "shift": 0.01}
PATHS = {
    "results": "/search?q=拖欠工资",
    "narrowed": "/search?q=社区矫正&kind=工作总结",
    "home": "/",
    "topic": "/topic/社区矫正",
    "statistics": "/statistics",
}
MEASURED = """() => new Promise(resolve => {
  let shift = 0, painted = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver(list => {
    for (const entry of list.getEntriesByName("first-contentful-paint")) painted = entry.startTime;
  }).observe({ type: "paint", buffered: true });
  setTimeout(() => resolve([painted, shift]), 500);
})"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--laws", type=Path, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with browsing([CORPUS, *args.laws]) as (address, browser, _):
        figures = {
            name: summary([visit(browser, address, path) for _ in range(args.rounds + 1)][1:])
            for name, path in PATHS.items()
        }
    load = round(os.getloadavg()[0], 1)
    save(
        "page_budget",
        {"load_average": load, "slowdown": SLOWDOWN, "limits": LIMITS, "pages": figures},
    )
    over = [
        f"{name}: {key} {page[key]} > {limit}"
        for name, page in figures.items()
        for key, limit in LIMITS.items()
        if page[key] > limit
    ]
    if over:
        sys.exit("\n".join(over))


def visit(browser: Any, address: str, path: str) -> dict[str, float]:
    """One visit with an empty cache. Bytes are those of the bodies as they are used, uncompressed."""
    context = browser.new_context(base_url=address, viewport={"width": 360, "height": 740})
    page = context.new_page()
    # The browser is open already; of the site nothing has been loaded.
    page.goto("/healthz")
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto(path)
    painted, shift = page.evaluate(MEASURED)
    page.wait_for_load_state("networkidle")
    context.close()
    return {
        "kilobytes": sum(sizes) / 1_000,
        "requests": len(sizes),
        "first_content_ms": painted,
        "shift": shift,
    }


def summary(visits: list[dict[str, float]]) -> dict[str, float]:
    """Medians; of movement the worst."""
    figures = {key: round(statistics.median(v[key] for v in visits), 3) for key in visits[0]}
    return figures | {"shift": round(max(v["shift"] for v in visits), 4)}


if __name__ == "__main__":
    main()
