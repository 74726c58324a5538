"""Screenshots of every kind of page at two widths, in the usual and in other forms.

    python -m bench.screenshots FOLDER [--laws PATH …] [--forms usual,senior,dark]

Over the bundled corpus; --laws adds files or folders of statutes for the pages of laws.
"""

import argparse
from pathlib import Path
from typing import Any

from kb.documents import STATUTE_KINDS, Audience
from kb.knowledge.base import KnowledgeBase
from tests.support.serving import CORPUS, browsing

WIDTHS = {"wide": 1280, "phone": 360}
FORMS = ("usual", "senior", "dark")
LONGEST = 2_600
"""Pixels of a page that a picture shows."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--laws", type=Path, nargs="*", default=[])
    parser.add_argument("--forms", default=",".join(FORMS))
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    with browsing([CORPUS, *args.laws]) as (address, browser, base):
        for form in args.forms.split(","):
            for name, width in WIDTHS.items():
                take(browser, address, pages(base), args.folder, form=form, name=name, width=width)


def pages(base: KnowledgeBase) -> dict[str, str]:
    """A name for each kind of page, and an address of one."""
    guides = base.documents(Audience.PUBLIC, kind="普法指南")
    found = {
        "home": "/",
        "results": "/search?q=拖欠工资",
        "narrowed": "/search?q=社区矫正&kind=工作总结&year=2023",
        "empty": '/search?q="没有这样的话呀" 社区矫正&kind=普法指南',
        "topics": "/topics",
        "topic": "/topic/社区矫正",
        "period": "/topic/八五普法",
        "guides": "/guides",
        "situation": "/guides/劳动",
        "guide": f"/doc/{guides[0].id}?q=什么",
        "statistics": "/statistics",
        "about": "/about",
        "login": "/login",
        "api": "/api/v1/docs",
        "missing": "/nothing/here",
    }
    laws = [i for i in base.documents(Audience.PUBLIC) if i.kind in STATUTE_KINDS and i.work]
    if laws:
        law = max(laws, key=lambda i: i.passages)
        found |= {
            "law": f"/law/{law.work}",
            "article": f"/law/{law.work}/1",
            "no-article": f"/law/{law.work}/99999",
            "passages": f"/search/passages?doc={law.id}&q={law.work}",
        }
    return found


def take(
    browser: Any,
    address: str,
    paths: dict[str, str],
    folder: Path,
    *,
    form: str,
    name: str,
    width: int,
) -> None:
    scheme = "dark" if form == "dark" else "light"
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    if form == "senior":
        context.add_cookies([{"name": "display", "value": "senior", "url": address}])
    page = context.new_page()
    for key, path in paths.items():
        page.goto(path)
        height = page.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, LONGEST)}
        page.screenshot(path=folder / f"{key}-{name}-{form}.png", full_page=True, clip=clip)
    context.close()


if __name__ == "__main__":
    main()
