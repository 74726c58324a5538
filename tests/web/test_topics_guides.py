"""Home, topics, guides and about."""


def test_home(client, parse):
    soup = parse(client.get("/"))
    assert soup.select_one("form.box input[name=q]")
    topics = {a.text: a["href"] for a in soup.select(".map a")}
    assert "房屋租赁" in topics
    assert "社区矫正" not in topics
    situation = soup.select_one(".cards a")
    assert situation.b.text == "租房买房"
    numbers = [a.text for a in soup.select(".phones a")]
    assert numbers[:3] == ["12348", "12345", "110"]
    assert soup.select_one('.phones a[href="tel:12348"]')
    newest = [a.text for a in soup.select(".list > li > a")]
    assert "租房退押金指南" in newest
    assert "某区司法局2023年工作总结" not in newest
    assert "示范区司法局" in soup.footer.text


def test_topic(client, parse):
    soup = parse(client.get("/topic/房屋租赁"))
    assert soup.h1.text == "房屋租赁"
    assert soup.select_one(".lead").text
    assert soup.select_one(".list > li > a").text == "租房退押金指南"
    rows = {r.th.text.strip(): r.select_one(".number").text for r in soup.select(".bars tbody tr")}
    assert rows["普法指南"] == "1"
    assert soup.select_one('form[role=search] input[name=topic][value="房屋租赁"]')
    assert client.get("/topic/没有这个主题").status_code == 404


def test_a_period_knows_its_years_and_successor(client, parse):
    soup = parse(client.get("/topic/八五普法"))
    text = soup.main.text
    assert "2021年至2025年" in text
    assert "九五普法" in text


def test_guides(client, parse):
    soup = parse(client.get("/guides"))
    assert [h.text for h in soup.select("main h2")] == ["租房买房"]
    assert client.get("/guides/租房买房").status_code == 200
    assert client.get("/guides/没有").status_code == 404


def test_about(client, parse, staff):
    counts = {
        r.th.text.strip(): int(r.select_one(".number").text)
        for r in parse(client.get("/about")).select(".bars tbody tr")
    }
    assert counts["法律"] == 3
    assert "工作总结" not in counts
    assert "工作总结" in parse(staff.get("/about")).select_one(".bars").text
