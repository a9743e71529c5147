"""The OpenAPI document is complete, and its page comes from our own files."""

import re

import pytest

from miniprogram_api.auth import PUBLIC, SHOPPER, declared_permission

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def test_every_route_is_in_the_document_with_its_permission(api):
    documented = {(path, method.upper()) for path, method, _ in operations(api.promises.document)}
    for rule in api.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or rule.endpoint.startswith("docs."):
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert (path, method) in documented
            operation = api.promises.document["paths"][path][method.lower()]
            permission = declared_permission(api.app.view_functions[rule.endpoint])
            assert operation["security"] == {SHOPPER: [{"token": []}], PUBLIC: []}[permission]


def test_every_operation_is_named_and_described(api):
    ids = [operation["operationId"] for _, _, operation in operations(api.promises.document)]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations(api.promises.document):
        assert operation["summary"], (path, method)
        assert operation["tags"], (path, method)


def test_every_error_is_a_problem(api):
    components = api.promises.document["components"]["responses"]
    for path, method, operation in operations(api.promises.document):
        for status, answer in operation["responses"].items():
            if status.startswith("2") or status == "304":
                continue
            answer = components[answer["$ref"].rsplit("/", 1)[1]] if "$ref" in answer else answer
            assert list(answer["content"]) == ["application/problem+json"], (path, method, status)


def test_keys_and_tokens_are_documented_where_they_are_demanded(api):
    add = api.promises.document["paths"]["/api/v1/addresses"]["post"]
    [key] = [each for each in add["parameters"] if each["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", True)
    assert add["responses"]["201"]["headers"]["Idempotency-Hit"]
    assert {"400", "401", "409", "413", "415", "422", "429"} <= add["responses"].keys()
    assert "`too_many_addresses`" in add["responses"]["409"]["description"]
    assert api.promises.document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_unknown_fields_are_forbidden_in_every_schema(api):
    for name, schema in api.promises.document["components"]["schemas"].items():
        assert schema["additionalProperties"] is False, name


def test_names_of_properties_are_bound_where_only_some_are_taken(api):
    schemas = api.promises.document["components"]["schemas"]
    names = {name: field["propertyNames"] for name, schema in schemas.items()
             for field in schema.get("properties", {}).values() if "propertyNames" in field}
    assert list(names.values()) == [{"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": 64}], names


def test_the_document_itself(api):
    answer = api.client.get("/api/v1/openapi.json")
    assert answer.json["openapi"] == "3.1.0"
    assert answer.headers["Content-Type"] == "application/json"
    again = api.client.get("/api/v1/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_is_made_of_our_own_files(api):
    page = api.client.get("/api/v1/docs")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "http" not in policy and "script-src 'self'" in policy
    text = page.get_data(as_text=True)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", text), "nothing inline: the policy would stop it"
    for address in re.findall(r"(?:src|href)=\"(docs/[^\"]+)\"", text):
        assert api.client.get(f"/api/v1/{address}").status_code == 200


def test_nothing_but_the_pages_files_is_served(api):
    for name in ("../document.py", "..%2fdocument.py", "index.html/", ".", "x", "%00", "index.html%00"):
        assert api.client.get(f"/api/v1/docs/{name}").status_code == 404, name
