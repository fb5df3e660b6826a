from pathlib import Path

import msgspec

from outlay.access.keys import NewKey
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from tests.keys import issued
from tests.web.site import NOW, Site, open_site

EVENT = {"id": "a", "provider": "openai", "model": "gpt-4o", "team": "core", "tokens": {"input": 10, "output": 1}}


def test_it_says_that_it_lives_and_can_take_work(site: Site) -> None:
    assert site.client.get("/healthz").text == "ok\n"
    assert site.client.get("/readyz").text == "ready\n"


def test_metrics_show_money_only_to_those_who_may_read_it(site: Site) -> None:
    headers = site.key("app")
    body = msgspec.json.encode([EVENT, EVENT, EVENT | {"id": "b", "model": "unheard-of"}, 5])
    site.client.post("/v1/events", content=body, headers=headers | {"content-type": "application/json"})
    everyone = site.client.get("/metrics").text
    assert 'outlay_ingest_events_total{result="stored",source="api"} 2.0' in everyone
    assert 'outlay_ingest_events_total{result="duplicate",source="api"} 1.0' in everyone
    assert 'outlay_ingest_events_total{result="rejected",source="api"} 1.0' in everyone
    assert "cost_usd" not in everyone
    reader = site.client.get("/metrics", headers=headers).text
    assert 'outlay_cost_usd_total{model="gpt-4o",provider="openai",team="core"} 3.5e-05' in reader
    assert 'outlay_tokens_total{model="gpt-4o",provider="openai",type="input_uncached"} 10.0' in reader
    assert "outlay_unpriced_requests_total 1.0" in reader
    bound = site.client.get("/metrics", headers=site.key("one", user="ann")).text
    assert "cost_usd" not in bound


def test_metrics_of_one_organisation_show_nothing_of_another(site: Site) -> None:
    site.client.post("/v1/events", json=EVENT, headers=site.key("app"))
    create_organisation(site.outlay.control, "other", "Other", "UTC", SYSTEM, NOW)
    _, other = issued(site.outlay.control, "other", NewKey(name="app"), NOW)
    metrics = site.client.get("/metrics", headers={"x-api-key": other}).text
    assert "outlay_unpriced_requests_total 0.0" in metrics
    assert "core" not in metrics
    assert "gpt-4o" not in metrics


def test_a_refused_method_is_told_which_are_allowed(site: Site) -> None:
    for method, path, allowed in (("DELETE", "/v1/events", {"POST"}), ("OPTIONS", "/api/v1/usage", {"GET", "HEAD"})):
        answer = site.client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_refused")
        assert set(answer.headers["allow"].split(", ")) == allowed


def test_a_slash_too_many_leads_nowhere(tmp_path: Path) -> None:
    with open_site(tmp_path / "data", root_path="/tools/outlay") as site:
        for path in ("/tools/outlay/consumption/", "/v1/events/", "//evil.example/consumption/"):
            assert site.client.get(f"http://testserver{path}").status_code == 404


def test_every_answer_carries_what_keeps_browsers_safe(site: Site) -> None:
    for path in ("/healthz", "/nowhere", "/api/v1/usage"):
        headers = site.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"].startswith("req_")


def test_static_files_are_compressed_and_cached_for_ever_by_their_hash(site: Site) -> None:
    found = site.client.get("/static/app.css?v=1", headers={"accept-encoding": "gzip"})
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.headers["content-encoding"] == "gzip"
    assert site.client.get("/static/../app.py").status_code == 404
    assert site.client.get("/static/nothing.css").status_code == 404


def test_the_openapi_document_describes_every_endpoint(site: Site) -> None:
    document = site.client.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) >= {"/v1/events", "/api/v1/usage", "/healthz", "/readyz", "/metrics"}
    answers = document["paths"]["/v1/events"]["post"]["responses"]
    assert set(answers) == {"200", "400", "401", "403", "413", "415", "422", "503"}
    assert "WireEvent" in document["components"]["schemas"]
