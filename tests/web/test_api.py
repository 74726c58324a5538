"""The JSON API: its shape, its errors, its own description."""

from html import unescape

import pytest

HIT = {
    *("id", "document_id", "title", "kind", "label", "heading", "path", "snippet", "url", "score"),
    *("year", "region", "issuer", "status", "topics"),
}


def test_search(client):
    answer = client.get("/api/v1/search", params={"q": "返还押金"}).json()
    assert {
        *("query", "understood", "expanded", "total", "took_ms", "hits", "facets", "suggestion")
    } <= set(answer)
    assert answer["query"] == "返还押金"
    assert answer["total"] == len(answer["hits"]) > 0
    law = next(h for h in answer["hits"] if h["title"] == "中华人民共和国示范民法")
    assert set(law) >= HIT
    assert law["label"] == "第八条"
    assert law["path"] == ["第二编 合同", "第二章 租赁合同"]
    assert law["kind"] == "法律"
    assert law["status"] == "现行有效"
    assert "<mark>押金</mark>" in law["snippet"]
    assert client.get(law["url"]).status_code == 200
    assert [v["value"] for v in answer["facets"]["kind"]]


def test_grouping(client):
    grouped = client.get("/api/v1/search?q=城市照明").json()
    hit = grouped["hits"][0]
    assert grouped["total"] == 1
    assert len(hit["passages"]) + 1 + hit["more"] == 51
    assert set(hit["passages"][0]) == {"id", "label", "heading", "path", "snippet", "url", "score"}
    single = client.get("/api/v1/search?q=城市照明&group=none&size=100").json()
    assert single["total"] == len(single["hits"]) == 51
    assert len({h["id"] for h in single["hits"]}) == 51
    assert {h["document_id"] for h in single["hits"]} == {hit["document_id"]}
    page = client.get("/api/v1/search?q=城市照明&group=none&size=20&page=3").json()
    assert [h["id"] for h in page["hits"]] == [h["id"] for h in single["hits"]][40:]


def test_repeated_parameters_are_alternatives(client):
    both = client.get("/api/v1/search?kind=法律&kind=普法指南").json()
    assert {h["kind"] for h in both["hits"]} == {"法律", "普法指南"}
    one = client.get("/api/v1/search?kind=法律&from=2022-01-01").json()
    assert [h["year"] for h in one["hits"]] == [2022]
    assert client.get("/api/v1/search?kind=没有这一类").json()["total"] == 0


def test_snippets_are_escaped(client):
    hit = client.get("/api/v1/search?q=宣传月活动").json()["hits"][0]
    assert "<script" not in hit["snippet"]
    plain = hit["snippet"].replace("<mark>", "").replace("</mark>", "")
    assert "<" not in plain
    assert "<script>alert(1)</script>安排 & 要求" in unescape(plain)


def test_documents(client):
    hit = client.get("/api/v1/search?q=返还押金&kind=法律").json()["hits"][0]
    document = client.get(f"/api/v1/documents/{hit['document_id']}").json()
    assert document["title"] == "中华人民共和国示范民法"
    assert document["published"] == "2021-05-01"
    assert document["work"] == "示范民法"
    passage = next(p for p in document["passages"] if p["article"] == "8")
    assert passage["label"] == "第八条"
    assert client.get(passage["url"]).status_code == 200


def test_suggestions(client):
    answer = client.get("/api/v1/suggest?q=示范").json()
    laws = {s["text"]: s for s in answer["suggestions"]}
    assert laws["示范民法"]["kind"] == "法律"
    assert client.get(laws["示范民法"]["url"]).status_code == 200
    assert client.get("/api/v1/suggest").json() == {"query": "", "suggestions": []}
    assert len(client.get("/api/v1/suggest?q=示范&size=1").json()["suggestions"]) == 1


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("search?page=0", 422, "page"),
        ("search?page=x", 422, "page"),
        ("search?page=99999999999", 422, "page"),
        ("search?size=1000000000", 422, "size"),
        ("search?from=garbage", 422, "from"),
        ("search?to=2024-02-30", 422, "to"),
        ("search?sort=random", 422, "sort"),
        ("search?group=x", 422, "group"),
        ("search?verbatim=maybe", 422, "verbatim"),
        ("search?q=" + "a" * 2_001, 422, "q"),
        ("search?kind=" + "a" * 101, 422, "kind"),
        ("search?" + "&".join(f"topic={n}" for n in range(21)), 422, "topic"),
        ("suggest?size=0", 422, "size"),
        ("documents/aaaaaaaaaaaa", 404, None),
        ("documents/a/b", 404, None),
        ("nothing", 404, None),
        ("", 404, None),
    ],
)
def test_errors_have_one_shape(client, path, status, field):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "field"}
    assert body["error"]["field"] == field
    assert body["error"]["message"]


def test_errors_beside_the_routes(client, monkeypatch):
    assert client.post("/api/v1/search").json()["error"]["code"] == "method_not_allowed"

    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(client.app.state.site.knowledge.__class__, "search", fail)
    response = client.get("/api/v1/search?q=a")
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal"
    assert "secret" not in response.text


def test_empty_parameters_are_none(client):
    assert client.get("/api/v1/search?q=押金&from=&to=&kind=").json()["total"] > 0


def test_openapi_describes_everything(client):
    description = client.get("/api/v1/openapi.json").json()
    assert set(description["paths"]) == {
        *("/api/v1/search", "/api/v1/documents/{id}", "/api/v1/suggest"),
        *("/api/v1/openapi.json", "/api/v1/docs"),
    }
    search = description["paths"]["/api/v1/search"]["get"]
    assert [p["name"] for p in search["parameters"]] == [
        *("q", "kind", "topic", "year", "region", "status", "issuer", "from", "to"),
        *("sort", "group", "page", "size", "verbatim", "drop"),
    ]
    error = search["responses"]["422"]["content"]["application/json"]["schema"]
    assert error["$ref"].endswith("/ErrorModel")
    assert "HTTPValidationError" not in description["components"]["schemas"]


def test_documentation_page(client, parse):
    soup = parse(client.get("/api/v1/docs"))
    text = soup.main.text
    for word in ("/api/v1/search", "/api/v1/documents/{id}", "snippet", "SearchModel", "verbatim"):
        assert word in text
