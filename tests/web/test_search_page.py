"""The result page: what was understood, facets, chips, paging, empty results."""

from urllib.parse import parse_qsl, urlsplit


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)


def test_hits_are_grouped_and_highlighted(client, parse):
    soup = parse(client.get("/search?q=返还押金"))
    hits = soup.select("ol.hits > li.hit")
    titles = [h.h2.text for h in hits]
    assert "中华人民共和国示范民法" in titles
    law = hits[titles.index("中华人民共和国示范民法")]
    assert law.select_one(".status").text == "现行有效"
    first = law.select_one(".passage")
    assert first.select_one(".where a").text == "第八条"
    assert "押金" in [m.text for m in first.select(".snippet mark")]
    link = first.select_one(".where a")["href"]
    assert link.startswith("/law/")
    assert ("q", "返还押金") in _query(link)
    page = parse(client.get(link))
    assert "押金" in [m.text for m in page.select(".lone mark")]


def test_the_form_keeps_the_query(client, parse):
    soup = parse(client.get("/search", params={"q": '"返还押金" -租赁物'}))
    form = soup.find("form", role="search")
    assert (form["action"], form["method"]) == ("/search", "get")
    assert form.find("input", attrs={"name": "q"})["value"] == '"返还押金" -租赁物'


def test_what_was_understood_can_be_taken_back(client, parse):
    soup = parse(client.get("/search?q=示范民法第八条"))
    chips = soup.select(".understood a.chip")
    assert any("第八条" in c.text for c in chips)
    article = next(c for c in chips if "第八条" in c.text)
    assert ("q", "示范民法第八条") in _query(article["href"])
    assert any(name == "drop" for name, _ in _query(article["href"]))
    after = parse(client.get(article["href"]))
    assert not any("第八条" in c.text for c in after.select(".understood a.chip"))
    restored = next(a for a in after.select(".understood a") if "drop" not in a["href"])
    assert any("第八条" in c.text for c in parse(client.get(restored["href"])).select("a.chip"))


def test_only_the_words_as_typed(client, parse):
    soup = parse(client.get("/search?q=房东不退押金"))
    exact = next(a for a in soup.select(".understood a") if ("verbatim", "1") in _query(a["href"]))
    after = parse(client.get(exact["href"]))
    assert not after.select(".understood a.chip")


def test_facets_narrow_and_chips_widen(client, parse):
    soup = parse(client.get("/search?q=押金&page=1"))
    choice = next(a for a in soup.select(".facet a") if ("kind", "普法指南") in _query(a["href"]))
    count = int(choice.select_one(".count").text)
    narrowed = parse(client.get(choice["href"]))
    assert len(narrowed.select("li.hit")) == count == 1
    chip = narrowed.select_one(".chosen a.chip")
    assert "普法指南" in chip.text
    assert "类别" in chip["aria-label"]
    selected = narrowed.select_one(".facet a.on")
    assert selected["aria-current"] == "true"
    widened = parse(client.get(chip["href"]))
    assert len(widened.select("li.hit")) == len(soup.select("li.hit"))


def test_several_values_of_a_facet(client, parse):
    soup = parse(client.get("/search?kind=法律&kind=普法指南"))
    assert {h.select_one(".kind").text for h in soup.select("li.hit")} == {"法律", "普法指南"}
    assert len(soup.select(".chosen a.chip")) == 2
    cleared = soup.select(".chosen a")[-1]
    assert not _query(cleared["href"])


def test_dates_narrow(client, parse):
    soup = parse(client.get("/search?q=体育&from=2020-01-01&to=2023-01-01"))
    assert [h.select_one(".status").text for h in soup.select("li.hit")] == ["现行有效"]
    form = soup.select_one("form.dates")
    assert form.find("input", attrs={"name": "from"})["value"] == "2020-01-01"
    assert form.find("input", attrs={"name": "q"})["value"] == "体育"
    assert len(soup.select(".chosen a.chip")) == 2


def test_sorting_by_date(client, parse):
    soup = parse(client.get("/search?kind=法律&sort=date"))
    years = [h.select_one(".meta").text for h in soup.select("li.hit")]
    assert "2022年6月24日" in years[0]
    assert "2010年3月1日" in years[-1]


def test_empty_results_say_what_to_try(client, parse):
    soup = parse(client.get("/search", params={"q": '"没有这样的话呀"', "kind": "法律"}))
    empty = soup.select_one(".empty")
    links = [a["href"] for a in empty.find_all("a")]
    assert any("kind=" not in link and link.startswith("/search?q=") for link in links)
    assert "/guides" in links
    assert "12348" in empty.text
    assert "引号" in empty.text


def test_nothing_asked(client, parse):
    soup = parse(client.get("/search"))
    assert not soup.select(".hit")
    assert soup.h1
    only_marks = parse(client.get("/search", params={"q": "？！。"}))
    assert only_marks.select_one(".notice")


def test_paging(client, parse, make_base, browse):
    from dataclasses import replace

    from kb.documents import Audience, Document, Kind, Passage

    one = Document("x", "t", Kind.NORMATIVE_DOCUMENT, Audience.PUBLIC, ())
    documents = [
        replace(
            one,
            id=f"paper{n:07d}",
            title=f"第{n}号通报",
            passages=(Passage("p1", "", (), f"消防演练第{n}场顺利完成。"),),
        )
        for n in range(47)
    ]
    site = browse(make_base(documents))
    soup = parse(site.get("/search?q=消防演练"))
    seen = [h.h2.text for h in soup.select("li.hit")]
    assert len(seen) == 10
    while (following := soup.select_one('.pages a[rel~="next"]')) is not None:
        soup = parse(site.get(following["href"]))
        seen += [h.h2.text for h in soup.select("li.hit")]
    assert sorted(seen) == sorted(d.title for d in documents)
    assert soup.select_one(".pages [aria-current=page]").text == "5"
    assert soup.select_one("ol.hits")["start"] == "41"
    beyond = parse(site.get("/search?q=消防演练&page=77"))
    assert "5" in beyond.select(".notice")[-1].text
    assert not beyond.select(".hit")
